"""The page of a KPI, and the library's list."""

import datetime as dt
import math
from dataclasses import replace

from django.urls import reverse

from calculations.figures import Span
from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment
from kpis.selectors.series import kpi_facts
from organizations.access import Access, Action
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import kpi_href, target_href, with_query
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.boards.kpi_rows import CellView, cell_view
from scorecards.selectors.boards.marks import row_state
from scorecards.selectors.formats import figure, recorded_text, target_figure
from scorecards.selectors.scoring.said import SaidValue
from scorecards.selectors.shapes import PeriodChoice
from scorecards.selectors.traces.restated import restated_texts
from scorecards.selectors.traces.shapes import TracePart, ValueStep
from scorecards.selectors.traces.value_trace import ValueTracer
from scorecards.selectors.viewing import AsOf, Viewing, period_choice

from .definition import benchmark_text
from .history import History, headline, own_periods, year_span
from .places import AskedKpi, Places, PlacesTold, shown_places, told_places
from .progress import progress_text
from .shapes import KpiPage, ValueForm
from .signal_panel import SignalPanel, signal_panel
from .told import told
from .value_forms import Asked, Said, said_of, value_form

NOTHING_ASKED = AskedKpi()
# Each period of a figure that so many units go into costs as much as a page of its own.
MANY_UNITS, FEW_PERIODS = 500, 12
DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", "range": "within a range"}
TIME_RULES = {
    "sum": "summed over time",
    "mean": "averaged over time",
    "last": "the last value counts",
    "min": "the lowest value counts",
    "max": "the highest value counts",
}
EVERY = {
    "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
    "half": "half-yearly", "year": "yearly",
}  # fmt: skip


def visible_kpi(access: Access, code: str) -> KPI | None:
    """The KPI of that code, if the organization has it; definitions are open to all members."""
    return (
        KPI.objects.live()
        .filter(organization=access.organization, code=code)
        .select_related("owner", "organization")
        .first()
    )


def visible_assignments(access: Access, kpi: KPI, unit: str | None = None) -> list[Assignment]:
    """Where the KPI is measured, as far as the reader sees, in the order of the tree.

    unit: the code of the only one that is looked for.
    """
    found = Assignment.objects.live().filter(kpi=kpi).select_related("responsible", "unit")
    if unit is not None:
        node = access.visible_unit(unit)
        found = found.filter(unit_id=node.id if node else None)
    order = {node.id: place for place, (node, _) in enumerate(access.tree.depth_first())}
    seen = [a for a in found if access.sees(a.unit_id) and a.unit_id in order]
    for assignment in seen:
        assignment.kpi = kpi
    return sorted(seen, key=lambda assignment: order[assignment.unit_id])


def kpi_page(
    access: Access,
    kpi: KPI,
    places: Places,
    selected: UnitNode,
    period: Period,
    address: str,
    as_of: AsOf | None = None,
    asked: AskedKpi = NOTHING_ASKED,
) -> KpiPage:
    """The KPI at the selected unit, and in brief at others; address: where the site answers."""
    organization = access.organization
    viewing = Viewing(organization.calendar, period, as_of)
    shown = shown_places(access, kpi, places, selected, viewing, asked)
    periods = _own_periods(access, kpi, places, selected, viewing)
    own = [Span(p.start, viewing.calendar.end(p), p.frequency) for p in periods]
    trend = [viewing.span(each) for each in viewing.trend]
    read = [*own, *trend, year_span(viewing.calendar, periods)]
    facts = kpi_facts(organization, shown.assignments, read, viewing.at)
    figures = facts.figures(own)
    history = History(organization, shown.assignments[0], tuple(periods), facts, figures)
    said = said_of(history.assignment, periods, viewing.at)
    edited = Asked({"period": asked.edit} if asked.edit else {}, viewing.label)
    form = None if as_of else value_form(access, history, said, edited)
    panel = signal_panel(
        access, told(history, viewing.at), viewing.label, is_past=as_of is not None
    )
    return _page(
        access,
        viewing,
        history,
        rows=_rows(history, said, form, panel, viewing.at),
        panel=panel,
        places=told_places(access, kpi, shown, facts, viewing),
        push_command="" if as_of else _push_command(access, history, address),
        form=form,
    )


