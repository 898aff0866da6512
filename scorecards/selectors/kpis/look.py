"""A look at a definition that is still being written: what its choices make of values.

The line from value to score, with the last values of the KPI at a unit on it, and what a month
gives for a quarter and a unit for the one above. Nothing is stored.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef

from calculations.figures import Span
from calculations.numerals import InvalidNumber, parsed_number
from calculations.periods import Frequency
from calculations.polylines import polyline_points, score
from calculations.scoring import STATUS_NAMES, TargetKind, Targets, status_codes, target_polylines
from kpis.models import KPI, POINTS, RANGE, Assignment, Measurement
from kpis.selectors.series import SIGNS, kpi_facts
from kpis.services.targets import FIGURES, check_figures
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.selectors.formats import number_text, score_text
from scorecards.selectors.shapes import Polyline, ScoredValue

from .definition import benchmark_text
from .history import History, kpi_history, own_periods
from .look_words import Family, Sentence, sentences

LAST = 12  # values
CHILDREN, FEWEST_CHILDREN = 4, 2  # units whose values show what a roll-up gives
MOST_UNITS = 50
PREFIX = "look_"
LABELS = {
    "floor": "Floor",
    "red_flag": "Red flag",
    "target": "Target",
    "stretch": "Stretch",
    "red_low": "Lower red flag",
    "target_low": "From",
    "target_high": "To",
    "red_high": "Upper red flag",
}


@dataclass(frozen=True)
class LookAsked:
    """The unit to look at, and the example figures that were typed, by their names."""

    unit: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """All that the preview shows. target_text: whose figures they are; problem: why there is none.

    scored: newest last; benchmark: None where there is none.
    """

    sentences: tuple[Sentence, ...]
    units: tuple[UnitNode, ...] = ()
    unit: UnitNode | None = None
    more_units: int = 0
    polyline: Polyline = field(default_factory=Polyline)
    scored: tuple[ScoredValue, ...] = ()
    target_text: str = ""
    problem: str = ""
    benchmark: float | None = None
    benchmark_text: str = ""
    label: str = ""


@dataclass(frozen=True)
class _Figures:
    """A target: its kind and points, a curve's corners; whose it is, or what is wrong with it."""

    kind: int = TargetKind.THRESHOLD
    points: Sequence[float] = (math.nan,) * 4
    corners: tuple[tuple[float, float], ...] = ()
    text: str = ""
    problem: str = ""


def figure_names(kpi: KPI) -> tuple[str, ...]:
    """The figures that an example target of the KPI has."""
    if kpi.value_kind == KPI.ValueKind.YES_NO:
        return ()
    return RANGE if kpi.direction == KPI.Direction.RANGE else POINTS


def kpi_look(access: Access, kpi: KPI | None, draft: KPI, asked: LookAsked) -> Look:
    """The preview of the draft, by a bounded number of statements.

    kpi: the stored definition, whose values it shows; None for one that is not there yet.
    """
    assignments, more = _offered(access, kpi, asked.unit) if kpi else ([], 0)
    chosen = _chosen(access, assignments, asked.unit)
    history = _history(access, chosen) if chosen else None
    family = _family(access, draft, chosen) if chosen else None
    unit = access.tree.by_id[chosen.unit_id] if chosen else None
    figures = _figures(draft, history, unit, asked.figures)
    polyline = _polyline(draft, figures)
    problem = figures.problem or _contradiction(figures, polyline)
    return Look(
        sentences=sentences(access.organization, draft, history, family),
        units=tuple(access.tree.by_id[each.unit_id] for each in assignments),
        unit=unit,
        more_units=more,
        polyline=polyline,
        scored=_scored(draft, history, polyline),
        target_text=figures.text,
        problem=problem,
        benchmark=draft.benchmark,
        benchmark_text=benchmark_text(draft),
        label=f"From value to score{f' at {unit.name}' if unit else ''}",
    )


# --- Where, and with which values


def _offered(access: Access, kpi: KPI, wanted: str) -> tuple[list[Assignment], int]:
    """The first places that the reader sees, the wanted one and recorded ones before others."""
    values = Measurement.objects.filter(assignment=OuterRef("pk"))
    rows = Assignment.objects.live().filter(kpi=kpi).annotate(has_values=Exists(values))
    seen = [row for row in rows if access.sees(row.unit_id) and row.unit_id in access.tree.by_id]
    units = access.tree.by_id
    seen.sort(key=lambda row: (units[row.unit_id].code != wanted, not row.has_values, row.pk))
    offered = seen[:MOST_UNITS]
    for row in offered:
        row.kpi = kpi
    return offered, len(seen) - len(offered)


def _chosen(access: Access, offered: Sequence[Assignment], wanted: str) -> Assignment | None:
    units = access.tree.by_id
    named = (each for each in offered if units[each.unit_id].code == wanted)
    return next(named, offered[0] if offered else None)


def _history(access: Access, assignment: Assignment) -> History:
    """The last own periods, the running one among them."""
    frequency, calendar = Frequency(assignment.kpi.frequency), access.organization.calendar
    last = calendar.period(frequency, access.organization.today())
    first = calendar.shift(last, 1 - LAST)
    periods = own_periods(access.organization, frequency, first, last)
    return kpi_history(access.organization, assignment, periods)


