"""What uses a KPI: objectives and their initiatives, formulas, units."""

from collections.abc import Collection
from dataclasses import dataclass

from kpis.models import KPI, KPIInput
from organizations.access import Access
from scorecards.links import board_href, initiative_href, kpi_href
from scorecards.models import InitiativeObjective, ObjectiveKPI, Scorecard
from scorecards.selectors.shapes import Link

MOST = 50  # named; others are counted


@dataclass(frozen=True)
class Uses:
    """Who uses a KPI, as far as the reader sees; `hidden` counts objectives of other units.

    more_objectives: those beyond the ones that are named.
    """

    units: int
    hidden_units: int
    objectives: tuple[Link, ...]
    more_objectives: int
    hidden_objectives: int
    formulas: tuple[Link, ...]
    initiatives: tuple[Link, ...]

    @property
    def is_used(self) -> bool:
        units, objectives = self.units + self.hidden_units, len(self.objectives)
        return bool(units or objectives or self.hidden_objectives or self.formulas)


def kpi_uses(access: Access, kpi: KPI, unit_ids: Collection[int]) -> Uses:
    """By three statements; unit_ids: where it is measured."""
    seen = sum(access.sees(unit_id) for unit_id in unit_ids)
    links = _links(kpi)
    known = [link for link in links if access.sees(link.objective.scorecard.unit_id)]
    return Uses(
        units=seen,
        hidden_units=len(unit_ids) - seen,
        objectives=tuple(_objective(access, link) for link in known[:MOST]),
        more_objectives=max(0, len(known) - MOST),
        hidden_objectives=len(links) - len(known),
        formulas=_formulas(access, kpi),
        initiatives=_initiatives(access, [link.objective_id for link in known]),
    )


def _links(kpi: KPI) -> list[ObjectiveKPI]:
    """Of scorecards that are in force or drafted, by unit."""
    rows = ObjectiveKPI.objects.live().filter(kpi=kpi, objective__deleted_at=None)
    rows = rows.filter(objective__scorecard__deleted_at=None)
    rows = rows.exclude(objective__scorecard__status=Scorecard.State.ARCHIVED)
    return list(rows.select_related("objective__scorecard").order_by("objective__name", "pk"))


def _objective(access: Access, link: ObjectiveKPI) -> Link:
    objective, scorecard = link.objective, link.objective.scorecard
    unit = access.tree.by_id[scorecard.unit_id]
    is_draft = scorecard.status == Scorecard.State.DRAFT
    trace = None if is_draft else f"objective:{objective.code}"
    href = board_href(access.organization.code, unit.code, trace=trace)
    return Link(objective.name, href, f"{unit.name}, draft" if is_draft else unit.name)


def _formulas(access: Access, kpi: KPI) -> tuple[Link, ...]:
    """The KPIs that read it, by formula or as a weight; definitions are open to all members."""
    rows = KPIInput.objects.filter(input=kpi, kpi__deleted_at=None).select_related("kpi")
    return tuple(
        Link(row.kpi.name, kpi_href(access.organization.code, row.kpi.code))
        for row in rows.order_by("kpi__name")[:MOST]
    )


def _initiatives(access: Access, objective_ids: list[int]) -> tuple[Link, ...]:
    """Those of seen units that serve one of the objectives."""
    rows = InitiativeObjective.objects.live().filter(
        objective_id__in=objective_ids[:MOST], initiative__deleted_at=None
    )
    found = {row.initiative_id: row.initiative for row in rows.select_related("initiative")}
    return tuple(
        Link(each.name, initiative_href(access.organization.code, each.code))
        for each in sorted(found.values(), key=lambda one: one.name)
        if access.sees(each.unit_id)
    )
