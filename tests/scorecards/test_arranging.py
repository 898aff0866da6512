"""Taking parts of a scorecard away and bringing them back, their order and where they hang."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.core.exceptions import ValidationError

from kpis.models import Assignment
from kpis.services.library import define_kpi
from organizations.services.structure import StaleVersion
from scorecards.models import (
    Alignment,
    EditionContent,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
)
from scorecards.selectors.editions.reading import content_at
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.services.adding import append_kpi
from scorecards.services.arranging import place_node, remove_node, restore_nodes
from scorecards.services.closing import close_period
from scorecards.services.initiatives import add_initiative
from scorecards.services.structure import add_objective, add_perspective, link_kpi
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MAY = dt.date(2026, 5, 1)
APRIL = dt.date(2026, 4, 1)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def keys(scorecard: Scorecard, kind: str = "") -> list[str]:
    return [node.key for node in structure_nodes(scorecard) if not kind or node.kind == kind]


def said(scorecard: Scorecard, day: dt.date = MAY) -> EditionContent:
    content = content_at(scorecard, day)
    assert content is not None
    return content


def test_what_is_removed_goes_with_all_beneath_and_comes_back_whole(acme: World) -> None:
    sales = acme.scorecards["sales"]
    objective = acme.objectives["sales", "grow"]
    add_initiative(unit=acme.units["sales"], code="push", name="Push", objectives=[objective])
    before, told = keys(sales), said(sales)
    perspective = f"perspective.{objective.perspective.code}"

    moment = remove_node(scorecard=sales, key=perspective, by=acme.users["alice"])

    assert perspective not in keys(sales)
    assert "objective.grow" not in keys(sales)
    assert not objective.initiative_links.filter(deleted_at=None).exists()
    assert objective.perspective.code not in {p.code for p in said(sales).perspectives}
    assert said(sales, APRIL) == told  # only from the current period on
    told_of = Perspective.history.filter(id=objective.perspective_id).latest("history_id")
    assert told_of.history_user == acme.users["alice"]

    restore_nodes(scorecard=sales, removed_at=moment)

    assert keys(sales) == before
    assert said(sales) == told
    assert objective.initiative_links.filter(deleted_at=None).count() == 1


def test_a_removed_kpi_stays_measured_at_the_unit(acme: World) -> None:
    sales = acme.scorecards["sales"]
    key = keys(sales, "kpi")[0]
    code = key.rsplit(".", 1)[1]
    remove_node(scorecard=sales, key=key)
    assert key not in keys(sales)
    assert Assignment.objects.live().filter(kpi__code=code, unit=acme.units["sales"]).exists()


def test_removing_an_objective_tells_those_that_it_supported(acme: World) -> None:
    tie = Alignment.objects.live().filter(organization=acme.organization).first()
    assert tie is not None
    moment = remove_node(scorecard=tie.objective.scorecard, key=f"objective.{tie.objective.code}")
    tie.refresh_from_db()
    assert tie.deleted_at == moment
    restore_nodes(scorecard=tie.objective.scorecard, removed_at=moment)
    tie.refresh_from_db()
    assert tie.deleted_at is None


def test_undo_is_refused_where_the_code_is_taken_or_the_parent_is_gone(acme: World) -> None:
    sales = acme.scorecards["sales"]
    objective = acme.objectives["sales", "grow"]
    first = remove_node(scorecard=sales, key="objective.grow")
    add_objective(perspective=objective.perspective, code="grow", name="Another")
    with pytest.raises(ValidationError, match="something else has its place"):
        restore_nodes(scorecard=sales, removed_at=first)
    second = remove_node(scorecard=sales, key="objective.grow")
    remove_node(scorecard=sales, key=f"perspective.{objective.perspective.code}")
    with pytest.raises(ValidationError, match="which was removed: undo that"):
        restore_nodes(scorecard=sales, removed_at=second)
    with pytest.raises(ValidationError, match="Nothing was removed then"):
        restore_nodes(scorecard=sales, removed_at=NOW)


def test_nothing_goes_twice_or_unseen(acme: World) -> None:
    sales = acme.scorecards["sales"]
    with pytest.raises(StaleVersion):
        remove_node(scorecard=sales, key="objective.grow", version=99)
    remove_node(scorecard=sales, key="objective.grow")
    with pytest.raises(ValidationError, match="removed meanwhile"):
        remove_node(scorecard=sales, key="objective.grow")
    with pytest.raises(ValidationError, match="archived, not removed"):
        remove_node(scorecard=sales, key="scorecard")


def test_nothing_is_removed_from_a_closed_period(acme: World) -> None:
    april = acme.organization.calendar.parse_label("2026-04")
    close_period(unit=acme.units["sales"], period=april)
    with pytest.raises(ValidationError, match="is closed"):
        remove_node(scorecard=acme.scorecards["sales"], key="objective.grow", valid_from=APRIL)
    assert "objective.grow" in keys(acme.scorecards["sales"])


def test_siblings_are_put_in_order(acme: World) -> None:
    sales = acme.scorecards["sales"]
    for code in ("one", "two"):
        add_perspective(scorecard=sales, code=code, name=code)
    place_node(scorecard=sales, key="perspective.two", before=keys(sales, "perspective")[0])
    place_node(scorecard=sales, key="perspective.one", before="perspective.two")
    first, second, *_ = keys(sales, "perspective")
    assert (first, second) == ("perspective.one", "perspective.two")
    assert [p.code for p in said(sales).perspectives][:2] == ["one", "two"]
    place_node(scorecard=sales, key="perspective.one")
    assert keys(sales, "perspective")[-1] == "perspective.one"


def test_an_objective_and_a_kpi_hang_elsewhere(acme: World) -> None:
    sales = acme.scorecards["sales"]
    add_perspective(scorecard=sales, code="other", name="Other")
    place_node(scorecard=sales, key="objective.grow", parent="perspective.other")
    moved = Objective.objects.get(pk=acme.objectives["sales", "grow"].pk)
    assert moved.perspective.code == "other"
    add_objective(perspective=moved.perspective, code="learn", name="Learn")
    kpi = next(key for key in keys(sales, "kpi") if key.startswith("kpi.grow."))
    place_node(scorecard=sales, key=kpi, parent="objective.learn")
    assert kpi.replace("kpi.grow.", "kpi.learn.") in keys(sales, "kpi")
    link_kpi(objective=moved, kpi=acme.kpis[kpi.rsplit(".", 1)[1]])
    with pytest.raises(ValidationError, match="already"):
        place_node(scorecard=sales, key=kpi, parent="objective.learn")


@pytest.mark.parametrize(
    ("key", "parent", "before"),
    [
        ("objective.grow", "objective.grow", None),
        ("perspective.financial", "objective.grow", None),
        ("objective.grow", None, "perspective.financial"),
        ("objective.nothing", None, None),
        ("scorecard", None, None),
    ],
)
def test_what_cannot_hang_there_is_refused(
    acme: World, key: str, parent: str | None, before: str | None
) -> None:
    with pytest.raises(ValidationError):
        place_node(scorecard=acme.scorecards["sales"], key=key, parent=parent, before=before)


def test_an_archived_scorecard_stays_as_it_was(acme: World) -> None:
    sales = acme.scorecards["sales"]
    sales.status = Scorecard.State.ARCHIVED
    with pytest.raises(ValidationError, match="duplicate it instead"):
        remove_node(scorecard=sales, key="objective.grow")


def test_a_new_part_counts_as_much_as_its_siblings_do(acme: World) -> None:
    grow = acme.objectives["sales", "grow"]
    for weight, link in zip(
        (40, 30), ObjectiveKPI.objects.live().filter(objective=grow), strict=False
    ):
        link.weight = weight
        link.save()
    siblings = list(ObjectiveKPI.objects.live().filter(objective=grow))
    kpi = define_kpi(organization=acme.organization, code="extra", name="Extra")
    usual = append_kpi(objective=grow, kpi=kpi, valid_from=dt.date(2026, 5, 1))
    assert usual.weight == sorted(link.weight for link in siblings)[len(siblings) // 2]
    assert acme.assignment("extra", "sales").starts_on == dt.date(2026, 5, 1)
