"""The form of one value: which periods it offers, what stands there, and what is closed."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from calculations.periods import Frequency, InvalidPeriod, Period
from kpis.models import KPI, Assignment
from organizations.access import Access, Action
from organizations.models import ClosedPeriod
from organizations.selectors import closings
from scorecards.links import kpi_href, kpi_values_href
from scorecards.selectors.formats import recorded_text
from scorecards.selectors.scoring.said import SaidValue, said_values
from scorecards.selectors.typed_values import entry_text

from .history import History, kpi_history, own_periods
from .shapes import ValueForm

Said = Mapping[dt.date, SaidValue]  # by the start of the period


@dataclass(frozen=True)
class Slot:
    """An own period that a value may be recorded for."""

    period: Period
    label: str
    said: SaidValue | None
    is_due: bool
    closing: ClosedPeriod | None

    @property
    def is_owed(self) -> bool:
        return self.is_due and self.said is None and self.closing is None


@dataclass(frozen=True)
class Asked:
    """What the form is to show.

    typed: what stands in fields already, in place of what is stored; without a period, the newest
    one whose value is owed is chosen, else the running one. viewed: the period of the KPI's page,
    to come back to. problems: what is wrong, by field.
    """

    typed: Mapping[str, str]
    viewed: str
    problems: Mapping[str, str] = field(default_factory=dict)


def offered_form(access: Access, assignment: Assignment, asked: Asked) -> ValueForm | None:
    """The form on a page of its own; what it needs is read here."""
    periods = own_periods(access.organization, Frequency(assignment.kpi.frequency))
    history = kpi_history(access.organization, assignment, periods)
    said = said_of(assignment, periods)
    return value_form(access, history, said, asked)


def said_of(
    assignment: Assignment, periods: Iterable[Period], at: dt.datetime | None = None
) -> dict[dt.date, SaidValue]:
    """What is said of the periods, or was at the moment, by the period's start."""
    found = said_values([assignment.pk], [period.start for period in periods], at)
    return {start: value for (_, start), value in found.items()}


def value_form(access: Access, history: History, said: Said, asked: Asked) -> ValueForm | None:
    """The form with what stands in the chosen period; None for those who may not record there."""
    assignment = history.assignment
    if not access.can(Action.RECORD_VALUES, assignment.unit_id):
        return None
    slots = _slots(access, history, said)
    chosen, problem = _chosen(access, assignment, slots, asked.typed.get("period"))
    slots = _with_chosen(slots, chosen)
    kpi, text = assignment.kpi, asked.typed.get("period", "")
    standing = chosen.said if chosen else None
    may_restate = access.can(Action.RESTATE, assignment.unit_id)
    value = entry_text(kpi, standing.value if standing else None)
    note = standing.note if standing else ""
    return ValueForm(
        action=kpi_values_href(access.organization.code, kpi.code),
        kpi_href=_kpi_href(access, assignment, asked.viewed),
        unit_code=access.tree.by_id[assignment.unit_id].code,
        viewed=asked.viewed,
        unit_of_measure=kpi.unit_of_measure,
        periods=(() if chosen else ((text, ""),)) + tuple(_offered(kpi, slot) for slot in slots),
        period=chosen.label if chosen else text,
        value=asked.typed.get("value", value),
        shown_value=value,
        choices=value_choices(kpi),
        note=asked.typed.get("note", note),
        shown_note=note,
        reason=asked.typed.get("reason", ""),
        closed=closed_text(access, chosen.closing) if chosen and chosen.closing else "",
        may_restate=may_restate,
        may_take_back=bool(chosen and chosen.said and (may_restate or not chosen.closing)),
        standing=recorded_text(standing, access.organization) if standing else "",
        problems=({"period": problem} if problem else {}) | dict(asked.problems),
        follows=_follows(history, slots),
        edit_hrefs=_edit_hrefs(access, assignment, slots, asked.viewed),
    )


def _kpi_href(access: Access, assignment: Assignment, viewed: str, edit: str = "") -> str:
    unit = access.tree.by_id[assignment.unit_id].code
    return kpi_href(access.organization.code, assignment.kpi.code, unit, viewed, edit=edit)


