"""KPIs with formulas over HTTP, many at once: few statements, and short answers."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.models import KPI, KPIInput
from tests.scorecards.api_client import Api, problem
from tests.scorecards.test_api_records import token
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def chain(count: int, prefix: str = "c", **about: Any) -> list[dict[str, Any]]:
    """KPIs of which each reads the one before, the first `revenue`; sent from the top down."""
    codes = ["revenue", *(f"{prefix}{at}" for at in range(1, count + 1))]
    rows = [
        {"code": code, "name": code, "formula": f"{codes[at]} + 1"} | about
        for at, code in enumerate(codes[1:])
    ]
    return rows[::-1]


def statements(api: Api, rows: list[dict[str, Any]]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = api.post("kpis?dry_run=1", rows)
    assert answer.status_code == 201, answer.content
    return len(seen)


def test_formulas_cost_by_layers_and_not_by_rows(acme: World) -> None:
    api = token(acme)
    few = [row for prefix in "abc" for row in chain(3, prefix)]
    many = [row for prefix in "abcdefghijkl" for row in chain(3, prefix)]
    statements(api, few)  # the token is known from now on
    assert statements(api, few) == statements(api, many)
    assert not KPI.objects.filter(code="a1").exists()

    weighted = {"code": "w", "name": "W", "weighting": "c3", "unit_rule": "mean"}
    assert api.post("kpis", [*few, weighted]).status_code == 201
    read = KPIInput.objects.filter(kpi__code__in=("c3", "w"))
    assert dict(read.values_list("kpi__code", "input__code")) == {"c3": "c2", "w": "c3"}
    history = KPI.history.get(code="c3")
    assert history.history_change_reason == "API token “structure:read structure:write of root”"


def test_what_one_formula_breaks_is_told_and_nothing_is_stored(acme: World) -> None:
    api = token(acme)
    rows = [*chain(3, "a"), *chain(2, "m", frequency="quarter"), *chain(3, "b")]
    rows[0] |= {"frequency": "day"}  # a3 is finer than what it reads
    answer = api.post("kpis", rows)
    assert problem(answer) == (422, "invalid_body")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/0/frequency"]
    assert not KPI.objects.filter(code__in=("a1", "b1", "m1")).exists()


def test_a_hundred_of_what_is_wrong_is_told(acme: World) -> None:
    api = token(acme)
    with CaptureQueriesContext(connection) as seen:
        answer = api.post("kpis", chain(130))
    assert problem(answer) == (422, "invalid_body")
    assert len(seen) < 60
    errors = answer.json()["errors"]
    assert [error["pointer"] for error in errors] == [f"/{at}/formula" for at in range(100)]
    assert "`c130` would have 130" in errors[0]["detail"]
    said = answer.json()["detail"]
    assert said.startswith("120 parts of the body are wrong")
    assert said.endswith("the first 100 of 120.")

    again = [{"code": "revenue", "name": "R"}, {"code": "nps", "name": "N"}]
    taken = api.post("kpis", again)
    assert problem(taken) == (409, "already_exists")
    assert "“revenue”" in taken.json()["detail"]
