"""Ways in which public boards and charts might tell a small count, and do not."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.targets import set_target
from organizations.services.structure import create_unit
from scorecards.models import ObjectiveKPI, PublicLink
from scorecards.selectors.public.board import PublicBoard, public_board
from scorecards.selectors.public.chart import PublicValue, public_chart
from scorecards.selectors.public.countable import is_count
from scorecards.services.closing import close_period
from scorecards.services.editions import publish_edition
from scorecards.services.public_links import publish_board, publish_chart
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import link_kpi
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=2)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """Four months of Sales, the second with few defects; West, without any KPI."""
    acme.record("revenue", "sales", {f"2026-0{month}-01": 95.0 for month in (1, 2, 3, 4)})
    defects = {"2026-01-01": 6.0, "2026-02-01": 2.0, "2026-03-01": 6.0, "2026-04-01": 6.0}
    acme.record("defects", "sales", defects)
    acme.units["west"] = create_unit(
        organization=acme.organization,
        code="west",
        name="West",
        kind="team",
        parent=acme.units["emea"],
    )
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def measure(world: World, code: str, units: tuple[str, ...], **about: Any) -> KPI:
    kpi = define_kpi(organization=world.organization, code=code, name=code.title(), **about)
    world.kpis[code] = kpi
    for unit in units:
        assign_kpi(kpi=kpi, unit=world.units[unit])
    return kpi


def board(world: World, unit: str, month: str, smallest: int = 5) -> PublicBoard:
    period = world.organization.calendar.parse_label(month)
    link = publish_board(
        unit=world.units[unit],
        frequency=period.frequency,
        period=period,
        days=30,
        smallest=smallest,
    )
    found = public_board(PublicLink.objects.get(pk=link.pk))
    assert found
    return found


def latest(world: World, kpi: str, unit: str, smallest: int = 5) -> PublicValue:
    link = publish_chart(kpi=world.kpis[kpi], unit=world.units[unit], days=30, smallest=smallest)
    chart = public_chart(PublicLink.objects.select_related("kpi").get(pk=link.pk))
    assert chart
    assert chart.latest
    return chart.latest


def close(world: World, unit: str, month: str) -> None:
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True):
        close_period(unit=world.units[unit], period=world.organization.calendar.parse_label(month))


def link_at(world: World, unit: str, kpi: KPI) -> None:
    link_kpi(objective=world.objectives[unit, "improve"], kpi=kpi)
    publish_edition(scorecard=world.scorecards[unit], valid_from=START)


def cases_of(world: World) -> None:
    """Cases of EMEA: of Sales and West together, few in West's January."""
    link_at(world, "emea", measure(world, "cases", ("emea", "sales", "west"), unit_rule="sum"))
    world.record("cases", "sales", {"2026-01-01": 40, "2026-02-01": 40})
    world.record("cases", "west", {"2026-01-01": 3, "2026-02-01": 10})
    set_target(
        assignment=world.assignment("cases", "emea"), valid_from=START, red_flag=20, target=60
    )
    refresh_scores(organization_id=world.organization.pk)


@pytest.mark.both_databases
def test_a_small_count_is_not_told_by_what_it_weighs(measured: World) -> None:
    """80 and 50 make 77.9 if one counts 40 and the other 3; so do their targets."""
    asked = measure(measured, "asked", ("sales", "west"))
    about: dict[str, Any] = {"decimals": 1, "unit_rule": "mean", "weighting": asked}
    happy = measure(measured, "happy", ("emea", "sales", "west"), unit_of_measure="%", **about)
    for unit, count, share in (("sales", 40, 80), ("west", 3, 50)):
        measured.record("asked", unit, {"2026-02-01": 30, "2026-03-01": count})
        measured.record("happy", unit, {"2026-02-01": share, "2026-03-01": share})
        assignment = measured.assignment("happy", unit)
        set_target(assignment=assignment, valid_from=START, red_flag=share - 20, target=share)
    link_at(measured, "emea", happy)
    refresh_scores(organization_id=measured.organization.pk)
    told = latest(measured, "happy", "emea", 3)
    assert (told.actual.text, told.target.text) == ("77.9", "77.9")
    told = latest(measured, "happy", "emea")
    assert (told.said, told.target.value) == ("not shown", None)
    assert latest(measured, "happy", "west").actual.text == "50.0"
    (row,) = board(measured, "emea", "2026-03").bands[1].objectives[0].kpis
    assert (row.said, row.row.target.text, row.row.trend.targets) == ("not shown", "", ())
    # A report shows what weighed in its period, though nothing is weighed any more,
    close(measured, "emea", "2026-Q1")
    KPI.objects.filter(code="happy").update(weighting=None)
    with time_machine.travel(LATER, tick=True):
        (row,) = board(measured, "emea", "2026-03").bands[1].objectives[0].kpis
        assert (row.said, row.row.target.text) == ("not shown", "")
    # but not of which small counts the weight of a longer period is the sum.
    KPI.objects.filter(code="happy").update(weighting=asked)
    Assignment.objects.filter(kpi=asked, unit__code="west").update(deleted_at=LATER)
    with time_machine.travel(LATER, tick=True):
        (row,) = board(measured, "emea", "2026-Q1").bands[1].objectives[0].kpis
        assert (row.said, row.row.target.text) == ("not shown", "")


