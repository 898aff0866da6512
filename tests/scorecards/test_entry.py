"""Entering values: the grid of a unit, what somebody owes, and saving many cells at once."""

import datetime as dt
import html
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.models import Change, Measurement, MeasurementRevision
from kpis.services.library import assign_kpi, define_kpi
from organizations.access import Access, user_access
from organizations.models import ClosedPeriod, Role
from organizations.services.people import grant_role
from scorecards.selectors.entry.due import MOST_FIELDS, ValuesDue, values_due
from scorecards.selectors.entry.grid import EntryGrid, EntryRow, entry_grid
from scorecards.services.grid_entry import Answer, SentCell, enter_values
from scorecards.services.refresh import refresh_scores
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
GRID = "/acme/units/sales/values/"
DUE = "/acme/values/?later=1"
MARCH = "sales.revenue.2026-03-01"
APRIL = "sales.revenue.2026-04-01"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def signed_in(acme: World) -> Callable[[str], Client]:
    def client(name: str) -> Client:
        found = Client()
        found.force_login(acme.users[name])
        return found

    return client


@pytest.fixture
def carol(signed_in: Callable[[str], Client]) -> Client:
    """Contributor of Sales."""
    return signed_in("carol")


def access_of(world: World, name: str = "carol") -> Access:
    access = user_access(world.users[name], "acme")
    assert access
    return access


def grid(world: World, unit: str = "sales", name: str = "carol", **about: Any) -> EntryGrid:
    access = access_of(world, name)
    node = access.visible_unit(unit)
    assert node
    return entry_grid(access, node, **about)


def row(shown: EntryGrid, code: str) -> EntryRow:
    return next(row for group in shown.groups for row in group.rows if row.code == code)


def kinds(shown: EntryGrid, code: str) -> str:
    """The first letters of what the cells are: d for due, o open, s said, f, c, n."""
    return "".join(cell.kind[0] for cell in row(shown, code).cells)


def owed(world: World, name: str = "carol") -> ValuesDue:
    return values_due(access_of(world, name), with_later=True)


def close(world: World, unit: str = "emea") -> None:
    """The first quarter, at EMEA and all beneath."""
    ClosedPeriod.objects.create(
        organization=world.organization,
        unit=world.units[unit],
        frequency="quarter",
        period_start=START,
        closed_at=NOW,
        closed_by=world.users["alice"],
    )


def sent(client: Client, fields: dict[str, str], address: str = GRID) -> dict[str, Any]:
    """What a script is told of the cells that it sends."""
    answer = client.post(address, fields, headers={"accept": "application/json"})
    assert answer.status_code == 200
    cells: dict[str, Any] = answer.json()["cells"]
    return cells


def shown_before(**texts: str) -> dict[str, str]:
    return {"seen": json.dumps(texts)}


def values(world: World, kpi: str = "revenue", unit: str = "sales") -> dict[str, float]:
    rows = Measurement.objects.filter(assignment=world.assignment(kpi, unit))
    return {f"{row.period_start:%Y-%m}": row.value for row in rows}


def seen(page: str) -> str:
    """What the page's form says that it showed; that of its button to undo stands before it."""
    return html.unescape(re.findall(r'name="seen" value="([^"]*)"', page)[-1])


# --- What the grid shows


def test_each_kpi_has_its_own_periods_the_running_one_last(acme: World) -> None:
    shown = grid(acme)
    assert [group.heading for group in shown.groups] == ["Monthly", "Quarterly"]
    monthly, quarterly = shown.groups
    assert (monthly.columns[0], monthly.columns[-1]) == ("2025-06", "2026-05")
    assert (len(quarterly.columns), quarterly.columns[-1]) == (8, "2026-Q2")


