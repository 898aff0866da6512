"""Assessments: a manager's status for one node and exactly one period, and what follows from it."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calculations.periods import Frequency, Period
from calculations.scoring import Status
from organizations.models import ClosedPeriod
from scorecards.models import Assessment, Scorecard, ScoreSheet
from scorecards.selectors.scoring.computation import computed_sheets
from scorecards.selectors.scoring.sheet_contents import ComputedSheet
from scorecards.services.assessments import assess, remove_assessment
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    create_scorecard,
    link_kpi,
)
from scorecards.services.verification import verify_scores
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """In January 2026 Sales' growth scores 75 and its process 100: together 85."""
    acme.record("revenue", "sales", {"2026-01-01": 90})
    acme.record("defects", "sales", {"2026-01-01": 5})
    refresh(acme)
    return acme


def refresh(world: World) -> int:
    return refresh_scores(organization_id=world.organization.pk)


def period_of(world: World, label: str) -> Period:
    return world.organization.calendar.parse_label(label)


def say(world: World, node: str, code: str = "", unit: str = "sales", **about: Any) -> Assessment:
    said: dict[str, Any] = {
        "status": "critical",
        "reason": "The figures flatter us.",
        "by": world.users["alice"],
    }
    said |= {"scorecard": world.scorecards[unit], "period": period_of(world, "2026-01")}
    return assess(node=node, code=code, **(said | about))


def sheet(world: World, unit: str, label: str = "2026-01") -> ScoreSheet:
    period = period_of(world, label)
    return ScoreSheet.objects.get(
        scorecard=world.scorecards[unit],
        frequency=period.frequency,
        period_start=period.start,
    )


def stale(world: World) -> set[tuple[str, str]]:
    """(unit, period) of the sheets that are marked."""
    calendar = world.organization.calendar
    rows = ScoreSheet.objects.filter(organization=world.organization, is_stale=True)
    return {
        (
            row.scorecard.unit.code,
            calendar.label(Period(Frequency(row.frequency), row.period_start)),
        )
        for row in rows.select_related("scorecard__unit")
    }


def is_verified(world: World) -> bool:
    found = verify_scores(organization_id=world.organization.pk)
    return found.compared > 0 and found.stale == 0 and not found.differences


# --- What is computed


def test_an_assessed_kpi_counts_with_its_mid_band_score(measured: World) -> None:
    before = sheet(measured, "sales")
    say(measured, "kpi", "revenue")
    refresh(measured)
    after = sheet(measured, "sales")
    kpi = after.detail["kpis"]["revenue"]
    assert kpi == {
        **before.detail["kpis"]["revenue"],
        "score": 25,
        "status": Status.CRITICAL,
        "assessed": True,
        "computed": 75,
    }
    assert after.detail["objectives"]["grow"]["score"] == 25
    assert "assessed" not in after.detail["objectives"]["grow"]
    assert after.score == pytest.approx(0.6 * 25 + 0.4 * 100)
    assert after.coverage == before.coverage
    assert (before.below_target, before.critical) == (1, 0)
    assert (after.below_target, after.critical) == (0, 1)
    assert sheet(measured, "acme").detail["objectives"]["grow"]["score"] == 25
    assert is_verified(measured)


def test_an_assessed_objective_contributes_what_was_said(measured: World) -> None:
    before = sheet(measured, "sales")
    say(measured, "objective", "grow", status="on_target")
    refresh(measured)
    after = sheet(measured, "sales")
    assert after.detail["objectives"]["grow"] == {
        **before.detail["objectives"]["grow"],
        "score": 125,
        "status": Status.ON_TARGET,
        "assessed": True,
        "computed": 75,
    }
    assert after.detail["kpis"] == before.detail["kpis"]
    assert after.score == pytest.approx(0.6 * 125 + 0.4 * 100)
    assert sheet(measured, "emea").detail["objectives"]["grow"]["score"] == 125
    assert sheet(measured, "acme").detail["objectives"]["grow"]["score"] == 125
    assert is_verified(measured)


def test_an_assessed_perspective_and_scorecard_stay_on_their_sheet(measured: World) -> None:
    above = sheet(measured, "emea").detail
    say(measured, "perspective", "process", status="below_target")
    say(measured, "scorecard", status="on_target")
    refresh(measured)
    after = sheet(measured, "sales")
    process = after.detail["perspectives"]["process"]
    assert (process["score"], process["computed"]) == (75, 100)
    assert (after.score, after.status) == (125, Status.ON_TARGET)
    assert after.detail["scorecard"] == {"assessed": True, "computed": pytest.approx(75)}
    assert sheet(measured, "emea").detail == above
    assert is_verified(measured)


def test_without_assessments_nothing_is_said_of_them(measured: World) -> None:
    for one in ScoreSheet.objects.filter(organization=measured.organization):
        assert one.detail.keys() == {"perspectives", "objectives", "kpis"}
        assert "assessed" not in str(one.detail)


