"""Dashboards: who opens and changes them, what their panels tell, their pages and the API."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kpis.models import KPI
from organizations.models import Unit
from organizations.services.structure import StaleVersion, create_unit
from scorecards.models import MOST_PANELS, Dashboard, Panel
from scorecards.selectors.dashboards.default import default_panels
from scorecards.selectors.dashboards.kinds import KINDS
from scorecards.selectors.dashboards.reading import (
    may_change,
    panels_of,
    visible_dashboard,
    visible_dashboards,
)
from scorecards.selectors.dashboards.shapes import HIDDEN, PanelPlan
from scorecards.services.dashboards import (
    add_dashboard,
    add_panel,
    change_dashboard,
    change_panel,
    delete_dashboard,
    move_panel,
    remove_panel,
    restore_dashboard,
    restore_panel,
    size_panel,
)
from tests.scorecards.api_client import Api
from tests.scorecards.dashboards_world import (
    NOTE,
    Q1,
    TREND,
    access_of,
    measured,
    of,
    of_sales,
    told,
)
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/dashboards/"
OF_ADA = PanelPlan("kpi_trend", {"kpi": "revenue", "unit": "ada"})


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


# --- Putting together


@pytest.mark.both_databases
def test_panels_are_arranged_and_every_deed_can_be_taken_back(acme: World) -> None:
    row, alice = of_sales(acme, NOTE, TREND), acme.users["alice"]
    about: dict[str, Any] = {"dashboard": row, "by": alice}
    assert (row.code, row.is_shared, row.version) == ("of_sales", True, 1)

    def order() -> list[int]:
        return [plan.number for plan in panels_of(Dashboard.objects.get(pk=row.pk))]

    assert add_panel(plan=replace(TREND, number=7), **about) == 3  # numbers are ours to give
    move_panel(number=3, place=0, **about)
    assert order() == [3, 1, 2]
    move_panel(number=3, place=99, **about)
    assert order() == [1, 2, 3]
    assert size_panel(number=1, width=3, height=3, **about)
    assert not size_panel(number=1, width=3, height=3, **about)
    remove_panel(number=2, **about)
    assert order() == [1, 3]
    assert add_panel(plan=NOTE, **about) == 4  # not the number of what was removed
    assert restore_panel(number=2, **about)
    assert not restore_panel(number=2, **about)
    assert set(order()) == {1, 2, 3, 4}
    version = row.panels.get(number=1).version
    assert change_panel(number=1, version=version, plan=replace(NOTE, title="Yes"), **about)
    with pytest.raises(StaleVersion):
        change_panel(number=1, version=version, plan=NOTE, **about)
    row.refresh_from_db()
    with pytest.raises(StaleVersion):
        change_dashboard(name="Late", is_shared=True, version=1, **about)
    assert change_dashboard(
        name="New", is_shared=False, version=row.version, panels=[NOTE], **about
    )
    assert order() == [5]
    row.refresh_from_db()
    assert (row.name, row.is_shared) == ("New", True)  # a unit's is for all who see the unit
    delete_dashboard(**about)
    assert not Dashboard.objects.live().filter(pk=row.pk)
    assert restore_dashboard(**about).deleted_at is None
    assert order() == [5]
    assert row.history.count() == row.history.first().version
    assert row.history.first().history_user == alice


REFUSED: dict[str, tuple[PanelPlan, str]] = {
    "an unknown kind": (PanelPlan("gauge"), "kind"),
    "nothing said": (PanelPlan("text", {"text": "  "}), "text"),
    "no KPI": (PanelPlan("kpi_units", {"unit": "sales"}), "kpi"),
    "too much said": (PanelPlan("score_trend", {"unit": "sales", "kpi": "nps"}), "settings"),
    "a long text": (PanelPlan("text", {"text": "x" * 5001}), "text"),
    "what cannot be stored": (PanelPlan("text", {"text": "a\x00b"}), "text"),
    "an odd width": (replace(NOTE, width=5), "width"),
    "no height": (replace(NOTE, height=0), "height"),
    "a panel of others": (replace(NOTE, number=9), "panels"),
}


@pytest.mark.both_databases
def test_what_cannot_be_shown_is_refused(acme: World) -> None:
    row = of_sales(acme, NOTE)
    for name, (plan, field) in REFUSED.items():
        with pytest.raises(ValidationError) as refusal:
            change_dashboard(dashboard=row, name="x", is_shared=True, panels=[plan])
        assert list(refusal.value.message_dict) == [field], name
    with pytest.raises(ValidationError, match="at most 40 panels"):
        of_sales(acme, *[NOTE] * (MOST_PANELS + 1))
    with pytest.raises(ValidationError, match="name"):
        change_dashboard(dashboard=row, name="", is_shared=True)
    assert [plan.title for plan in panels_of(row)] == ["Praise"]


def test_who_opens_and_who_changes(acme: World) -> None:
    of_sales(acme)
    of(acme, "root")
    of(acme, "carol", is_shared=True)
    ada = add_dashboard(organization=acme.organization, name="Of Ada", unit=acme.units["ada"])
    opened = {
        name: {
            row.code: "changes" if may_change(access, row) else "opens"
            for row in visible_dashboards(access)
        }
        for name, access in ((name, access_of(acme, name)) for name in ("bob", "carol", "root"))
    }
    assert opened == {
        "bob": {"of_sales": "opens", "of_carol": "opens"},
        "carol": {"of_sales": "opens", "of_carol": "changes"},
        "root": dict.fromkeys(("of_sales", "of_root", "of_carol", ada.code), "changes"),
    }
    limited = replace(access_of(acme, "root"), limit_id=acme.units["sales"].pk)
    assert {row.code for row in visible_dashboards(limited)} == {"of_sales", ada.code}
    assert visible_dashboard(access_of(acme, "alice"), "of_root") is None


# --- What panels tell

PLANS = {
    "kpi_trend": (TREND, "Revenue, Sales", "2026-03"),
    "kpi_units": (PanelPlan("kpi_units", {"kpi": "revenue", "unit": "emea"}), "", "Sales"),
    "score_trend": (PanelPlan("score_trend", {"unit": "sales"}), "Score of Sales", Q1),
    "perspectives": (PanelPlan("perspectives", {"unit": "sales"}), "", "Financial"),
    "initiatives": (PanelPlan("initiatives", {"unit": "sales"}), "", "One file"),
    "heat_map": (PanelPlan("heat_map", {"unit": "emea"}), "Heat map of EMEA", "EMEA"),
}


@pytest.mark.both_databases
def test_each_kind_tells_a_figure_and_a_table(acme: World) -> None:
    measured(acme)
    assert KINDS.keys() == PLANS.keys() | {"text"} == set(Panel.Kind.values)
    for kind, (plan, title, first) in PLANS.items():
        found = told(acme, "root", plan)
        assert not found.missing, kind
        assert (title or found.title, bool(found.finding)) == (found.title, True), kind
        assert found.href.startswith("/acme/"), kind
        names = [row[0] for row in found.table.rows]
        assert first in names, (kind, names)
        assert all(len(row) == len(found.table.columns) for row in found.table.rows)
        go.Figure(found.figure)  # raises where Plotly would not draw it
        assert found.figure["layout"]["meta"].keys() >= {"alternative", "table"}
    assert told(acme, "root", NOTE).paragraphs == ("Well done.", "Go on.")


def test_names_are_no_markup_in_figures(acme: World) -> None:
    measured(acme)
    for code in ("sales", "emea"):
        Unit.objects.filter(code=code).update(name=f"<a href='https://x.example'>{code}</a>")
    KPI.objects.filter(code="revenue").update(name="<b>Revenue</b>", unit_of_measure="<i>")
    for kind, (plan, *_) in PLANS.items():
        figure = told(acme, "root", plan).figure
        drawn = [figure["layout"] | {"meta": ""}, *(each | {"meta": ""} for each in figure["data"])]
        assert not re.search("<[ai][ >]|<b>Rev", str(drawn)), kind


def test_figures_are_those_of_the_board(acme: World) -> None:
    measured(acme)
    board = Api.signed_in(acme, "root").get(f"units/sales/scorecard?period={Q1}").json()
    trend = told(acme, "root", PLANS["score_trend"][0])
    assert trend.figure["data"][-1]["y"][-1] == pytest.approx(board["score"])
    bars = told(acme, "root", PLANS["perspectives"][0]).figure["data"][0]
    assert bars["x"] == [
        None if band["score"] is None else pytest.approx(band["score"])
        for band in board["perspectives"]
    ]
    units = told(acme, "root", PLANS["kpi_units"][0])
    assert {row[0]: row[1] for row in units.table.rows} == {
        "EMEA": "2,100", "Sales": "270", "Ada Byron": "–",
    }  # fmt: skip
    assert units.figure["data"][1]["x"]  # where the bars should end
    past = told(acme, "root", TREND, "2025-Q4")
    assert past.figure["data"][-1]["x"][-1] == "2025-12"
    assert told(acme, "root", TREND).figure["data"][-1]["x"][-1] == "2026-05"


def test_nothing_is_told_of_what_is_not_seen_or_gone(acme: World) -> None:
    measured(acme)
    acme.record("revenue", "ada", {"2026-03-01": 30})
    assert told(acme, "alice", OF_ADA).figure
    gone = [replace(TREND, settings={"kpi": "gone", "unit": "sales"}), PanelPlan("heat_map", {})]
    for plan in (OF_ADA, *gone):
        found = told(acme, "bob", plan)
        assert (found.missing, found.figure, found.table.rows) == (HIDDEN, None, ())
        assert "Ada" not in found.title
    names = [row[0] for row in told(acme, "bob", PLANS["kpi_units"][0]).table.rows]
    assert "Ada Byron" not in names
    empty = create_unit(
        organization=acme.organization, code="empty", name="Empty", kind="team",
        parent=acme.units["acme"],
    )  # fmt: skip
    for kind, (plan, *_) in PLANS.items():
        found = told(acme, "root", replace(plan, settings={**plan.settings, "unit": empty.code}))
        assert (bool(found.missing), found.figure) == (True, None), kind


def test_a_panel_takes_as_many_statements_on_any_dashboard(acme: World, client: Client) -> None:
    measured(acme)
    of_sales(acme, NOTE, TREND)
    client.force_login(acme.users["bob"])
    data = "/api/v1/acme/dashboards/of_sales/panels/2"

    def statements(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    client.get(data)
    before = statements(f"{PAGE}of_sales/"), statements(data)
    plans = [NOTE, *[TREND] * 9, *[plan for plan, *_ in PLANS.values()] * 2]
    row = Dashboard.objects.get(code="of_sales")
    change_dashboard(dashboard=row, name="x", is_shared=True, panels=[*panels_of(row), *plans])
    assert (statements(f"{PAGE}of_sales/"), statements(data)) == before
    assert before[0] <= 16
    assert before[1] <= 16


def test_every_unit_has_a_dashboard_until_it_gets_its_own(acme: World, client: Client) -> None:
    measured(acme)
    access = access_of(acme, "alice")
    kinds = [plan.kind for plan in default_panels(access, access.tree.by_code["sales"])]
    trends = ["kpi_trend", "kpi_trend"]  # revenue weighs more than nps; defects
    assert kinds == ["score_trend", "perspectives", "heat_map", *trends, "initiatives"]
    client.force_login(acme.users["alice"])
    page = text(client.get("/acme/units/sales/dashboard/"))
    assert "Revenue, Sales" in page
    assert "/units/sales/dashboard/panels/1" in page
    assert "has no scorecard in force" in text(client.get("/acme/units/apac/dashboard/"))
    form = text(client.get(f"{PAGE}new/?of=sales"))
    assert "It starts with the panels of Sales." in form
    assert 'value="Dashboard of Sales"' in form
    made = client.post(f"{PAGE}new/", {"name": "Monday", "unit": "sales", "of": "sales"})
    assert made["Location"] == f"{PAGE}monday/"
    assert [plan.kind for plan in panels_of(Dashboard.objects.get(code="monday"))] == kinds
    moved = client.get(f"/acme/units/sales/dashboard/?period={Q1}&view=tables")
    assert moved["Location"] == f"{PAGE}monday/?period={Q1}&view=tables"
    tables = text(client.get(moved["Location"]))
    assert "270" not in tables
    assert "90" in tables
    assert "One file" in tables
    client.force_login(acme.users["bob"])
    assert 'value="Copy of Monday"' in text(client.get(f"{PAGE}new/?copy=monday"))
    mine = client.post(f"{PAGE}new/", {"name": "Monday", "copy": "monday", "is_shared": "on"})
    assert mine["Location"] == f"{PAGE}monday_2/"
    assert client.post(f"{PAGE}new/", {"name": "No", "unit": "sales"}).status_code == 422
    listed = text(client.get(PAGE))
    assert listed.index("Mine") < listed.index("monday_2") < listed.index("Of units")


# --- Pages


def test_a_dashboard_is_put_together_without_scripts(acme: World, client: Client) -> None:
    measured(acme)
    client.force_login(acme.users["bob"])
    client.post(f"{PAGE}new/", {"name": "My morning"})
    page = f"{PAGE}my_morning/"
    assert "Add the first panel" in text(client.get(page))
    assert "KPI across units" in text(client.get(f"{page}panels/new/"))
    size = {"width": "6", "height": "2"}
    wrong = client.post(f"{page}panels/new/", {"kind": "kpi_trend", "kpi": "none", **size})
    assert wrong.status_code == 422
    assert "There is no such KPI." in text(wrong)
    assert "Choose a unit." in text(wrong)
    named = {"kind": "kpi_trend", "kpi": "Revenue", "unit": "sales", **size}
    assert client.post(f"{page}panels/new/", named)["Location"] == f"{page}#panel-1"
    client.post(f"{page}panels/new/", {"kind": "text", "text": "<b>Hi</b>", "title": "", **size})
    shown = client.get(page).content.decode()
    assert "&lt;b&gt;Hi&lt;/b&gt;" in shown
    assert shown.index('id="panel-1"') < shown.index('id="panel-2"')
    client.post(f"{page}panels/2/arrange/", {"do": "move", "to": "up"})
    client.post(f"{page}panels/2/arrange/", {"do": "size", "width": "3", "height": "1"})
    shown = client.get(page).content.decode()
    assert shown.index('id="panel-2"') < shown.index('id="panel-1"')
    assert "panel w3 h1" in shown
    removed = client.post(f"{page}panels/1/arrange/", {"do": "remove"}, follow=True)
    assert "The panel is removed." in text(removed)
    assert 'id="panel-1"' not in text(removed)
    assert 'id="panel-1"' in text(client.post(f"{page}panels/1/restore/", follow=True))
    odd = client.post(f"{page}panels/1/arrange/", {"do": "size", "width": "5"}, follow=True)
    assert "is not a valid choice" in text(odd)
    assert client.post(f"{page}delete/", {"version": "1"}, follow=True).redirect_chain
    version = Dashboard.objects.get(code="my_morning").version
    deleted = client.post(f"{page}delete/", {"version": version}, follow=True)
    assert "“My morning” is deleted." in text(deleted)
    assert client.get(page).status_code == 404
    assert client.post(f"{page}restore/")["Location"] == page


def test_who_takes_back_the_sharing_of_anothers_comes_to_the_list(
    acme: World, client: Client
) -> None:
    of(acme, "carol", is_shared=True)
    client.force_login(acme.users["root"])
    saved = client.post(f"{PAGE}of_carol/edit/", {"version": "1", "name": "C", "is_shared": "on"})
    assert saved["Location"] == f"{PAGE}of_carol/"
    taken = {"version": "2", "name": "C"}
    listed = client.post(f"{PAGE}of_carol/edit/", taken, follow=True)
    assert listed.redirect_chain == [(PAGE, 302)]
    assert "“C” is not shared any more: only Carol sees it, and may share it again." in text(listed)
    assert client.get(f"{PAGE}of_carol/").status_code == 404
    client.force_login(acme.users["carol"])
    again = {"version": "3", "name": "C"}
    assert client.post(f"{PAGE}of_carol/edit/", again)["Location"] == f"{PAGE}of_carol/"


def test_a_stale_form_keeps_what_was_typed_beside_what_was_saved(
    acme: World, client: Client
) -> None:
    row = of_sales(acme, TREND)
    client.force_login(acme.users["alice"])
    typed = {"version": "1", "kpi": "nps", "unit": "sales", "title": "Mine", "width": "6"}
    typed["height"] = "2"
    change_panel(dashboard=row, number=1, plan=replace(TREND, title="Theirs", width=12))
    answer = client.post(f"{PAGE}of_sales/panels/1/", typed)
    assert answer.status_code == 409
    said = text(answer)
    assert "<b>Theirs</b>" in said
    assert 'value="Mine"' in said
    assert 'name="version" value="2"' in said
    assert client.post(f"{PAGE}of_sales/panels/1/", typed | {"version": "2"}).status_code == 302
    assert panels_of(Dashboard.objects.get(pk=row.pk))[0].title == "Mine"
    late = client.post(f"{PAGE}of_sales/edit/", {"version": "1", "name": "Late"})
    assert late.status_code == 409
    assert "Saved meanwhile" in text(late)
    assert 'value="Late"' in text(late)