def _family(access: Access, draft: KPI, chosen: Assignment) -> Family | None:
    """The values of a few units beneath the chosen one, or beside it, in the last whole period."""
    if not draft.is_rolled_up or draft.weighting_id:
        return None
    tree, organization = access.tree, access.organization
    beneath = tree.children(chosen.unit_id) or tree.children(tree.by_id[chosen.unit_id].parent_id)
    seen = [node.id for node in beneath if access.sees(node.id) and node.parent_id]
    rows = list(
        Assignment.objects.live().filter(kpi=chosen.kpi, unit_id__in=seen).order_by("pk")[:CHILDREN]
    )
    for row in rows:
        row.kpi = chosen.kpi
    own = Frequency(chosen.kpi.frequency)
    last = organization.calendar.shift(organization.calendar.period(own, organization.today()), -1)
    span = Span(last.start, organization.calendar.end(last), own)
    values = kpi_facts(organization, rows, [span]).figures([span]).values[: len(rows), 0].tolist()
    known = [
        (tree.by_id[row.unit_id].name, value)
        for row, value in zip(rows, values, strict=True)
        if not math.isnan(value)
    ]
    parent = tree.by_id[rows[0].unit_id].parent_id if rows else None
    if len(known) < FEWEST_CHILDREN or parent is None or not access.sees(parent):
        return None
    return Family(tree.by_id[parent].name, organization.calendar.label(last), tuple(known))


# --- The target


def _figures(
    draft: KPI, history: History | None, unit: UnitNode | None, typed: Mapping[str, str]
) -> _Figures:
    """The example that was typed, else the target that holds at the unit."""
    names = figure_names(draft)
    texts = {name: typed[name] for name in names if typed.get(name, "").strip()}
    if texts:
        return _typed_figures(draft, texts)
    if draft.value_kind == KPI.ValueKind.YES_NO:
        wanted = "no" if draft.direction == KPI.Direction.LOWER else "yes"
        return _Figures(TargetKind.YES_NO, text=f"“{wanted}” is wanted and scores 100.")
    if history is None or unit is None:
        return _Figures()
    return _held_figures(draft, history, unit)


def _typed_figures(draft: KPI, texts: Mapping[str, str]) -> _Figures:
    figures: dict[str, Any] = dict.fromkeys(FIGURES)
    try:
        for name, text in texts.items():
            figures[name] = parsed_number(text, draft.decimals, draft.unit_of_measure)
        check_figures(draft, figures)
    except InvalidNumber as refusal:
        return _Figures(problem=f"{LABELS[name]}: {refusal}.")
    except ValidationError as refusal:
        return _Figures(problem=" ".join(refusal.messages))
    is_range = draft.direction == KPI.Direction.RANGE
    given = [figures[name] for name in (RANGE if is_range else POINTS)]
    points = [math.nan if each is None else each for each in given]
    kind = TargetKind.RANGE if is_range else TargetKind.THRESHOLD
    return _Figures(kind, points, text="Example figures; they are not saved.")


def _held_figures(draft: KPI, history: History, unit: UnitNode) -> _Figures:
    """What holds in the last period."""
    kind = int(history.figures.kinds[0, -1])
    corners = polyline_points(history.figures.x[0, -1], history.figures.y[0, -1])
    if not corners:
        return _Figures(problem=f"No target holds at {unit.name}: type example figures.")
    points = history.figures.points[0, -1].tolist()
    names = RANGE if kind == TargetKind.RANGE else POINTS
    said = ", ".join(
        f"{LABELS[name].lower()} {number_text(draft, point)}"
        for name, point in zip(names, points, strict=True)
        if not math.isnan(point)
    )
    text = f"Target at {unit.name}: {said}." if said else f"The target at {unit.name}."
    return _Figures(kind, points, tuple(corners), text)


def _polyline(draft: KPI, figures: _Figures) -> Polyline:
    """By the draft's direction and bounds; a curve is as it was drawn."""
    if figures.kind == TargetKind.CUSTOM:
        return Polyline(figures.corners)
    bounds = (draft.natural_minimum, draft.natural_maximum)
    low, high = (math.nan if bound is None else bound for bound in bounds)
    sign = SIGNS[KPI.Direction(draft.direction)]
    targets = Targets(np.array([figures.kind]), np.array([figures.points], dtype=np.float64))
    x, y = target_polylines(targets, sign, low, high)
    return Polyline(tuple(polyline_points(x[0], y[0])))


def _contradiction(figures: _Figures, polyline: Polyline) -> str:
    if polyline.points or not figures.text:
        return ""
    return (
        "These figures contradict the direction: the target must be on the good side of the red"
        " flag, and a range needs all four."
    )


# --- The last values on it


def _scored(draft: KPI, history: History | None, polyline: Polyline) -> tuple[ScoredValue, ...]:
    """The known values with the scores that the draft gives them."""
    if history is None or not polyline.points:
        return ()
    known = [
        (label, value)
        for label, value in zip(history.labels, history.figures.values[0].tolist(), strict=True)
        if not math.isnan(value)
    ]
    if not known:
        return ()
    x, y = zip(*polyline.points, strict=True)
    scores = score([value for _, value in known], [x] * len(known), [y] * len(known)).tolist()
    return tuple(
        ScoredValue(
            value=value,
            score=its_score,
            status=STATUS_NAMES[int(status_codes([its_score])[0])],
            text=_scored_text(draft, history, label, value, its_score),
        )
        for (label, value), its_score in zip(known, scores, strict=True)
    )


def _scored_text(draft: KPI, history: History, label: str, value: float, its_score: float) -> str:
    number = f"{number_text(draft, value)} {draft.unit_of_measure}".strip()
    return f"{label}: {number}, score {score_text(its_score, history.organization)}"
