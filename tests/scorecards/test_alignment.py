"""How objectives hang together over the units: matrix, tree, gaps, and choosing what to support."""

import html
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from calculations.units import UnitRule
from kpis.services.library import assign_kpi, define_kpi
from organizations.access import user_access
from organizations.models import Unit
from organizations.services.structure import create_unit
from scorecards.models import Alignment, Objective, Scorecard
from scorecards.selectors.alignment.gaps import alignment_gaps
from scorecards.selectors.alignment.matrix import Matrix, alignment_matrix
from scorecards.selectors.editor.panel import key_of
from scorecards.services.editions import activate_scorecard
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    align,
    create_scorecard,
    link_kpi,
)
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/units/acme/alignment/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def add_units(world: World, names: range, parent: str = "acme") -> list[Unit]:
    """Teams with a scorecard in force and a person beneath each."""
    units = []
    for number in names:
        unit = create_unit(
            organization=world.organization, code=f"team_{number}", name=f"Team {number}",
            kind="team", parent=world.units[parent],
        )  # fmt: skip
        create_unit(
            organization=world.organization, code=f"crew_{number}", name=f"Crew {number}",
            kind="team", parent=unit,
        )  # fmt: skip
        scorecard = create_scorecard(unit=unit, code=f"s_{number}", name=f"S {number}")
        perspective = add_perspective(scorecard=scorecard, code="financial", name="Financial")
        add_objective(perspective=perspective, code="grow", name="Grow")
        activate_scorecard(scorecard=scorecard, valid_from=START)
        units.append(unit)
    return units


def marks(matrix: Matrix) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {
        (row.code, cell.unit): [(mark.kind, mark.detail) for mark in cell.marks]
        for band in matrix.bands
        for row in band.rows
        for cell in row.cells
    }


def test_the_matrix_tells_ties_from_gaps(acme: World) -> None:
    sold = define_kpi(
        organization=acme.organization, code="sold", name="Sold", unit_rule=UnitRule.SUM
    )
    for unit, objective in (("acme", "grow"), ("emea", "improve")):
        link_kpi(objective=acme.objectives[unit, objective], kpi=sold)
    for lower, upper in ((("sales", "grow"), "grow"), (("emea", "grow"), "improve")):
        align(objective=acme.objectives[lower], supported=acme.objectives["acme", upper])
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    top, emea = access.tree.by_code["acme"], access.tree.by_code["emea"]
    found = marks(alignment_matrix(access, top, top, "2026-Q1"))
    assert found == {
        # Half of what counts in it: the KPI has the same weight.
        ("grow", "emea"): [("counts", "50 %"), ("kpi", "Sold"), ("deeper", "1 unit")],
        ("grow", "apac"): [],
        ("improve", "emea"): [("counts", "100 %"), ("context", "")],
        ("improve", "apac"): [],
    }
    # The same objectives against the units one level further down.
    beneath = alignment_matrix(access, emea, top, "2026-Q1")
    assert marks(beneath) == {("grow", "sales"): [("context", "")], ("improve", "sales"): []}
    assert beneath.bands[0].rows[0].cascade_href == "/acme/units/acme/cascade/grow/?at=emea"


def test_the_matrix_is_taken_out_as_a_file(acme: World, root: Client, client: Client) -> None:
    answer = root.get(PAGE, {"view": "matrix", "form": "csv"})
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert rows == [
        "Perspective,Objective,EMEA,APAC",
        "Financial,Grow Acme,counts 100 % (Grow EMEA),",
        "Internal process,Improve Acme,counts 100 % (Improve EMEA),",
    ]
    client.force_login(acme.users["bob"])
    assert client.get(PAGE, {"view": "matrix", "form": "xlsx"}).status_code == 403


def test_gaps_say_what_to_do_next(acme: World, client: Client) -> None:
    fresh = add_objective(
        perspective=Objective.objects.get(pk=acme.objectives["acme", "grow"].pk).perspective,
        code="fresh", name="Fresh",
    )  # fmt: skip
    loose = define_kpi(organization=acme.organization, code="loose", name="Loose")
    feeding = define_kpi(organization=acme.organization, code="feeding", name="Feeding")
    reader = define_kpi(
        organization=acme.organization, code="reader", name="Reader", formula="feeding * 2"
    )
    for kpi in (loose, feeding):
        assign_kpi(kpi=kpi, unit=acme.units["emea"])
    link_kpi(objective=acme.objectives["emea", "improve"], kpi=reader)
    access = user_access(acme.users["alice"], "acme")
    assert access is not None
    gaps = alignment_gaps(access, access.tree.by_code["acme"], "2026-Q1")
    assert [gap.name for gap in gaps.objectives.gaps] == [fresh.name]
    assert gaps.objectives.gaps[0].do_href == ""  # Alice manages EMEA only
    assert [(gap.name, gap.about) for gap in gaps.units.gaps] == [
        ("APAC", "has no scorecard in force")
    ]
    assert [gap.name for gap in gaps.kpis.gaps] == ["Loose"]
    assert gaps.kpis.gaps[0].do_href == "/acme/units/emea/scorecard/edit/"
    client.force_login(acme.users["root"])
    said = text(client.get(PAGE, {"view": "gaps"}))
    assert 'href="/acme/units/acme/cascade/fresh/"' in said
    assert 'href="/acme/units/apac/alignment/?view=above"' in said


