"""Closed periods, rolled-up and computed values over HTTP."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from kpis.models import Measurement, Restatement
from kpis.services.library import assign_kpi, change_kpi, define_kpi
from organizations.models import ClosedPeriod
from tests.scorecards.api_client import Api, problem
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ROW = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 90}
HERE = "?kpi=revenue&unit=sales&period=2026-03"
REASON = "An invoice came late"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def closed(acme: World) -> World:
    ClosedPeriod.objects.create(
        organization=acme.organization,
        unit=acme.units["emea"],
        frequency="quarter",
        period_start=dt.date(2026, 1, 1),
        closed_at=NOW,
    )
    return acme


@pytest.fixture
def restating(closed: World) -> Api:
    return Api(closed.token("measurements:write", "structure:write", name="ledger")[1])


def errors(response: Any) -> list[tuple[str, str]]:
    answer = response.json()
    return [(e["pointer"], e["code"]) for e in answer.get("errors") or answer["rejected"]]


def test_a_row_of_a_closed_period_needs_a_reason(closed: World, restating: Api) -> None:
    answer = restating.push([ROW, {**ROW, "period": "2026-04"}], "?mode=partial")
    assert errors(answer) == [("/0/period", "period_closed")]
    assert answer.json()["created"] == 1
    assert restating.push([{**ROW, "reason": REASON}]).json()["created"] == 1
    restated = Restatement.objects.get()
    assert (restated.reason, str(restated.token)) == (REASON, "ledger")


def test_a_token_that_only_writes_values_may_not_restate(closed: World) -> None:
    api = Api(closed.token("measurements:write", name="writing")[1])
    answer = api.push([{**ROW, "reason": REASON}])
    assert problem(answer) == (422, "rows_rejected")
    assert errors(answer) == [("/0/reason", "not_permitted")]
    closed.record("revenue", "sales", {"2026-03-01": 1}, reason="before")
    assert problem(api.take_back(f"{HERE}&reason=late")) == (403, "not_permitted")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ('"reason": 17', ("/0/reason", "invalid_type")),
        ('"reason": "a\\u0000b"', ("/0/reason", "invalid_text")),
        ('"reason": "\\ud800"', ("/0/reason", "invalid_text")),
        (f'"reason": "{"x" * 1001}"', ("/0/reason", "invalid_text")),
        ('"reason": "a", "reason": "b"', ("/0/reason", "duplicate_field")),
        ('"reason": null', ("/0/period", "period_closed")),
        ('"reason": " "', ("/0/period", "period_closed")),
    ],
)
def test_reasons_are_read_like_notes(restating: Api, fields: str, error: tuple[str, str]) -> None:
    row = '"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 1'
    assert errors(restating.push(f"[{{{row}, {fields}}}]")) == [error]
    assert not Measurement.objects.exists()


def test_a_word_in_a_value_that_is_called_reason(closed: World, restating: Api) -> None:
    rows = [{**ROW, "reason": "note", "note": "reason"}]
    assert restating.push(rows).json()["created"] == 1


def test_a_value_of_a_closed_period_is_taken_back_with_a_reason(
    closed: World, restating: Api
) -> None:
    closed.record("revenue", "sales", {"2026-03-01": 1}, reason="before")
    Restatement.objects.all().delete()
    assert problem(restating.take_back(HERE)) == (409, "period_closed")
    assert problem(restating.take_back(f"{HERE}&reason=")) == (409, "period_closed")
    too_long = restating.take_back(f"{HERE}&reason={'x' * 1001}")
    assert problem(too_long) == (400, "invalid_parameter")
    assert Measurement.objects.exists()
    assert restating.take_back(f"{HERE}&reason={REASON}").status_code == 204
    assert Restatement.objects.get().reason == REASON


def test_targets_of_a_closed_period_are_restated_with_a_reason(
    closed: World, restating: Api
) -> None:
    target = {
        "kpi": "revenue",
        "unit": "sales",
        "valid_from": "2026-02",
        "red_flag": 1,
        "target": 7,
    }
    assert problem(restating.post("targets", target)) == (409, "period_closed")
    assert problem(restating.post(f"targets?reason={'x' * 1001}", target)) == (
        400,
        "invalid_parameter",
    )
    assert problem(restating.post("targets?reason=%20", target)) == (409, "period_closed")
    assert restating.post(f"targets?reason={REASON}", target).status_code == 201
    place = "targets/revenue/sales/2026-02"
    assert problem(restating.send("PATCH", place, {"target": 8}, "*")) == (409, "period_closed")
    changed = restating.send("PATCH", f"{place}?reason={REASON}", {"target": 8}, "*")
    assert changed.json()["target"] == 8
    assert problem(restating.send("DELETE", place, None, "*")) == (409, "period_closed")
    assert restating.send("DELETE", f"{place}?reason={REASON}", None, "*").status_code == 204
    kept = Restatement.objects.filter(subject="target").values_list("reason", flat=True)
    assert list(kept) == [REASON] * 3
    kpi = restating.post(f"kpis?reason={REASON}", {"code": "x", "name": "X"})
    assert problem(kpi) == (400, "unknown_parameter")


def test_values_that_follow_from_others(acme: World) -> None:
    api = Api(acme.token()[1])
    change_kpi(kpi=acme.kpis["revenue"], unit_rule="sum")
    double = define_kpi(
        organization=acme.organization, code="double", name="Double", formula="revenue * 2"
    )
    assign_kpi(kpi=double, unit=acme.units["sales"])
    rows = [ROW, {**ROW, "unit": "ada"}, {**ROW, "kpi": "double"}]
    answer = api.push(rows, "?mode=partial")
    assert errors(answer) == [("/0/unit", "rolled_up"), ("/2/kpi", "computed")]
    assert all(error["detail"].endswith(".") for error in answer.json()["rejected"])
