"""Boards and charts published over HTTP: by whom, of what, and up to which periods."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.models import Assignment
from scorecards.models import PublicLink
from scorecards.services import public_links
from scorecards.services.public_links import publish_chart
from scorecards.services.refresh import refresh_scores
from tests.scorecards.api_client import Api, problem
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

PUBLISHING = ("measurements:read", "structure:write")


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """Four months of Sales with as many defects each."""
    months = [f"2026-0{month}-01" for month in (1, 2, 3, 4)]
    acme.record("revenue", "sales", dict.fromkeys(months, 95.0))
    acme.record("defects", "sales", dict.fromkeys(months, 6.0))
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def api_of(world: World, name: str, *scopes: str) -> Api:
    return Api(
        world.token(*scopes, name=" ".join([name, *scopes]), created_by=world.users[name])[1]
    )


@pytest.mark.both_databases
def test_boards_and_charts_are_published_over_the_api(
    measured: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = api_of(measured, "alice", *PUBLISHING)
    body = {"kind": "chart", "unit": "sales", "kpi": "defects", "period": "2026-03"}
    made = api.send("POST", "public-links", body)
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    told = made.json()
    assert Client().get(told["url"]).status_code == 200
    assert made["Location"] == f"/api/v1/acme/public-links/{told['key']}"
    assert {name: told[name] for name in ("frequency", "period", "smallest", "created_by")} == {
        "frequency": "month",
        "period": "2026-03",
        "smallest": 5,
        "created_by": "Alice",
    }
    board = api.send("POST", "public-links", {"kind": "board", "unit": "sales", "smallest": 0})
    assert (board.json()["frequency"], board.json()["period"]) == ("quarter", None)
    listed = api.get("public-links?kind=chart&unit=sales")
    assert (listed.json()["results"], listed["Cache-Control"]) == ([told], "no-store")
    assert len(api.get("public-links").json()["results"]) == 2
    one = f"public-links/{told['key']}"
    tag = api.get(one)["ETag"]
    assert problem(api.send("DELETE", one)) == (428, "version_missing")
    assert problem(api.send("DELETE", one, if_match='"0"')) == (412, "version_stale")
    assert api.send("DELETE", one, if_match=tag).status_code == 204
    assert Client().get(told["url"]).status_code == api.get(one).status_code == 404
    assert api.get("public-links?kind=chart").json()["results"] == []
    monkeypatch.setattr(public_links, "MOST", 0)
    assert problem(api.send("POST", "public-links", body)) == (409, "conflict")


WRONG: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"kpi": None}, ("/kpi", "missing_field")),
    ({"kpi": "secret_sauce"}, ("/kpi", "unknown_reference")),
    ({"kpi": "nothing"}, ("/kpi", "unknown_reference")),
    ({"unit": "nowhere"}, ("/unit", "unknown_reference")),
    ({"unit": "rival"}, ("/unit", "unknown_reference")),
    ({"frequency": "month"}, ("/frequency", "invalid_value")),
    ({"period": "2026-Q1"}, ("/period", "invalid_value")),
    ({"period": "2031-01"}, ("/period", "invalid_value")),
    ({"days": 366}, ("/days", "invalid_value")),
    ({"smallest": -1}, ("/smallest", "invalid_value")),
    ({"kind": "tree"}, ("/kind", "invalid_value")),
    ({"kind": "map"}, ("/kpi", "invalid_value")),
    ({"kind": "map", "kpi": None, "period": "2025-Q4"}, ("/period", "invalid_value")),
    ({"kind": "board"}, ("/kpi", "invalid_value")),
    ({"kind": "board", "kpi": None, "period": "2026-W11"}, ("/period", "invalid_value")),
    ({"kind": "board", "kpi": None, "frequency": "week"}, ("/frequency", "invalid_value")),
]


def test_what_cannot_be_published_is_refused_over_the_api(measured: World) -> None:
    api = api_of(measured, "alice", *PUBLISHING)
    body = {"kind": "chart", "unit": "sales", "kpi": "defects"}
    for change, expected in WRONG:
        answer = api.send("POST", "public-links", body | change)
        errors = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
        assert (answer.status_code, errors) == (422, [expected]), change
    # Alice manages EMEA, and nothing above it; nobody publishes a person's; Bob reads.
    root, bob = api_of(measured, "root", *PUBLISHING), api_of(measured, "bob")
    assert problem(api.send("POST", "public-links", body | {"unit": "acme"}))[0] == 403
    board = {"kind": "board", "unit": "ada"}
    assert problem(root.send("POST", "public-links", board)) == (403, "not_permitted")
    assert problem(bob.get("public-links")) == (403, "missing_scope")
    assert not PublicLink.objects.exists()
    defects, sales = measured.kpis["defects"], measured.units["sales"]
    link = publish_chart(kpi=defects, unit=sales, days=30, smallest=5)
    PublicLink.objects.update(unit=measured.units["acme"])
    assert api.get("public-links").json()["results"] == []
    assert problem(api.get(f"public-links/{link.digest[:12]}")) == (404, "not_found")


def test_a_token_that_may_not_read_values_cannot_publish_them(measured: World) -> None:
    body = {"kind": "chart", "unit": "sales", "kpi": "defects"}
    made = api_of(measured, "alice", *PUBLISHING).send("POST", "public-links", body).json()
    one = f"public-links/{made['key']}"
    ends = api_of(measured, "alice", "structure:write")
    for weak in (ends, api_of(measured, "alice", "measurements:read", "structure:read")):
        for answer in (
            weak.send("POST", "public-links", body),
            weak.get("public-links"),
            weak.get(one),
        ):
            assert problem(answer) == (403, "missing_scope")
            assert "the scopes measurements:read and structure:write" in answer.json()["detail"]
    assert PublicLink.objects.count() == 1
    # Whoever ends an address learns nothing.
    assert ends.send("DELETE", one, if_match="*").status_code == 204


SHARE = "/acme/units/sales/scorecard/public/"


def test_what_would_show_nothing_for_good_is_refused(measured: World) -> None:
    """On the page alike: neither what is to come, nor what never was."""
    api, page = api_of(measured, "alice", *PUBLISHING), Api.signed_in(measured, "alice").client
    board: dict[str, Any] = {"kind": "board", "unit": "sales"}
    chart = {"kind": "chart", "unit": "sales", "kpi": "defects"}
    Assignment.objects.filter(kpi__code="certified").update(starts_on=dt.date(2026, 3, 1))
    measured.record("certified", "sales", {"2026-03-01": 1})
    refused = [
        (board, "2031-Q1", "2031-Q1 has not begun."),
        (board, "2026-Q3", "2026-Q3 has not begun."),
        (board, "2025-Q4", "Sales has no scorecard that holds in 2025-Q4."),
        (board, "1900", "Sales has no scorecard that holds in 1900."),
        (chart, "2026-06", "2026-06 has not begun."),
        (chart, "1900-01", "“Defects” has no value at Sales that a chart up to 1900-01 shows."),
        (chart, "2025-12", "“Defects” has no value at Sales that a chart up to 2025-12 shows."),
        (chart | {"kpi": "certified"}, "2026-02", "“Certified” has no value at Sales that"),
    ]
    for body, period, said in refused:
        answer = api.send("POST", "public-links", body | {"period": period})
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, "/period"), period
        assert error["detail"].startswith(said), period
        href = f"/acme/units/sales/kpis/{body['kpi']}/public/" if "kpi" in body else SHARE
        form = {"do": "publish", "shows": "fixed", "period": period, "smallest": "5", "days": "9"}
        typed = page.post(href, form)
        assert typed.status_code == 422
        assert said in typed.content.decode()
    assert not PublicLink.objects.exists()
    for body, period in ((board, "2026-Q1"), (board, "2026-Q2"), (chart, "2026-01")):
        assert api.send("POST", "public-links", body | {"period": period}).status_code == 201
    chart["kpi"] = "certified"
    assert api.send("POST", "public-links", chart | {"period": "2026-03"}).status_code == 201