def test_a_unit_chooses_what_it_supports(acme: World, client: Client) -> None:
    """Nothing comes by itself; drafts begin where a unit has no scorecard."""
    client.force_login(acme.users["root"])
    page = "/acme/units/apac/alignment/?view=above"
    said = text(client.get(page))
    assert "with the first choice a draft begins" in said
    grow, improve = (key_of(acme.objectives["acme", code]) for code in ("grow", "improve"))
    assert client.post(page, {}).status_code == 422
    assert client.post(page, {f"by.{grow}": "none_such"}).status_code == 409
    before = Alignment.objects.live().count()
    answer = client.post(page, {f"by.{grow}": "+", f"by.{improve}": "+"})
    told = text(client.get(answer["Location"]))
    assert "1 draft scorecard, 2 objectives, 2 supports" in told
    draft = Scorecard.objects.live().get(unit=acme.units["apac"])
    assert draft.status == Scorecard.State.DRAFT
    assert {o.name for o in draft.objectives.all()} == {"Grow Acme", "Improve Acme"}
    client.post(page, undo(told))
    assert Alignment.objects.live().count() == before
    assert not Scorecard.objects.live().filter(unit=acme.units["apac"]).exists()


def test_one_of_its_own_may_support_it(acme: World, client: Client) -> None:
    client.force_login(acme.users["alice"])
    page = "/acme/units/emea/alignment/?view=above"
    key = key_of(acme.objectives["acme", "grow"])
    assert client.post(page, {f"by.{key}": "grow"}).status_code == 409  # it does already
    answer = client.post(page, {f"by.{key}": "improve"})
    assert answer.status_code == 302
    tie = Alignment.objects.live().get(
        objective=acme.objectives["emea", "improve"], supported=acme.objectives["acme", "grow"]
    )
    assert tie.weight == 0


def test_empty_pictures_say_what_to_do(acme: World, root: Client) -> None:
    for unit, view, said in (
        ("ada", "matrix", "There is no unit beneath Ada Byron"),
        ("apac", "matrix", "There is no unit beneath APAC"),
        ("ada", "tree", "There is no unit beneath Ada Byron"),
        ("acme", "above", "There is nothing above to support"),
        ("apac", "gaps", "There is no unit beneath APAC"),
    ):
        answer = root.get(f"/acme/units/{unit}/alignment/", {"view": view})
        assert (answer.status_code, said in text(answer)) == (200, True), (unit, view)


def test_the_tree_opens_one_level_at_a_time(acme: World, root: Client, client: Client) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90})
    refresh_scores(organization_id=acme.organization.pk)
    said = text(root.get(PAGE, {"view": "tree", "period": "2026-Q1"}))
    assert said.count('class="a-row"') == 3  # Acme, EMEA, APAC
    assert "2 of 2 objectives" in said
    assert "0 of 2 objectives" not in said  # nothing stands above Acme
    assert "no scorecard" in said
    level = text(root.get("/acme/units/emea/alignment/", {"view": "tree", "beneath": "1"}))
    assert level.count('class="a-row"') == 1
    assert "<html" not in level
    # An individual's unit is private to those above and the person.
    client.force_login(acme.users["bob"])
    assert "Ada" not in text(client.get("/acme/units/sales/alignment/", {"view": "tree"}))


def test_statements_do_not_grow_with_units(
    acme: World, root: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """P15: what is painted first is one level, by the same statements for any number of units."""

    def statements() -> list[int]:
        counts = []
        for view in ("matrix", "tree", "gaps", "above"):
            with django_assert_max_num_queries(16) as captured:
                root.get(PAGE, {"view": view})
            counts.append(len(captured))
        with django_assert_max_num_queries(12) as captured:
            root.get(PAGE, {"view": "tree", "beneath": "1"})
        return [*counts, len(captured)]

    add_units(acme, range(1))
    few = statements()
    add_units(acme, range(1, 6))
    assert statements() == few
