"""What keeps records from being written, as problems: one status for all that is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scorecards.api_errors import Problem
from scorecards.services.records import Change, Plan

from .values import FieldError

# Codes that are answers of their own; all others are a body that says what cannot be. The first
# that applies is the answer's, once the body is right.
MOST_ERRORS = 100
MOST_SENTENCES = 5
STATES = ("not_permitted", "already_exists", "period_closed", "in_use", "conflict")


def body_problem(errors: Iterable[Mapping[str, str]]) -> Problem:
    """A body that says what cannot be: the first hundred parts, each with its pointer."""
    told = list(errors)
    parts = "1 part of the body is" if len(told) == 1 else f"{len(told):,} parts of the body are"
    detail = f"{parts} wrong; nothing was stored.{_first_of(told)}"
    return Problem("invalid_body", detail, errors=told[:MOST_ERRORS])


def _first_of(told: Sequence[object]) -> str:
    """Of more than are told, how many there are."""
    if len(told) <= MOST_ERRORS:
        return ""
    return f" These are the first {MOST_ERRORS} of {len(told):,}."


def refused(plan: Plan, *, is_many: bool, or_else: str = "invalid_body") -> Problem:
    """Why the plan cannot be applied. is_many: the body was an array.

    or_else: the code of what is wrong with the records themselves, where there is no body.
    """
    found = [error for change in plan.refused for error in _errors(change)]
    found.sort(key=lambda one: -1 if one[1] is None else one[1])
    told = [error.at(row if is_many else None) for error, row in found]
    codes = {error.code for error, _ in found}
    code = next((each for each in STATES if each in codes), "")
    if or_else == "invalid_body" and not codes <= set(STATES):
        return body_problem(told)
    code = code or or_else
    users = [user for change in plan.refused for each in change.problems for user in each.users]
    more: dict[str, Any] = {"users": users} if code == "in_use" else {}
    if is_many:
        more["errors"] = told[:MOST_ERRORS]
    said = [error.detail for error, _ in found if code in (error.code, or_else)]
    detail = " ".join(list(dict.fromkeys(said))[:MOST_SENTENCES])[:1000]
    return Problem(code, detail + (_first_of(told) if is_many else ""), **more)


def _errors(change: Change) -> Iterable[tuple[FieldError, int | None]]:
    for problem in change.problems:
        yield FieldError(problem.field, problem.code, problem.text), change.row
