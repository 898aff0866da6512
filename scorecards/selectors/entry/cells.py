"""The cells of entered values: what stands in each, who said it when, or why it cannot be typed."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calculations.figures import Span
from kpis.models import KPI, Assignment
from kpis.selectors.entering import Follows
from kpis.selectors.series import kpi_facts
from organizations.access import Access, Action
from organizations.models import Organization
from scorecards.selectors.formats import number_text, recorded_text
from scorecards.selectors.kpis.value_forms import closed_text, value_choices
from scorecards.selectors.scoring.said import SaidKey, SaidValue, said_values
from scorecards.selectors.typed_values import entry_text

from .slots import Slot

FOLLOWS = {
    Follows.FORMULA: "computed by its formula: record the KPIs that it reads",
    Follows.UNITS: "follows from the units beneath: record it there",
}
FIELD_KINDS = ("due", "open", "said")


@dataclass(frozen=True)
class EntryCell:
    """One period of a KPI. kind: due, open (not yet due), said, follows, closed, none."""

    name: str  # of the form's field
    label: str  # "2026-03"
    kind: str
    text: str  # what stands in the field
    note: str  # what somebody added to the value
    hint: str  # what an empty field says: "due 5 Jan"
    about: str  # who said it when, since when it is due, or why it cannot be typed
    wrong: str = ""

    @property
    def is_field(self) -> bool:
        return self.kind in FIELD_KINDS

    @property
    def title(self) -> str:
        """All that is known of it, the note on a line of its own."""
        about = f"{self.label} · {self.about}"
        return f"{about}\n{self.note}" if self.note else about


@dataclass(frozen=True)
class Told:
    """What stands in the cells: values that somebody said, and those that follow from others."""

    said: Mapping[SaidKey, SaidValue]
    following: Mapping[SaidKey, float]


def told_of(access: Access, slots: Sequence[Slot]) -> Told:
    """By two statements; six more where values follow from others."""
    ids = {slot.assignment.pk for slot in slots}
    said = said_values(ids, {slot.start for slot in slots}, None)
    return Told(said, _following(access, [slot for slot in slots if slot.follows]))


def _following(access: Access, slots: Sequence[Slot]) -> dict[SaidKey, float]:
    """Computed and rolled-up values of the slots; nan where there is none."""
    if not slots:
        return {}
    organization = access.organization
    assignments = list({slot.assignment.pk: slot.assignment for slot in slots}.values())
    for assignment in assignments:
        assignment.kpi.organization = organization
    columns = list({slot.column.period: slot.column for slot in slots}.values())
    spans = [Span(c.period.start, c.end, c.period.frequency) for c in columns]
    values = kpi_facts(organization, assignments, spans).figures(spans).values
    rows = {assignment.pk: row for row, assignment in enumerate(assignments)}
    places = {column.period: place for place, column in enumerate(columns)}
    return {s.key: float(values[rows[s.assignment.pk], places[s.column.period]]) for s in slots}


def cell_of(access: Access, slot: Slot, told: Told) -> EntryCell:
    said = told.said.get(slot.key)
    kind = kind_of(slot, said is not None, access.organization.today())
    kpi = slot.assignment.kpi
    text = entry_text(kpi, said.value) if said else ""
    if slot.follows:
        text = number_text(kpi, told.following.get(slot.key, np.nan))
    about = _about(access, slot, kind)
    spoken = recorded_text(said, access.organization) if said and not slot.follows else ""
    return EntryCell(
        name=slot.name,
        label=slot.label,
        kind=kind,
        text=text,
        note=said.note if said else "",
        hint=f"due {day_text(slot.due_on, access)}" if kind == "due" else "",
        about=" · ".join(part for part in (spoken, about) if part),
    )


def as_sent(cell: EntryCell, typed: Mapping[str, str], wrong: Mapping[str, str]) -> EntryCell:
    """The cell with what was sent for it, and why that was refused."""
    if not cell.is_field:
        return replace(cell, wrong=wrong.get(cell.name, ""))
    text = typed.get(cell.name, cell.text)
    note = typed.get(f"{cell.name}.note", cell.note)
    return replace(cell, text=text, note=note, wrong=wrong.get(cell.name, ""))


def kind_of(slot: Slot, is_said: bool, today: dt.date) -> str:
    if not slot.is_measured:
        return "none"
    if slot.follows:
        return "follows"
    if slot.closing:
        return "closed"
    if is_said:
        return "said"
    return "due" if slot.due_on <= today else "open"


def _about(access: Access, slot: Slot, kind: str) -> str:
    if kind == "follows":
        return FOLLOWS[slot.follows]
    if kind == "closed":
        return closed_about(access, slot)
    if kind == "due":
        return f"due since {day_text(slot.due_on, access)}"
    if kind == "open":
        return f"due on {day_text(slot.due_on, access)}"
    return "" if kind == "said" else "not measured here then"


def closed_about(access: Access, slot: Slot) -> str:
    """What closed the period, and how its value changes after all; "" while it is open."""
    if slot.closing is None:
        return ""
    may_restate = access.can(Action.RESTATE, slot.assignment.unit_id)
    how = (
        "restate it on the KPI's page, with a reason" if may_restate else "a manager may restate it"
    )
    return f"{closed_text(access, slot.closing)}: {how}"


def day_text(day: dt.date, access: Access) -> str:
    """A day as people say it: "5 Jan", with the year where it is not the running one."""
    return day_label(day, access.organization)


def day_label(day: dt.date, organization: Organization) -> str:
    """As `day_text`."""
    year = "" if day.year == organization.today().year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"


def input_mode(kpi: KPI) -> str:
    """Which keys a phone shows: those for numbers lack a minus sign on some."""
    is_number = kpi.value_kind == KPI.ValueKind.NUMBER
    never_negative = kpi.natural_minimum is not None and kpi.natural_minimum >= 0
    return "decimal" if is_number and never_negative else "text"


def choices_of(assignments: Iterable[Assignment]) -> dict[str, tuple[str, ...]]:
    """By code, what the values of KPIs are chosen from, where they are."""
    found = {a.kpi.code: value_choices(a.kpi) for a in assignments}
    return {code: choices for code, choices in found.items() if choices}


def seen_texts(cells: Sequence[EntryCell], refused: Collection[str] = ()) -> dict[str, str]:
    """What stands in the page's fields, by name, where that is something.

    refused: fields that show what was typed instead.
    """
    fields = [cell for cell in cells if cell.is_field]
    texts = {cell.name: cell.text for cell in fields if cell.text or cell.name in refused}
    return texts | {f"{cell.name}.note": cell.note for cell in fields if cell.note}
