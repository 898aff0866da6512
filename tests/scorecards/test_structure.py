"""Structure and its editions: what may be built, and when a change begins to count."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from kpis.models import Assignment
from organizations.models import ClosedPeriod
from organizations.services.structure import InUse, StaleVersion, delete_structure
from scorecards.models import Edition, Objective, ObjectiveKPI, Perspective, Scorecard, ScoreSheet
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    NodeChange,
    add_objective,
    align,
    change_structure,
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


def edition_starts(world: World, unit: str) -> list[str]:
    editions = world.scorecards[unit].editions.filter(superseded_at=None).order_by("valid_from")
    return [str(edition.valid_from) for edition in editions]


def weight_of(edition: Edition, perspective: int = 0) -> float:
    return float(edition.content["perspectives"][perspective]["weight"])


def reweighted(world: World, unit: str, weight: float, **about: Any) -> Edition | None:
    row = Perspective.objects.get(scorecard=world.scorecards[unit], code="financial")
    change = NodeChange(row.version, {"weight": weight})
    return change_structure(
        scorecard=world.scorecards[unit], changes={"perspective.financial": change}, **about
    )


def test_an_earlier_start_replaces_what_is_said_for_later_periods(acme: World) -> None:
    reweighted(acme, "sales", 70)
    reweighted(acme, "sales", 75, valid_from=dt.date(2026, 6, 1))
    assert edition_starts(acme, "sales") == ["2026-01-01", "2026-05-01", "2026-06-01"]
    reweighted(acme, "sales", 80, valid_from=dt.date(2026, 3, 15))
    assert edition_starts(acme, "sales") == ["2026-01-01", "2026-03-01"]
    replaced = acme.scorecards["sales"].editions.exclude(superseded_at=None)
    assert sorted(weight_of(edition) for edition in replaced) == [70, 75]


def test_an_unchanged_structure_from_an_earlier_period_replaces_later_ones(acme: World) -> None:
    reweighted(acme, "sales", 70)
    reweighted(acme, "sales", 60, valid_from=dt.date(2026, 6, 1))
    assert edition_starts(acme, "sales") == ["2026-01-01", "2026-05-01", "2026-06-01"]
    published = publish_edition(scorecard=acme.scorecards["sales"], valid_from=dt.date(2026, 2, 1))
    assert published is not None
    assert edition_starts(acme, "sales") == ["2026-01-01", "2026-02-01"]
    assert publish_edition(scorecard=acme.scorecards["sales"]) is None


def test_a_change_beneath_leaves_the_past_of_those_above_alone(acme: World) -> None:
    """EMEA was weighted anew in May; what Sales changes from January on must not bring that in."""
    reweighted(acme, "emea", 90)
    acme.objectives["sales", "grow"].supports.get().mark_deleted()
    publish_edition(scorecard=acme.scorecards["sales"], valid_from=START)
    january, may = (
        acme.scorecards["emea"].editions.filter(superseded_at=None).order_by("valid_from")
    )
    assert [weight_of(january), weight_of(may)] == [60, 90]
    for edition in (january, may):
        objectives = [p["objectives"][0] for p in edition.content["perspectives"]]
        assert [len(objective["contributions"]) for objective in objectives] == [0, 1]
    assert len(edition_starts(acme, "acme")) == 1  # two levels up nothing is said of Sales


def test_a_change_above_is_told_to_those_beneath(acme: World) -> None:
    row = acme.objectives["sales", "grow"].supports.get()
    change_structure(
        scorecard=acme.scorecards["emea"],
        changes={"contribution.grow.sales_scorecard.grow": NodeChange(row.version, {"weight": 5})},
    )
    latest = acme.scorecards["sales"].editions.filter(superseded_at=None).latest("valid_from")
    assert latest.content["perspectives"][0]["objectives"][0]["supports"][0]["weight"] == 5
    assert edition_starts(acme, "sales") == ["2026-01-01", "2026-05-01"]


def test_many_changes_are_one_edition_and_only_what_differs_is_saved(acme: World) -> None:
    link = ObjectiveKPI.objects.get(kpi=acme.kpis["nps"])
    edition = change_structure(
        scorecard=acme.scorecards["sales"],
        changes={
            "scorecard": NodeChange(1, {"name": "Sales scorecard", "rule": "weighted_mean"}),
            "perspective.financial": NodeChange(1, {"name": "Money", "weight": 60.0}),
            "perspective.process": NodeChange(1, {"weight": 40.0}),
            "objective.grow": NodeChange(1, {"rule": "worst", "is_capped": True}),
            "kpi.grow.nps": NodeChange(link.version, {"weight": 2.5}),
        },
        by=acme.users["alice"],
    )
    assert edition is not None
    assert edition.created_by == acme.users["alice"]
    assert edition.valid_from == dt.date(2026, 5, 1)
    money, _ = edition.content["perspectives"]
    assert (money["name"], money["objectives"][0]["rule"]) == ("Money", "worst")
    assert money["objectives"][0]["kpis"][1]["weight"] == 2.5
    versions = Perspective.objects.filter(scorecard=acme.scorecards["sales"])
    assert sorted(versions.values_list("code", "version")) == [("financial", 2), ("process", 1)]
    assert Perspective.history.filter(scorecard=acme.scorecards["sales"]).count() == 3
    acme.scorecards["sales"].refresh_from_db()
    assert acme.scorecards["sales"].version == 2  # since it was activated


def test_the_order_can_be_changed(acme: World) -> None:
    edition = change_structure(
        scorecard=acme.scorecards["sales"],
        changes={
            "perspective.process": NodeChange(1, {"position": 0}),
            "perspective.financial": NodeChange(1, {"position": 1}),
        },
    )
    assert edition is not None
    assert [each["code"] for each in edition.content["perspectives"]] == ["process", "financial"]


def test_a_stale_version_changes_nothing(acme: World) -> None:
    reweighted(acme, "sales", 70)
    with pytest.raises(StaleVersion) as refusal, transaction.atomic():
        change_structure(
            scorecard=acme.scorecards["sales"],
            changes={
                "perspective.process": NodeChange(1, {"weight": 10}),
                "perspective.financial": NodeChange(1, {"weight": 80}),
            },
        )
    assert refusal.value.current.pk == acme.objectives["sales", "grow"].perspective_id
    weights = Perspective.objects.filter(scorecard=acme.scorecards["sales"])
    assert list(weights.values_list("weight", flat=True)) == [70, 40]
    # Agreeing with what another has saved is no conflict.
    same = NodeChange(1, {"weight": 70})
    scorecard = acme.scorecards["sales"]
    assert change_structure(scorecard=scorecard, changes={"perspective.financial": same}) is None


@pytest.mark.parametrize("weight", [-1, 1e6 + 1, float("nan"), float("inf"), True, "7", None])
def test_a_weight_is_a_finite_number_up_to_a_million(acme: World, weight: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        reweighted(acme, "sales", weight)
    assert "perspective.financial.weight" in refusal.value.message_dict


@pytest.mark.parametrize(
    ("key", "values", "problem"),
    [
        ("perspective.financial", {"name": ""}, "perspective.financial.name"),
        ("perspective.financial", {"rule": "median"}, "perspective.financial.rule"),
        ("objective.grow", {"weight": 0}, "objective.grow.weight"),
        ("kpi.improve.defects", {"weight": 0}, "kpi.improve.defects.weight"),
    ],
)
def test_what_cannot_be_said_is_refused_beside_its_field(
    acme: World, key: str, values: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        change_structure(scorecard=acme.scorecards["sales"], changes={key: NodeChange(1, values)})
    assert list(refusal.value.message_dict) == [problem]
    assert edition_starts(acme, "sales") == ["2026-01-01"]


def test_a_contribution_may_go_to_context_while_a_kpi_counts(acme: World) -> None:
    changes = {"contribution.grow.sales_scorecard.grow": NodeChange(1, {"weight": 0})}
    assert change_structure(scorecard=acme.scorecards["emea"], changes=changes)
    only = {"contribution.improve.sales_scorecard.improve": NodeChange(1, {"weight": 0})}
    with pytest.raises(ValidationError, match="without any it has no score"):
        change_structure(scorecard=acme.scorecards["emea"], changes=only)


def test_rows_and_fields_that_are_not_of_the_structure_are_refused(acme: World) -> None:
    for key, values in (
        ("perspective.nothing", {"weight": 1}),
        ("perspective.financial", {"code": "x"}),
        ("kpi.grow.nps", {"name": "x"}),
    ):
        with pytest.raises(ValidationError):
            change_structure(
                scorecard=acme.scorecards["sales"], changes={key: NodeChange(1, values)}
            )


def test_a_draft_is_published_only_when_it_is_activated(acme: World) -> None:
    draft = create_scorecard(unit=acme.units["apac"], code="draft", name="Draft")
    change = {"scorecard": NodeChange(1, {"name": "APAC"})}
    assert change_structure(scorecard=draft, changes=change) is None
    assert Scorecard.objects.get(pk=draft.pk).name == "APAC"
    assert not draft.editions.exists()
    Scorecard.objects.filter(pk=draft.pk).update(
        status="archived", starts_on=START, ends_on=dt.date(2026, 2, 1)
    )
    draft.refresh_from_db()
    with pytest.raises(ValidationError, match="stays as it was"):
        change_structure(scorecard=draft, changes={})


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


def test_the_structure_of_closed_periods_stays(acme: World) -> None:
    ClosedPeriod.objects.create(
        organization=acme.organization,
        unit=acme.units["emea"],
        frequency="quarter",
        period_start=START,
        closed_at=NOW,
    )
    Objective.objects.filter(pk=acme.objectives["sales", "grow"].pk).update(weight=7)
    with pytest.raises(ValidationError, match="up to 2026-03-31 is closed"):
        publish_edition(scorecard=acme.scorecards["sales"], valid_from=dt.date(2026, 2, 1))
    assert publish_edition(scorecard=acme.scorecards["sales"], valid_from=dt.date(2026, 4, 1))
    # The units above are open.
    Objective.objects.filter(pk=acme.objectives["acme", "grow"].pk).update(weight=7)
    assert publish_edition(scorecard=acme.scorecards["acme"], valid_from=dt.date(2026, 2, 1))
