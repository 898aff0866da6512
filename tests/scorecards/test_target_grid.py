"""The pages of targets: the grid, one target, a year split, a year rolled over."""

import datetime as dt
import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calculations.periods import Frequency, Period
from kpis.models import Target, TargetRevision
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.targets import set_target
from organizations.access import user_access
from organizations.models import ClosedPeriod
from scorecards.selectors.targets.cells import target_cells
from scorecards.selectors.targets.grid import TargetGrid, target_grid
from scorecards.selectors.targets.planning import Planning, planning
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db
GRID = "/acme/units/sales/targets/"
REVENUE = f"{GRID}revenue/"
YEAR = Period(Frequency.YEAR, START)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


@pytest.fixture
def bob(acme: World) -> Client:
    client = Client()
    client.force_login(acme.users["bob"])
    return client


def planned(world: World, unit: str = "sales", name: str = "alice", year: int = 2026) -> Planning:
    access = user_access(world.users[name], "acme")
    assert access
    node = access.visible_unit(unit)
    assert node
    return planning(access, node, Period(Frequency.YEAR, dt.date(year, 1, 1)))


def grid(world: World, unit: str = "sales", **about: Any) -> TargetGrid:
    return target_grid(planned(world, unit, **about))


def row(shown: TargetGrid, code: str) -> Any:
    return next(row for group in shown.groups for row in group.rows if row.code == code)


def saved(world: World, kpi: str = "revenue") -> list[tuple[str, float | None, float | None]]:
    rows = Target.objects.live().filter(assignment=world.assignment(kpi, "sales"))
    figures = rows.order_by("valid_from").values_list("valid_from", "red_flag", "target")
    return [(f"{day:%m}", red_flag, target) for day, red_flag, target in figures]


def field(code: str, start: str) -> str:
    return f"{code}.{start}"


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def close(world: World, unit: str, frequency: Frequency, start: dt.date) -> None:
    ClosedPeriod.objects.create(
        organization=world.organization,
        unit=world.units[unit],
        frequency=frequency,
        period_start=start,
        closed_at=NOW,
        closed_by=world.users["alice"],
    )


# --- What the grid shows


def test_rows_stand_as_on_the_board_then_the_rest(acme: World) -> None:
    shown = grid(acme)
    groups = [(g.perspective, g.objective, [r.code for r in g.rows]) for g in shown.groups]
    assert groups == [
        ("Financial", "Grow Sales", ["revenue", "nps"]),
        ("Internal process", "Improve Sales", ["defects"]),
        ("Other KPIs", "", ["certified", "rating", "share"]),
    ]


def test_each_kpi_has_its_own_periods(acme: World) -> None:
    shown = grid(acme)
    assert [cell.tracks for cell in row(shown, "revenue").cells] == [1] * 12
    assert [cell.label for cell in row(shown, "nps").cells] == [
        f"2026-Q{quarter}" for quarter in (1, 2, 3, 4)
    ]
    assert {cell.tracks for cell in row(shown, "nps").cells} == {3}


def test_a_target_that_goes_on_is_shown_softly(acme: World) -> None:
    cells = row(grid(acme), "revenue").cells
    assert [(c.kind, c.text, c.shown) for c in cells[:2]] == [
        ("own", "100", "100"),
        ("held", "", "100"),
    ]
    assert cells[1].note == "2026-02 · since 2026-01 · red flag 80"
    assert row(grid(acme), "share").cells[0].kind == "none"


def test_the_year_is_aggregated_like_the_values(acme: World) -> None:
    acme.record("revenue", "sales", {"2025-03-01": 7, "2025-04-01": 8})
    shown = grid(acme)
    revenue, nps = row(shown, "revenue"), row(shown, "nps")
    assert (revenue.total, revenue.rule, revenue.last_year) == ("1,200", "sum", "15")
    assert (nps.total, nps.rule, nps.last_year) == ("40.0", "last", "–")


def test_half_a_year_of_targets_says_so(acme: World) -> None:
    shown = grid(acme, year=2025)
    assert row(shown, "revenue").total == "–"
    set_target(
        assignment=acme.assignment("revenue", "sales"), valid_from=dt.date(2025, 7, 1), target=10
    )
    revenue = row(grid(acme, year=2025), "revenue")
    assert (revenue.total, revenue.total_note) == ("60", "6 of 12 months")
    assert revenue.lacks_red_flag