def _page(
    access: Access,
    viewing: Viewing,
    history: History,
    *,
    rows: tuple[TracePart, ...],
    places: PlacesTold,
    push_command: str,
    form: ValueForm | None,
    panel: SignalPanel,
) -> KpiPage:
    selected, kpi = history.assignment, history.assignment.kpi
    unit = access.tree.by_id[selected.unit_id]
    cell, step, progress = _viewed(access, history, viewing)
    return KpiPage(
        code=kpi.code,
        name=kpi.name,
        description=kpi.description,
        why_it_matters=kpi.why_it_matters,
        facts=_facts(kpi),
        owner=selected.owner_name,
        unit_of_measure=kpi.unit_of_measure,
        breadcrumbs=breadcrumbs(access, unit, viewing.label, viewing.as_of_text),
        unit_code=unit.code,
        unit_name=unit.name,
        headline=headline(history),
        score=cell.score,
        actual=cell.actual,
        target=cell.target,
        progress=progress,
        period_label=viewing.label,
        polyline=cell.polyline,
        marks=cell.marks,
        step=step,
        chart_url=_chart_url(access.organization, kpi, unit, viewing),
        rows=rows,
        places=places,
        push_command=push_command,
        target_href=_target_href(access.organization, kpi, unit, viewing),
        period=_periods(access.organization, kpi, unit, viewing),
        value_form=form,
        panel=panel,
    )


def _chart_url(organization: Organization, kpi: KPI, unit: UnitNode, viewing: Viewing) -> str:
    address = reverse("api-chart", args=[organization.code, kpi.code])
    return with_query(address, unit=unit.code, as_of=viewing.as_of_text)


def _target_href(organization: Organization, kpi: KPI, unit: UnitNode, viewing: Viewing) -> str:
    """The target of the last own period in the viewed one, or of the one around it."""
    calendar, period, own = viewing.calendar, viewing.period, Frequency(kpi.frequency)
    last = calendar.end(period) - dt.timedelta(days=1)
    day = min(max(organization.today(viewing.at), period.start), last)
    label = calendar.label(calendar.period(own, day))
    return target_href(organization.code, unit.code, kpi.code, label)


def _periods(
    organization: Organization, kpi: KPI, unit: UnitNode, viewing: Viewing
) -> PeriodChoice:
    def address(period: str, as_of: str | None) -> str:
        return kpi_href(organization.code, kpi.code, unit.code, period, as_of=as_of)

    return period_choice(organization, viewing, address, kept=(("unit", unit.code),))


def _own_periods(
    access: Access, kpi: KPI, places: Places, selected: UnitNode, viewing: Viewing
) -> list[Period]:
    """The periods of the table: the usual number, fewer where very many units go into each."""
    own = Frequency(kpi.frequency)
    beneath = (node.id in places for node in access.tree.beneath(selected.id))
    if not kpi.is_rolled_up or sum(beneath) <= MANY_UNITS:
        return own_periods(access.organization, own, at=viewing.at)
    running = viewing.calendar.period(own, access.organization.today(viewing.at))
    first = viewing.calendar.shift(running, 1 - FEW_PERIODS)
    return own_periods(access.organization, own, first, running, at=viewing.at)


def _viewed(access: Access, history: History, viewing: Viewing) -> tuple[CellView, ValueStep, str]:
    """The KPI in the viewed period, how its value came about, and how far it has come."""
    span, facts = viewing.span(viewing.period), history.facts
    figures = facts.figures([span])
    tracer = ValueTracer(
        access=access,
        facts=facts,
        figures=figures,
        column=0,
        period=viewing.label,
        as_of=viewing.as_of_text,
        at=viewing.at,
    )
    cell = cell_view(access.organization, facts, figures, 0, 0)
    return cell, tracer.step(0), progress_text(history.assignment.kpi, figures, 0, 0)


