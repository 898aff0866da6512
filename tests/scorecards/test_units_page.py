"""The page of the units: the tree, who may change what in it, and what a move means."""

import html
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import KPI
from kpis.services.library import assign_kpi
from organizations.access import user_access
from organizations.models import Organization, Unit
from organizations.services.people import create_person, grant_role
from organizations.services.structure import change_unit, create_unit, move_unit
from scorecards.selectors.administration.moves import move_consequences
from scorecards.selectors.administration.tree import Shown
from scorecards.selectors.administration.units import Asked, units_page
from scorecards.services.closing import close_period
from scorecards.services.structure import align
from tests.pages import undo
from tests.worlds import CANARY, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/units/"


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


@pytest.fixture
def emea(acme: World) -> Client:
    """Carol administers EMEA, and nothing above or beside it."""
    grant_role(user=acme.users["carol"], unit=acme.units["emea"], role="administrator")
    client = Client()
    client.force_login(acme.users["carol"])
    return client


def text(answer: object) -> str:
    return html.unescape(answer.content.decode())  # type: ignore[attr-defined]


def post(client: Client, do: str, **fields: object) -> tuple[int, str]:
    """The status, and the page that the answer leads to."""
    answer = client.post(PAGE, {"do": do, **fields})
    status = answer.status_code
    return status, text(client.get(answer["Location"]) if status == 302 else answer)


def names(page: str) -> list[str]:
    return re.findall(r'class="tree-name".*?>([^<]+)</a>', page, re.DOTALL)


def above(unit: Unit) -> str | None:
    unit.refresh_from_db()
    return unit.parent.code if unit.parent else None


# --- Looking


def test_one_level_is_shown_at_a_time(acme: World, root: Client) -> None:
    assert names(text(root.get(PAGE))) == ["Acme", "EMEA", "APAC"]
    assert names(text(root.get(PAGE, {"at": "emea"}))) == ["Acme", "EMEA", "Sales", "APAC"]
    assert names(text(root.get(PAGE, {"beneath": "sales"}))) == ["Ada Byron"]
    found = text(root.get(PAGE, {"q": "sal"}))
    assert names(found) == ["Sales"]
    assert "Acme › EMEA" in found
    assert "No unit has this" in text(root.get(PAGE, {"q": "nothing"}))
    for query in ({"unit": "nobody"}, {"at": "x\x00"}, {"beneath": "secret"}):
        assert root.get(PAGE, query).status_code == 404


def test_an_administrator_of_a_unit_is_shown_no_foreign_individuals(
    acme: World, emea: Client
) -> None:
    unseen = create_person(organization=acme.organization, code="oda", name="Oda")
    create_unit(
        organization=acme.organization,
        code="oda",
        name="Oda",
        kind="individual",
        parent=acme.units["apac"],
        person=unseen,
    )
    assert names(text(emea.get(PAGE, {"at": "apac"}))) == ["Acme", "EMEA", "APAC"]
    assert emea.get(PAGE, {"unit": "oda"}).status_code == 404
    assert names(text(emea.get(PAGE, {"beneath": "sales"}))) == ["Ada Byron"]


