"""A KPI's places on its page: those that need attention first, and no more than a page of them.

Ranking reads one value and one target of each place; only what is shown is computed.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from calculations.figures import Figures
from calculations.periods import Frequency
from kpis.models import KPI, RANGE, Assignment, Target
from kpis.selectors.series import Facts, said_measurements
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import ObjectiveKPI, Scorecard
from scorecards.selectors.boards.kpi_rows import cell_view
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.formats import plain
from scorecards.selectors.shapes import Link, Trend
from scorecards.selectors.viewing import Viewing

from .shapes import KpiUse

LENGTH = 50
CRITICAL, MISSING, UNWANTED, BELOW, WELL = range(5)


# By unit the assignment, as far as the reader sees, in the order of the tree.
Places = dict[int, int]


@dataclass(frozen=True)
class AskedKpi:
    """What the page of a KPI is to show beside the figures of its unit.

    edit: the own period whose value stands in the form; words, page: of its units.
    """

    edit: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True)
class PlacesShown:
    """A page of the places: the units that it lists, and their assignments.

    The first assignment is that of the selected unit, whether the page lists it or not.
    """

    assignments: tuple[Assignment, ...]
    units: tuple[int, ...]
    selected: int
    total: int
    count: int
    words: str
    page: int


@dataclass(frozen=True)
class PlacesTold:
    """What the page says of places. words: what their units were searched by."""

    uses: tuple[KpiUse, ...]
    total: int
    words: str
    range_text: str
    previous_href: str
    next_href: str


def seen_places(access: Access, kpi: KPI) -> Places:
    """By one statement."""
    rows = Assignment.objects.live().filter(kpi=kpi).values_list("unit_id", "pk")
    measured = dict(rows)
    order = (node.id for node, _ in access.tree.depth_first())
    return {each: measured[each] for each in order if each in measured and access.sees(each)}


def shown_places(
    access: Access,
    kpi: KPI,
    places: Places,
    selected: UnitNode,
    viewing: Viewing,
    asked: AskedKpi,
) -> PlacesShown:
    """The places that are asked for; few enough are shown all, in the order of the tree."""
    found = [unit_id for unit_id in places if _has_words(access, unit_id, asked.words)]
    if len(found) > LENGTH:
        ranks = _ranks(access, kpi, places, viewing)
        found.sort(key=lambda unit_id: (unit_id != selected.id, ranks[unit_id]))
    page = min(max(asked.page, 1), max(1, -(-len(found) // LENGTH)))
    units = found[(page - 1) * LENGTH : page * LENGTH]
    needed = [selected.id, *(unit_id for unit_id in units if unit_id != selected.id)]
    rows = Assignment.objects.select_related("responsible", "unit").in_bulk(
        [places[unit_id] for unit_id in needed]
    )
    for row in rows.values():
        row.kpi = kpi
    return PlacesShown(
        assignments=tuple(rows[places[unit_id]] for unit_id in needed),
        units=tuple(units),
        selected=selected.id,
        total=len(places),
        count=len(found),
        words=asked.words,
        page=page,
    )


def told_places(
    access: Access, kpi: KPI, shown: PlacesShown, facts: Facts, viewing: Viewing
) -> PlacesTold:
    """What is shown of them; facts: of their assignments, for the viewed trend."""
    first, last = (shown.page - 1) * LENGTH, -(-shown.count // LENGTH)
    selected = access.tree.by_id[shown.selected]

    def href(number: int) -> str:
        address = kpi_href(
            access.organization.code, kpi.code, selected.code, viewing.label,
            as_of=viewing.as_of_text, q=shown.words, page=str(number),
        )  # fmt: skip
        return f"{address}#uses-title" if 1 <= number <= last else ""

    return PlacesTold(
        uses=_uses(access, kpi, shown, facts, viewing),
        total=shown.total,
        words=shown.words,
        range_text=f"{first + 1} to {first + len(shown.units)} of {shown.count}"
        if last > 1
        else "",
        previous_href=href(shown.page - 1),
        next_href=href(shown.page + 1),
    )


def _has_words(access: Access, unit_id: int, words: str) -> bool:
    unit = access.tree.by_id[unit_id]
    text = f"{unit.name} {unit.code}".lower()
    return all(word in text for word in words.lower().split())


# --- What needs attention


def _ranks(access: Access, kpi: KPI, places: Places, viewing: Viewing) -> dict[int, int]:
    """By unit, by its value of the last own period that is over, without computing any."""
    organization, own = access.organization, Frequency(kpi.frequency)
    calendar = organization.calendar
    end = min(calendar.end(viewing.period), organization.today(viewing.at))
    start = calendar.shift(calendar.period(own, end), -1).start
    rows = said_measurements(viewing.at).filter(assignment__kpi=kpi, period_start=start)
    values = dict(rows.values_list("assignment_id", "value"))
    targets = _targets(kpi, start)
    if kpi.formula:  # nothing is recorded: what is wanted is all that can be told
        return {unit: BELOW if pk in targets else UNWANTED for unit, pk in places.items()}
    above = {access.tree.by_id[unit].parent_id for unit in places} if kpi.is_rolled_up else set()
    return {
        unit: BELOW
        if pk not in values and unit in above
        else _rank(kpi, values.get(pk), targets.get(pk))
        for unit, pk in places.items()
    }


def _targets(kpi: KPI, day: dt.date) -> dict[int, tuple[float | None, ...]]:
    """By assignment the figures that hold on the day: red flag and target, or a range."""
    fields = ("assignment_id", "red_flag", "target", *RANGE)
    rows = Target.objects.live().filter(assignment__kpi=kpi, valid_from__lte=day)
    return {row[0]: row[1:] for row in rows.order_by("valid_from").values_list(*fields)}


def _rank(kpi: KPI, value: float | None, figures: tuple[float | None, ...] | None) -> int:
    if value is None:
        return MISSING
    if figures is None and kpi.value_kind != KPI.ValueKind.YES_NO:
        return UNWANTED
    red_flag, target, red_low, low, high, red_high = figures or (None, None, *[None] * 4)
    if red_low is not None and red_high is not None:
        is_critical = not red_low <= value <= red_high
        is_met = low is not None and high is not None and low <= value <= high
        return CRITICAL if is_critical else (WELL if is_met else BELOW)
    if kpi.value_kind == KPI.ValueKind.YES_NO:
        target = 1.0 if kpi.sign > 0 else 0.0
    sign = kpi.sign or 1
    if red_flag is not None and sign * value < sign * red_flag:
        return CRITICAL
    if target is None:
        return BELOW
    is_met = sign * value >= sign * target
    return WELL if is_met else (CRITICAL if red_flag is None else BELOW)


# --- What is shown


def _uses(
    access: Access, kpi: KPI, shown: PlacesShown, facts: Facts, viewing: Viewing
) -> tuple[KpiUse, ...]:
    spans = [viewing.span(period) for period in viewing.trend]
    figures = facts.figures(spans)
    objectives = _objectives(access, kpi, shown.units, viewing)
    rows = {assignment.unit_id: row for row, assignment in enumerate(shown.assignments)}
    return tuple(
        _use(access, facts, figures, rows[unit_id], viewing, objectives[unit_id])
        for unit_id in shown.units
    )


def _use(
    access: Access,
    facts: Facts,
    figures: Figures,
    row: int,
    viewing: Viewing,
    objectives: list[Link],
) -> KpiUse:
    """row: of the assignment among the figures, whose last column is the viewed period."""
    organization, assignment = access.organization, facts.assignments[row]
    kpi, unit = assignment.kpi, access.tree.by_id[assignment.unit_id]
    cell = cell_view(organization, facts, figures, row, len(viewing.trend) - 1)
    return KpiUse(
        unit=Link(unit.name, _kpi_href(organization, kpi, unit, viewing)),
        objectives=tuple(objectives),
        responsible=assignment.responsible.name if assignment.responsible else "",
        actual=cell.actual,
        target=cell.target,
        score=cell.score,
        trend=Trend(
            values=tuple(plain(value) for value in figures.values[row].tolist()),
            status=cell.score.status,
            label=f"{kpi.name} at {unit.name}, 12 {PLURALS[viewing.period.frequency]}",
        ),
        is_selected=row == 0,
    )


def _kpi_href(organization: Organization, kpi: KPI, unit: UnitNode, viewing: Viewing) -> str:
    return kpi_href(organization.code, kpi.code, unit.code, viewing.label, as_of=viewing.as_of_text)


def _objectives(
    access: Access, kpi: KPI, unit_ids: Collection[int], viewing: Viewing
) -> Mapping[int, list[Link]]:
    """By unit, the objectives of its active scorecard that the KPI serves."""
    links = (
        ObjectiveKPI.objects.live()
        .filter(kpi=kpi, objective__scorecard__status=Scorecard.State.ACTIVE)
        .filter(objective__scorecard__unit_id__in=unit_ids)
        .filter(objective__deleted_at=None, objective__scorecard__deleted_at=None)
        .select_related("objective__scorecard")
    )
    by_unit: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        unit = access.tree.by_id[link.objective.scorecard.unit_id]
        href = board_href(
            access.organization.code,
            unit.code,
            viewing.label,
            f"objective:{link.objective.code}",
            as_of=viewing.as_of_text,
        )
        by_unit[unit.id].append(Link(link.objective.name, href))
    return by_unit
