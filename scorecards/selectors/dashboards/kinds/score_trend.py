"""The score of a unit's scorecard, the last twelve periods."""

from calculations.polylines import RED_FLAG_SCORE, TARGET_SCORE
from scorecards.charts import ChartSeries, kpi_figure
from scorecards.links import board_href
from scorecards.selectors.boards.overview import unit_lines
from scorecards.selectors.boards.shapes import UnitLine
from scorecards.selectors.dashboards.shapes import Table, Told
from scorecards.selectors.formats import SCALES, score_text

from .about import WORDS, About, Kind


def _tell(about: About) -> Told:
    title = about.title
    (line,) = unit_lines(about.access, about.viewing, [(about.unit, 0)])
    if line.trend is None:
        return Told(title, missing=f"{about.unit.name} has no scorecard yet.")
    return Told(
        title,
        finding=_finding(about, line),
        table=_table(about, line.trend.values),
        figure=kpi_figure(_series(about, title, line.trend.values)),
        href=board_href(about.organization.code, about.unit.code, about.viewing.label),
    )


def _finding(about: About, line: UnitLine) -> str:
    if line.score is None or line.score.value is None:
        return f"No score in {about.viewing.label}"
    status = WORDS[line.score.status]
    return f"{line.score.text} in {about.viewing.label}, {status}"


def _series(about: About, title: str, values: tuple[float | None, ...]) -> ChartSeries:
    """On the organization's scale."""
    factor, suffix = SCALES[about.organization.display_scale]
    trend = about.viewing.trend
    return ChartSeries(
        name="Score",
        unit_name=about.unit.name,
        direction="higher",
        labels=_labels(about),
        starts=[period.start.isoformat() for period in trend],
        values=[None if value is None else value * factor for value in values],
        targets=[TARGET_SCORE * factor] * len(trend),
        red_flags=[RED_FLAG_SCORE * factor] * len(trend),
        unit_of_measure=suffix.strip(),
        decimals=1,
        headline=title,
    )


def _labels(about: About) -> list[str]:
    return [about.viewing.calendar.label(period) for period in about.viewing.trend]


def _table(about: About, values: tuple[float | None, ...]) -> Table:
    texts = [score_text(value, about.organization) for value in values]
    rows = zip(_labels(about), texts, strict=True)
    return Table(("Period", "Score"), tuple(reversed(list(rows))))


SCORE_TREND = Kind(
    "Score over time",
    "The score of a unit’s scorecard, the last twelve periods.",
    ("unit",),
    "Score of {unit}",
    _tell,
)
