"""Tags for what stands in the pages as a picture: statuses, sparklines, bullets, shares."""

import re
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from scorecards.drawing import bullets, lines, pieces, polylines
from scorecards.selectors.boards.shapes import Board, KpiRow
from scorecards.selectors.heat_map.shapes import HeatFigures, HeatKpi
from scorecards.selectors.kpis.look import Look
from scorecards.selectors.kpis.shapes import KpiPage, KpiUse
from scorecards.selectors.public.chart import PublicValue
from scorecards.selectors.shapes import Counts, Figure, Score, Trend
from scorecards.selectors.traces.shapes import TraceNode

register = template.Library()

STATUS_WORDS = {
    "on_target": "on target",
    "below_target": "below target",
    "critical": "critical",
    "no_data": "no data",
    "insufficient_data": "insufficient data",
}

# Beneath a roll-up both lack a score; which of them lacks what is told beside each.
COUNT_WORDS = STATUS_WORDS | {"no_data": "no data or no target"}
NO_TARGET = "no target"
NO_SCORE = Score(None, "–", "no_data", None, "–")

# Up to here a board fits on one sheet in its usual size, and with smaller rows beyond it.
ROWS_ON_A_SHEET = 34

INITIATIVE_MARKS = {"planned": "◇", "running": "◆", "done": "✓", "stopped": "×"}


@register.filter
def status_words(status: str) -> str:
    """A status as people read it."""
    return STATUS_WORDS.get(status, status)


@register.filter
def initiative_mark(status: str) -> str:
    """The sign of an initiative's status, always beside its word."""
    return INITIATIVE_MARKS.get(status, "◇")


@register.filter
def print_size(board: Board) -> str:
    """The class that makes a long board's rows small enough for one sheet of paper."""
    objectives = [each for perspective in board.perspectives for each in perspective.objectives]
    kpis = sum(max(len(objective.kpis), 1) for objective in objectives)
    said = sum(objective.said is not None for objective in objectives)
    rows = len(board.perspectives) + len(objectives) + kpis + said
    return "dense" if rows > ROWS_ON_A_SHEET else ""


@register.filter
def plural_frequency(frequency: str) -> str:
    """Several periods of a frequency: "quarters"."""
    return "halves" if frequency == "half" else f"{frequency}s"


@register.inclusion_tag("scorecards/_status.html")
def status(name: str) -> dict[str, str]:
    """A status: its shape and its words in its colour."""
    return {"name": name, "words": STATUS_WORDS.get(name, name)}


@register.inclusion_tag("scorecards/_status.html")
def status_of(row: KpiRow | KpiPage | KpiUse | PublicValue | TraceNode) -> dict[str, str]:
    """The status of a KPI, or of a node of a trace; "no target" where only that is missing."""
    return {"name": row.score.status, "words": _words(row.score, row.actual)}


def _words(score: Score, actual: Figure | None) -> str:
    is_known = actual is not None and actual.value is not None
    return NO_TARGET if is_known and score.status == "no_data" else STATUS_WORDS[score.status]


@register.inclusion_tag("scorecards/_counts.html")
def counts(of: Counts | None) -> dict[str, Any]:
    """How many of each status stand beneath a score; statuses without any are left out."""
    every = [(name, words, getattr(of, name)) for name, words in COUNT_WORDS.items()] if of else []
    return {"counts": [line for line in every if line[2]]}


@register.inclusion_tag("pictures/_sparkline.html")
def sparkline(trend: Trend, width: int = 96, height: int = 22) -> dict[str, Any]:
    """A trend, drawn in the line of the text."""
    return {"picture": lines.sparkline(trend, width=width, height=height)}


@register.inclusion_tag("pictures/_small_multiple.html")
def small_multiple(
    figures: HeatFigures, kpi: HeatKpi, width: int = 210, height: int = 40
) -> dict[str, Any]:
    """A trend between the ends of a scale that it shares with those of other units."""
    ends = None
    if kpi.low is not None and kpi.high is not None and not figures.has_own_scale:
        ends = (kpi.low, kpi.high)
    picture = lines.sparkline(figures.trend, width=width, height=height, ends=ends)
    return {"picture": picture, "top": lines.MARGIN, "bottom": height - lines.MARGIN}


@register.inclusion_tag("pictures/_bullet.html")
def bullet(row: KpiRow, width: int = 112) -> dict[str, Any]:
    """A KPI's actual against its target."""
    label = _against(row.actual, row.target, row.unit_of_measure, row.score)
    picture = bullets.bullet(
        row.polyline, row.actual.value, row.target.value, label=label, width=width
    )
    return {"picture": picture}


@register.inclusion_tag("pictures/_bullet.html")
def score_bullet(score: Score, width: int = 112) -> dict[str, Any]:
    """A rolled-up score against 100."""
    label = f"Score {score.text} against 100: {STATUS_WORDS.get(score.status, '')}"
    return {"picture": bullets.score_bullet(score.value, label=label, width=width)}


@register.inclusion_tag("pictures/_polyline.html")
def polyline_picture(
    of: TraceNode | KpiPage,
    unit_of_measure: str = "",
    width: int = 300,
    benchmark: float | None = None,
) -> dict[str, Any]:
    """How a value becomes a score; nothing where there is no target."""
    actual, target = of.actual, of.target
    # The curve explains the computed score, also where something else is said in its place.
    score = of.score.assessed.computed if of.score.assessed else of.score
    label = _against(actual, target, unit_of_measure, score)
    picture = polylines.polyline_picture(
        of.polyline,
        actual.value if actual else None,
        score,
        label=f"{label}, score {score.text}",
        width=width,
        benchmark=benchmark,
    )
    return {"picture": picture}


@register.inclusion_tag("pictures/_polyline.html")
def look_picture(look: Look, width: int = 300) -> dict[str, Any]:
    """How values become scores by a definition that is being written, with the last ones on it."""
    picture = polylines.polyline_picture(
        look.polyline,
        None,
        NO_SCORE,
        label=look.label,
        width=width,
        height=150,
        scored=look.scored,
        benchmark=look.benchmark,
    )
    return {"picture": picture}


@register.inclusion_tag("pictures/_shares.html")
def shares(node: TraceNode) -> dict[str, Any]:
    """What the children of a node add to its score."""
    return {"picture": pieces.shares(node)}


@register.filter
def percent(share: float | None) -> str:
    """A share as whole percents; "–" where there is none.

    >>> percent(0.985), percent(None)
    ('98 %', '–')
    """
    return "–" if share is None else f"{share * 100:.0f} %"


def _against(
    actual: Figure | None, target: Figure | None, unit_of_measure: str, score: Score
) -> str:
    unit = f" {unit_of_measure}" if unit_of_measure else ""
    has, wants = (each.text if each else "–" for each in (actual, target))
    return f"{has}{unit} against {wants}{unit}: {_words(score, actual)}"


@register.filter
def initials(person: object) -> str:
    """Two letters for a person: of the first and last name, or of the e-mail's start.

    >>> initials("Ines Maria Carvalho"), initials("bob@example.com"), initials("")
    ('IC', 'BO', '–')
    """
    words = str(person).split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "–"


@register.simple_block_tag
def tight(content: str) -> SafeString:
    """The same markup without the indentation of its templates: large tables weigh a third less.

    Between two tags nothing is left; elsewhere a line break with its indentation is one space.
    """
    between = re.sub(r">\s+<", "><", content)
    # Rendered by the engine, so escaped already.
    return mark_safe(re.sub(r"\s*\n\s*", " ", between).strip())  # noqa: S308
