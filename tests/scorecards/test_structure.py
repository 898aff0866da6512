"""Structure and its editions: what may be built, and when a change begins to count."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kpis.models import Assignment
from organizations.services.structure import InUse, delete_structure
from scorecards.models import (
    Edition,
    Initiative,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    ScoreSheet,
)
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_initiative,
    add_objective,
    align,
    create_scorecard,
    link_kpi,
)
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def test_linking_a_kpi_measures_it_at_the_scorecards_unit(acme: World) -> None:
    link_kpi(objective=acme.objectives["emea", "improve"], kpi=acme.kpis["defects"])
    assert Assignment.objects.filter(kpi=acme.kpis["defects"], unit=acme.units["emea"]).exists()


@pytest.mark.parametrize(
    ("lower", "upper"), [("acme", "emea"), ("emea", "sales"), ("sales", "sales")]
)
def test_only_objectives_of_units_above_can_be_supported(
    acme: World, lower: str, upper: str
) -> None:
    with pytest.raises(ValidationError, match="can only support objectives of units above"):
        align(objective=acme.objectives[lower, "grow"], supported=acme.objectives[upper, "improve"])


def test_nothing_crosses_an_organizations_border(acme: World, rival: World) -> None:
    mine, theirs = acme.objectives["sales", "grow"], rival.objectives["emea", "grow"]
    attempts: list[Callable[[], object]] = [
        lambda: link_kpi(objective=mine, kpi=rival.kpis["secret_sauce"]),
        lambda: align(objective=mine, supported=theirs),
        lambda: add_objective(
            perspective=mine.perspective, code="x", name="X", owner=rival.people["charlie"]
        ),
        lambda: add_initiative(unit=acme.units["emea"], code="x", name="X", objectives=[theirs]),
    ]
    for attempt in attempts:
        with pytest.raises(ValidationError, match="There is no such"):
            attempt()


def test_one_scorecard_is_active_per_unit(acme: World) -> None:
    second = create_scorecard(unit=acme.units["sales"], code="second", name="Second")
    with pytest.raises(ValidationError):
        activate_scorecard(scorecard=second)


def score(world: World, start: str) -> float | None:
    return ScoreSheet.objects.get(
        scorecard=world.scorecards["sales"], frequency="month", period_start=start
    ).score


def test_a_weight_changed_today_does_not_rewrite_the_past(acme: World) -> None:
    for start in ("2026-04-01", "2026-05-01"):
        acme.record("revenue", "sales", {start: 90})
        acme.record("defects", "sales", {start: 5})
    refresh_scores(organization_id=acme.organization.pk)
    assert score(acme, "2026-04-01") == score(acme, "2026-05-01") == pytest.approx(85)
    perspective = Perspective.objects.get(scorecard=acme.scorecards["sales"], code="process")
    perspective.weight = 60
    perspective.save()
    publish_edition(scorecard=acme.scorecards["sales"])
    refresh_scores(organization_id=acme.organization.pk)
    assert score(acme, "2026-04-01") == pytest.approx(85)
    assert score(acme, "2026-05-01") == pytest.approx(87.5)


def test_an_edition_is_superseded_not_changed(acme: World) -> None:
    scorecard = acme.scorecards["sales"]
    assert publish_edition(scorecard=scorecard, valid_from=START) is None
    scorecard.is_capped = True
    scorecard.save()
    published = publish_edition(scorecard=scorecard, valid_from=START)
    editions = list(Edition.objects.filter(scorecard=scorecard).order_by("pk"))
    assert published == editions[1]
    assert [edition.superseded_at is None for edition in editions] == [False, True]
    assert editions[0].content["is_capped"] is False


def test_publishing_reaches_the_scorecards_above(acme: World) -> None:
    refresh_scores(organization_id=acme.organization.pk)
    objective = acme.objectives["sales", "grow"]
    objective.supports.get().mark_deleted()
    publish_edition(scorecard=acme.scorecards["sales"])
    latest = Edition.objects.filter(scorecard=acme.scorecards["emea"], superseded_at=None).latest(
        "valid_from"
    )
    assert latest.valid_from == dt.date(2026, 5, 1)
    assert latest.content["perspectives"][0]["objectives"][0]["contributions"] == []


def test_what_others_use_is_not_deleted(acme: World) -> None:
    with pytest.raises(InUse) as refusal:
        delete_structure(row=acme.kpis["revenue"])
    assert any("KPI of an objective" in user for user in refusal.value.users)
    link = ObjectiveKPI.objects.filter(kpi=acme.kpis["nps"]).get()
    delete_structure(row=link)
    assert ObjectiveKPI.objects.live().filter(kpi=acme.kpis["nps"]).count() == 0
    assert ObjectiveKPI.history.filter(kpi=acme.kpis["nps"]).count() == 2


def test_initiatives_have_milestones_and_objectives(acme: World) -> None:
    initiative = add_initiative(
        unit=acme.units["emea"],
        code="crm",
        name="One customer file",
        objectives=[acme.objectives["emea", "grow"]],
        milestones=[("Chosen", dt.date(2026, 2, 1), dt.date(2026, 2, 3))],
    )
    assert initiative.milestones.get().name == "Chosen"
    assert initiative.objective_links.get().objective == acme.objectives["emea", "grow"]


BAD_ROWS: dict[str, Callable[[World], object]] = {
    "scorecard_code_once": lambda w: Scorecard.objects.create(
        organization=w.organization, unit=w.units["apac"], code="sales_scorecard", name="x"
    ),
    "scorecard_one_active_per_unit": lambda w: Scorecard.objects.create(
        organization=w.organization, unit=w.units["sales"], code="y", name="x", status="active"
    ),
    "perspective_code_once": lambda w: Perspective.objects.create(
        organization=w.organization, scorecard=w.scorecards["sales"], code="process", name="x"
    ),
    "perspective_weight_is_weight": lambda w: Perspective.objects.create(
        organization=w.organization, scorecard=w.scorecards["sales"], code="z", name="x", weight=-1
    ),
    "objective_weight_is_weight": lambda w: Objective.objects.filter(
        pk=w.objectives["sales", "grow"].pk
    ).update(weight=1e7),
    "objective_code_once": lambda w: Objective.objects.filter(
        pk=w.objectives["sales", "grow"].pk
    ).update(code="improve"),
    "objective_kpi_once": lambda w: ObjectiveKPI.objects.create(
        organization=w.organization,
        objective=w.objectives["sales", "grow"],
        kpi=w.kpis["revenue"],
    ),
    "alignment_not_with_itself": lambda w: w.objectives["sales", "grow"].supports.update(
        supported=w.objectives["sales", "grow"]
    ),
    "initiative_percent_at_most_100": lambda w: Initiative.objects.create(
        organization=w.organization, unit=w.units["emea"], code="i", name="i", percent_done=101
    ),
    "initiative_ends_after_its_start": lambda w: Initiative.objects.create(
        organization=w.organization,
        unit=w.units["emea"],
        code="i",
        name="i",
        starts_on=dt.date(2026, 2, 1),
        ends_on=dt.date(2026, 1, 1),
    ),
    "initiative_budget_not_negative": lambda w: Initiative.objects.create(
        organization=w.organization, unit=w.units["emea"], code="i", name="i", budget_spent=-1
    ),
    "edition_one_current_per_start": lambda w: Edition.objects.create(
        organization=w.organization,
        scorecard=w.scorecards["sales"],
        valid_from=START,
        content={},
    ),
    "sheet_score_is_an_index": lambda w: ScoreSheet.objects.filter(
        scorecard=w.scorecards["sales"]
    ).update(score=151),
    "sheet_coverage_is_a_share": lambda w: ScoreSheet.objects.filter(
        scorecard=w.scorecards["sales"]
    ).update(coverage=1.1),
}


@pytest.mark.parametrize("constraint", sorted(BAD_ROWS))
def test_the_database_refuses_bad_rows(acme: World, constraint: str) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BAD_ROWS[constraint](acme)
    # SQLite names the columns of a unique index instead of the index.
    assert constraint in str(refusal.value) or "UNIQUE" in str(refusal.value)
