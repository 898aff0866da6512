"""Problem answers of an operation: which codes it may answer with which status."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from scorecards.api_errors import PROBLEMS

from .describing import Described, Schema

# What every address may answer.
ALWAYS = (
    *("bad_request", "unknown_parameter", "invalid_parameter", "not_authenticated"),
    *("invalid_token", "not_found", "throttled", "internal_server_error", "unavailable"),
)
WRITES = ("csrf", "not_permitted")
REPEATS = ("invalid_header", "idempotency_in_progress", "idempotency_mismatch", "conflict")
BODIES = ("malformed_json", "too_deep", "body_too_large", "unsupported_media_type")
GUARDED = ("version_missing", "version_stale")
PERIODS = {"period", "from", "to", "valid_from"}


def problem_codes(view: Any, said: Described, method: str) -> dict[int, tuple[str, ...]]:
    """Codes by status: the common ones, those that follow from the method, and its own."""
    parameters = set(view.parameters.get(method.lower(), ()))
    codes = {
        *ALWAYS,
        *(("missing_scope",) if view.scopes.get(method.lower()) else ()),
        *(WRITES if method != "GET" else ()),
        *(REPEATS if method == "POST" else ()),
        *(BODIES if said.body is not None else ()),
        *(GUARDED if said.is_guarded else ()),
        *(("invalid_period",) if parameters & PERIODS else ()),
        *(("invalid_cursor",) if "cursor" in parameters else ()),
        *said.problems,
    }
    found: dict[int, list[str]] = defaultdict(list)
    for code in PROBLEMS:  # in their order, so that the same codes make the same name
        if code in codes:
            found[PROBLEMS[code][0]].append(code)
    unknown = codes - PROBLEMS.keys()
    if unknown:
        raise ValueError(f"There are no problems called {', '.join(sorted(unknown))}.")
    return {status: tuple(found[status]) for status in sorted(found)}


def problem_response(codes: tuple[str, ...]) -> Schema:
    """The response object of the codes of one status."""
    return {
        "description": "\n".join(f"- `{code}`: {PROBLEMS[code][1]}" for code in codes),
        "content": {
            "application/problem+json": {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Problem"},
                        {"properties": {"code": {"enum": list(codes)}}},
                    ]
                },
                "examples": {code: {"value": _example(code)} for code in codes},
            }
        },
    }


def _example(code: str) -> Schema:
    status, meaning = PROBLEMS[code]
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": meaning,
    }


def problem_component() -> Schema:
    """What every problem has, and what some have."""
    text = {"type": "string"}
    part = {
        "type": "object",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": {**text, "description": "JSON pointer to a part of the body."},
            "code": text,
            "detail": text,
        },
    }
    return {
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "code": {**text, "description": "Stable, for programs."},
            "detail": {**text, "description": "For people: what is wrong and what to do."},
            "errors": {"type": "array", "items": part},
            "users": {"type": "array", "items": text, "description": "What uses it."},
            "current": {"description": "What stands now."},
            "request_id": {**text, "description": "Stands in the server's log."},
        },
    }