def test_thousands_of_units_take_as_many_statements(
    acme: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    _plant(acme, 5000)
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    assert access.tree.by_id
    for selected, most in (("sales", 7), ("d7", 7), ("", 0)):
        with django_assert_max_num_queries(most):
            page = units_page(access, Asked(Shown(selected)))
        assert page.total == 5005
    assert page.level.rows[0].beneath is not None
    assert len(page.level.rows[0].beneath.rows) == 52
    with django_assert_max_num_queries(1):
        adding = units_page(access, Asked(Shown("sales"), adds=True))
    assert adding.add is not None
    assert adding.add.parent.is_long
    assert len(adding.add.parent.options) == 30


def _plant(acme: World, count: int) -> None:
    """So many units: fifty departments beneath the top, and teams beneath these."""
    mine = {"organization": acme.organization, "position": 9}
    departments = Unit.objects.bulk_create(
        Unit(code=f"d{n}", name=f"D {n}", kind="department", parent=acme.units["acme"], **mine)
        for n in range(50)
    )
    Unit.objects.bulk_create(
        Unit(code=f"t{n}", name=f"T {n}", kind="team", parent=departments[n % 50], **mine)
        for n in range(count - 50)
    )


def test_a_long_level_is_shown_in_steps(acme: World, root: Client) -> None:
    Unit.objects.bulk_create(
        Unit(
            organization=acme.organization,
            code=f"t{n}",
            name=f"T {n:03}",
            kind="team",
            parent=acme.units["apac"],
        )
        for n in range(250)
    )
    page = text(root.get(PAGE, {"beneath": "apac"}))
    assert len(names(page)) == 200
    assert "50 are not shown" in page
    more = re.search(r'href="([^"]+)">\s*Show more', page)
    assert more is not None
    assert len(names(text(root.get(more[1])))) == 253
    choices = text(root.get(PAGE, {"suggest": "to", "unit": "sales", "to": "T 24"}))
    assert re.findall(r'value="([^"]+)"', choices)[:2] == ["t24", "t124"] or "t240" in choices


# --- Adding


def test_a_unit_is_added_with_a_code_of_its_name_and_taken_back(acme: World, root: Client) -> None:
    status, page = post(root, "add", name="Délai Tokyo", kind="team", parent="apac")
    assert status == 302
    unit = Unit.objects.live().get(code="delai_tokyo")
    assert (unit.parent, unit.kind) == (acme.units["apac"], "team")
    assert "Added “Délai Tokyo” beneath “APAC”." in page
    status, page = post(root, **undo(page))
    assert (status, Unit.objects.live().filter(code="delai_tokyo").exists()) == (302, False)
    status, _ = post(root, **undo(page))
    assert (status, Unit.objects.live().filter(code="delai_tokyo").exists()) == (302, True)


def test_an_individuals_unit_has_the_person(acme: World, root: Client) -> None:
    assert post(root, "add", parent="sales", person="bob", kind="team")[0] == 302
    unit = Unit.objects.get(code="bob")
    assert (unit.kind, unit.person, unit.name) == ("individual", acme.people["bob"], "Bob")
    status, page = post(root, "add", parent="sales", person="bob", kind="individual")
    assert status == 422
    assert "There is no such person" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Write a name"),
        ({"name": "株式会社"}, "no letter from a to z"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"name": "a\x00b"}, "cannot be stored"),
        ({"code": "sales"}, "There is a unit `sales` already"),
        ({"code": "Not a code"}, "A code starts with a letter"),
        ({"kind": "galaxy"}, "not a valid choice"),
        ({"kind": "individual"}, "Choose a person"),
        ({"parent": ""}, "Choose a unit"),
        ({"parent": "nobody"}, "There is no such unit"),
        ({"parent": "ada"}, "There is no such unit"),
        ({"person": "charlie"}, "There is no such person"),
        ({"do": "explode"}, "Choose what to do"),
    ],
)
def test_what_cannot_be_added_is_told_beside_what_was_typed(
    acme: World, rival: World, root: Client, fields: dict[str, str], said: str
) -> None:
    typed = {"do": "add", "name": "Lagos", "kind": "team", "parent": "apac", **fields}
    answer = root.post(PAGE, typed)
    page = text(answer)
    assert (answer.status_code, said in page, CANARY in page) == (422, True, False)
    if fields.keys() & {"code", "parent"}:
        assert 'value="Lagos"' in page


# --- Changing


def test_a_unit_is_renamed_and_named_back(acme: World, root: Client) -> None:
    fields = {"unit": "apac", "version": 1, "name": "Asia", "kind": "department"}
    status, page = post(root, "change", **fields)
    assert (status, "“Asia” is saved" in page) == (302, True)
    post(root, **undo(page))
    acme.units["apac"].refresh_from_db()
    assert (acme.units["apac"].name, acme.units["apac"].kind) == ("APAC", "division")
    assert acme.units["apac"].history.first().history_user == acme.users["root"]


def test_a_name_that_another_has_changed_is_shown_beside(acme: World, root: Client) -> None:
    change_unit(unit=acme.units["apac"], name="Orient", kind="division")
    fields = {"unit": "apac", "version": 1, "name": "Asia", "kind": "division"}
    status, page = post(root, "change", **fields)
    assert status == 409
    assert 'value="Asia"' in page
    assert "Saved meanwhile: <b>Orient</b>" in page
    assert 'name="version" value="2"' in page


# --- Moving


def test_a_move_is_told_done_and_undone(acme: World, root: Client) -> None:
    asked = text(root.get(PAGE, {"unit": "sales", "to": "apac"}))
    assert "Move beneath APAC?" in asked
    assert "Closed periods keep what was reported" in asked
    status, page = post(root, "move", unit="sales", to="apac", version=1)
    assert (status, above(acme.units["sales"])) == (302, "apac")
    assert "Scores of open periods are being computed again" in page
    post(root, **undo(page))
    assert above(acme.units["sales"]) == "emea"
    status, page = post(root, "move", unit="sales", to="apac", version=1)
    assert (status, above(acme.units["sales"])) == (409, "emea")
    assert "somebody else has changed “Sales” meanwhile" in page


@pytest.mark.parametrize(
    ("unit", "to", "said"),
    [
        ("emea", "sales", "“Sales” lies beneath “EMEA”"),
        ("emea", "emea", "or is the unit itself"),
        ("sales", "emea", "is beneath “EMEA” already"),
        ("sales", "nobody", "There is no such unit"),
        ("sales", "", "Choose a unit"),
        ("apac", "ada", "There is no such unit"),
        ("acme", "emea", "The topmost unit cannot be moved"),
    ],
)
def test_a_move_that_cannot_be(acme: World, root: Client, unit: str, to: str, said: str) -> None:
    status, page = post(root, "move", unit=unit, to=to, version=1)
    assert (status, said in page) == (422, True)
    if unit != "acme":
        assert root.get(PAGE, {"unit": unit, "to": to}).status_code == 422