def test_what_is_due_stands_first_and_says_since_when(acme: World) -> None:
    months = [f"2025-{month:02}-01" for month in range(6, 13)]
    months += [f"2026-{month:02}-01" for month in range(1, 5)]
    for code in ("revenue", "certified", "rating", "share"):
        acme.record(code, "sales", dict.fromkeys(months, 1))
    acme.record("defects", "sales", dict.fromkeys(months[:-2], 1))
    shown = grid(acme)
    assert [line.code for line in shown.groups[0].rows] == [
        *("defects", "revenue", "certified", "rating", "share"),
    ]
    assert kinds(shown, "defects") == "s" * 9 + "ddo"
    assert row(shown, "defects").due == "due since 1 Apr"
    march, _, may = row(shown, "defects").cells[-3:]
    assert (march.hint, march.about) == ("due 1 Apr", "due since 1 Apr")
    assert (may.hint, may.about) == ("", "due on 1 Jun")
    assert shown.due == "9 values are due, the oldest since 1 Oct 2024"
    assert shown.first_due == "sales.nps.2024-07-01"


def test_days_of_grace_come_before_it_is_due(acme: World) -> None:
    acme.kpis["revenue"].grace_days = 4
    acme.kpis["revenue"].save()
    assert kinds(grid(acme), "revenue")[-3:] == "doo"
    assert row(grid(acme), "revenue").cells[-2].about == "due on 5 May"


def test_a_value_says_who_said_it_when_and_its_note(acme: World, carol: Client) -> None:
    sent(carol, {APRIL: "41.2", f"{APRIL}.note": " Two late orders "})
    cell = row(grid(acme), "revenue").cells[-2]
    assert (cell.kind, cell.text, cell.note) == ("said", "41.2", "Two late orders")
    assert cell.about == "recorded 2026-05-04 12:00 by Carol"
    assert 'data-note="Two late orders"' in carol.get(GRID).content.decode()


def test_what_follows_from_others_says_from_what(acme: World, carol: Client) -> None:
    kpi = define_kpi(organization=acme.organization, code="twice", name="T", formula="revenue * 2")
    assign_kpi(kpi=kpi, unit=acme.units["sales"])
    total = define_kpi(organization=acme.organization, code="heads", name="H", unit_rule="sum")
    for unit in ("emea", "sales"):
        assign_kpi(kpi=total, unit=acme.units[unit])
    acme.record("revenue", "sales", {"2026-04-01": 21})
    acme.record("heads", "sales", {"2026-04-01": 7})
    twice = row(grid(acme), "twice")
    assert (twice.follows, twice.cells[-2].text) == ("computed by its formula", "42")
    heads = row(grid(acme, "emea", "alice"), "heads")
    assert (heads.follows, heads.cells[-2].text) == ("from the units beneath", "7")
    assert kinds(grid(acme), "twice") == "f" * 12
    refused = sent(carol, {"sales.twice.2026-04-01": "5"})["sales.twice.2026-04-01"]
    assert refused["wrong"] == "Computed by its formula: record the KPIs that it reads."


