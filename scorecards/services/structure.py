"""Building scorecards: perspectives, objectives, KPI links, alignments."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi
from organizations.models import Unit, User
from organizations.services.locks import lock_organization
from organizations.services.structure import StaleVersion, created, require_same_organization
from scorecards.models import (
    Alignment,
    Edition,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)
from scorecards.models.scorecard import MAX_WEIGHT
from scorecards.selectors.structure.double_counts import double_count
from scorecards.selectors.structure.nodes import (
    FIELDS,
    StructureNode,
    structure_nodes,
    theme_nodes,
)

from .editions import publish_edition


@dataclass(frozen=True)
class NodeChange:
    """What a row of the structure shall say, by field; `version` is the one its author has seen."""

    version: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class _Touched:
    """A row that a change makes different, with what its fields said before."""

    node: StructureNode
    before: dict[str, Any]

    @property
    def begins_to_count(self) -> bool:
        return self.before.get("weight") == 0 and self.node.row.weight > 0


@transaction.atomic
def create_scorecard(*, unit: Unit, code: str, name: str, **fields: Any) -> Scorecard:
    """A draft for the unit; it is scored once it is activated."""
    return created(
        Scorecard(organization_id=unit.organization_id, unit=unit, code=code, name=name, **fields)
    )


@transaction.atomic
def add_perspective(*, scorecard: Scorecard, code: str, name: str, **fields: Any) -> Perspective:
    return created(
        Perspective(
            organization_id=scorecard.organization_id,
            scorecard=scorecard,
            code=code,
            name=name,
            **fields,
        )
    )


@transaction.atomic
def add_theme(*, scorecard: Scorecard, code: str, name: str, **fields: Any) -> Theme:
    return created(
        Theme(
            organization_id=scorecard.organization_id,
            scorecard=scorecard,
            code=code,
            name=name,
            **fields,
        )
    )


@transaction.atomic
def add_objective(*, perspective: Perspective, code: str, name: str, **fields: Any) -> Objective:
    require_same_organization(perspective.organization_id, fields.get("owner"), fields.get("theme"))
    return created(
        Objective(
            organization_id=perspective.organization_id,
            scorecard_id=perspective.scorecard_id,
            perspective=perspective,
            code=code,
            name=name,
            **fields,
        )
    )


@transaction.atomic
def link_kpi(
    *,
    objective: Objective,
    kpi: KPI,
    weight: float = 1,
    position: int = 0,
    starts_on: dt.date | None = None,
) -> ObjectiveKPI:
    """The KPI tells how the objective goes, and is measured at the scorecard's unit.

    starts_on: from which day, where it was not measured there yet; None: always.
    """
    require_same_organization(objective.organization_id, kpi)
    lock_organization(objective.organization_id)
    unit = objective.scorecard.unit
    if not Assignment.objects.live().filter(kpi=kpi, unit=unit).exists():
        assign_kpi(kpi=kpi, unit=unit, starts_on=starts_on)
    link = created(
        ObjectiveKPI(
            organization_id=objective.organization_id,
            objective=objective,
            kpi=kpi,
            weight=weight,
            position=position,
        )
    )
    if weight > 0:
        require_kpis_counted_once(objective)
    return link


@transaction.atomic
def align(*, objective: Objective, supported: Objective, weight: float = 0) -> Alignment:
    """The objective supports one of a unit above; with a weight it counts in that one's score."""
    require_same_organization(objective.organization_id, supported)
    lock_organization(objective.organization_id)
    unit, above = objective.scorecard.unit, supported.scorecard.unit
    if above not in Unit.objects.ancestors(unit):
        raise ValidationError(f"“{objective}” can only support objectives of units above “{unit}”.")
    if weight > 0:
        require_counted_once(objective, supported)
    return created(
        Alignment(
            organization_id=objective.organization_id,
            objective=objective,
            supported=supported,
            weight=weight,
        )
    )


def require_counted_once(supporting: Objective, supported: Objective) -> None:
    found = double_count(supporting, supported)
    if found is None:
        return
    beneath, above = found
    raise ValidationError(
        f"“{beneath}” of “{supporting}” already rolls up into “{above}” of “{supported}”: counted"
        f" as a contribution too, it would count twice. Give the contribution of “{supporting}”"
        " the weight 0 (context only)."
    )


def require_kpis_counted_once(objective: Objective) -> None:
    """No contribution from or to the objective may count a KPI that its roll-up counts too."""
    counted = (
        Alignment.objects.live()
        .filter(Q(objective=objective) | Q(supported=objective), weight__gt=0)
        .filter(objective__deleted_at=None, supported__deleted_at=None)
        .select_related("objective", "supported")
    )
    for alignment in counted:
        require_counted_once(alignment.objective, alignment.supported)


