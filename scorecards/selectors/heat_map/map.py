"""The heat map of a unit and those beneath it, for pages, files, the API and panels."""

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.selectors.kpis.pages import visible_kpi
from scorecards.selectors.viewing import Viewing

from .asking import Asked, Told, asked_map, places
from .kpi import kpi_rows
from .scores import score_rows
from .shapes import KPI, LENGTH, OBJECTIVES, PERSPECTIVES, HeatMap


def heat_map(
    access: Access,
    unit: UnitNode,
    of: str,
    period: Period,
    *,
    scope: str = "",
    sort: str = "",
    page: int | str = 1,
    length: int = LENGTH,
) -> HeatMap | None:
    """Units against `of`: "perspectives", "objectives", or the code of a KPI.

    unit: one that the reader sees; scope: "level" or "all", by default all for a KPI; sort: as
    in HeatMap, what is none leaves the order of the tree; page: its number, or the code of the
    unit behind which it begins; length: units on it. None where the KPI is unknown, or measured
    nowhere that the reader sees; raises NotOnMap. Scores come from stored sheets, a KPI's figures
    from its values and targets: a fixed number of statements either way.
    """
    viewing = Viewing(access.organization.calendar, period)
    asked = asked_map(of, scope, sort, page, length)
    found = places(access, unit, asked.scope)
    if of in (PERSPECTIVES, OBJECTIVES):
        return _map(viewing, unit, asked, of, score_rows(access, viewing, unit, found, asked))
    kpi = None if "\x00" in of else visible_kpi(access, of)
    told = kpi and kpi_rows(access, viewing, unit, kpi, found, asked)
    return _map(viewing, unit, asked, KPI, told) if told else None


def _map(viewing: Viewing, unit: UnitNode, asked: Asked, kind: str, told: Told) -> HeatMap:
    return HeatMap(
        of=asked.of,
        kind=kind,
        unit_code=unit.code,
        unit_name=unit.name,
        scope=asked.scope,
        period_label=viewing.label,
        frequency=viewing.period.frequency,
        sort=asked.sort,
        columns=told.columns,
        rows=told.rows,
        n_units=told.n_units,
        page=told.page.number,
        n_pages=told.page.n_pages,
        has_more=told.page.has_more,
        n_columns_left_out=told.n_columns_left_out,
        kpi=told.kpi,
    )
