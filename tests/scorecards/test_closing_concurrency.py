"""Values pushed while their period is being closed: each is in the report or is refused."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import time_machine

from kpis.models import Measurement
from organizations.models import ClosedPeriod
from scorecards.models import ReportedSheet
from scorecards.selectors.closing.report_document import opened_report
from scorecards.services.closing import close_period, reopen_period
from tests.scorecards.api_client import Api
from tests.scorecards.test_api_concurrency import together
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ROUNDS = 4
MARCH = {"kpi": "revenue", "unit": "sales", "period": "2026-03"}


def reported_value(world: World) -> float:
    """What the newest report of March at sales says."""
    newest = ReportedSheet.objects.filter(
        scorecard__unit=world.units["sales"], period_start=dt.date(2026, 3, 1), frequency="month"
    ).latest("pk")
    kpi = opened_report(newest.content).board.perspectives[0].objectives[0].kpis[0]
    return float(kpi.actual.text)


def stored_value() -> float:
    return Measurement.objects.values_list("value", flat=True).get(
        assignment__unit__code="sales", period_start=dt.date(2026, 3, 1)
    )


def test_nothing_slips_into_a_period_behind_its_report(acme: World) -> None:
    secret = acme.token()[1]
    march = acme.organization.calendar.parse_label("2026-03")
    answers: list[int] = []

    def pushing(first: int, warm: threading.Event) -> Callable[[], None]:
        def push() -> None:
            api = Api(secret)
            for value in range(first, first + 16):
                answers.append(api.push([{**MARCH, "value": value}]).status_code)
                if value == first + 2:
                    warm.set()

        return push

    def closing(warm: threading.Event) -> None:
        assert warm.wait(timeout=30)
        close_period(unit=acme.units["sales"], period=march)

    with time_machine.travel(NOW, tick=True):
        acme.record("revenue", "sales", {"2026-03-01": 1})
        for number in range(ROUNDS):
            warm = threading.Event()
            together(pushing(100 + 20 * number, warm), lambda warm=warm: closing(warm))  # type: ignore[misc]
            assert reported_value(acme) == stored_value()
            reopen_period(closing=ClosedPeriod.objects.latest("pk"), reason="Next round")

    assert set(answers) == {200, 422}
