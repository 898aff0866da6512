"""The board edited in place: rows that save themselves, and what is refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organizations.models import Role
from organizations.services.people import grant_role
from scorecards.models import Alignment, Objective, ObjectiveKPI, Perspective, Scorecard, Theme
from scorecards.selectors.editions.reading import content_at
from scorecards.services.adding import append_kpi, append_objective, append_theme
from scorecards.services.closing import close_period
from scorecards.services.editions import publish_edition
from scorecards.services.structure import NodeChange, change_structure
from tests.worlds import CANARY, NOW, START, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/units/sales/scorecard/edit/"
SCRIPT = {"hx-request": "true", "hx-target": "editor"}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


def typed(key: str, version: int | str = 1, **fields: str) -> dict[str, str]:
    """One row as a script sends it."""
    sent = {f"{key}.version": str(version)}
    return sent | {f"{key}.{name}": text for name, text in fields.items()}


def sent(client: Client, query: str = "", **posted: str) -> Any:
    """The answer that a script gets."""
    return client.post(PAGE + query, posted, headers=SCRIPT)


def told(answer: Any) -> str:
    """What the page says of the deed."""
    found = re.search(r"<span data-said>(.*?)</span>", answer.content.decode(), re.DOTALL)
    return found.group(1) if found else ""


def shares(page: str) -> dict[str, str]:
    """What the page says of each row's share, drawn with the row or beside it."""
    rows = re.findall(r'class="e-row [^"]*" id="([^"]+)".*?class="e-share">([^<]*)<', page)
    return dict(rows + re.findall(r'<i data-of="([^"]+)">([^<]*)<', page))


