"""The form in which people say how an objective goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import Commentary, Objective, Scorecard
from scorecards.models.commentary import LONGEST_SENTENCE
from scorecards.selectors.shapes import Link, SaidLine

from .board import breadcrumbs
from .commentaries import said_line, with_evidence


@dataclass(frozen=True)
class SaidForm:
    """What stands, what was typed, and what is wrong with it."""

    objective: str
    objective_name: str
    period_label: str
    breadcrumbs: tuple[Link, ...]
    text: str
    longest: int
    files: tuple[tuple[str, str, bool], ...]  # name, size, whether it stays
    seen: str  # when the sentence that the form shows was said; "" for none
    standing: SaidLine | None
    is_stale: bool  # somebody else said something while this was typed
    lost_files: bool  # those that were chosen have to be chosen again
    problem: str
    text_problem: str
    files_problem: str


@dataclass(frozen=True)
class TypedSentence:
    """What was typed into the form, if anything was, and what became of it."""

    text: str | None = None  # None for what stands
    kept: Collection[str] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    is_stale: bool = False
    lost_files: bool = False


def said_form(
    access: Access,
    unit: UnitNode,
    scorecard: Scorecard,
    objective: str,
    period: Period,
    typed: TypedSentence | None = None,
) -> SaidForm:
    """The form with what stands, or with what was typed."""
    typed = typed or TypedSentence()
    row = _standing(scorecard, objective, period)
    standing = said_line(access.organization, unit.code, row) if row else None
    files = standing.evidence if standing else ()
    name = Objective.objects.filter(scorecard=scorecard, code=objective).order_by("-pk").first()
    return SaidForm(
        objective=objective,
        objective_name=name.name if name else objective,
        period_label=access.organization.calendar.label(period),
        breadcrumbs=breadcrumbs(access, unit, None),
        text=(standing.text if standing else "") if typed.text is None else typed.text,
        longest=LONGEST_SENTENCE,
        files=tuple((each.name, each.size_text, _stays(typed, each.name)) for each in files),
        seen=row.said_at.isoformat() if row else "",
        standing=standing,
        is_stale=typed.is_stale,
        lost_files=typed.lost_files,
        problem=typed.problems.get("", ""),
        text_problem=typed.problems.get("text", ""),
        files_problem=typed.problems.get("files", ""),
    )


def _stays(typed: TypedSentence, name: str) -> bool:
    return typed.kept is None or name in typed.kept


def _standing(scorecard: Scorecard, objective: str, period: Period) -> Commentary | None:
    return (
        Commentary.objects.standing()
        .filter(
            scorecard=scorecard,
            objective=objective,
            frequency=period.frequency,
            period_start=period.start,
        )
        .select_related("said_by")
        .prefetch_related(with_evidence())
        .first()
    )