def _facts(kpi: KPI) -> tuple[tuple[str, str], ...]:
    grace = f", due {kpi.grace_days} days after its period" if kpi.grace_days else ""
    facts = [
        ("Direction", DIRECTIONS[kpi.direction]),
        ("Frequency", EVERY[kpi.frequency] + grace),
        ("Over time", TIME_RULES[kpi.time_rule]),
        ("Kind", f"{kpi.get_timing_display()} indicator"),
    ]
    if kpi.unit_of_measure:
        facts.insert(0, ("Unit of measure", kpi.unit_of_measure))
    if kpi.grades:
        facts.append(("Grades", ", ".join(f"{label} = {value:g}" for label, value in kpi.grades)))
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("from", kpi.natural_minimum), ("to", kpi.natural_maximum))
        if bound is not None
    ]
    if bounds:
        facts.append(("Natural bounds", " ".join(bounds)))
    if kpi.benchmark is not None:
        facts.append(("Benchmark", benchmark_text(kpi)))
    return tuple(facts)


def _rows(
    history: History,
    said: Said,
    form: ValueForm | None,
    panel: SignalPanel,
    at: dt.datetime | None,
) -> tuple[TracePart, ...]:
    """The table beside the chart, newest first, from the first value on."""
    own, starts = history.assignment.pk, [period.start for period in history.periods]
    restated = restated_texts(history.organization, [own], starts, at)
    edit_hrefs = form.edit_hrefs if form else {}
    lines = [
        replace(
            _row(history, column, said.get(period.start)),
            restated=restated.get((own, period.start), ""),
            edit_href=edit_hrefs.get(history.labels[column], ""),
            is_signal=history.labels[column] in panel.marked,
        )
        for column, period in enumerate(history.periods)
    ]
    has_value = (place for place, line in enumerate(lines) if line.value.value is not None)
    return tuple(reversed(lines[next(has_value, len(lines)) :]))


def _row(history: History, column: int, said: SaidValue | None) -> TracePart:
    kpi, figures = history.assignment.kpi, history.figures
    is_measured = history.facts.series[0].is_measured
    is_known = said is not None if is_measured else not math.isnan(figures.values[0, column])
    state, late = row_state(figures, column, is_known=is_known)
    recorded = recorded_text(said, history.organization) if said and is_measured else ""
    if state == "known" and not is_measured:
        recorded = _made_of(history, column)
    return TracePart(
        period_label=history.labels[column],
        value=figure(kpi, float(figures.values[0, column])),
        target=target_figure(
            kpi,
            int(figures.kinds[0, column]),
            figures.points[0, column].tolist(),
            figures.x[0, column].tolist(),
            figures.y[0, column].tolist(),
        ),
        state=state,
        recorded_text=recorded,
        note=said.note if said and is_measured else "",
        due_text=late,
    )


def _made_of(history: History, column: int) -> str:
    """How a figure that nobody recorded came about, and over how many values if not all."""
    known, due = history.figures.known[0, column], history.figures.due[0, column]
    made = "rolled up" if history.facts.series[0].is_rolled_up else "computed"
    return made if known == due else f"{made}, {known} of {due} values"


def _push_command(access: Access, history: History, address: str) -> str:
    """The curl line for the newest period; empty where no values may be recorded."""
    unit = access.tree.by_id[history.assignment.unit_id]
    is_recorded = history.assignment.pk in history.facts.recorded
    if not is_recorded or not access.can(Action.RECORD_VALUES, unit.id):
        return ""
    url = address + reverse("api-measurements", args=[access.organization.code])
    known = [value for value in history.figures.values[0].tolist() if not math.isnan(value)]
    value = f"{known[-1]:g}" if known else "42"
    row = (
        f'{{"kpi": "{history.assignment.kpi.code}", "unit": "{unit.code}",'
        f' "period": "{history.labels[-1]}", "value": {value}}}'
    )
    return (
        f"curl -X POST '{url}' \\\n"
        f"  -H 'Authorization: Bearer YOUR_TOKEN' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '[{row}]'"
    )
