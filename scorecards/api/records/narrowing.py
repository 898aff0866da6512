"""Lists narrowed by the fields of their kind, from allow-lists."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from scorecards.api_errors import Problem
from scorecards.selectors.records import Form, Record

from .resources import Resource

LONGEST_SEARCH = 200
SEARCHED = ("name", "code", "kpi", "unit", "objective", "cause", "effect")


def narrowed(request: Request, resource: Resource, rows: list[Record]) -> list[Record]:
    """The rows that say what the parameters ask for; a code that is nobody's finds nothing."""
    for field in resource.filters:
        wanted = request.query_params.get(field.name)
        if wanted is None:
            continue
        if field.form is Form.CHOICE and wanted not in field.choices:
            named = " or ".join(field.choices)
            raise Problem("invalid_parameter", f"The parameter {field.name} is {named}.")
        rows = [row for row in rows if row[field.name] == wanted]
    return _with_words(request, rows)


def _with_words(request: Request, rows: list[Record]) -> list[Record]:
    """Those in whose name or codes all words of q stand."""
    text = request.query_params.get("q", "")
    if len(text) > LONGEST_SEARCH:
        raise Problem("invalid_parameter", f"q has at most {LONGEST_SEARCH} characters.")
    words = text.casefold().split()
    return [row for row in rows if all(word in _searched(row) for word in words)] if words else rows


def _searched(row: Record) -> str:
    said = (row.get(name) for name in SEARCHED)
    return " ".join(str(each) for each in said if each).casefold()


def orderings(resource: Resource) -> dict[str, Callable[[Record], Any]]:
    """What a list may be ordered by; days as texts, which cursors can hold."""

    def by(name: str) -> Callable[[Record], Any]:
        def value(row: Record) -> Any:
            said = row[name]
            return said.isoformat() if hasattr(said, "isoformat") else said

        return value

    return {name: by(name) for name in resource.orderings}
