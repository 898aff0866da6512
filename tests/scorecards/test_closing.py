"""Closing a period: what was reported stays as it was; what is restated stands beside it."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.core.exceptions import ValidationError

from calculations.periods import Period
from organizations.models import ClosedPeriod
from organizations.selectors import closings
from scorecards.models import ReportedSheet
from scorecards.selectors.report_document import opened_report
from scorecards.services.closing import close_period, reopen_period
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def period(world: World, label: str) -> Period:
    return world.organization.calendar.parse_label(label)


def measured(world: World) -> None:
    for month in ("01", "02", "03"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90}, user=world.users["carol"])
    world.record("nps", "sales", {"2026-01-01": 41.5})
    world.record("defects", "sales", {"2026-01-01": 2, "2026-02-01": 3, "2026-03-01": 1})


def closed(world: World, unit: str = "emea", label: str = "2026-Q1", note: str = "") -> ClosedPeriod:
    return close_period(
        unit=world.units[unit],
        period=period(world, label),
        by=world.users["alice"],
        note=note,
    )


def sheet_of(world: World, unit: str, label: str) -> ReportedSheet:
    wanted = period(world, label)
    found: ReportedSheet = ReportedSheet.objects.get(
        scorecard__unit=world.units[unit],
        frequency=wanted.frequency,
        period_start=wanted.start,
    )
    return found


def test_closing_keeps_a_report_of_every_board_beneath(acme: World) -> None:
    measured(acme)
    closing = closed(acme, note="Board meeting")
    told = {
        (s.scorecard.unit.code, acme.organization.calendar.label(s.period))
        for s in closing.sheets.select_related("scorecard__unit")
    }
    periods = {"2026-01", "2026-02", "2026-03", "2026-Q1"}
    assert told == {(unit, label) for unit in ("emea", "sales") for label in periods}


def test_a_report_tells_all_about_itself(acme: World) -> None:
    measured(acme)
    closed(acme, note="Board meeting")
    sheet = sheet_of(acme, "sales", "2026-Q1")
    document = opened_report(sheet.content)
    assert (document.format, document.period, document.frequency) == (1, "2026-Q1", "quarter")
    assert (document.organization.code, document.unit.code) == ("acme", "sales")
    assert (document.reported_by, document.note) == ("Alice", "Board meeting")
    assert [unit.code for unit in document.line] == ["acme", "emea", "sales"]
    assert document.board.score.value == document.trace.score.value == sheet.score
    revenue = document.board.perspectives[0].objectives[0].kpis[0]
    assert (revenue.actual.text, revenue.age_text) == ("270", "2026-05-04")
    assert "href" in sheet.content
    assert "/acme/" not in sheet.content  # no address
