"""What uses a KPI: objectives and their initiatives, formulas, units."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from kpis.models import KPI, KPIInput
from organizations.access import Access
from scorecards.links import board_href, initiative_href, kpi_href
from scorecards.models import Initiative, InitiativeObjective, ObjectiveKPI, Scorecard
from scorecards.selectors.shapes import Link

from .sight import seen_units, sees_all

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
    """By five statements at most; unit_ids: where it is measured."""
    seen = sum(access.sees(unit_id) for unit_id in unit_ids)
    links = _links(kpi)
    known = links.filter(seen_units(access, "objective__scorecard__"))
    n_known = known.count()
    hidden = 0 if sees_all(access) else links.count() - n_known
    return Uses(
        units=seen,
        hidden_units=len(unit_ids) - seen,
        objectives=tuple(_objective(access, link) for link in known[:MOST]),
        more_objectives=max(0, n_known - MOST),
        hidden_objectives=hidden,
        formulas=_formulas(access, kpi),
        initiatives=_initiatives(access, known) if n_known else (),
    )


def _links(kpi: KPI) -> QuerySet[ObjectiveKPI]:
    """Of scorecards that are in force or drafted, by the objectives' names."""
    rows = ObjectiveKPI.objects.live().filter(kpi=kpi, objective__deleted_at=None)
    rows = rows.filter(objective__scorecard__deleted_at=None)
    rows = rows.exclude(objective__scorecard__status=Scorecard.State.ARCHIVED)
    return rows.select_related("objective__scorecard").order_by("objective__name", "pk")


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


def _initiatives(access: Access, links: QuerySet[ObjectiveKPI]) -> tuple[Link, ...]:
    """Those of seen units that serve one of the objectives."""
    ties = InitiativeObjective.objects.live().filter(initiative=OuterRef("pk"))
    serving = ties.filter(objective__in=links.order_by().values("objective"))
    rows = Initiative.objects.live().filter(Exists(serving), seen_units(access))
    return tuple(
        Link(each.name, initiative_href(access.organization.code, each.code))
        for each in rows.filter(organization=access.organization).order_by("name", "pk")[:MOST]
    )