@pytest.mark.parametrize("how", [{"unit_rule": "mean"}, {"inherits_target": True}])
def test_a_target_is_inherited_where_the_kpi_says_so(acme: World, how: dict[str, Any]) -> None:
    kpi = define_kpi(organization=acme.organization, code="churn", name="Churn", **how)
    above = assign_kpi(kpi=kpi, unit=acme.units["acme"])
    between = assign_kpi(kpi=kpi, unit=acme.units["emea"])
    own = assign_kpi(kpi=kpi, unit=acme.units["sales"])
    set_target(assignment=above, valid_from=START, target=3)
    set_target(assignment=between, valid_from=dt.date(2026, 3, 1), target=4)
    set_target(assignment=own, valid_from=dt.date(2026, 5, 1), target=5)
    cells = row(grid(acme), "churn").cells
    assert [(c.kind, c.shown) for c in cells[1:5]] == [
        ("inherited", "3"),
        ("inherited", "4"),
        ("inherited", "4"),
        ("own", "5"),
    ]
    assert "from Acme" in cells[1].note
    assert "from EMEA" in cells[2].note


def test_other_kpis_inherit_nothing(acme: World) -> None:
    assert row(grid(acme, "ada", name="alice"), "revenue").cells[0].kind == "none"


def test_weeks_stand_under_their_months(acme: World) -> None:
    kpi = define_kpi(organization=acme.organization, code="visits", name="V", frequency="week")
    assignment = assign_kpi(kpi=kpi, unit=acme.units["sales"])
    set_target(assignment=assignment, valid_from=dt.date(2026, 2, 16), target=9)
    cells = row(grid(acme), "visits").cells
    assert [cell.label for cell in cells[:3]] == ["2026-W01", "2026-W06", "2026-W10"]
    assert "changes within the month" not in cells[2].note
    assert [cell.shown for cell in cells[:3]] == ["", "", "9"]


def test_a_month_of_weeks_that_changes_says_so(acme: World) -> None:
    kpi = define_kpi(organization=acme.organization, code="visits", name="V", frequency="week")
    assignment = assign_kpi(kpi=kpi, unit=acme.units["sales"])
    for day in (dt.date(2026, 2, 2), dt.date(2026, 2, 16)):
        set_target(assignment=assignment, valid_from=day, target=9)
    assert "changes within the month" in row(grid(acme), "visits").cells[1].note


def test_no_field_outside_the_days_of_the_assignment(acme: World) -> None:
    assign_kpi(
        kpi=acme.kpis["share"],
        unit=acme.units["emea"],
        starts_on=dt.date(2026, 3, 1),
        ends_on=dt.date(2026, 5, 1),
    )
    cells = row(grid(acme, "emea"), "share").cells
    assert [cell.is_field for cell in cells] == [False] * 2 + [True] * 2 + [False] * 8


def _add_kpi(world: World, code: str, **fields: Any) -> None:
    kpi = define_kpi(
        organization=world.organization, code=code, name=code, inherits_target=True, **fields
    )
    for unit in ("emea", "sales"):
        assignment = assign_kpi(kpi=kpi, unit=world.units[unit])
    set_target(assignment=assignment, valid_from=START, target=1)


def test_the_cost_is_the_same_for_any_number_of_kpis_and_periods(
    acme: World, alice: Client
) -> None:
    def statements(year: int = 2026) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert alice.get(GRID, {"year": year}).status_code == 200
        return len(queries)

    _add_kpi(acme, "first")
    alice.get(GRID)
    before = statements()
    for number in range(20):
        _add_kpi(acme, f"more_{number}", frequency="week" if number % 2 else "month")
    assert statements() == before
    assert statements(2027) == before


def test_readers_see_figures_and_no_fields(acme: World, bob: Client) -> None:
    page = bob.get(GRID).content.decode()
    assert "1,200" in page
    assert '<form method="post" data-grid' not in page
    assert "Split" not in page
    assert bob.post(GRID, {field("revenue", "2026-02-01"): "5"}).status_code == 403
    assert bob.post(REVENUE, {"target": "5"}).status_code == 403
    assert bob.get(f"{REVENUE}split/").status_code == 403
    assert bob.get(f"{GRID}roll-over/").status_code == 403
    assert bob.get(REVENUE).status_code == 200
    assert saved(acme) == [("01", 80, 100)]


