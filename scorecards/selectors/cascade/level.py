"""What stands at the units beneath an objective: read by a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from calculations.periods import Frequency, Period
from calculations.units import UnitRule
from kpis.models import KPI, Assignment, Target
from kpis.selectors.held_targets import HeldTargets, held_targets
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import Alignment, Objective, ObjectiveKPI, Perspective, Scorecard
from scorecards.selectors.formats import grouped
from scorecards.selectors.structure.periods import (
    current_period,
    first_open_day,
    offered_periods,
)
from scorecards.selectors.targets.cells import target_text

MOST_UNITS = 200


@dataclass(frozen=True)
class Place:
    """A unit to which the objective may be handed down, as it stands.

    scorecard: the one that is edited there, None where there is none or the reader may not know of
    it; objectives: of that one; ties: by which they support the objective; linked: those that
    count the KPI; target: what the unit wants of the KPI in the period, of its own.
    """

    node: UnitNode
    may_edit: bool
    n_beneath: int
    scorecard: Scorecard | None
    perspectives: tuple[Perspective, ...]
    objectives: tuple[Objective, ...]
    ties: tuple[Alignment, ...]
    linked: tuple[Objective, ...]
    assignment: Assignment | None
    target: Target | None

    @cached_property
    def standing(self) -> str:
        """In words what matters to the choice.

        A form that was opened before some of it changed says otherwise.
        """
        parts = [self._scorecard_text(), *map(_tie_text, self.ties)]
        if self.assignment is not None:
            parts.append(self._kpi_text(self.assignment.kpi))
        return "; ".join(parts)

    def _scorecard_text(self) -> str:
        if self.scorecard is None:
            return "no scorecard yet"
        is_draft = self.scorecard.status == Scorecard.State.DRAFT
        return f"“{self.scorecard.name}”{', a draft' if is_draft else ''}"

    def _kpi_text(self, kpi: KPI) -> str:
        wanted = (
            f"target {target_text(kpi, self.target)}" if self.target else "no target of its own"
        )
        shown = f"measures {kpi.name}, {wanted}"
        return shown if self.linked else f"{shown}, for no objective"


def _tie_text(tie: Alignment) -> str:
    how = f"counts with {grouped(f'{tie.weight:g}')}" if tie.weight else "context"
    return f"“{tie.objective.name}” supports it ({how})"


@dataclass(frozen=True)
class Level:
    """One level of units beneath an objective, and a KPI of it that may be handed down.

    at: the unit whose units directly beneath these are; kpi: None where the objective has none;
    start: from when what is handed down holds; own: the KPI's own period with that start; whole:
    the target that holds then at the nearest of `at` and the units above it that has one.
    """

    access: Access
    unit: UnitNode
    objective: Objective
    at: UnitNode
    kpis: tuple[KPI, ...]
    kpi: KPI | None
    start: Period
    periods: tuple[str, ...]
    own: Period | None
    whole: Target | None
    whole_at: UnitNode | None
    later: tuple[Target, ...]  # of the same unit, beginning after
    places: tuple[Place, ...]
    n_left_out: int
    held: HeldTargets

    @property
    def is_sum(self) -> bool:
        return self.kpi is not None and self.kpi.unit_rule == UnitRule.SUM

    @property
    def start_label(self) -> str:
        return self.access.organization.calendar.label(self.start)

    @property
    def own_label(self) -> str:
        return self.access.organization.calendar.label(self.own) if self.own else ""

    @cached_property
    def standing(self) -> str:
        """What is handed down, in words that differ where it was changed."""
        parts = [f"“{self.objective.name}”"]
        if self.kpi is not None:
            wanted = target_text(self.kpi, self.whole) if self.whole else "no target"
            parts.append(f"{self.kpi.name}: {wanted}")
        return "; ".join(parts)

    @property
    def may_weigh(self) -> bool:
        """How much something counts in the objective is for those who edit its scorecard."""
        return self.access.can(Action.EDIT_STRUCTURE, self.unit.id)


def cascade_level(
    access: Access,
    unit: UnitNode,
    objective: Objective,
    *,
    at: UnitNode,
    kpi: str = "",
    start: str = "",
) -> Level:
    """kpi, start: code and label that were asked for; what is not there is left to the default."""
    kpis = _kpis_of(objective)
    chosen = next((each for each in kpis if each.code == kpi), kpis[0] if kpis else None)
    offered = _offered(access, at)
    period = offered.get(start) or offered.get(_running_label(access)) or _first(offered)
    calendar = access.organization.calendar
    own = calendar.period(Frequency(chosen.frequency), period.start) if chosen else None
    nodes = [node for node in access.tree.children(at.id) if access.sees(node.id)]
    line = [n for n in reversed(access.tree.line(at.id)) if access.sees(n.id)] if chosen else []
    assigned = _assignments(chosen, [*nodes[:MOST_UNITS], *line])
    held = held_targets(assigned.values())
    whole, whole_at = _whole(held, assigned, line, own)
    return Level(
        access=access,
        unit=unit,
        objective=objective,
        at=at,
        kpis=kpis,
        kpi=chosen,
        start=period,
        periods=tuple(offered),
        own=own,
        whole=whole,
        whole_at=whole_at,
        later=_later(held, whole, own),
        places=_places(access, objective, chosen, nodes[:MOST_UNITS], assigned, held, own),
        n_left_out=max(len(nodes) - MOST_UNITS, 0),
        held=held,
    )


def _kpis_of(objective: Objective) -> tuple[KPI, ...]:
    links = ObjectiveKPI.objects.live().filter(objective=objective).select_related("kpi")
    kpis = [link.kpi for link in links]
    for kpi in kpis:
        kpi.organization = objective.organization
    return tuple(kpis)


def _offered(access: Access, at: UnitNode) -> dict[str, Period]:
    """The next period, the running one, and those of the fiscal year that are open here."""
    organization = access.organization
    first = organization.calendar.fiscal_year_start(organization.today())
    return offered_periods(organization, [first], first_open_day(access, at))


def _running_label(access: Access) -> str:
    organization = access.organization
    return str(organization.calendar.label(current_period(organization)))


def _first(offered: dict[str, Period]) -> Period:
    return next(iter(offered.values()))


def _assignments(kpi: KPI | None, nodes: Iterable[UnitNode]) -> dict[int, Assignment]:
    """By unit."""
    if kpi is None:
        return {}
    rows = Assignment.objects.live().filter(kpi=kpi, unit_id__in=[node.id for node in nodes])
    found = {row.unit_id: row for row in rows}
    for row in found.values():
        row.kpi = kpi
    return found


def _whole(
    held: HeldTargets,
    assigned: dict[int, Assignment],
    line: Iterable[UnitNode],
    own: Period | None,
) -> tuple[Target | None, UnitNode | None]:
    for node in line:
        row = assigned.get(node.id)
        target = held.at(row.pk, own.start) if row and own else None
        if target is not None:
            return target, node
    return None, None


def _later(held: HeldTargets, whole: Target | None, own: Period | None) -> tuple[Target, ...]:
    if whole is None or own is None:
        return ()
    rows = held.by_assignment[whole.assignment_id]
    return tuple(row for row in rows if row.valid_from > own.start)


def _places(
    access: Access,
    objective: Objective,
    kpi: KPI | None,
    nodes: list[UnitNode],
    assigned: dict[int, Assignment],
    held: HeldTargets,
    own: Period | None,
) -> tuple[Place, ...]:
    scorecards = _scorecards(access, nodes)
    ids = [scorecard.pk for scorecard in scorecards.values()]
    perspectives = _by_scorecard(Perspective.objects.live().filter(scorecard_id__in=ids))
    objectives = _by_scorecard(Objective.objects.live().filter(scorecard_id__in=ids))
    ties = _ties(objective, ids)
    linked = _linked(kpi, ids)

    def place(node: UnitNode) -> Place:
        scorecard = scorecards.get(node.id)
        pk = scorecard.pk if scorecard else 0
        mine = objectives.get(pk, [])
        row = assigned.get(node.id)
        return Place(
            node=node,
            may_edit=access.can(Action.EDIT_STRUCTURE, node.id),
            n_beneath=sum(access.sees(each.id) for each in access.tree.children(node.id)),
            scorecard=scorecard,
            perspectives=tuple(perspectives.get(pk, [])),
            objectives=tuple(mine),
            ties=tuple(ties.get(pk, [])),
            linked=tuple(each for each in mine if each.pk in linked),
            assignment=row,
            target=held.at(row.pk, own.start) if row and own else None,
        )

    return tuple(place(node) for node in nodes)


def _scorecards(access: Access, nodes: Iterable[UnitNode]) -> dict[int, Scorecard]:
    """By unit the one that is edited: the active one, else the latest draft, if one may know."""
    rows = (
        Scorecard.objects.live()
        .filter(unit_id__in=[node.id for node in nodes])
        .exclude(status=Scorecard.State.ARCHIVED)
        .order_by("status", "-pk")  # "active" before "draft"
    )
    found: dict[int, Scorecard] = {}
    for row in rows:
        is_open = row.status == Scorecard.State.ACTIVE
        if is_open or access.can(Action.EDIT_STRUCTURE, row.unit_id):
            row.organization = access.organization
            found.setdefault(row.unit_id, row)
    return found


def _by_scorecard(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.scorecard_id].append(row)
    return found


def _ties(objective: Objective, scorecard_ids: list[int]) -> dict[int, list[Alignment]]:
    rows = Alignment.objects.live().filter(
        supported=objective,
        objective__scorecard_id__in=scorecard_ids,
        objective__deleted_at=None,
    )
    found: dict[int, list[Alignment]] = defaultdict(list)
    for row in rows.select_related("objective").order_by("pk"):
        found[row.objective.scorecard_id].append(row)
    return found


def _linked(kpi: KPI | None, scorecard_ids: list[int]) -> set[int]:
    """The objectives that count the KPI."""
    if kpi is None:
        return set()
    links = ObjectiveKPI.objects.live().filter(
        kpi=kpi, objective__scorecard_id__in=scorecard_ids, objective__deleted_at=None
    )
    return set(links.values_list("objective_id", flat=True))


def closed_text(level: Level) -> str:
    """Which periods of the fiscal year are not offered, since they are closed; "" for none."""
    day = first_open_day(level.access, level.at)
    organization = level.access.organization
    first = organization.calendar.fiscal_year_start(organization.today())
    return "" if day is None or day <= first else f"Everything before {day} is closed."