def statements(client: Client, method: str, address: str, **posted: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ask = client.get if method == "get" else client.post
        assert ask(address, posted or None, headers=SCRIPT).status_code == 200
    return len(captured)


def grown(world: World) -> None:
    """More of everything in the scorecard of Sales."""
    grow = world.objectives["sales", "grow"]
    for number in range(3):
        row = append_objective(perspective=grow.perspective, name=f"Objective {number}")
        for kpi in ("certified", "share"):
            append_kpi(objective=row, kpi=world.kpis[kpi])
    append_theme(scorecard=world.scorecards["sales"], name="Growth")


# --- The page


def test_the_board_leads_to_its_editor_which_has_its_rows_in_order(
    acme: World, alice: Client
) -> None:
    board = alice.get("/acme/units/sales/scorecard/").content.decode()
    assert f'href="{PAGE}">Edit</a>' in board
    page = alice.get(PAGE).content.decode()
    order = [
        page.index(f'id="{key}"')
        for key in (
            "perspective.financial",
            "objective.grow",
            "kpi.grow.revenue",
            "kpi.grow.nps",
            "perspective.process",
            "objective.improve",
        )
    ]
    assert order == sorted(order)
    assert shares(page)["perspective.financial"] == "60 %"
    assert shares(page)["kpi.grow.revenue"] == "75 %"
    assert 'value="2026-05"\n' in page or 'value="2026-05"' in page
    assert "computed again for 2026-05, 2026-Q2 and 2026, here and above" in page
    assert "Enter a value" in page
    assert alice.get(f"{PAGE}?scorecard=nothing").status_code == 404


def test_its_statements_do_not_grow_with_the_scorecard(acme: World, alice: Client) -> None:
    def counted() -> list[int]:
        version = Perspective.objects.get(scorecard=sales, code="financial").version
        name = f"Money {version}"
        row = typed("perspective.financial", version, name=name, weight=str(60 + version))
        return [
            statements(alice, "get", PAGE),
            statements(alice, "get", f"{PAGE}?open=objective.grow"),
            statements(alice, "post", PAGE, **row),
        ]

    sales = acme.scorecards["sales"]
    counted()  # what is the first of its kind, such as an edition for this month
    small = counted()
    grown(acme)
    assert counted() == small
    assert small[0] <= 25
    page = alice.get(PAGE).content
    assert len(page) < 1500 * page.count(b'class="e-row')  # forty objectives stay light


def test_who_may_not_edit_gets_no_button_and_no_page(acme: World) -> None:
    for name in ("bob", "carol"):
        client = Client()
        client.force_login(acme.users[name])
        assert PAGE not in client.get("/acme/units/sales/scorecard/").content.decode()
        assert client.get(PAGE).status_code == client.post(PAGE).status_code == 403


# --- Rows that save themselves


def test_a_row_is_saved_and_the_shares_of_its_siblings_follow(acme: World, alice: Client) -> None:
    row = typed("perspective.financial", name="Money", weight="160", roll_up="worst capped")
    answer = sent(alice, **row)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert 'id="perspective.process"' not in page
    assert shares(page) == {"perspective.financial": "80 %", "perspective.process": "20 %"}
    assert told(answer).startswith("Saved, valid from 2026-05: “Financial” renamed “Money”; weight")
    stored = Perspective.objects.get(scorecard=acme.scorecards["sales"], code="financial")
    assert (stored.name, stored.rule, stored.is_capped) == ("Money", "worst", True)
    assert stored.history.latest("history_id").history_user == acme.users["alice"]
    assert f'id="perspective.financial" data-version="{stored.version}"' in page
    content = content_at(acme.scorecards["sales"], NOW.date())
    assert content
    assert content.perspectives[0].name == "Money"
    assert content_at(acme.scorecards["sales"], START).perspectives[0].name == "Financial"  # type: ignore[union-attr]


def test_without_scripts_all_rows_are_sent_and_only_what_differs_is_saved(
    acme: World, alice: Client
) -> None:
    rows = {"do": "save"}
    rows |= typed("scorecard", name="Sales scorecard", roll_up="weighted_mean")
    rows |= typed("objective.grow", name="Grow faster", weight="1", roll_up="weighted_mean")
    rows |= typed("kpi.grow.nps", weight="1")
    answer = alice.post(f"{PAGE}?valid_from=2026-03", rows, follow=True)
    assert "Saved, valid from 2026-03: “Grow Sales” renamed “Grow faster”." in (
        answer.content.decode()
    )
    assert answer.redirect_chain == [(f"{PAGE}?valid_from=2026-03", 302)]
    assert ObjectiveKPI.objects.get(objective__name="Grow faster", kpi__code="nps").version == 1


def test_everything_of_an_objective_is_saved_from_its_panel(acme: World, alice: Client) -> None:
    sales = acme.scorecards["sales"]
    theme = append_theme(scorecard=sales, name="Growth")
    change_structure(
        scorecard=sales, changes={"objective.grow": NodeChange(1, {"hint": "Where from?"})}
    )
    panel = alice.get(f"{PAGE}?open=objective.grow").content.decode()
    assert "Where from?" in panel
    assert ">Growth</option>" in panel
    assert ">Ada Byron</option>" in panel
    fields = {"description": "More of it.\r\nSoon.", "owner": "ada", "theme": "growth"}
    answer = sent(alice, "?open=objective.grow", **typed("objective.grow", 2, **fields))
    assert "owner of “Grow Sales” nobody → Ada Byron" in told(answer)
    assert '<span class="chip">Growth</span>' in answer.content.decode()
    sent(alice, **typed("objective.grow", 3, hint=""))
    grow = Objective.objects.get(pk=acme.objectives["sales", "grow"].pk)
    assert (grow.description, grow.hint) == ("More of it.\nSoon.", "")
    assert (grow.owner, grow.theme) == (acme.people["ada"], theme)
    board = alice.get("/acme/units/sales/scorecard/?period=2026-05").content.decode()
    assert '<span class="chip">Growth</span>' in board
    answer = sent(alice, **typed("theme.growth", name="Growing", description="New markets."))
    assert 'id="editor"' in answer.content.decode()  # its name stands at objectives, too
    assert "theme of “Grow Sales” Growth → Growing" in told(answer)


@pytest.mark.parametrize(
    ("key", "field", "text", "why"),
    [
        ("perspective.financial", "weight", "", "Write a number from 0"),
        ("perspective.financial", "weight", "1000001", "from 0 to 1,000,000"),
        ("kpi.grow.nps", "weight", "NaN", "Write a number from 0"),
        ("objective.grow", "weight", "0", "Leave a weight above 0"),
        ("objective.grow", "name", "  ", "Write a name."),
        ("objective.grow", "name", "x" * 201, "at most 200 characters"),
        ("objective.grow", "name", "a\x00b", "cannot be stored"),
        ("objective.grow", "roll_up", "sum", "Choose one of these."),
        ("objective.grow", "owner", "charlie", "no such person"),
        ("objective.grow", "theme", "\x00", "no such theme"),
        ("objective.grow", "description", "x" * 5001, "at most 5000 characters"),
    ],
)
def test_what_cannot_be_stored_stays_with_the_reason_beside_it(
    acme: World, rival: World, alice: Client, key: str, field: str, text: str, why: str
) -> None:
    row = typed(key) | {f"{key}.{field}": text}
    answer = sent(alice, f"?open={key}", **row)
    page = answer.content.decode()
    assert answer.status_code == 422
    place = f"{key}.{field}"
    reason = re.search(rf'id="said-{place}">(.*?)</p>', page, re.DOTALL)
    assert why in (reason.group(1) if reason else "")
    assert "Not saved." in told(answer)
    assert CANARY not in page
    if field not in ("roll_up", "theme", "owner"):  # those are chosen from a list
        assert text.strip().replace("\x00", "") in page
    if key == "kpi.grow.nps":
        assert alice.post(PAGE, row).status_code == 422  # without scripts, a whole page


def test_two_people_at_one_row_see_both_versions(acme: World, alice: Client) -> None:
    sales = acme.scorecards["sales"]
    change_structure(
        scorecard=sales,
        changes={"objective.grow": NodeChange(1, {"name": "Grow a lot", "weight": 2.0})},
        by=acme.users["root"],
    )
    answer = sent(alice, **typed("objective.grow", 1, name="Grow a bit", weight="1"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Grow a bit"' in page
    assert "Saved meanwhile: <b>Grow a lot</b>" in page
    assert 'data-stored="Grow a lot"' in page
    assert "Root saved this meanwhile" in page
    assert 'name="objective.grow.weight"' in page
    assert 'value="2"' in page
    answer = sent(alice, **typed("objective.grow", 2, name="Grow a bit", weight="2"))
    assert answer.status_code == 200
    grow = Objective.objects.get(pk=acme.objectives["sales", "grow"].pk)
    assert (grow.name, grow.weight) == ("Grow a bit", 2.0)


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "٣"])
def test_what_was_typed_against_an_unreadable_version_is_shown_not_dropped(
    alice: Client, version: str
) -> None:
    answer = sent(alice, **typed("objective.grow", version, name="Grow a bit"))
    assert answer.status_code == 409
    assert 'value="Grow a bit"' in answer.content.decode()


def test_nothing_is_changed_in_a_closed_period(acme: World, alice: Client) -> None:
    april = acme.organization.calendar.parse_label("2026-04")
    close_period(unit=acme.units["emea"], period=april)
    row = typed("perspective.financial", weight="70")
    for label in ("2026-04", "2031-01", "nonsense"):
        answer = alice.post(PAGE, row, query_params={"valid_from": label}, headers=SCRIPT)
        assert answer.status_code == 422
        assert "Choose one of these periods." in answer.content.decode()
    assert sent(alice, "?valid_from=2026-06", **row).status_code == 200
    financial = Perspective.objects.get(scorecard=acme.scorecards["sales"], code="financial")
    assert financial.weight == 70
    assert "Up to 2026-04-30 everything is closed" in alice.get(PAGE).content.decode()


def test_an_unseen_contribution_is_weighed_without_its_name(acme: World, alice: Client) -> None:
    """Contributions are rows, too; those of units that the reader does not see stay nameless."""
    above = "/acme/units/emea/scorecard/edit/"
    page = alice.get(above).content.decode()
    assert 'name="contribution.grow.sales_scorecard.grow.weight"' in page
    key = "contribution.grow.sales_scorecard.grow"
    answer = alice.post(above, typed(key, weight="3"), headers=SCRIPT)
    assert shares(answer.content.decode()) == {
        "contribution.grow.sales_scorecard.grow": "75 %",
        "kpi.grow.revenue": "25 %",
    }


# --- A new scorecard


def test_a_unit_without_a_scorecard_is_given_a_draft(acme: World, alice: Client) -> None:
    apac = "/acme/units/apac/scorecard/"
    alice.force_login(acme.users["root"])
    assert "Create a scorecard" in alice.get(apac).content.decode()
    assert "Create a scorecard" in alice.get(f"{apac}edit/").content.decode()
    answer = alice.post(f"{apac}edit/", {"do": "begin"}, follow=True)
    page = answer.content.decode()
    assert "Financial" in page
    assert "Learning and growth" in page
    assert "Changes hold from" not in page  # a draft has no periods yet
    assert page.count("One to five objectives are enough") == 4
    draft = Scorecard.objects.get(unit=acme.units["apac"])
    assert draft.status == "draft"
    fields = {"do": "add-objective", "key": "perspective.customer", "name": "Be chosen"}
    answer = alice.post(f"{apac}edit/", fields, headers=SCRIPT)
    assert "No KPI measures this objective yet" in answer.content.decode()
    assert not draft.editions.exists()
    assert "Go on with the draft" in alice.get(apac).content.decode()
    alice.post(f"{apac}edit/", {"do": "begin"})
    assert Scorecard.objects.filter(unit=acme.units["apac"]).count() == 1


def test_an_archived_scorecard_is_not_edited(acme: World, alice: Client) -> None:
    sales = acme.scorecards["sales"]
    ended = {"status": "archived", "ends_on": NOW.date()} if hasattr(sales, "ends_on") else {}
    Scorecard.objects.filter(pk=sales.pk).update(**ended or {"status": "archived"})
    answer = alice.get(f"{PAGE}?scorecard=sales_scorecard")
    assert answer.status_code == 302
    assert alice.post(f"{PAGE}?scorecard=sales_scorecard", {"do": "add-theme"}).status_code == 302
    assert not Theme.objects.filter(scorecard=sales).exists()


def test_supports_count_above_only_by_the_leave_of_those_above(acme: World) -> None:
    """Someone who manages Sales alone names what it supports; how much it counts is EMEA's."""
    Alignment.objects.all().delete()
    publish_edition(scorecard=acme.scorecards["sales"])
    grant_role(user=acme.users["bob"], unit=acme.units["sales"], role=Role.MANAGER)
    bob, alice = Client(), Client()
    bob.force_login(acme.users["bob"])
    alice.force_login(acme.users["alice"])
    support = {"key": "objective.grow", "supported": "emea_scorecard.improve"}
    query = "?open=objective.grow"
    assert "EMEA · Improve EMEA" in bob.get(PAGE + query).content.decode()

    answer = sent(bob, query, do="add-support", weight="2", **support)
    assert answer.status_code == 422
    assert "for those who edit that scorecard" in (answer.content.decode())
    answer = sent(bob, query, do="add-support", weight="0", **support)
    assert "supports “Improve EMEA”, as context only" in told(answer)
    answer = sent(bob, query, do="weigh-support", weight="2", version="1", **support)
    assert answer.status_code == 422

    answer = sent(alice, query, do="weigh-support", weight="2", version="1", **support)
    assert "with the weight 2" in told(answer)
    emea = content_at(acme.scorecards["emea"], NOW.date())
    assert emea
    assert [c.weight for c in emea.perspectives[1].objectives[0].contributions] == [2.0]
    answer = sent(alice, query, do="weigh-support", weight="3", version="1", **support)
    assert answer.status_code == 409
    assert 'value="3"' in answer.content.decode()
    answer = sent(alice, query, do="add-support", weight="", **support)
    assert answer.status_code == 422

    answer = sent(bob, query, do="end-support", version="2", **support)
    assert not Alignment.objects.live().filter(organization=acme.organization).exists()
    undo = dict(re.findall(r'name="(do|moment)" value="([^"]+)"', answer.content.decode()[-900:]))
    assert "stands again" in told(sent(bob, query, **undo))
    assert Alignment.objects.live().get(organization=acme.organization).weight == 2.0