def test_an_unreadable_year_shows_the_running_one_and_says_so(alice: Client) -> None:
    page = alice.get(GRID, {"year": "2026-Q1"}).content.decode()
    assert "Targets 2026" in page
    assert "is written like a quarter" in page


def test_a_unit_without_kpis_says_what_to_do(acme: World, alice: Client) -> None:
    page = alice.get("/acme/units/acme/targets/").content.decode()
    assert "No KPI is measured at Acme" in page


# --- Saving the grid


def test_only_what_was_changed_is_stored(acme: World, alice: Client) -> None:
    page = alice.get(GRID).content.decode()
    sent = json.loads(seen(page)) | {
        field("revenue", "2026-03-01"): "1.234,5",
        field("revenue", "2026-05-01"): "150",
        field("nps", "2026-04-01"): "45 %",
    }
    answer = alice.post(GRID, {"seen": seen(page), **sent}, follow=True)
    assert "Saved 3 targets." in answer.content.decode()
    assert saved(acme) == [("01", 80, 100), ("03", 988, 1234.5), ("05", 120, 150)]
    assert saved(acme, "nps") == [("01", 20, 40), ("04", 20, 45)]
    assert not TargetRevision.objects.exists()


def test_an_emptied_field_lets_the_target_before_go_on(acme: World, alice: Client) -> None:
    set_target(
        assignment=acme.assignment("revenue", "sales"), valid_from=dt.date(2026, 3, 1), target=130
    )
    alice.post(GRID, {field("revenue", "2026-03-01"): ""})
    assert saved(acme) == [("01", 80, 100)]


def test_what_is_refused_comes_back_as_it_was_typed(acme: World, alice: Client) -> None:
    sent = {
        field("revenue", "2026-03-01"): "a lot",
        field("revenue", "2026-04-01"): "120",
        field("nps", "2026-04-01"): "15",
        field("certified", "2026-04-01"): "maybe",
    }
    page = html.unescape(alice.post(GRID, sent).content.decode())
    assert "3 targets need another look" in page
    assert '"a lot" is not a number' in page
    assert "must be above the red flag 20" in page
    assert "Write yes or no." in page
    for text in ("a lot", "120", "15", "maybe"):
        assert f'value="{text}"' in page
    assert saved(acme) == [("01", 80, 100)]


def test_a_target_changed_meanwhile_is_not_overwritten(acme: World, alice: Client) -> None:
    page = alice.get(GRID).content.decode()
    assignment = acme.assignment("revenue", "sales")
    set_target(assignment=assignment, valid_from=START, red_flag=1, target=111)
    sent = {"seen": seen(page), field("revenue", "2026-01-01"): "105"}
    again = alice.post(GRID, sent).content.decode()
    assert "it is 111 now" in again
    assert saved(acme) == [("01", 1, 111)]
    alice.post(GRID, {**sent, "seen": seen(again)})
    assert saved(acme)[0][2] == 105


def test_yes_no_and_grades_are_typed_as_words(acme: World, alice: Client) -> None:
    alice.post(GRID, {field("certified", "2026-01-01"): "Yes", field("rating", "2026-01-01"): "b"})
    assert saved(acme, "certified") == [("01", None, 1)]
    assert saved(acme, "rating") == [("01", None, 2)]


@pytest.mark.parametrize("noise", ["[1]", "{", '{"revenue.2026-01-01": 3}', ""])
def test_a_tampered_form_does_no_harm(acme: World, alice: Client, noise: str) -> None:
    sent = {"seen": noise, "revenue.2026-01-02": "5", "nothing.2026-01-01": "5", "x": "5"}
    assert alice.post(GRID, sent).status_code == 302
    assert saved(acme) == [("01", 80, 100)]


# --- Closed periods