@pytest.mark.parametrize("values", [{}, {"2026-01-01": 90}])
def test_what_is_missing_stays_missing(acme: World, values: dict[str, float]) -> None:
    """In the quarter nothing, or a third, of the revenue came in: too little for a verdict."""
    if values:
        acme.record("revenue", "sales", values)
    quarter = period_of(acme, "2026-Q1")
    refresh(acme)
    before = sheet(acme, "sales", "2026-Q1")
    lacking = Status.INSUFFICIENT_DATA if values else Status.NO_DATA
    assert before.detail["kpis"]["revenue"]["status"] == before.status == lacking
    say(acme, "kpi", "revenue", status="on_target", period=quarter)
    refresh(acme)
    after = sheet(acme, "sales", "2026-Q1")
    assert after.detail["kpis"]["revenue"]["status"] == Status.ON_TARGET
    assert (after.score, after.coverage) == (125, before.coverage)
    assert after.status == Status.INSUFFICIENT_DATA
    say(acme, "scorecard", status="below_target", period=quarter)
    refresh(acme)
    after = sheet(acme, "sales", "2026-Q1")
    assert (after.score, after.status) == (75, Status.BELOW_TARGET)
    assert after.coverage == before.coverage
    assert is_verified(acme)


def test_an_assessed_kpi_counts_only_in_its_own_scorecard(measured: World) -> None:
    """A second scorecard of the same unit shares the KPI's figures, not what is said of them."""
    measured.scorecards["sales"].status = Scorecard.State.ARCHIVED
    measured.scorecards["sales"].starts_on = dt.date(2025, 12, 1)
    measured.scorecards["sales"].ends_on = START
    measured.scorecards["sales"].save()
    second = create_scorecard(unit=measured.units["sales"], code="second", name="Second")
    perspective = add_perspective(scorecard=second, code="only", name="Only")
    for code in ("one", "two"):
        objective = add_objective(perspective=perspective, code=code, name=code)
        link_kpi(objective=objective, kpi=measured.kpis["defects" if code == "one" else "revenue"])
    activate_scorecard(scorecard=second, valid_from=START)
    say(measured, "kpi", "revenue", scorecard=second)
    refresh(measured)
    computed = {
        each.scorecard_id: each.fields["detail"]["kpis"]["revenue"]["score"]
        for each in computed_sheets(
            measured.organization,
            [period_of(measured, "2026-01")],
            [second.pk, measured.scorecards["sales"].pk],
        )
    }
    assert computed == {second.pk: 25, measured.scorecards["sales"].pk: 75}


def test_contributions_from_stored_sheets_are_the_assessed_ones(measured: World) -> None:
    say(measured, "objective", "grow")
    refresh(measured)
    (alone,) = computed_sheets(
        measured.organization, [period_of(measured, "2026-01")], [measured.scorecards["emea"].pk]
    )
    assert alone.fields["detail"]["objectives"]["grow"]["score"] == 25
    assert alone.fields["detail"] == sheet(measured, "emea").detail


# --- When


def test_exactly_the_sheets_of_the_period_are_marked(measured: World) -> None:
    assert stale(measured) == set()
    say(measured, "kpi", "revenue", unit="emea", period=period_of(measured, "2026-Q1"))
    assert stale(measured) == {("emea", "2026-Q1"), ("acme", "2026-Q1")}
    versions = dict(ScoreSheet.objects.values_list("pk", "version"))
    assert refresh(measured) == 2
    changed = [pk for pk, v in ScoreSheet.objects.values_list("pk", "version") if versions[pk] != v]
    assert len(changed) == 2
    assert sheet(measured, "emea", "2026").detail["kpis"]["revenue"].keys() == {
        *("score", "coverage", "status", "value")
    }
    assert is_verified(measured)


def test_a_removed_assessment_leaves_the_computed_score(measured: World) -> None:
    before = list(ScoreSheet.objects.order_by("pk").values("score", "status", "detail"))
    said = say(measured, "objective", "grow")
    refresh(measured)
    remove_assessment(assessment=said, by=measured.users["root"])
    assert stale(measured) == {(unit, "2026-01") for unit in ("sales", "emea", "acme")}
    refresh(measured)
    assert list(ScoreSheet.objects.order_by("pk").values("score", "status", "detail")) == before
    said.refresh_from_db()
    assert said.superseded_by == measured.users["root"]
    with pytest.raises(ValidationError, match="replaced or removed already"):
        remove_assessment(assessment=said, by=measured.users["root"])


