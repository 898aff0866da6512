"""Requests with an Idempotency-Key: sent again, they do nothing again and are answered alike."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from kpis.models import Measurement
from organizations.access import user_access
from organizations.models import IdempotencyKey
from organizations.services import idempotency
from organizations.services.idempotency import forget_old_answers
from scorecards.api.repeating import once
from scorecards.api_errors import Problem
from tests.scorecards.api_client import Api, problem
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ROW = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 90}
OTHER = {**ROW, "value": 91}


@pytest.fixture
def api(acme: World) -> Api:
    return Api(acme.token()[1])


def push(api: Api, row: dict[str, Any], key: str = "k-1", query: str = "") -> Any:
    return api.push([row], query, HTTP_IDEMPOTENCY_KEY=key)


def value() -> float:
    return Measurement.objects.get(
        assignment__kpi__code="revenue", assignment__unit__code="sales"
    ).value


def test_what_is_sent_again_gets_the_answer_it_got_and_does_nothing(api: Api) -> None:
    first = push(api, ROW)
    assert (first.status_code, first.json()["created"]) == (200, 1)
    assert "Idempotency-Replayed" not in first
    assert api.push([OTHER]).json()["updated"] == 1
    again = push(api, ROW)
    assert again["Idempotency-Replayed"] == "true"
    assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])
    assert value() == 91


def test_a_key_serves_one_request_of_one_sender(api: Api, acme: World) -> None:
    assert push(api, ROW).status_code == 200
    assert problem(push(api, OTHER)) == (422, "idempotency_mismatch")
    assert problem(push(api, ROW, query="?wait=1")) == (422, "idempotency_mismatch")
    assert value() == 90
    others = (Api(acme.token(name="other")[1]), Api.signed_in(acme, "carol"))
    for other in others:
        assert push(other, OTHER).status_code == 200
        assert push(other, OTHER)["Idempotency-Replayed"] == "true"
    assert value() == 91
    assert problem(push(api, ROW, key="not printable")) == (400, "invalid_header")
    assert problem(push(api, ROW, key="k" * 256)) == (400, "invalid_header")
    assert push(api, ROW, key="k" * 255).status_code == 200


def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    assert problem(push(api, {**ROW, "kpi": "nothing"})) == (422, "rows_rejected")
    assert problem(api.push(b"[", HTTP_IDEMPOTENCY_KEY="k-1")) == (400, "malformed_json")
    assert push(api, ROW).json()["created"] == 1


def test_effect_and_record_stand_or_fall_together(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**about: Any) -> None:
        raise RuntimeError("power cut")

    api.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr("scorecards.api.repeating.keep_answer", fail)
        assert problem(push(api, ROW)) == (500, "internal_server_error")
    assert not Measurement.objects.filter(assignment__kpi__code="revenue").exists()
    assert push(api, ROW).json()["created"] == 1


def test_keys_are_kept_for_a_day(api: Api) -> None:
    with time_machine.travel(NOW, tick=False):
        push(api, ROW)
        push(api, ROW, key="k-2")
    with time_machine.travel(NOW + dt.timedelta(hours=24), tick=False):
        assert push(api, ROW)["Idempotency-Replayed"] == "true"
        assert forget_old_answers() == 0
    with time_machine.travel(NOW + dt.timedelta(hours=24, seconds=1), tick=False):
        assert push(api, ROW).json()["unchanged"] == 1
        assert forget_old_answers() == 1
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["k-1"]


def test_a_push_without_a_key_asks_nothing_more(api: Api) -> None:
    push(api, ROW, key="warm")
    with CaptureQueriesContext(
        connection,
    ) as plain:
        api.push([OTHER])
    assert not [q for q in plain if "idempotency" in q["sql"]]
    with CaptureQueriesContext(connection) as keyed:
        push(api, ROW)
    # The lock, the look-up, the record, and the savepoint around them.
    assert len(keyed) - len(plain) <= 5


def test_an_answer_that_tells_a_secret_is_not_kept(acme: World) -> None:
    access = user_access(acme.users["root"], "acme")
    assert access
    made: list[int] = []

    def make(request: Request) -> Response:
        made.append(1)
        return Response({"secret": "swordfish"}, 201, headers={"Cache-Control": "no-store"})

    def ask() -> Any:
        plain = APIRequestFactory().post("/", {}, headers={"Idempotency-Key": "k-1"})
        return once(access, make)(Request(plain))

    assert ask().data["secret"] == "swordfish"
    with pytest.raises(Problem) as refusal:
        ask()
    assert refusal.value.get_codes() == "conflict"
    assert made == [1]
    assert IdempotencyKey.objects.get().body is None


def test_a_key_that_is_in_use_is_told_so(
    api: Api, acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        return  # one transaction writes at a time: the second one waits, then is answered alike
    taken: list[int] = []

    def note(number: int) -> bool:
        taken.append(number)
        return True

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "take_lock", note)
        push(api, {**ROW, "kpi": "nothing"})
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", taken)
            answer = push(api, ROW)
            cursor.execute("SELECT pg_advisory_unlock(%s)", taken)
    finally:
        other.close()
    assert problem(answer) == (409, "idempotency_in_progress")
    assert answer["Retry-After"] == "5"
    assert push(api, ROW).json()["created"] == 1
