"""Every error of the API: RFC 9457 problems with a stable code, from one registry."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

logger = structlog.get_logger(__name__)

# Code → (status, what it means and what to do). The answer's own sentence may say more.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request could not be understood."),
    "malformed_json": (400, "The body is not JSON in UTF-8."),
    "malformed_body": (400, "The body is not what its headers say it is."),
    "invalid_columns": (400, "The first line of CSV does not name the columns as it must."),
    "not_an_array": (400, "The body must be a JSON array of rows."),
    "too_deep": (400, "The JSON is nested more than 20 levels deep."),
    "missing_parameter": (400, "A parameter that is needed is missing from the address."),
    "unknown_parameter": (400, "The address has a parameter that does not exist here."),
    "invalid_parameter": (400, "A parameter has a value that it cannot have."),
    "invalid_period": (400, "A parameter names no period; write it like 2026-03 or 2026-Q1."),
    "invalid_header": (400, "A header has a value that it cannot have."),
    "invalid_cursor": (400, "The cursor is not one of this list; start again without it."),
    "not_authenticated": (401, "Send a token as Authorization: Bearer …, or sign in."),
    "malformed_token": (401, "What was sent is no token: it is mistyped or cut."),
    "invalid_token": (401, "The token is unknown, expired or revoked."),
    "missing_scope": (403, "The token was made without the scope that this needs."),
    "session_required": (403, "Only people who are signed in may do this; no token may."),
    "not_permitted": (403, "Your role at that unit does not permit this."),
    "csrf": (403, "A session that writes must send the page's X-CSRFToken header."),
    "forbidden": (403, "You may not do this."),
    "not_found": (404, "There is nothing at this address, or nothing that you may see."),
    "no_scorecard": (404, "The unit has no active scorecard with a structure in that period."),
    "method_not_allowed": (
        405,
        "This address does not take that method; Allow names those it does.",
    ),
    "conflict": (409, "What stands does not permit this; the answer says what to do first."),
    "already_exists": (409, "There is one of that name already; change that one instead."),
    "in_use": (409, "Others use this; `users` names them. Change them first."),
    "idempotency_in_progress": (
        409,
        "A request with this Idempotency-Key is still being answered; wait, then send it again.",
    ),
    "period_closed": (409, "The period is closed; give a reason to restate it, or have it opened."),
    "version_stale": (
        412,
        "It has changed since you read it: `current` is what stands now, ETag its version.",
    ),
    "body_too_large": (413, "The body is larger than 10 MB; send it in parts."),
    "too_many_rows": (413, "The body has more than 10,000 rows; send it in parts."),
    "unsupported_media_type": (
        415,
        "The address does not take bodies of that type; the answer names those it does.",
    ),
    "invalid_body": (422, "The body can be read, but says what cannot be; `errors` names it."),
    "idempotency_mismatch": (
        422,
        "This Idempotency-Key was sent with another request; take a new key for each.",
    ),
    "rows_rejected": (422, "Rows were refused, so nothing was stored; `errors` names them."),
    "version_missing": (
        428,
        "Send the ETag of what you read as If-Match, so that nobody's change is lost.",
    ),
    "throttled": (429, "Too many requests; wait as long as Retry-After says."),
    "internal_server_error": (
        500,
        "Something went wrong on our side. Quote the request id when you report it.",
    ),
    "unavailable": (
        503,
        "The database is busy. Send the request again: values stored already answer as unchanged.",
    ),
}

# Codes of refused rows, in `rejected` and `errors`.
ROW_PROBLEMS: dict[str, str] = {
    "malformed_row": "The line is not an object in JSON and UTF-8.",
    "wrong_cells": "The row has more or fewer cells than the first line.",
    "not_an_object": "The row is not a JSON object.",
    "missing_field": "The row lacks kpi, period or value.",
    "unknown_field": "The row has a field that does not exist.",
    "duplicate_field": "The row names a field twice.",
    "invalid_type": "The field must be a text.",
    "invalid_text": "The text is too long or holds a character that cannot be stored.",
    "not_a_number": "The value is not a finite number.",
    "out_of_range": "The value lies outside what the KPI or the system can hold.",
    "unknown_grade": "The value is not one of the KPI's grades.",
    "unknown_kpi": "There is no such KPI in the organization.",
    "unknown_unit": "There is no such unit, or none that you may see.",
    "unit_required": "The KPI is measured at several units; name one.",
    "not_assigned": "The KPI is not measured at that unit in that period.",
    "not_permitted": "Your role at that unit does not permit recording values, or restating them.",
    "rolled_up": "The value follows from the units beneath; record it there.",
    "computed": "The value is computed by a formula; record what the formula reads.",
    "period_closed": "The period is closed; a manager may restate it with a `reason`.",
    "invalid_period": "The period is not one of the KPI's frequency.",
    "period_not_begun": "The period has not begun.",
    "duplicate_row": "An earlier row of the body is for the same KPI, unit and period.",
}

RETRY_SECONDS = 5

TOLD = (
    exceptions.AuthenticationFailed,
    exceptions.NotAuthenticated,
    exceptions.PermissionDenied,
)
# What others raise; the first that fits.
CODES: dict[tuple[type[Exception], ...], str] = {
    (Http404,): "not_found",
    (PermissionDenied,): "forbidden",
    (RequestDataTooBig,): "body_too_large",
    (SuspiciousOperation, UnreadablePostError): "bad_request",
    (OperationalError, InterfaceError): "unavailable",
}


class Problem(exceptions.APIException):
    """A refusal with a code of the registry; `more` are further members of the answer.

    Members that have a meaning of their own: `errors` [{pointer, code, detail}] for parts of a body
    (JSON pointers), `users` [text] for what uses a thing, `current` for what stands now.
    """

    def __init__(self, code: str, detail: str = "", **more: Any) -> None:
        self.status_code, meaning = PROBLEMS[code]
        self.more = more
        self.headers: dict[str, str] = {}
        super().__init__(detail or meaning, code)


def problem_details(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an exception; None leaves it to the site, which tells a request id only."""
    problem = exc if isinstance(exc, Problem) else _problem(exc)
    if problem is None:
        return None
    if problem.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.error("database_unavailable", exc_info=exc)
    return problem_response(problem, _headers(exc, problem.status_code) | problem.headers)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as application/problem+json."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "code": problem.get_codes(),
        "detail": str(problem.detail),
        **problem.more,
    }
    return Response(
        body, problem.status_code, headers=headers, content_type="application/problem+json"
    )


