"""Errors: one form, codes of the registry only, and nothing told that should not be."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions

from scorecards.api_errors import PROBLEMS, ROW_PROBLEMS, problem_details
from tests.scorecards.api_client import Api, problem
from tests.worlds import World

ROOT = Path(__file__).resolve().parent.parent.parent
ROW = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 90}


def failing_with(error: Exception) -> Any:
    def fail(**about: Any) -> None:
        raise error

    return fail


@pytest.fixture
def api(acme: World) -> Api:
    api = Api(acme.token()[1])
    api.client.raise_request_exception = False
    return api


@pytest.mark.django_db
def test_an_unexpected_error_tells_its_request_id_only(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("the password is swordfish")
    monkeypatch.setattr("scorecards.api.measurements.record_measurements", failing_with(error))
    answer = api.push([ROW])
    assert problem(answer) == (500, "internal_server_error")
    assert "swordfish" not in answer.content.decode()
    assert answer.json()["request_id"] == answer["X-Request-ID"] != ""


@pytest.mark.django_db
def test_a_busy_database_asks_for_patience(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError("deadlock detected in process 17")
    monkeypatch.setattr("scorecards.api.measurements.record_measurements", failing_with(error))
    answer = api.push([ROW])
    assert problem(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "5"
    assert "deadlock" not in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404("secret"), 404, "not_found"),
        (exceptions.NotFound("secret"), 404, "not_found"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (exceptions.ParseError("secret"), 400, "bad_request"),
        (exceptions.ValidationError({"a": "secret"}), 400, "bad_request"),
        (exceptions.UnsupportedMediaType("secret"), 415, "unsupported_media_type"),
        (exceptions.MethodNotAllowed("secret"), 405, "method_not_allowed"),
        (exceptions.Throttled(wait=7.2), 429, "throttled"),
    ],
)
def test_errors_of_the_framework(error: Exception, status: int, code: str) -> None:
    answer = problem_details(error, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert "secret" not in str(answer.data)
    assert (status == 429) == ("Retry-After" in answer)


def test_codes_in_use_are_those_of_the_registries() -> None:
    raised: dict[str, set[str]] = {"Problem": set(), "Refused": set()}
    for folder in ("scorecards/api", "kpis/services"):
        for path in (ROOT / folder).rglob("*.py"):
            if "sources" in path.parts:
                continue  # what a source's rows lack is told on its page
            for kind, code in re.findall(r'(Problem|Refused)\(\s*"(\w+)"', path.read_text()):
                raised[kind].add(code)
    assert raised["Problem"] <= PROBLEMS.keys()
    assert raised["Refused"] == ROW_PROBLEMS.keys()
