"""One KPI across units: its figures in a period, and its last periods on a scale that all share.

Sheets know neither targets nor units without a scorecard, so figures are computed, as on boards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from calculations.figures import Figures
from calculations.units import UnitRule
from kpis.models import KPI, Assignment
from kpis.selectors.series import Facts, kpi_facts
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import Assessment, ObjectiveKPI
from scorecards.selectors.boards.kpi_rows import VIEWED, CellView, cell_view, kpi_change, kpi_trend
from scorecards.selectors.boards.shown import shown_scorecards
from scorecards.selectors.formats import number_text, plain, signed_figure
from scorecards.selectors.kpis.places import seen_places
from scorecards.selectors.scoring.assessments import assessed_score, said_assessments
from scorecards.selectors.viewing import Viewing

from .asking import Asked, Page, Place, Told, blank_row, in_order, page_of
from .shapes import HeatFigures, HeatKpi, HeatRow


@dataclass(frozen=True)
class Shown:
    """The assignments of a page through the trend: what boards' rows are made of."""

    viewing: Viewing
    facts: Facts
    figures: Figures


def kpi_rows(
    access: Access,
    viewing: Viewing,
    unit: UnitNode,
    kpi: KPI,
    places: Sequence[Place],
    asked: Asked,
) -> Told | None:
    """None where the KPI is measured nowhere that the reader sees."""
    measured = seen_places(access, kpi)
    if not measured:
        return None
    found = [place for place in places if place.node.id in measured]
    values = _values(access, viewing, kpi, measured, found, asked.key)
    page = page_of(in_order(found, asked.sort, values), asked)
    ids = [measured[place.node.id] for place in page.places]
    shown = _shown(access, viewing, _assignments(kpi, ids))
    rows = _Rows(access, viewing, unit, kpi, shown).rows(page)
    return Told(page, len(found), rows, kpi=_scale(viewing, kpi, rows))


def _assignments(kpi: KPI, ids: Iterable[int]) -> list[Assignment]:
    found = list(Assignment.objects.filter(pk__in=list(ids)).order_by("pk"))
    for assignment in found:
        assignment.kpi = kpi
    return found


def _shown(access: Access, viewing: Viewing, assignments: Sequence[Assignment]) -> Shown | None:
    if not assignments:
        return None
    spans = [viewing.span(period) for period in viewing.trend]
    facts = kpi_facts(access.organization, assignments, spans)
    return Shown(viewing, facts, facts.figures(spans))


def _values(
    access: Access,
    viewing: Viewing,
    kpi: KPI,
    measured: Mapping[int, int],
    places: Sequence[Place],
    key: str,
) -> Callable[[Place], float | str | None]:
    """What a unit is sorted by; of all units, the viewed period and the one before are computed."""
    if key in ("", "name") or not places:
        return lambda place: place.node.name.casefold()
    ids = [measured[place.node.id] for place in places]
    spans = [viewing.span(period) for period in viewing.trend[-2:]]
    facts = kpi_facts(access.organization, _assignments(kpi, ids), spans)
    figures = facts.figures(spans)
    before, now = figures.values[:, 0], figures.values[:, 1]
    column = {"value": now, "change": now - before, "score": figures.scores[:, 1]}[key].tolist()
    known = {each.unit_id: plain(column[row]) for row, each in enumerate(facts.requested)}
    return lambda place: known[place.node.id]


@dataclass(frozen=True)
class _Rows:
    access: Access
    viewing: Viewing
    unit: UnitNode
    kpi: KPI
    shown: Shown | None

    def rows(self, page: Page) -> tuple[HeatRow, ...]:
        if self.shown is None:
            return ()
        organization, unit_ids = self.access.organization, [p.node.id for p in page.places]
        scorecards = shown_scorecards(organization, unit_ids, self.viewing.period)
        ids = {unit_id: scorecard.pk for unit_id, scorecard in scorecards.items()}
        said = said_assessments(organization, self.viewing.period, ids.values())
        objectives = _objectives(self.kpi, ids.values())
        numbers = {each.unit_id: row for row, each in enumerate(self.shown.facts.requested)}
        return tuple(
            self._row(
                place,
                numbers[place.node.id],
                said.get((ids.get(place.node.id, 0), Assessment.Node.KPI, self.kpi.code)),
                objectives.get(ids.get(place.node.id, 0), ""),
                has_own_scale=self._is_total(place) and len(page.places) > 1,
            )
            for place in page.places
        )

    def _is_total(self, place: Place) -> bool:
        """Whether it sums up the others, beside which they would be flat lines."""
        return place.depth == 0 and self.kpi.unit_rule == UnitRule.SUM

    def _row(
        self,
        place: Place,
        row: int,
        said: Assessment | None,
        objective: str,
        *,
        has_own_scale: bool,
    ) -> HeatRow:
        organization = self.access.organization
        assert self.shown is not None
        cell = cell_view(organization, self.shown.facts, self.shown.figures, row, VIEWED)
        cell = replace(cell, score=assessed_score(organization, cell.score, said))
        code, label = place.node.code, self.viewing.label
        href = kpi_href(organization.code, self.kpi.code, code, label)
        trace = f"kpi:{objective}:{self.kpi.code}"
        why = board_href(organization.code, code, label, trace) if objective else href
        figures = replace(self._figures(cell, row, why), has_own_scale=has_own_scale)
        return replace(blank_row(self.access, self.unit, place), href=href, figures=figures)

    def _figures(self, cell: CellView, row: int, href: str) -> HeatFigures:
        assert self.shown is not None
        change, text, is_improvement = kpi_change(self.shown, self.kpi, row)
        before, now = self.shown.figures.values[row, VIEWED - 1 : VIEWED + 1].tolist()
        difference = now - before if change else None
        return HeatFigures(
            actual=cell.actual,
            target=cell.target,
            score=cell.score,
            change=change,
            change_text=text,
            change_value=difference,
            difference_text="" if difference is None else signed_figure(self.kpi, difference).text,
            is_improvement=is_improvement,
            trend=kpi_trend(self.shown, self.kpi, row, cell),
            href=href,
        )


def _objectives(kpi: KPI, scorecard_ids: Iterable[int]) -> dict[int, str]:
    """By scorecard, the code of an objective that the KPI serves there."""
    links = ObjectiveKPI.objects.live().filter(
        kpi=kpi, objective__scorecard_id__in=list(scorecard_ids), objective__deleted_at=None
    )
    return dict(links.order_by("-pk").values_list("objective__scorecard_id", "objective__code"))


def _scale(viewing: Viewing, kpi: KPI, rows: Sequence[HeatRow]) -> HeatKpi:
    """From the lowest to the highest of all values and targets that are drawn on it."""
    trends = [row.figures.trend for row in rows if row.figures and not row.figures.has_own_scale]
    drawn = [v for trend in trends for v in (*trend.values, *trend.targets) if v is not None]
    low, high = (min(drawn), max(drawn)) if drawn else (None, None)
    return HeatKpi(
        code=kpi.code,
        name=kpi.name,
        unit_of_measure=kpi.unit_of_measure,
        low=low,
        high=high,
        low_text=number_text(kpi, low),
        high_text=number_text(kpi, high),
        has_targets=any(row.figures.trend.targets for row in rows if row.figures),
        before_label=viewing.calendar.label(viewing.trend[-2]),
    )