def test_what_a_move_means(acme: World) -> None:
    KPI.objects.filter(code="revenue").update(unit_rule="mean")
    assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units["apac"])
    acme.kpis["share"].unit_rule = "sum"
    acme.kpis["share"].save()
    assign_kpi(kpi=acme.kpis["share"], unit=acme.units["emea"])
    ada_only = acme.objectives["sales", "grow"]
    align(objective=ada_only, supported=acme.objectives["emea", "improve"])
    period = acme.organization.calendar.parse_label("2026-01")
    close_period(unit=acme.units["emea"], period=period)
    told = consequences(acme, "sales", "apac")
    assert told[:2] == (
        "1 KPI is rolled up into APAC instead of EMEA.",
        "1 KPI is no longer rolled up into EMEA.",
    )
    assert "3 objectives still support objectives of EMEA" in told[2]
    assert told[3:5] == (
        "By their roles above, these lose it: Alice (Manager of EMEA).",
        "EMEA has closed 2026-01, which stays closed here.",
    )
    assert consequences(acme, "ada", "apac")[:2] == (
        "1 KPI is rolled up into APAC instead of Sales.",
        "1 KPI loses the target of Sales.",
    )


def consequences(acme: World, unit: str, to: str) -> tuple[str, ...]:
    organization = Organization.objects.get(pk=acme.organization.pk)
    access = user_access(acme.users["root"], organization.code)
    assert access is not None
    return move_consequences(access, access.tree.by_code[unit], access.tree.by_code[to])


# --- Retiring


def test_a_unit_in_use_is_kept_and_says_by_whom(acme: World, root: Client) -> None:
    page = text(root.get(PAGE, {"unit": "sales"}))
    for user in ("Unit “Ada Byron” beneath", "Scorecard “Sales scorecard”", "Viewer Bob"):
        assert user in page
    assert "KPI “Revenue”, measured here" in page
    assert "Retire Sales" not in page
    status, page = post(root, "retire", unit="sales", version=1)
    assert (status, "“Sales” is used by" in page) == (409, True)
    assert Unit.objects.live().filter(code="sales").exists()


def test_an_unused_unit_is_retired_and_comes_back(acme: World, root: Client) -> None:
    assert "Retire APAC" in text(root.get(PAGE, {"unit": "apac"}))
    _, page = post(root, "retire", unit="apac", version=1)
    assert names(page) == ["Acme", "EMEA"]
    assert root.get(PAGE, {"unit": "apac"}).status_code == 404
    _, page = post(root, **undo(page))
    assert names(page)[-1] == "APAC"
    assert root.post(PAGE, {"do": "restore", "unit": "nobody"}).status_code == 404


# --- Who may


def test_others_are_forbidden_even_to_look(acme: World, client: Client) -> None:
    client.force_login(acme.users["alice"])
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"do": "retire", "unit": "apac", "version": 1}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "add", "name": "Lagos", "kind": "team", "parent": "emea"}, 302),
        ({"do": "add", "name": "Lagos", "kind": "team", "parent": "acme"}, 403),
        ({"do": "add", "name": "Lagos", "kind": "team", "parent": "apac"}, 403),
        ({"do": "change", "unit": "sales", "version": 1, "name": "S", "kind": "team"}, 302),
        ({"do": "change", "unit": "emea", "version": 1, "name": "E", "kind": "team"}, 403),
        ({"do": "change", "unit": "apac", "version": 1, "name": "A", "kind": "team"}, 403),
        ({"do": "move", "unit": "ada", "version": 1, "to": "emea"}, 302),
        ({"do": "move", "unit": "sales", "version": 1, "to": "apac"}, 403),
        ({"do": "move", "unit": "sales", "version": 1, "to": "acme"}, 403),
        ({"do": "move", "unit": "emea", "version": 1, "to": "apac"}, 403),
        ({"do": "move", "unit": "apac", "version": 1, "to": "emea"}, 403),
        ({"do": "retire", "unit": "apac", "version": 1}, 403),
        ({"do": "restore", "unit": "gone"}, 403),
    ],
)
def test_an_administrator_of_a_unit_manages_what_is_beneath(
    acme: World, emea: Client, fields: dict[str, str], status: int
) -> None:
    gone = create_unit(
        organization=acme.organization,
        code="gone",
        name="Gone",
        kind="team",
        parent=acme.units["apac"],
    )
    gone.mark_deleted()
    assert emea.post(PAGE, fields).status_code == status


def test_buttons_that_would_be_refused_are_not_there(acme: World, emea: Client) -> None:
    own = text(emea.get(PAGE, {"unit": "emea"}))
    assert "Add a unit beneath" in own
    assert 'value="change"' not in own
    foreign = text(emea.get(PAGE, {"unit": "apac"}))
    for button in ("Add a unit beneath", 'value="change"', "Retire", "Move to"):
        assert button not in foreign
    mine = text(emea.get(PAGE, {"unit": "sales"}))
    assert re.findall(r'<option value="(\w+)"', mine[mine.index('name="to"') :])[0] == "corporate"
    move_unit(unit=acme.units["ada"], parent=acme.units["emea"])
    options = text(emea.get(PAGE, {"unit": "ada"}))
    assert re.findall(r'<option value="(sales|acme|apac)"', options) == ["sales"]