def test_closed_periods_keep_their_targets(acme: World, alice: Client) -> None:
    close(acme, "emea", Frequency.QUARTER, START)
    cells = target_cells(planned(acme), acme.assignment("revenue", "sales"), is_restating=False)
    assert [cell.is_field for cell in cells[:4]] == [False, False, False, True]
    assert "2026-Q1 was closed on 2026-05-04 by Alice" in cells[0].note
    page = alice.post(GRID, {field("revenue", "2026-02-01"): "5"}).content.decode()
    assert "it changes only with a reason" in page
    assert saved(acme) == [("01", 80, 100)]


def test_a_closed_period_changes_with_a_reason(acme: World, alice: Client) -> None:
    close(acme, "emea", Frequency.QUARTER, START)
    page = alice.get(GRID, {"restate": "1"}).content.decode()
    assert 'name="revenue.2026-02-01"' in page
    assert 'name="reason"' in page
    alice.post(GRID, {field("revenue", "2026-02-01"): "90", "reason": "agreed in March"})
    assert saved(acme) == [("01", 80, 100), ("02", 72, 90)]


# --- One target


def test_all_figures_of_a_target(acme: World, alice: Client) -> None:
    sent = {"target": "120", "red_flag": "90", "floor": "", "stretch": "140", "baseline": "60"}
    assert alice.post(f"{REVENUE}?period=2026-04", sent).status_code == 302
    row = Target.objects.get(valid_from=dt.date(2026, 4, 1))
    assert (row.target, row.red_flag, row.floor, row.stretch, row.baseline) == (
        *(120, 90, None, 140),
        60,
    )


def test_figures_that_contradict_come_back(acme: World, alice: Client) -> None:
    answer = alice.post(REVENUE, {"target": "50", "red_flag": "90", "floor": "x"})
    assert "is not a number" in answer.content.decode()
    page = alice.post(REVENUE, {"target": "50", "red_flag": "90"}).content.decode()
    assert "must be above the red flag 90" in page
    assert 'value="90"' in page
    assert saved(acme) == [("01", 80, 100)]


def test_a_red_flag_is_proposed_and_taken_with_one_click(acme: World, alice: Client) -> None:
    assignment = acme.assignment("revenue", "sales")
    set_target(assignment=assignment, valid_from=START, target=100)
    values = {f"2025-{month:02}-01": 60.0 + month for month in range(1, 13)}
    acme.record("revenue", "sales", values)
    page = html.unescape(alice.get(f"{REVENUE}?period=2026-01").content.decode())
    assert "your worse quarter of the last 12 months" in page
    taken = re.search(r'name="take"\s+value="([^"]+)"', page)
    assert taken
    alice.post(f"{REVENUE}?period=2026-01", {"target": "100", "take": taken[1]})
    assert saved(acme) == [("01", 64, 100)]


def test_a_target_is_removed(acme: World, alice: Client) -> None:
    alice.post(f"{REVENUE}?period=2026-01", {"do": "remove"})
    assert saved(acme) == []


@pytest.mark.parametrize("kind", ["points", "curve"])
def test_a_removed_target_stands_again_with_one_click(
    acme: World, alice: Client, kind: str
) -> None:
    assignment = acme.assignment("revenue", "sales")
    points = {"target": 120.125, "red_flag": 90.0, "stretch": 140.0, "baseline": 60.0}
    figures = points if kind == "points" else {"curve": [[0, 0], [50, 100]], "baseline": 1.0}
    set_target(assignment=assignment, valid_from=START, **figures)
    removal = {"do": "remove"}
    page = alice.post(f"{REVENUE}?period=2026-01", removal, follow=True).content.decode()
    assert "Removed the target: the one before goes on." in page
    assert f'action="{REVENUE}?period=2026-01"' in page
    assert saved(acme) == []
    answer = alice.post(f"{REVENUE}?period=2026-01", undo(page), follow=True)
    assert "Saved 1 target." in answer.content.decode()
    row = Target.objects.live().get(assignment=assignment)
    assert {name: getattr(row, name) for name in figures} == figures
    twice = alice.post(f"{REVENUE}?period=2026-01", undo(page)).content.decode()
    assert "There is no removed target that could stand again." in twice


def test_a_removed_target_of_a_closed_period_stands_again(acme: World, alice: Client) -> None:
    close(acme, "sales", Frequency.MONTH, START)
    removal = {"do": "remove", "reason": "Set by mistake"}
    page = alice.post(f"{REVENUE}?period=2026-01", removal, follow=True).content.decode()
    assert undo(page) == {"do": "restore", "reason": "Undone: Set by mistake"}
    alice.post(f"{REVENUE}?period=2026-01", undo(page))
    assert saved(acme) == [("01", 80, 100)]