@transaction.atomic
def change_structure(
    *,
    scorecard: Scorecard,
    changes: Mapping[str, NodeChange],
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> Edition | None:
    """Change many rows of the structure at once, by their keys, and publish once: all or nothing.

    Only what differs is saved. Raises StaleVersion where somebody else has saved a row that would
    be changed, and ValidationError with the problems by `<key>.<field>`. Returns None where nothing
    differs from what is valid from then on, and for a draft, which is published when activated.
    """
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError("An archived scorecard stays as it was; duplicate it instead.")
    lock_organization(scorecard.organization_id)
    _lock_rows(scorecard)
    nodes = [*structure_nodes(scorecard), *theme_nodes(scorecard)]
    weighed = {node.parent for node in nodes if _counts(node)}
    touched = _touched(nodes, changes)
    problems = _problems(touched) or _unweighed(nodes, touched, weighed)
    if problems:
        raise ValidationError(problems)
    for each in touched:
        each.node.row.version += 1
        each.node.row._history_user = by
        each.node.row.save()
    _require_new_weights_counted_once(touched)
    if scorecard.status == Scorecard.State.DRAFT:
        return None
    return publish_edition(scorecard=scorecard, valid_from=valid_from, by=by)


def _lock_rows(scorecard: Scorecard) -> None:
    """Services that edit one row hold its own lock, not the organization's."""
    for rows in (
        Scorecard.objects.filter(pk=scorecard.pk),
        Perspective.objects.filter(scorecard=scorecard),
        Objective.objects.filter(scorecard=scorecard),
        ObjectiveKPI.objects.filter(objective__scorecard=scorecard),
        Alignment.objects.filter(supported__scorecard=scorecard),
        Theme.objects.filter(scorecard=scorecard),
    ):
        locked = rows.select_for_update(no_key=True, of=("self",)).order_by("pk")
        list(locked.values_list("pk", flat=True))


def _touched(nodes: Sequence[StructureNode], changes: Mapping[str, NodeChange]) -> list[_Touched]:
    """The rows that differ, with the new values set on them."""
    if unknown := changes.keys() - {node.key for node in nodes}:
        raise ValidationError(f"There is no “{min(unknown)}” in this scorecard any more.")
    touched = []
    for node in nodes:
        change = changes.get(node.key)
        if change is None:
            continue
        if unknown := change.values.keys() - set(FIELDS[node.kind]):
            raise ValidationError(f"“{min(unknown)}” of “{node.name}” is not changed here.")
        before = {field: getattr(node.row, field) for field in change.values}
        if before == change.values:
            continue
        if node.row.version != change.version:
            raise StaleVersion(node.row)
        for field, value in change.values.items():
            setattr(node.row, field, value)
        touched.append(_Touched(node, before))
    return touched


def _problems(touched: Sequence[_Touched]) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    for each in touched:
        row, key = each.node.row, each.node.key
        if "weight" in each.before and not _is_weight(row.weight):
            problems[f"{key}.weight"] = "A weight is a number from 0 to 1,000,000."
            continue
        problems |= {f"{key}.{field}": why for field, why in _strange(each)}
        try:
            row.full_clean()
        except ValidationError as refusal:
            problems |= {f"{key}.{field}": why for field, why in refusal.message_dict.items()}
    return problems


def _strange(touched: _Touched) -> Iterator[tuple[str, str]]:
    """Why an owner or a theme cannot be the objective's: of elsewhere, or gone."""
    row = touched.node.row
    for field in ("owner", "theme"):
        other = getattr(row, field) if field in touched.before else None
        if other is None:
            continue
        is_own = other.organization_id == row.organization_id and other.deleted_at is None
        if field == "theme":
            is_own = is_own and other.scorecard_id == row.scorecard_id
        if not is_own:
            yield field, f"There is no such {field} here any more; choose another."


def _is_weight(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= MAX_WEIGHT


def _counts(node: StructureNode) -> bool:
    return node.parent is not None and node.row.weight > 0


def _unweighed(
    nodes: Sequence[StructureNode], touched: Sequence[_Touched], weighed: set[str | None]
) -> dict[str, Any]:
    """Parents that had a child with a weight and would have none: no score could reach them."""
    lost = weighed - {node.parent for node in nodes if _counts(node)}
    names: dict[str | None, str] = {node.key: node.name for node in nodes}
    return {
        f"{each.node.key}.weight": f"Leave a weight above 0 on at least one child of"
        f" “{names[each.node.parent]}”: without any it has no score."
        for each in touched
        if each.node.parent in lost
    }


def _require_new_weights_counted_once(touched: Sequence[_Touched]) -> None:
    for each in touched:
        if not each.begins_to_count:
            continue
        row = each.node.row
        try:
            if each.node.kind == "contribution":
                require_counted_once(row.objective, row.supported)
            if each.node.kind == "kpi":
                require_kpis_counted_once(row.objective)
        except ValidationError as refusal:
            raise ValidationError({f"{each.node.key}.weight": refusal.messages}) from None