def test_a_report_hides_contributions_that_are_gone_since(measured: World) -> None:
    """First a KPI, then a unit beneath one: two reports down, the figures know neither."""
    cases_of(measured)
    close(measured, "acme", "2026-01")
    close(measured, "emea", "2026-02")
    Assignment.objects.filter(kpi__code="cases", unit__code="west").update(deleted_at=LATER)
    with time_machine.travel(LATER, tick=True):
        assert [band.is_hidden for band in board(measured, "acme", "2026-01").bands] == [
            False,
            True,
        ]
    Assignment.objects.filter(kpi__code="defects").update(deleted_at=LATER)
    with time_machine.travel(LATER, tick=True):
        told = board(measured, "emea", "2026-02")
    assert [band.is_hidden for band in told.bands] == [False, True]
    assert (told.trend, told.score.value) == (None, None)


@pytest.mark.both_databases
def test_the_trend_tells_no_scores_of_an_earlier_structure(measured: World) -> None:
    assert board(measured, "sales", "2026-04", 2).trend
    unlinked = ObjectiveKPI.objects.filter(
        objective=measured.objectives["sales", "improve"], kpi=measured.kpis["defects"]
    )
    unlinked.update(deleted_at=NOW)
    link_kpi(objective=measured.objectives["sales", "improve"], kpi=measured.kpis["share"])
    publish_edition(scorecard=measured.scorecards["sales"], valid_from=dt.date(2026, 3, 1))
    refresh_scores(organization_id=measured.organization.pk)
    for unit in ("sales", "emea"):
        told = board(measured, unit, "2026-04")
        assert (told.is_hidden, told.trend) == (False, None), unit
    assert board(measured, "sales", "2026-04", 0).trend


def test_the_trend_is_hidden_where_a_kpi_is_not_measured_any_more(measured: World) -> None:
    Assignment.objects.filter(kpi__code="defects").update(deleted_at=NOW)
    refresh_scores(organization_id=measured.organization.pk)
    told = board(measured, "sales", "2026-04")
    assert (told.is_hidden, told.trend) == (False, None)


@pytest.mark.both_databases
def test_a_report_tells_nothing_of_other_periods_of_what_may_be_gone(measured: World) -> None:
    measured.record("defects", "sales", {"2026-02-01": 6})
    cases_of(measured)
    close(measured, "emea", "2026-02")
    close(measured, "emea", "2026-01")
    Assignment.objects.filter(kpi__code="cases", unit__code="west").update(deleted_at=LATER)
    with time_machine.travel(LATER, tick=True):
        told = board(measured, "emea", "2026-02")
        (cases,) = told.bands[1].objectives[0].kpis
        row = cases.row
        assert (cases.said, row.actual.text, row.target.text) == ("", "50", "60")
        assert (row.year_to_date.text, row.last_year.text, row.change_text) == ("", "", "")
        assert [value for value in row.trend.values if value is not None] == [50]
        assert (told.is_hidden, told.trend) == (False, None)
        # Nor do scores as they were reported, in the trend of a period that is open.
        told = board(measured, "emea", "2026-03")
        assert (told.is_hidden, told.trend) == (False, None)
        assert board(measured, "emea", "2026-03", 0).trend


def test_what_is_counted_among_money_is_a_count() -> None:
    units = {
        "€": False, "k€": False, "m€": False, "$ m": False, "€ k": False, "Mio. €": False,
        "cases over 500 €": True, "€ cases": True, "persons": True, "": True, "%": False,
    }  # fmt: skip
    assert {
        unit: is_count(KPI(unit_of_measure=unit, decimals=0, value_kind=KPI.ValueKind.NUMBER))
        for unit in units
    } == units