def test_a_range_has_its_own_fields(acme: World, alice: Client) -> None:
    kpi = define_kpi(organization=acme.organization, code="stock", name="Stock", direction="range")
    assign_kpi(kpi=kpi, unit=acme.units["sales"])
    sent = {"red_low": "1", "target_low": "2", "target_high": "3", "red_high": "4"}
    assert alice.post(f"{GRID}stock/", sent).status_code == 302
    cell = row(grid(acme), "stock").cells[1]
    assert (cell.shown, cell.is_field) == ("2–3", False)
    assert alice.get(f"{GRID}stock/split/").status_code == 404


# --- A year split, a year rolled over


def parts(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(revenue\.[^"]+)"\s+value="([^"]*)"', page))


def test_a_year_is_split_shown_first_stored_second(acme: World, alice: Client) -> None:
    page = alice.get(f"{REVENUE}split/", {"total": "1.000,5", "profile": "equal"})
    shown = parts(page.content.decode())
    assert len(shown) == 12
    assert saved(acme) == [("01", 80, 100)]
    answer = alice.post(f"{REVENUE}split/", {"total": "1.000,5", "profile": "equal", **shown})
    assert answer.status_code == 302
    assert sum(target or 0 for _, _, target in saved(acme)) == pytest.approx(1000.5)


def test_last_years_profile_is_used_or_refused(acme: World, alice: Client) -> None:
    ask = {"total": "240", "profile": "last_year"}
    page = html.unescape(alice.get(f"{REVENUE}split/", ask).content.decode())
    assert "Last year has no values" in page
    assert not parts(page)
    acme.record("revenue", "sales", {"2025-01-01": 10, "2025-02-01": 30})
    shown = parts(alice.get(f"{REVENUE}split/", ask).content.decode())
    assert list(shown.values())[:3] == ["10", "30", "20"]


def test_parts_by_hand_must_make_the_year(acme: World, alice: Client) -> None:
    shown = parts(
        alice.get(f"{REVENUE}split/", {"total": "1200", "profile": "hand"}).content.decode()
    )
    assert set(shown.values()) == {"100"}
    first = next(iter(shown))
    sent = {"total": "1200", "profile": "hand", **shown, first: "90"}
    page = alice.post(f"{REVENUE}split/", sent).content.decode()
    assert "The parts add up to 1,190, not 1,200." in page
    assert 'value="90"' in page
    assert saved(acme) == [("01", 80, 100)]
    page = alice.post(f"{REVENUE}split/", {**sent, first: "x"}).content.decode()
    assert "is not a number" in page


def test_a_year_rolls_over_to_the_next(acme: World, alice: Client) -> None:
    ask = {"year": "2026", "factor": "1,1", "kpi": ["revenue", "nps"]}
    page = alice.get(f"{GRID}roll-over/", ask).content.decode()
    assert "2 targets for 2027" in page
    assert saved(acme) == [("01", 80, 100)]
    answer = alice.post(f"{GRID}roll-over/?year=2026", {"factor": "1,1", "kpi": ["revenue", "nps"]})
    assert answer.url.endswith("?year=2027")  # type: ignore[attr-defined]
    assert saved(acme)[1] == ("01", 88, 110)
    assert len(saved(acme, "defects")) == 1


@pytest.mark.parametrize("factor", ["", "0", "-1", "x", "99999"])
def test_a_factor_that_is_none_is_told(acme: World, alice: Client, factor: str) -> None:
    answer = alice.get(f"{GRID}roll-over/", {"factor": factor, "kpi": "revenue"})
    assert "aria-invalid" in answer.content.decode()


def test_nothing_of_a_foreign_organization(acme: World, rival: World) -> None:
    charlie = Client()
    charlie.force_login(rival.users["charlie"])
    for address in (GRID, REVENUE, f"{REVENUE}split/", f"{GRID}roll-over/"):
        assert charlie.get(address).status_code == 404
        assert charlie.post(address, {"target": "1"}).status_code == 404