def _edit_hrefs(
    access: Access, assignment: Assignment, slots: Sequence[Slot], viewed: str
) -> dict[str, str]:
    """By label, where the values that the reader may change stand in the form."""
    may_restate = access.can(Action.RESTATE, assignment.unit_id)
    return {
        slot.label: _kpi_href(access, assignment, viewed, slot.label) + "#record"
        for slot in slots
        if slot.closing is None or may_restate
    }


def _with_chosen(slots: list[Slot], chosen: Slot | None) -> list[Slot]:
    """A period before the offered ones is offered too, once it is chosen."""
    return slots if chosen is None or chosen in slots else [chosen, *slots]


def _slots(access: Access, history: History, said: Said) -> list[Slot]:
    """The periods in which the KPI is measured at the unit, newest first."""
    assignment, calendar = history.assignment, access.organization.calendar
    number = history.facts.recorded.get(assignment.pk)
    if number is None:
        return []
    closed, line = closings(access.organization), access.tree.line(assignment.unit_id)
    slots = [
        Slot(
            period=period,
            label=calendar.label(period),
            said=said.get(period.start),
            is_due=bool(history.figures.due[number, column]),
            closing=closed.covering(line, period),
        )
        for column, period in enumerate(history.periods)
        if (not assignment.starts_on or calendar.end(period) > assignment.starts_on)
        and (not assignment.ends_on or period.start < assignment.ends_on)
    ]
    return slots[::-1]


def _chosen(
    access: Access, assignment: Assignment, slots: Sequence[Slot], text: str | None
) -> tuple[Slot | None, str]:
    """The period that the text names by its label or a day, and what is wrong with it."""
    calendar = access.organization.calendar
    if text is None:
        return next((slot for slot in slots if slot.is_owed), slots[0] if slots else None), ""
    try:
        period = calendar.parse(text, Frequency(assignment.kpi.frequency))
    except InvalidPeriod as refusal:
        return None, f"{refusal}."
    offered = next((slot for slot in slots if slot.period == period), None)
    if offered:
        return offered, ""
    said = said_of(assignment, [period]).get(period.start)
    closing = closing_at(access, assignment, period)
    return Slot(period, calendar.label(period), said, is_due=False, closing=closing), ""


def closing_at(access: Access, assignment: Assignment, period: Period) -> ClosedPeriod | None:
    """The closing that covers the period where the KPI is measured."""
    line = access.tree.line(assignment.unit_id)
    return closings(access.organization).covering(line, period)


def closed_text(access: Access, closing: ClosedPeriod) -> str:
    """What was closed, where, when and by whom."""
    organization = access.organization
    label = organization.calendar.label(closing.period)
    where = access.told_above(closing.unit_id)
    by = f" by {closing.closed_by}" if closing.closed_by else ""
    return f"{label} was closed at {where} on {organization.today(closing.closed_at)}{by}"


def value_choices(kpi: KPI) -> tuple[str, ...]:
    """What the value is chosen from, best first; nothing where it is a number."""
    if kpi.value_kind == KPI.ValueKind.YES_NO:
        return ("yes", "no")
    if kpi.value_kind == KPI.ValueKind.GRADED:
        return tuple(str(label) for label, _ in kpi.grades or [])
    return ()


def _offered(kpi: KPI, slot: Slot) -> tuple[str, str]:
    """A period, and what a reader who chooses it must know of it."""
    value = entry_text(kpi, slot.said.value) if slot.said else ""
    said = value or ("missing" if slot.is_due else "no value yet")
    return slot.label, f"{said}, closed" if slot.closing else said


def _follows(history: History, slots: Sequence[Slot]) -> str:
    """Where the values come from, in a sentence; "" where they are recorded."""
    if history.assignment.pk in history.facts.recorded:
        return "" if slots else "The KPI was not measured here in the latest periods."
    if history.facts.series[0].is_rolled_up:
        return "The values here follow from the units beneath; they are recorded there."
    return "The values are computed by the formula; record the KPIs that it reads."