def test_closed_periods_are_locked(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-03-01": 90})
    close(acme)
    shown = grid(acme)
    assert kinds(shown, "revenue") == "dddddddcccdo"
    assert "a manager may restate it" in row(shown, "revenue").cells[-3].about
    restated = row(grid(acme, name="alice"), "revenue").cells[-3]
    assert "restate it on the KPI's page" in restated.about
    told = sent(carol, {MARCH: "91", APRIL: "92"})
    assert "2026-Q1 was closed at EMEA" in told[MARCH]["wrong"]
    assert sent(carol, {MARCH: ""})[MARCH]["state"] == "refused"
    assert values(acme) == {"2026-03": 90, "2026-04": 92}


def test_nothing_is_typed_outside_the_days_of_the_assignment(acme: World) -> None:
    assign_kpi(
        kpi=acme.kpis["share"],
        unit=acme.units["emea"],
        starts_on=dt.date(2026, 1, 1),
        ends_on=dt.date(2026, 4, 1),
    )
    assert kinds(grid(acme, "emea", "alice"), "share") == "n" * 7 + "ddd" + "nn"


def test_earlier_periods_have_an_address(acme: World, carol: Client) -> None:
    earlier = carol.get(GRID).context["grid"].groups[0].earlier_href
    assert earlier == f"{GRID}?until=2025-05-31"
    page = carol.get(earlier).context["grid"]
    assert (page.groups[0].columns[0], page.groups[0].columns[-1]) == ("2024-06", "2025-05")
    assert page.groups[0].later_href == page.latest_href == GRID
    future = carol.get(GRID, {"until": "2027"}).context["grid"]
    assert future.groups[0].columns[-1] == "2026-05"
    assert "is not a period" in html.unescape(carol.get(GRID, {"until": "x"}).content.decode())


def test_a_unit_without_kpis_says_what_to_do(signed_in: Callable[[str], Client]) -> None:
    page = signed_in("root").get("/acme/units/apac/values/").content.decode()
    assert "No KPI is measured at APAC" in page


# --- Saving


def test_each_cell_is_answered_for_itself(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-02-01": 70})
    told = sent(
        carol,
        {
            "sales.revenue.2026-01-01": "1.234,5",
            "sales.revenue.2026-02-01": "70",
            MARCH: "a lot",
            APRIL: "1,234",
            "sales.defects.2026-03-01": "-1",
            "sales.rating.2026-03-01": "b",
            "sales.certified.2026-03-01": "Yes",
            "sales.revenue.2026-06-01": "5",
            "sales.revenue.2026-03-02": "5",
            "sales.nothing.2026-03-01": "5",
            "emea.revenue.2026-03-01": "5",
            "ada.revenue.2026-03-01": "5",
        },
    )
    states = {name.removeprefix("sales."): cell["state"] for name, cell in told.items()}
    assert states == {
        "revenue.2026-01-01": "saved",
        "revenue.2026-02-01": "unchanged",
        "revenue.2026-03-01": "refused",
        "revenue.2026-04-01": "saved",
        "defects.2026-03-01": "refused",
        "rating.2026-03-01": "saved",
        "certified.2026-03-01": "saved",
        "revenue.2026-06-01": "refused",
        "revenue.2026-03-02": "refused",
        "nothing.2026-03-01": "refused",
        "emea.revenue.2026-03-01": "refused",
        "ada.revenue.2026-03-01": "refused",
    }
    assert told["sales.revenue.2026-01-01"]["text"] == "1,234.5"
    assert (told[APRIL]["text"], told[APRIL]["read_as"]) == ("1,234", "1234")
    assert '"a lot" is not a number' in told[MARCH]["wrong"]
    assert "cannot be below 0" in told["sales.defects.2026-03-01"]["wrong"]
    assert told["sales.rating.2026-03-01"]["text"] == "B"
    assert told["ada.revenue.2026-03-01"]["wrong"] == told["sales.nothing.2026-03-01"]["wrong"]
    assert values(acme) == {"2026-01": 1234.5, "2026-02": 70, "2026-04": 1234}
    row = Measurement.objects.get(assignment=acme.assignment("rating", "sales"))
    assert (row.value, row.user) == (2, acme.users["carol"])


def test_an_ambiguous_number_is_shown_both_ways(carol: Client) -> None:
    assert "could be 1234 or 1.2340" in sent(carol, {APRIL: "1.234"})[APRIL]["wrong"]


def test_an_emptied_cell_takes_its_value_back_and_undo_brings_it_again(
    acme: World, carol: Client
) -> None:
    sent(carol, {MARCH: "90", f"{MARCH}.note": "Late", APRIL: "91"})
    Change.objects.all().delete()
    page = carol.post(GRID, shown_before(**{MARCH: "90", APRIL: "91"}) | {MARCH: "", APRIL: ""})
    page = carol.get(page.headers["location"])
    assert "Saved 2 values." in page.content.decode()
    assert values(acme) == {}
    assert MeasurementRevision.objects.filter(reason="deleted").count() == 2
    assert Change.objects.count() == 2
    fields = undo(page.content.decode())
    assert carol.post(GRID, fields).status_code == 302
    assert values(acme) == {"2026-03": 90, "2026-04": 91}
    again = Measurement.objects.get(value=90)
    assert (again.note, again.user) == ("Late", acme.users["carol"])


def test_a_note_needs_a_value_and_changes_alone(acme: World, carol: Client) -> None:
    assert "belongs to a value" in sent(carol, {MARCH: "", f"{MARCH}.note": "x"})[MARCH]["wrong"]
    acme.record("revenue", "sales", {"2026-03-01": 1 / 3})
    told = sent(carol, shown_before(**{MARCH: "0.333333333"}) | {MARCH: "0.333333333"})
    assert told == {}
    told = sent(carol, {MARCH: "0.333333333", f"{MARCH}.note": "A third"})
    assert (told[MARCH]["state"], told[MARCH]["note"]) == ("saved", "A third")
    assert values(acme) == {"2026-03": 1 / 3}


def test_what_somebody_changed_meanwhile_is_not_overwritten(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-03-01": 95, "2026-02-01": 1}, user=acme.users["alice"])
    stale = shown_before(**{MARCH: "90", "sales.revenue.2026-02-01": "2", APRIL: "80"})
    fields = {MARCH: "99", "sales.revenue.2026-02-01": "", APRIL: "81"}
    told = sent(carol, stale | fields)
    assert {cell["state"] for cell in told.values()} == {"stale"}
    assert told[MARCH]["text"] == "95"
    assert "Meanwhile it says 95, recorded 2026-05-04 12:00 by Alice." in told[MARCH]["wrong"]
    assert "Somebody took the value back" in told[APRIL]["wrong"]
    assert values(acme) == {"2026-02": 1, "2026-03": 95}
    assert sent(carol, shown_before(**{MARCH: "90"}) | {MARCH: "95"})[MARCH]["state"] == "unchanged"
    assert sent(carol, shown_before(**{MARCH: "95"}) | {MARCH: "99"})[MARCH]["state"] == "saved"


def test_a_note_changed_meanwhile_is_told_too(acme: World, carol: Client) -> None:
    sent(carol, {MARCH: "90", f"{MARCH}.note": "mine"})
    stale = shown_before(**{MARCH: "90", f"{MARCH}.note": "older"})
    told = sent(carol, stale | {MARCH: "90", f"{MARCH}.note": "newer"})[MARCH]
    assert "with the note “mine”" in told["wrong"]


def test_without_scripts_one_post_saves_what_is_right_and_keeps_the_rest(
    acme: World, carol: Client
) -> None:
    acme.record("revenue", "sales", {"2026-02-01": 70})
    page = carol.get(GRID).content.decode()
    typed = dict.fromkeys(re.findall(r'name="(sales\.[^"]+)"', page), "")
    typed |= json.loads(seen(page)) | {MARCH: "1,5,5", APRIL: "92", "seen": seen(page)}
    answer = carol.post(GRID, typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    again = html.unescape(page)
    assert "1 value needs another look" in again
    assert "Saved 1 value." in again
    assert '"1,5,5" is not a number' in again
    assert f'name="{MARCH}"' in again
    assert 'value="1,5,5"' in again
    standing = {"sales.revenue.2026-02-01": "70", MARCH: "", APRIL: "92"}
    assert json.loads(seen(page)) == standing
    assert values(acme) == {"2026-02": 70, "2026-04": 92}
    assert carol.post(GRID, {"seen": seen(page)}).status_code == 302


@pytest.mark.parametrize("noise", ["[1]", "{", '{"a": 1}', "[" * 9000, "\x00"])
def test_a_tampered_form_does_no_harm(acme: World, carol: Client, noise: str) -> None:
    fields = {"seen": noise, "x": "5", "sales.revenue.2026-99-99": "5", "..": "1", MARCH: "\x00"}
    told = sent(carol, {**fields, APRIL: "9" * 400, f"{APRIL}.note": "\x00"})
    assert {cell["state"] for cell in told.values()} == {"refused"}
    assert "cannot be stored" in sent(carol, {APRIL: "9", f"{APRIL}.note": "\x00"})[APRIL]["wrong"]
    assert values(acme) == {}


# --- Who


def test_viewers_have_no_way_in(signed_in: Callable[[str], Client]) -> None:
    bob = signed_in("bob")
    assert GRID not in bob.get("/acme/units/sales/scorecard/").content.decode()
    assert 'href="/acme/values/"' not in bob.get("/acme/me/").content.decode()
    for address in (GRID, DUE):
        assert bob.get(address).status_code == bob.post(address, {APRIL: "1"}).status_code == 403


def test_contributors_find_the_grid(signed_in: Callable[[str], Client]) -> None:
    carol = signed_in("carol")
    assert GRID in carol.get("/acme/units/sales/scorecard/").content.decode()
    assert 'href="/acme/values/"' in carol.get("/acme/me/").content.decode()
    assert carol.get("/acme/units/emea/values/").status_code == 403
    assert carol.get("/acme/units/ada/values/").status_code == 404
    assert signed_in("alice").get("/acme/units/ada/values/").status_code == 200


# --- The scores above


def test_the_scores_above_follow(acme: World, carol: Client) -> None:
    refresh_scores(organization_id=acme.organization.pk)
    headers = {"hx-request": "true", "hx-target": "scores"}
    part = carol.get(GRID, {"scores": "2026-04-01"}, headers=headers)
    page = part.content.decode()
    assert "Scores in 2026-Q2" in page
    assert [unit.name for unit in part.context["scores"].units] == ["Acme", "EMEA", "Sales"]
    assert "every 2s" not in page
    sent(carol, {APRIL: "92"})
    page = carol.get(GRID, {"scores": "2026-04-01"}, headers=headers).content.decode()
    assert f'hx-get="{GRID}?scores=2026-04-01" hx-trigger="every 2s"' in page
    assert "Scores in 2026-Q1" in carol.get(GRID, {"scores": "x"}).content.decode()


# --- What somebody owes


def test_what_is_due_over_all_units_stands_first(acme: World) -> None:
    grant_role(user=acme.users["carol"], unit=acme.units["apac"], role=Role.CONTRIBUTOR)
    for code in ("share", "nps"):
        assign_kpi(kpi=acme.kpis[code], unit=acme.units["apac"], starts_on=dt.date(2026, 5, 1))
    shown = owed(acme)
    assert [unit.name for unit in shown.units] == ["Sales", "APAC"]
    sales, apac = shown.units
    assert sales.href == GRID
    assert apac.due == ""
    assert [row.cell.label for row in apac.rows] == ["2026-Q2", "2026-05"]
    assert {row.cell.kind for row in sales.rows[:50]} == {"due"}
    assert sum(row.cell.kind == "due" for row in sales.rows) == 5 * 11 + 7
    assert shown.due.startswith("62 values are due, the oldest since 1 Oct 2024")
    alone = values_due(access_of(acme, "carol"))
    assert [unit.name for unit in alone.units] == ["Sales"]
    assert {row.cell.kind for row in alone.units[0].rows} == {"due"}
    n_fields = sum(len(unit.rows) for unit in shown.units)
    assert alone.n_later == n_fields - len(alone.units[0].rows)


def test_what_the_reader_answers_for_stands_before_the_rest(acme: World) -> None:
    assignment = acme.assignment("share", "sales")
    assignment.responsible = acme.people["carol"]
    assignment.save()
    apart = acme.assignment("revenue", "emea")
    apart.responsible = acme.people["carol"]
    apart.save()
    shown = owed(acme)
    emea = next(unit for unit in shown.units if unit.name == "EMEA")
    sales = next(unit for unit in shown.units if unit.name == "Sales")
    assert [(row.name, row.is_mine) for row in sales.rows][:2] == [("Share", True)] * 2
    assert emea.href == ""
    assert "does not let you" in emea.rows[0].refusal
    assert "emea.revenue" not in shown.seen


def test_an_empty_list_says_what_is_due_next(acme: World, carol: Client) -> None:
    for code, day in (("revenue", "2026-05-01"), ("nps", "2026-04-01")):
        assignment = acme.assignment(code, "sales")
        assignment.starts_on = dt.date.fromisoformat(day)
        assignment.save()
    for code in ("defects", "certified", "rating", "share"):
        assignment = acme.assignment(code, "sales")
        assignment.deleted_at = NOW
        assignment.save()
    page = carol.get(DUE).content.decode()
    assert "Nothing is due" in page
    assert "Revenue of Sales for 2026-05 is due on 1 Jun" in page
    sent(carol, {"sales.revenue.2026-05-01": "5", "sales.nps.2026-04-01": "5"})
    assert "Revenue of Sales for 2026-06 is due on 1 Jul" in carol.get(DUE).content.decode()


def test_due_values_are_entered_right_there(acme: World, carol: Client) -> None:
    assert sent(carol, {APRIL: "92"}, DUE)[APRIL]["state"] == "saved"
    answer = carol.post(DUE, {MARCH: "x", "sales.share.2026-03-01": "50"})
    assert answer.status_code == 422
    assert 'value="x"' in answer.content.decode()
    assert values(acme) == {"2026-04": 92}
    assert values(acme, "share") == {"2026-03": 50}


def test_a_long_list_is_cut_and_says_so(acme: World) -> None:
    for number in range(10):
        kpi = define_kpi(organization=acme.organization, code=f"more_{number}", name="More")
        assign_kpi(kpi=kpi, unit=acme.units["sales"])
    (sales,) = owed(acme).units
    assert len(sales.rows) == MOST_FIELDS
    assert sales.n_left_out == 62 + 110 - MOST_FIELDS


# --- What it costs


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def add_kpis(world: World, first: int, count: int) -> None:
    for number in range(first, first + count):
        kpi = define_kpi(
            organization=world.organization,
            code=f"kpi_{number}",
            name=f"KPI {number}",
            frequency="week" if number % 2 else "month",
        )
        assign_kpi(kpi=kpi, unit=world.units["sales"])


@pytest.mark.parametrize("address", [GRID, DUE])
def test_pages_cost_the_same_for_any_number_of_kpis(
    acme: World, carol: Client, address: str
) -> None:
    kpi = define_kpi(organization=acme.organization, code="twice", name="T", formula="revenue * 2")
    assign_kpi(kpi=kpi, unit=acme.units["sales"])
    carol.get(address)
    before = statements(lambda: carol.get(address))
    add_kpis(acme, 0, 12)
    sent(carol, {MARCH: "90", APRIL: "91"})
    assert statements(lambda: carol.get(address)) == before
    if address == GRID:
        assert statements(lambda: carol.get(f"{GRID}?until=2025-01-31")) == before


def test_a_pasted_block_costs_the_same_as_a_few_cells(acme: World) -> None:
    add_kpis(acme, 0, 42)
    access = access_of(acme)
    starts = [f"2025-{month:02}-01" for month in range(1, 13)]
    names = [f"sales.kpi_{n}.{start}" for n in range(0, 42, 2) for start in starts]
    names += [f"sales.kpi_{n}.2026-0{w}" for n in range(1, 42, 2) for w in ("1-05", "2-02")]
    names += [
        f"sales.kpi_{n}.{dt.date(2025, 1, 6) + dt.timedelta(weeks=week)}"
        for n in range(1, 42, 2)
        for week in range(10)
    ]
    assert len(names) > 500

    def block(some: list[str], text: str) -> list[SentCell]:
        return [SentCell(name, text, None, None, None) for name in some]

    def saved(some: list[str], text: str) -> list[Answer]:
        answers = enter_values(access=access, cells=block(some, text))
        assert {answer.state for answer in answers} == {"saved"}
        return answers

    few = [statements(partial(saved, names[::50], text)) for text in ("1", "2", "")]
    many = [statements(partial(saved, names, text)) for text in ("1", "2", "")]
    # More rows than a few travel through a table of their own: made, filled, counted, dropped; and
    # SQLite takes inserted rows in batches.
    slack = 4 if connection.vendor == "postgresql" else 16
    assert all(abs(more - less) <= slack for less, more in zip(few, many, strict=True))
