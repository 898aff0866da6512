"""Where the line of sight breaks: objectives, units and KPIs that nothing hangs on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from kpis.models import KPI, Assignment, KPIInput
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import (
    alignment_href,
    board_href,
    cascade_href,
    editor_href,
    kpi_href,
    scorecards_href,
)
from scorecards.models import Alignment, Objective, ObjectiveKPI, Scorecard

from .page import visible_children

MOST = 100


@dataclass(frozen=True)
class Gap:
    """Something that hangs loose, and what to do next; do_href: "" where the reader may not."""

    name: str
    href: str
    about: str
    do: str
    do_href: str


@dataclass(frozen=True)
class GapList:
    gaps: tuple[Gap, ...]
    n_all: int  # of how many: objectives, units, KPIs at places
    n_left_out: int = 0


@dataclass(frozen=True)
class Gaps:
    objectives: GapList  # of the unit, that no unit beneath supports
    units: GapList  # directly beneath, that support nothing above
    kpis: GapList  # measured here or directly beneath, that serve no objective there
    has_scorecard: bool
    has_beneath: bool


def alignment_gaps(access: Access, unit: UnitNode, period: str) -> Gaps:
    """By a fixed number of statements."""
    children = visible_children(access, unit.id)
    scorecard = Scorecard.objects.active().filter(unit_id=unit.id).first()
    objectives = _unsupported(access, unit, scorecard, period) if children else GapList((), 0)
    return Gaps(
        objectives=objectives,
        units=_unsupporting(access, children),
        kpis=_unserving(access, [unit, *children]),
        has_scorecard=scorecard is not None,
        has_beneath=bool(children),
    )


def _cut(gaps: Iterable[Gap], n_all: int) -> GapList:
    found = tuple(gaps)
    return GapList(found[:MOST], n_all, max(len(found) - MOST, 0))


def _unsupported(
    access: Access, unit: UnitNode, scorecard: Scorecard | None, period: str
) -> GapList:
    if scorecard is None:
        return GapList((), 0)
    beneath = Alignment.objects.live().filter(
        supported=OuterRef("pk"),
        objective__deleted_at=None,
        objective__scorecard__deleted_at=None,
        objective__scorecard__status=Scorecard.State.ACTIVE,
    )
    rows = (
        Objective.objects.live()
        .filter(scorecard=scorecard)
        .select_related("perspective")
        .annotate(has=Exists(beneath))
        .order_by("perspective__position", "position", "pk")
    )
    code = access.organization.code
    may = access.can(Action.EDIT_STRUCTURE, unit.id)
    found = list(rows)
    gaps = (
        Gap(
            name=row.name,
            href=board_href(code, unit.code, period, f"objective:{row.code}"),
            about=row.perspective.name,
            do="Cascade to…",
            do_href=cascade_href(code, unit.code, row.code) if may else "",
        )
        for row in found
        if not row.has
    )
    return _cut(gaps, len(found))


def _unsupporting(access: Access, children: Sequence[UnitNode]) -> GapList:
    ids = [node.id for node in children]
    active = Scorecard.objects.active().filter(unit_id__in=ids).values_list("unit_id", flat=True)
    kept = set(active)
    ties = Alignment.objects.live().filter(
        objective__scorecard__unit_id__in=ids,
        objective__scorecard__status=Scorecard.State.ACTIVE,
        objective__scorecard__deleted_at=None,
        objective__deleted_at=None,
        supported__deleted_at=None,
    )
    supporting = set(ties.values_list("objective__scorecard__unit_id", flat=True))
    gaps = (
        _unit_gap(access, node, node.id in kept) for node in children if node.id not in supporting
    )
    return _cut(gaps, len(children))


def _unit_gap(access: Access, node: UnitNode, has_scorecard: bool) -> Gap:
    code = access.organization.code
    may = access.can(Action.EDIT_STRUCTURE, node.id)
    above = alignment_href(code, node.code, view="above")
    return Gap(
        name=node.name,
        href=board_href(code, node.code) if has_scorecard else scorecards_href(code, node.code),
        about="supports nothing above" if has_scorecard else "has no scorecard in force",
        do="Choose what it supports",
        do_href=above if may else "",
    )


def _unserving(access: Access, nodes: Sequence[UnitNode]) -> GapList:
    """KPIs that no objective counts where they are measured, and that feed no other KPI."""
    counted = (
        ObjectiveKPI.objects.live()
        .filter(
            kpi=OuterRef("kpi_id"),
            objective__deleted_at=None,
            objective__scorecard__deleted_at=None,
            objective__scorecard__unit_id=OuterRef("unit_id"),
        )
        .exclude(objective__scorecard__status=Scorecard.State.ARCHIVED)
    )
    read = KPIInput.objects.filter(input=OuterRef("kpi_id"), kpi__deleted_at=None)
    rows = (
        Assignment.objects.live()
        .filter(unit_id__in=[node.id for node in nodes], kpi__is_input=False, ends_on=None)
        .filter(~Exists(read))
        .annotate(has=Exists(counted))
        .select_related("kpi")
        .order_by("kpi__name", "pk")
    )
    found = list(rows)
    gaps = (_kpi_gap(access, row.kpi, row.unit_id) for row in found if not row.has)
    return _cut(gaps, len(found))


def _kpi_gap(access: Access, kpi: KPI, unit_id: int) -> Gap:
    node, code = access.tree.by_id[unit_id], access.organization.code
    may = access.can(Action.EDIT_STRUCTURE, unit_id)
    return Gap(
        name=kpi.name,
        href=kpi_href(code, kpi.code, node.code),
        about=f"measured at {node.name}",
        do="Add it to an objective",
        do_href=editor_href(code, node.code) if may else "",
    )
