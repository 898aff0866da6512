"""Units, KPIs, scorecards and charts over HTTP."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import plotly.graph_objects
import pytest
import time_machine
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from kpis.services.library import assign_kpi, define_kpi
from scorecards.models import ScoreSheet
from scorecards.services.editions import publish_edition
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import link_kpi
from tests.scorecards.api_client import Api, problem
from tests.worlds import CANARY, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
SALES = "units/sales/scorecard"
NOT_FOUND = (404, "not_found")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def api(acme: World) -> Api:
    return Api(acme.token()[1])


def measured(world: World) -> None:
    for month in ("01", "02", "03"):
        world.record("revenue", "sales", {f"2026-{month}-01": 90}, user=world.users["carol"])
    world.record("nps", "sales", {"2026-01-01": 41.5})
    refresh_scores(organization_id=world.organization.pk)


# --- Units and KPIs


def test_units_are_listed_as_far_as_they_are_visible(acme: World, api: Api) -> None:
    assert [unit["code"] for unit in api.get("units").json()["results"]] == [
        *("acme", "emea", "sales", "ada", "apac")
    ]
    bobs = Api.signed_in(acme, "bob").get("units").json()["results"]
    team = {"code": "sales", "name": "Sales", "kind": "team", "parent": "emea"}
    assert team | {"person": None, "position": 3} in bobs
    assert "ada" not in [unit["code"] for unit in bobs]


def test_a_limited_token_lists_what_is_beneath_its_unit(acme: World) -> None:
    api = Api(acme.token(unit=acme.units["emea"])[1])
    units = api.get("units").json()["results"]
    assert [(unit["code"], unit["parent"]) for unit in units] == [
        *(("emea", None), ("sales", "emea"), ("ada", "sales"))
    ]
    define_kpi(organization=acme.organization, code="elsewhere", name="Elsewhere")
    codes = [kpi["code"] for kpi in api.get("kpis").json()["results"]]
    assert codes == ["certified", "defects", "nps", "rating", "revenue", "share"]


def test_kpis_tell_where_they_are_measured(acme: World) -> None:
    kpis = {k["code"]: k for k in Api.signed_in(acme, "bob").get("kpis").json()["results"]}
    assert kpis["revenue"]["units"] == ["emea", "sales"]
    assert kpis["revenue"]["unit_of_measure"] == "k€"
    assert kpis["nps"]["frequency"] == "quarter"
    assert kpis["rating"]["grades"] == [["A", 3], ["B", 2], ["C", 1]]


# --- Scorecards


def test_a_scorecard_as_data(acme: World, api: Api) -> None:
    measured(acme)
    answer = api.get(f"{SALES}?period=2026-Q1").json()
    assert answer["unit"] == "sales"
    assert (answer["period"], answer["frequency"]) == ("2026-Q1", "quarter")
    assert answer["is_stale"] is False
    sheet = ScoreSheet.objects.get(
        scorecard=acme.scorecards["sales"], frequency="quarter", period_start="2026-01-01"
    )
    assert answer["score"] == sheet.score
    assert answer["coverage"] == sheet.coverage
    assert answer["counts"].keys() == {
        *("on_target", "below_target", "critical", "no_data", "insufficient_data")
    }
    financial, process = answer["perspectives"]
    (grow,) = financial["objectives"]
    revenue, nps = grow["kpis"]
    assert (revenue["code"], revenue["value"], revenue["target"]) == ("revenue", 270, 300)
    assert (revenue["score"], revenue["status"]) == (75, "below_target")
    assert (nps["code"], nps["value"]) == ("nps", 41.5)
    (improve,) = process["objectives"]
    assert improve["score"] is None
    assert improve["status"] == "no_data"
    assert improve["kpis"][0]["value"] is None


def test_a_pushed_value_is_told_before_its_scores(acme: World, api: Api) -> None:
    measured(acme)
    acme.record("revenue", "sales", {"2026-03-01": 777})
    assert api.get(f"{SALES}?period=2026-03").json()["is_stale"] is True


def recomputed(node: dict[str, Any]) -> Any:
    """The score of a weighted mean, from the trace alone."""
    if node["kind"] == "kpi":
        return interpolated(node["value"], node["polyline"])
    known = [(c["weight"], recomputed(c)) for c in node["children"]]
    pairs = [(weight, score) for weight, score in known if score is not None]
    if not pairs:
        return None
    total: float = sum(weight * score for weight, score in pairs)
    return total / sum(weight for weight, _ in pairs)


def interpolated(value: float | None, points: list[list[float]]) -> float | None:
    if value is None or not points:
        return None
    if value <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return points[-1][1]


def test_a_trace_alone_gives_the_same_score(acme: World, api: Api) -> None:
    measured(acme)
    acme.record("defects", "sales", {"2026-01-01": 7, "2026-02-01": 4})
    refresh_scores(organization_id=acme.organization.pk)
    for unit in ("sales", "emea", "acme"):
        answer = api.get(f"units/{unit}/scorecard?period=2026-Q1&trace=1").json()
        assert answer["trace"]["kind"] == "scorecard"
        if unit == "sales":
            assert recomputed(answer["trace"]) == pytest.approx(answer["score"])
    assert "trace" not in api.get(f"{SALES}?period=2026-Q1").json()


def test_a_scorecard_takes_a_constant_number_of_statements(
    acme: World, api: Api, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    measured(acme)
    api.get("units")  # notes the token's use
    seen = []
    for n in (0, 20):
        for i in range(n):
            kpi = define_kpi(organization=acme.organization, code=f"k{i}", name=f"K{i}")
            link_kpi(objective=acme.objectives["sales", "grow"], kpi=kpi)
            acme.record(f"k{i}", "sales", {"2026-01-01": i, "2026-02-01": i})
        publish_edition(scorecard=acme.scorecards["sales"], valid_from=dt.date(2026, 1, 1))
        refresh_scores(organization_id=acme.organization.pk)
        for trace in ("0", "1"):
            with django_assert_max_num_queries(25) as queries:
                answer = api.get(f"{SALES}?period=2026-Q1&trace={trace}")
            assert answer.status_code == 200
            seen.append(len(queries.captured_queries))
    assert seen[:2] == seen[2:]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{SALES}?period=soon", (400, "invalid_period")),
        (f"{SALES}?period=%00", (400, "invalid_period")),
        (f"{SALES}?period=2026-W01", (400, "invalid_period")),
        (f"{SALES}?trace=2", (400, "invalid_parameter")),
        (f"{SALES}?perod=2026", (400, "unknown_parameter")),
        (f"{SALES}?period=2019", (404, "no_scorecard")),
        ("units/apac/scorecard", (404, "no_scorecard")),
        ("units/nowhere/scorecard", NOT_FOUND),
        ("units/rival/scorecard", NOT_FOUND),
        ("kpis/revenue/chart?unit=nowhere", NOT_FOUND),
        ("kpis/revenue/chart?unit=%00", NOT_FOUND),
        ("kpis/nothing/chart", NOT_FOUND),
        ("kpis/secret_sauce/chart", NOT_FOUND),
        ("kpis/revenue/chart?from=2026-03&to=2026-01", (400, "invalid_parameter")),
        ("kpis/revenue/chart?from=x", (400, "invalid_period")),
        ("kpis?size=5", (400, "unknown_parameter")),
        ("units?size=5", (400, "unknown_parameter")),
    ],
)
def test_what_cannot_be_read(
    acme: World, rival: World, api: Api, path: str, expected: tuple[int, str]
) -> None:
    assert problem(api.get(path)) == expected


def test_unknown_and_invisible_are_told_alike(acme: World, rival: World) -> None:
    bob = Api.signed_in(acme, "bob")
    assert bob.get("units/ada/scorecard").content == bob.get("units/nobody/scorecard").content
    assert (
        bob.get("kpis/revenue/chart?unit=ada").content
        == bob.get("kpis/revenue/chart?unit=nobody").content
        == bob.get("kpis/nothing/chart").content
        == bob.client.get("/api/v1/rival/kpis").content
        == bob.client.get("/api/v1/nowhere/kpis").content
    )
    charlie = Api.signed_in(rival, "charlie")
    for path in ("units", "kpis", SALES, "kpis/revenue/chart", "measurements"):
        assert problem(charlie.get(path)) == NOT_FOUND
    answer = charlie.client.get("/api/v1/rival/units/emea/scorecard")
    assert CANARY in answer.content.decode()


def test_scopes_of_reading(acme: World) -> None:
    structure = Api(acme.token("structure:read", name="structure")[1])
    values = Api(acme.token("measurements:read", name="values")[1])
    writing = Api(acme.token("measurements:write", name="writing")[1])
    expected = {"units": (200, 200, 200), "kpis": (200, 200, 200)}
    expected |= {SALES: (200, 200, 403), "kpis/revenue/chart": (403, 200, 403)}
    for path, statuses in expected.items():
        seen = tuple(api.get(path).status_code for api in (structure, values, writing))
        assert seen == statuses, path


def test_an_unchanged_scorecard_costs_no_bytes(acme: World, api: Api) -> None:
    measured(acme)
    first = api.get(f"{SALES}?period=2026-Q1")
    headers = {**api.headers, "if-none-match": first["ETag"]}
    again = api.client.get(f"{api.base}{SALES}?period=2026-Q1", headers=headers)
    assert again.status_code == 304
    assert "Authorization" in first["Vary"]
    assert first["Cache-Control"] == "private, no-cache"


# --- Charts


def labels(answer: Any) -> list[str]:
    return list(answer.json()["data"][-1]["x"])


def test_a_chart_is_a_valid_figure_of_the_latest_periods(acme: World, api: Api) -> None:
    measured(acme)
    answer = api.get("kpis/revenue/chart?unit=sales")
    plotly.graph_objects.Figure(answer.json())
    assert len(labels(answer)) == 36
    assert labels(answer)[-1] == "2026-05"
    actual = answer.json()["data"][-1]
    assert actual["y"][-5:] == [90, 90, 90, None, None]


def test_a_chart_from_one_period_to_another(acme: World, api: Api) -> None:
    def shown(query: str) -> list[str]:
        return labels(api.get(f"kpis/revenue/chart?unit=sales&{query}"))

    assert shown("from=2026-01&to=2026-03") == ["2026-01", "2026-02", "2026-03"]
    assert shown("from=2026-Q1&to=2026-Q1") == ["2026-01", "2026-02", "2026-03"]
    assert shown("from=2026-02-14&to=2026-02-15") == ["2026-02"]
    assert shown("from=2026-04") == ["2026-04", "2026-05"]
    assert len(shown("from=1900&to=2199")) == 1100
    quarters = labels(api.get("kpis/nps/chart?from=2025-12&to=2026-02"))
    assert quarters == ["2025-Q4", "2026-Q1"]


def test_without_a_unit_a_chart_shows_the_first_visible_one(acme: World) -> None:
    assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units["acme"])
    bob = Api.signed_in(acme, "bob")
    assert "Acme" in str(bob.get("kpis/revenue/chart").json()["layout"])


def test_addresses_have_names(acme: World) -> None:
    assert reverse("api-chart", args=["acme", "nps"]) == "/api/v1/acme/kpis/nps/chart"
    assert reverse("api-measurements", args=["acme"]) == "/api/v1/acme/measurements"
