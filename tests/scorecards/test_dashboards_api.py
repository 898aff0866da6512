"""Dashboards over the API: what they are made of, and what their panels tell."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from scorecards.selectors.dashboards.shapes import HIDDEN, PanelPlan
from scorecards.services.refresh import refresh_scores
from tests.scorecards.api_client import Api, problem
from tests.scorecards.dashboards_world import Q1, TREND, measured, of_sales
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def test_dashboards_over_the_api(acme: World) -> None:
    measured(acme)
    alice, bob = Api.signed_in(acme, "alice"), Api.signed_in(acme, "bob")
    sent: dict[str, Any] = {"kind": "kpi_trend", "settings": {"kpi": "revenue", "unit": "ada"}}
    note = {"kind": "text", "settings": {"text": "Hello."}, "width": 12}
    made = alice.post("dashboards", {"name": "Team", "unit": "sales", "panels": [sent, note]})
    assert made.status_code == 201
    assert made["Location"].endswith("/dashboards/team")
    answer = made.json()
    assert [(p["number"], p["width"]) for p in answer["panels"]] == [(1, 6), (2, 12)]
    seen = bob.get("dashboards/team").json()
    assert seen["panels"][0]["settings"] == {}  # Ada's unit is not Bob's to see
    assert bob.get("dashboards/team/panels/1").json()["missing"] == HIDDEN
    assert [each["code"] for each in bob.get("dashboards").json()["results"]] == ["team"]
    kept = [{"kind": "text", "number": 2}, {"kind": "kpi_trend", "number": 1, "width": 12}]
    body = {"name": "Team", "is_shared": True, "panels": kept}
    assert problem(alice.send("PUT", "dashboards/team", body, '"old"')) == (412, "version_stale")
    changed = alice.send("PUT", "dashboards/team", body, made["ETag"])
    assert [p["settings"] for p in changed.json()["panels"]] == [
        note["settings"], sent["settings"],
    ]  # fmt: skip
    assert problem(bob.send("PUT", "dashboards/team", body, "*")) == (403, "not_permitted")
    assert alice.send("DELETE", "dashboards/team", None, changed["ETag"]).status_code == 204
    assert problem(alice.get("dashboards/team")) == (404, "not_found")


BODIES: dict[str, tuple[Any, str]] = {
    "no name": ({"panels": []}, "/name"),
    "an unknown unit": ({"name": "x", "unit": "nobody"}, "/unit"),
    "a hidden unit": ({"name": "x", "unit": "ada"}, "/unit"),
    "a kind of no panel": ({"name": "x", "panels": [{"kind": "gauge"}]}, "/panels/0/kind"),
    "a width between": ({"name": "x", "panels": [{"kind": "text", "width": 5}]}, "/panels/0/width"),
    "no settings": ({"name": "x", "panels": [{"kind": "text"}]}, "/panels/0/settings/text"),
    "a hidden subject": (
        {"name": "x", "panels": [{"kind": "score_trend", "settings": {"unit": "ada"}}]},
        "/panels/0/settings/unit",
    ),
    "another's panel": (
        {"name": "x", "panels": [{"kind": "text", "number": 1}]}, "/panels/0/number",
    ),
}  # fmt: skip


def test_bad_bodies_are_refused_beside_the_field(acme: World) -> None:
    bob = Api.signed_in(acme, "bob")
    for name, (body, pointer) in BODIES.items():
        answer = bob.post("dashboards", body)
        assert problem(answer) == (422, "invalid_body"), name
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer], name
    assert problem(bob.post("dashboards", {"name": "x", "unit": "sales"}))[0] == 403
    assert problem(bob.get("units/sales/dashboard/panels/99")) == (404, "not_found")
    answer = bob.get("units/sales/dashboard/panels/1?period=2026-13")
    assert problem(answer) == (400, "invalid_period")


def test_what_has_not_changed_is_not_sent_again(acme: World) -> None:
    measured(acme)
    bob = Api.signed_in(acme, "bob")
    path = f"/api/v1/acme/units/sales/dashboard/panels/1?period={Q1}"
    first = bob.client.get(path)
    told_once = first.json()
    assert told_once["title"] == "Score of Sales"
    assert told_once["period"] == Q1
    known = {"if-none-match": first["ETag"]}
    assert bob.client.get(path, headers=known).status_code == 304
    acme.record("revenue", "sales", {"2026-01-01": 110})
    refresh_scores(organization_id=acme.organization.pk)
    assert bob.client.get(path, headers=known).status_code == 200


def test_initiatives_are_told_to_tokens_that_read_structure(acme: World) -> None:
    measured(acme)
    of_sales(acme, TREND, PanelPlan("initiatives", {"unit": "sales"}))
    reads = ("measurements:read", "structure:read")
    few, all_ = (Api(acme.token(*reads[:n], name=f"reads {n}")[1]) for n in (1, 2))
    assert few.get("dashboards/of_sales/panels/1").status_code == 200
    assert problem(few.get("dashboards/of_sales/panels/2")) == (403, "missing_scope")
    assert "One file" in str(all_.get("dashboards/of_sales/panels/2").json())
