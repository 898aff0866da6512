"""What keeps records from being written, as problems: one status for all that is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any

from scorecards.api_errors import Problem
from scorecards.services.records import Change, Plan

from .values import FieldError

# Codes that are answers of their own; all others are a body that says what cannot be. The first
# that applies is the answer's, once the body is right.
STATES = ("not_permitted", "already_exists", "period_closed", "in_use", "conflict")


def body_problem(errors: Iterable[Mapping[str, str]]) -> Problem:
    """A body that says what cannot be: each part with its pointer."""
    told = list(errors)
    noun = "part" if len(told) == 1 else "parts"
    detail = f"{len(told)} {noun} of the body cannot be; nothing was stored."
    return Problem("invalid_body", detail, errors=told)


def refused(plan: Plan, *, is_many: bool, or_else: str = "invalid_body") -> Problem:
    """Why the plan cannot be applied. is_many: the body was an array.

    or_else: the code of what is wrong with the records themselves, where there is no body.
    """
    found = [error for change in plan.refused for error in _errors(change)]
    told = [error.at(row if is_many else None) for error, row in found]
    codes = {error.code for error, _ in found}
    code = next((each for each in STATES if each in codes), "")
    if or_else == "invalid_body" and not codes <= set(STATES):
        return body_problem(told)
    code = code or or_else
    users = [user for change in plan.refused for each in change.problems for user in each.users]
    more: dict[str, Any] = {"users": users} if code == "in_use" else {}
    if is_many:
        more["errors"] = told
    said = [error.detail for error, _ in found if code in (error.code, or_else)]
    detail = " ".join(dict.fromkeys(said))
    return Problem(code, detail[:1000], **more)


def _errors(change: Change) -> Iterable[tuple[FieldError, int | None]]:
    for problem in change.problems:
        yield FieldError(problem.field, problem.code, problem.text), change.row