def _problem(exc: Exception) -> Problem | None:
    if isinstance(exc, exceptions.APIException):
        code = str(exc.get_codes())
        if code not in PROBLEMS:
            is_forbidden = exc.status_code == HTTPStatus.FORBIDDEN
            return Problem("forbidden" if is_forbidden else "bad_request")
        # What our authentication says is meant for the sender; the framework's words are not.
        return Problem(code, str(exc.detail) if isinstance(exc, TOLD) else "")
    found = (code for kinds, code in CODES.items() if isinstance(exc, kinds))
    code = next(found, "")
    return Problem(code) if code else None


def _headers(exc: Exception, status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": getattr(exc, "auth_header", "Bearer")}
    if isinstance(exc, exceptions.Throttled):
        return {"Retry-After": f"{getattr(exc, 'wait', None) or 1:.0f}"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_SECONDS)}
    return {}


def error_table() -> str:
    """The registry as Markdown, for the documentation."""
    rows = [f"| {status} | `{code}` | {text} |" for code, (status, text) in PROBLEMS.items()]
    return _table(("Status", "Code", "Meaning"), rows)


def row_error_table() -> str:
    """The codes of rows as Markdown, for the documentation."""
    return _table(("Code", "Meaning"), [f"| `{code}` | {t} |" for code, t in ROW_PROBLEMS.items()])


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    heads = list(heads)
    rule = "|" + " --- |" * len(heads)
    return "\n".join([f"| {' | '.join(heads)} |", rule, *rows])
