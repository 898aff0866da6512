"""The page of a KPI as a section of a document."""

from calculations.periods import Frequency
from kpis.models import KPI
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.charts import kpi_figure
from scorecards.selectors.kpis.history import chart_series, headline, kpi_history, own_periods
from scorecards.selectors.kpis.pages import kpi_page, visible_assignments
from scorecards.selectors.kpis.places import seen_places
from scorecards.selectors.kpis.shapes import KpiPage
from scorecards.selectors.viewing import Viewing

from .chart_lines import figure_chart
from .shapes import Cell, Column, KpiSection, Table
from .words import figure_text, head, said, scored, state_of, table

MOST_ROWS = 40
COLUMNS = (
    Column("Period"),
    Column("Value", "number"),
    Column("Target", "number"),
    Column("Status", "status"),
    Column("Recorded", share=2.4),
)


def kpi_section(access: Access, kpi: KPI, unit: UnitNode, viewing: Viewing) -> KpiSection | None:
    """None where the KPI is not measured at the unit, or not for this reader."""
    places = seen_places(access, kpi)
    assignments = visible_assignments(access, kpi, unit.code)
    if unit.id not in places or not assignments:
        return None
    page = kpi_page(access, kpi, places, unit, viewing.period, "", viewing.as_of)
    organization, frequency = access.organization, Frequency(kpi.frequency)
    # As many periods as the page tells; those to come are none of them.
    periods = own_periods(organization, frequency, at=viewing.at)
    history = kpi_history(organization, assignments[0], periods, viewing.at)
    chart = figure_chart(kpi_figure(chart_series(history, unit.name)))
    assert chart is not None
    return KpiSection(
        head=head(access, unit.id, kpi.name, viewing, state_of(access, viewing)),
        finding=headline(history),
        about=kpi.description,
        remarks=_remarks(page),
        facts=(*(("Owner", page.owner),) * bool(page.owner), *page.facts),
        figures=_figures(page),
        score=scored(page.score, page.actual),
        chart=chart,
        table=_table(page, dict(zip(chart.labels, chart.statuses, strict=True))),
    )


def _remarks(page: KpiPage) -> tuple[str, ...]:
    """What the values say by themselves."""
    panel = page.panel
    signal = " ".join(filter(None, (panel.sentence, panel.caution)))
    return tuple(filter(None, (signal, " ".join(panel.forecast))))


def _figures(page: KpiPage) -> tuple[tuple[str, str], ...]:
    unit = f" {page.unit_of_measure}" if page.unit_of_measure else ""
    actual = figure_text(page.actual) + (unit if page.actual.value is not None else "")
    target = figure_text(page.target) + (unit if page.target.value is not None else "")
    told = (
        (f"Actual, {page.period_label}", actual),
        ("Target", target),
        ("Progress", page.progress),
        ("How it came about", page.step.sentence),
        ("Marks", ", ".join(page.marks)),
    )
    return tuple((name, text) for name, text in told if text)


def _table(page: KpiPage, statuses: dict[str, str]) -> Table:
    rows: list[list[tuple[str, Cell]]] = [
        [
            said(part.period_label),
            (part.value.text, part.value.value),
            (part.target.text, part.target.value),
            _status(part.value.value, statuses.get(part.period_label, "")),
            said("; ".join(filter(None, (part.recorded_text, part.note, part.due_text)))),
        ]
        for part in page.rows[:MOST_ROWS]
    ]
    count = len(page.rows)
    note = f"The newest {MOST_ROWS} of {count} periods." if count > MOST_ROWS else ""
    return table(COLUMNS, rows, note)


def _status(value: float | None, status: str) -> tuple[str, Cell]:
    """Of a value, whether it met the target of its own period."""
    return said("" if value is None else status)