def test_a_second_assessment_supersedes_the_first(measured: World) -> None:
    first = say(measured, "objective", "grow")
    assert say(measured, "objective", "grow") == first
    second = say(measured, "objective", "grow", status="on_target", by=measured.users["root"])
    first.refresh_from_db()
    assert first.superseded_at == second.said_at
    assert list(Assessment.objects.standing()) == [second]
    refresh(measured)
    assert sheet(measured, "sales").detail["objectives"]["grow"]["score"] == 125


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"node": "kpi", "code": "nobody"}, "has no kpi “nobody” in 2026-01"),
        ({"node": "objective", "code": "revenue"}, "has no objective “revenue”"),
        ({"node": "scorecard", "code": "sales"}, "has no scorecard “sales”"),
        ({"node": "planet", "code": ""}, "has no such planet"),
        ({"period": "2026-06"}, "2026-06 has not begun"),
        ({"period": "2026-W11"}, "2026-W11 is a week"),
        ({"period": "2025-12"}, "has no objective “grow” in 2025-12"),
        ({"reason": "  "}, "cannot be blank"),
        ({"reason": "x" * 1001}, "at most 1000"),
        ({"status": "no_data"}, "not a valid choice"),
    ],
)
def test_what_makes_no_sense_is_refused(measured: World, about: dict[str, Any], told: str) -> None:
    asked = {"node": "objective", "code": "grow"} | about
    if "period" in about:
        asked["period"] = period_of(measured, about["period"])
    with pytest.raises(ValidationError, match=told):
        say(measured, **asked)
    assert not Assessment.objects.exists()
    assert stale(measured) == set()


@pytest.mark.parametrize(("unit", "label"), [("sales", "2026-01"), ("acme", "2026-Q1")])
def test_a_closed_period_must_be_reopened_first(measured: World, unit: str, label: str) -> None:
    standing = say(measured, "objective", "grow")
    refresh(measured)
    period = period_of(measured, label)
    closing = ClosedPeriod.objects.create(
        organization=measured.organization,
        unit=measured.units[unit],
        frequency=period.frequency,
        period_start=period.start,
        closed_at=timezone.now(),
    )
    for change in (
        lambda: say(measured, "objective", "improve"),
        lambda: remove_assessment(assessment=standing, by=None),
    ):
        with pytest.raises(ValidationError, match=f"{label} is closed: reopen it first"):
            change()
    assert say(measured, "objective", "grow", period=period_of(measured, "2026-04"))
    closing.reopened_at = timezone.now()
    closing.save()
    assert say(measured, "objective", "improve")


# --- As of a moment


def test_sheets_can_be_asked_as_of_a_moment(measured: World) -> None:
    def told(day: int) -> ComputedSheet:
        moment = NOW + dt.timedelta(days=day, hours=-1)  # before what changes on that day
        sheets = computed_sheets(
            measured.organization,
            [period_of(measured, "2026-01")],
            [measured.scorecards["acme"].pk],
            moment,
        )
        return next(s for s in sheets if s.scorecard_id == measured.scorecards["acme"].pk)

    def grow(day: int) -> float:
        score: float = told(day).fields["detail"]["objectives"]["grow"]["score"]
        return score

    def remove() -> None:
        remove_assessment(assessment=Assessment.objects.standing().get(), by=None)

    changes: list[Callable[[], object]] = [
        lambda: say(measured, "objective", "grow"),
        lambda: say(measured, "objective", "grow", status="on_target"),
        remove,
        lambda: link_more(measured),
        lambda: measured.record("revenue", "sales", {"2026-01-01": 80}),
    ]
    for day, change in enumerate(changes, start=1):
        with time_machine.travel(NOW + dt.timedelta(days=day), tick=True):
            change()
            refresh(measured)
    assert [grow(day=day) for day in range(1, 4)] == [75, 25, 125]
    now = timezone.now() + dt.timedelta(days=6)
    with time_machine.travel(now):
        assert [grow(day=day) for day in range(1, 7)] == [75, 25, 125, 75, 87.5, 75]
        assert grow(6) == sheet(measured, "acme").detail["objectives"]["grow"]["score"]


def link_more(world: World) -> None:
    """Defects, at 100, count as much as revenue in Sales' growth from January on."""
    world.objectives["sales", "grow"].kpi_links.update(weight=1)
    link_kpi(objective=world.objectives["sales", "grow"], kpi=world.kpis["defects"], weight=1)
    publish_edition(scorecard=world.scorecards["sales"], valid_from=START)


# --- At what cost


def test_statements_do_not_grow_with_assessments(
    measured: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def compute() -> list[ComputedSheet]:
        periods = [period_of(measured, label) for label in ("2026-01", "2026-02", "2026-Q1")]
        ids = [scorecard.pk for scorecard in measured.scorecards.values()]
        return computed_sheets(measured.organization, periods, ids)

    with django_assert_num_queries(8):
        compute()
    for label in ("2026-01", "2026-02", "2026-Q1"):
        say(measured, "scorecard", period=period_of(measured, label))
        say(measured, "kpi", "revenue", period=period_of(measured, label))
        say(measured, "objective", "improve", unit="acme", period=period_of(measured, label))
    with django_assert_num_queries(8):
        compute()
