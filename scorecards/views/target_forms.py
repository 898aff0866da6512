"""The forms that plan a whole year: what they show, and the plan that they send."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from calculations.aggregation import TimeRule
from calculations.numerals import InvalidNumber, parsed_number
from calculations.target_planning import NoProfile
from kpis.models import Assignment
from kpis.services.target_plans import Plan, roll_over, split_year
from scorecards.selectors.targets.grid import year_targets
from scorecards.selectors.targets.pages import SPLIT_RULES, part_lines, plan_lines, texts_by_hand
from scorecards.selectors.targets.planning import Planning
from scorecards.services.target_entry import (
    PROFILES,
    SentTargets,
    refusing,
    sent_parts,
    split_profile,
    sum_problem,
)

LONGEST_NUMBER = 100


@dataclass(frozen=True)
class YearForm:
    """context: for the template; plan: what to store, None where something is missing or wrong."""

    context: dict[str, Any]
    plan: Plan | None = None


def split_form(
    planned: Planning, assignment: Assignment, asked: Mapping[str, str], *, reason: str | None
) -> YearForm:
    """A year's target and how to split it; once both are given, its parts.

    reason: None while nothing is to be stored.
    """
    context = _split_context(planned, assignment, asked)
    if "total" not in asked:
        return YearForm(context)
    try:
        total = parsed_number(context["total"], assignment.kpi.decimals)
        if reason is not None:
            return _sent_split(planned, assignment, asked, total, reason, context)
        sent = _proposed_parts(planned, assignment, total, context["profile"])
    except InvalidNumber as problem:
        return YearForm(context | {"wrong": {"total": f"{problem}."}})
    except NoProfile as problem:
        return YearForm(context | {"wrong": {"profile": f"{problem}."}})
    return YearForm(context | _with_parts(planned, assignment, sent))


def _split_context(
    planned: Planning, assignment: Assignment, asked: Mapping[str, str]
) -> dict[str, Any]:
    now, partial = year_targets(planned)[assignment.pk]
    profile = asked.get("profile", "")
    return {
        "kpi": assignment.kpi,
        "rule": SPLIT_RULES[TimeRule(assignment.kpi.time_rule)],
        "total": asked.get("total", "" if partial else now.strip("–"))[:LONGEST_NUMBER],
        "profile": profile if profile in PROFILES else PROFILES[0],
        "next_year": planned.calendar.label(planned.next_year),
    }


def _proposed_parts(
    planned: Planning, assignment: Assignment, total: float, profile: str
) -> SentTargets:
    """The parts by the profile; by hand, those that hold now."""
    if profile == "hand":
        return SentTargets(typed=texts_by_hand(planned, assignment))
    weights = split_profile(planned, assignment, profile)
    plan = split_year(
        assignment=assignment, year=planned.year, total=total, profile=weights, held=planned.held
    )
    return SentTargets(plan)


def _sent_split(
    planned: Planning,
    assignment: Assignment,
    asked: Mapping[str, str],
    total: float,
    reason: str,
    context: dict[str, Any],
) -> YearForm:
    sent = sent_parts(planned, assignment, asked, reason)
    problem = "" if sent.wrong else sum_problem(assignment, total, sent.plan)
    context = context | _with_parts(planned, assignment, sent) | {"sum_problem": problem}
    return YearForm(context, None if sent.wrong or problem else sent.plan)


def _with_parts(planned: Planning, assignment: Assignment, sent: SentTargets) -> dict[str, Any]:
    lines = part_lines(planned, assignment, sent.plan, sent.typed, sent.wrong)
    return {
        "lines": lines,
        "has_closed": any(line.closed for line in lines),
        "n_wrong": len(sent.wrong),
    }


# --- Into the next year


def roll_over_form(
    planned: Planning, factor_text: str | None, chosen: Collection[str], *, reason: str | None
) -> YearForm:
    """The factor and the KPIs by code; once given, what each would want in the next year."""
    assignments = [a for a in planned.assignments if a.pk in planned.held.by_assignment]
    context: dict[str, Any] = {
        "factor": "1" if factor_text is None else factor_text[:LONGEST_NUMBER],
        "next_year": planned.calendar.label(planned.next_year),
        "year_after": planned.calendar.label(planned.calendar.shift(planned.next_year, 1)),
        "choices": [(a.kpi, factor_text is None or a.kpi.code in chosen) for a in assignments],
    }
    if factor_text is None:
        return YearForm(context)
    try:
        plan = roll_over(
            assignments=[a for a in assignments if a.kpi.code in chosen],
            year=planned.year,
            factor=parsed_number(factor_text, decimals=3),
            held=planned.held,
            refuse=refusing(planned, reason or ""),
        )
    except InvalidNumber as problem:
        return YearForm(context | {"wrong": f"{problem}."})
    except ValidationError as problem:
        return YearForm(context | {"wrong": " ".join(problem.messages)})
    lines = plan_lines(planned, plan)
    n_refused = sum(1 for line in lines if line.refusal)
    n_stored = sum(1 for line in lines if line.is_change) - n_refused
    about = {"lines": lines, "n_refused": n_refused, "n_stored": n_stored}
    has_closed = any(planned.closed_text(cell.period) for cell in plan)
    return YearForm(context | about | {"has_closed": has_closed}, plan)
