"""A KPI's places on its page: those that need attention first, and no more than a page of them.

Ranking reads one value and one target of each place; only what is shown is computed.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from calculations.periods import Frequency
from kpis.models import KPI, RANGE, Assignment, Target
from kpis.selectors.series import kpi_facts, said_measurements
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


@dataclass(frozen=True)
class PlacesShown:
    """A page of the places. words: what their units were searched by; count: of those found."""

    uses: tuple[KpiUse, ...]
    total: int
    count: int
    words: str
    range_text: str
    previous_href: str
    next_href: str


@dataclass(frozen=True)
class AskedKpi:
    """What the page of a KPI is to show beside the figures of its unit.

    edit: the own period whose value stands in the form; words, page: of its units.
    """

    edit: str = ""
    words: str = ""
    page: int = 1


def kpi_places(
    access: Access,
    kpi: KPI,
    assignments: Sequence[Assignment],
    selected: Assignment,
    viewing: Viewing,
    asked: AskedKpi,
) -> PlacesShown:
    """The places that are asked for; few enough are shown all, in the order of the tree."""
    found = [each for each in assignments if _has_words(access, each, asked.words)]
    if len(found) > LENGTH:
        ranks = _ranks(access.organization, kpi, found, viewing)
        found.sort(key=lambda each: (each.pk != selected.pk, ranks[each.pk]))
    last = max(1, -(-len(found) // LENGTH))
    page = min(max(asked.page, 1), last)
    start = (page - 1) * LENGTH
    shown = found[start : start + LENGTH]

    def href(number: int) -> str:
        unit, words = access.tree.by_id[selected.unit_id], asked.words
        address = kpi_href(
            access.organization.code, kpi.code, unit.code, viewing.label, as_of=viewing.as_of_text,
            q=words, page=str(number),
        )  # fmt: skip
        return f"{address}#uses-title" if 1 <= number <= last else ""

    return PlacesShown(
        uses=_uses(access, kpi, shown, selected, viewing),
        total=len(assignments),
        count=len(found),
        words=asked.words,
        range_text="" if last == 1 else f"{start + 1} to {start + len(shown)} of {len(found)}",
        previous_href=href(page - 1),
        next_href=href(page + 1),
    )


def _has_words(access: Access, assignment: Assignment, words: str) -> bool:
    unit = access.tree.by_id[assignment.unit_id]
    text = f"{unit.name} {unit.code}".lower()
    return all(word in text for word in words.lower().split())


# --- What needs attention


def _ranks(
    organization: Organization, kpi: KPI, found: Sequence[Assignment], viewing: Viewing
) -> dict[int, int]:
    """By assignment, by its value of the last own period that is over, without computing any."""
    calendar, own = organization.calendar, Frequency(kpi.frequency)
    end = min(calendar.end(viewing.period), organization.today(viewing.at))
    start = calendar.shift(calendar.period(own, end), -1).start
    rows = said_measurements(viewing.at).filter(assignment__kpi=kpi, period_start=start)
    values = dict(rows.values_list("assignment_id", "value"))
    targets = _targets(kpi, start)
    if kpi.formula:  # nothing is recorded: what is wanted is all that can be told
        return {each.pk: BELOW if each.pk in targets else UNWANTED for each in found}
    measured = {each.unit_id for each in found}
    above = _above(found, measured) if kpi.is_rolled_up else set()
    return {
        each.pk: BELOW
        if each.pk not in values and each.unit_id in above
        else _rank(kpi, values.get(each.pk), targets.get(each.pk))
        for each in found
    }


def _above(found: Sequence[Assignment], measured: Collection[int]) -> set[int]:
    """The units that roll up others of them: their own value is not recorded."""
    parents = {each.unit.parent_id for each in found if each.unit.parent_id in measured}
    return {parent for parent in parents if parent is not None}


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
    access: Access,
    kpi: KPI,
    assignments: Sequence[Assignment],
    selected: Assignment,
    viewing: Viewing,
) -> tuple[KpiUse, ...]:
    organization = access.organization
    spans = [viewing.span(period) for period in viewing.trend]
    facts = kpi_facts(organization, assignments, spans, viewing.at)
    figures = facts.figures(spans)
    objectives = _objectives(access, kpi, assignments, viewing)
    uses = []
    for row, assignment in enumerate(assignments):
        unit = access.tree.by_id[assignment.unit_id]
        cell = cell_view(organization, facts, figures, row, len(spans) - 1)
        uses.append(
            KpiUse(
                unit=Link(unit.name, _kpi_href(organization, kpi, unit, viewing)),
                objectives=tuple(objectives[assignment.unit_id]),
                responsible=assignment.responsible.name if assignment.responsible else "",
                actual=cell.actual,
                target=cell.target,
                score=cell.score,
                trend=Trend(
                    values=tuple(plain(v) for v in figures.values[row].tolist()),
                    status=cell.score.status,
                    label=f"{kpi.name} at {unit.name}, 12 {PLURALS[viewing.period.frequency]}",
                ),
                is_selected=assignment.pk == selected.pk,
            )
        )
    return tuple(uses)


def _kpi_href(organization: Organization, kpi: KPI, unit: UnitNode, viewing: Viewing) -> str:
    return kpi_href(organization.code, kpi.code, unit.code, viewing.label, as_of=viewing.as_of_text)


def _objectives(
    access: Access, kpi: KPI, assignments: Sequence[Assignment], viewing: Viewing
) -> Mapping[int, list[Link]]:
    """By unit, the objectives of its active scorecard that the KPI serves."""
    links = (
        ObjectiveKPI.objects.live()
        .filter(kpi=kpi, objective__scorecard__status=Scorecard.State.ACTIVE)
        .filter(objective__scorecard__unit_id__in=[each.unit_id for each in assignments])
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
