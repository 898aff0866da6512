"""Arranging a scorecard: what is taken away, brought back, put in order or hung elsewhere.

Each deed holds the organization's lock and publishes once; a draft is published when activated.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi
from organizations.models import Structure, User
from organizations.services.locks import lock_organization
from organizations.services.structure import changed, require_version
from scorecards.models import (
    Alignment,
    InitiativeObjective,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)
from scorecards.selectors.structure.nodes import StructureNode, structure_nodes, theme_nodes

from .editions import publish_edition
from .joined import joined, joined_rows, require_joined
from .structure import require_counted_once, require_kpis_counted_once

ARCHIVED = "An archived scorecard stays as it was; duplicate it instead."
GONE = "This part of the scorecard was removed meanwhile."
# Parents before children, so that what comes back finds what it belongs to.
PARTS: tuple[type[Structure], ...] = (
    Theme,
    Perspective,
    Objective,
    ObjectiveKPI,
    Alignment,
    InitiativeObjective,
)
OWNERS = ("perspective", "objective", "supported")  # fields that name what a part belongs to


@transaction.atomic
def remove_node(
    *,
    scorecard: Scorecard,
    key: str,
    version: int | None = None,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> dt.datetime:
    """Take a perspective, objective, KPI, contribution or theme away, with all that hangs on it.

    Values, targets and assignments stay; objectives of a theme stand without it. Returns the
    moment by which `restore_nodes` finds all that went. version: the one that the writer has seen,
    of the node itself. Raises StaleVersion, and ValidationError where the period of valid_from is
    closed.
    """
    nodes = _opened(scorecard)
    node = _found(nodes, key)
    if node.kind == "scorecard":
        raise ValidationError("A scorecard is archived, not removed.")
    require_version(node.row, version)
    moment = timezone.now()
    if node.kind == "theme":
        _unthemed(node.row, moment, by)
    for row in _rows_of(nodes, node):
        row.deleted_at = moment
        _saved(row, by)
    _publish(scorecard, valid_from, by)
    return moment


@transaction.atomic
def restore_nodes(
    *,
    scorecard: Scorecard,
    removed_at: dt.datetime,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> None:
    """Bring back all that was removed from the scorecard at the moment.

    Raises ValidationError where nothing was, where its code is used again by now, or where what it
    belonged to is gone.
    """
    _opened(scorecard)
    rows = [row for part in PARTS for row in _removed(part, scorecard, removed_at)]
    rows += _removed_ties(scorecard, removed_at)
    if not rows:
        raise ValidationError("Nothing was removed then, or it is back already.")
    for row in rows:
        _require_owner(row)
        _leave_removed_theme(row)
        row.deleted_at = None
        try:
            changed(row, by)
        except ValidationError:
            why = f"“{row}” cannot come back: something else has its place by now."
            raise ValidationError(why) from None
    for row in rows:
        if isinstance(row, Theme):
            _themed_again(row, removed_at, by)
        if isinstance(row, ObjectiveKPI) and row.weight > 0:
            require_kpis_counted_once(row.objective)
        if isinstance(row, Alignment) and row.weight > 0:
            require_counted_once(row.objective, row.supported)
        require_joined(row)
    _publish(scorecard, valid_from, by)


@transaction.atomic
def place_node(
    *,
    scorecard: Scorecard,
    key: str,
    before: str | None = None,
    parent: str | None = None,
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> None:
    """Put a perspective, objective or KPI before a sibling, or last; parent: hang it there first.

    An objective may hang on another perspective, a KPI on another objective of the scorecard. Keys
    as in `structure_nodes`. Raises ValidationError.
    """
    nodes = _opened(scorecard)
    node = _found(nodes, key)
    if node.kind not in ("perspective", "objective", "kpi"):
        raise ValidationError(f"“{node.name}” has no place of its own.")
    home = _found(nodes, parent or node.parent or "")
    if home.kind != _found(nodes, node.parent or "").kind:
        raise ValidationError(f"“{node.name}” cannot hang on “{home.name}”.")
    if home.key != node.parent:
        _hang(node, home)
    siblings = [n for n in nodes if n.parent == home.key and n.kind == node.kind and n is not node]
    keys = [each.key for each in siblings]
    if before is not None and before not in keys:
        raise ValidationError(GONE)
    siblings.insert(keys.index(before) if before else len(siblings), node)
    _number(siblings, node, by)
    if node.kind == "kpi":
        require_kpis_counted_once(node.row.objective)
    _publish(scorecard, valid_from, by)


def _opened(scorecard: Scorecard) -> list[StructureNode]:
    """The structure as it stands, which nobody else changes until the transaction's end."""
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError(ARCHIVED)
    lock_organization(scorecard.organization_id)
    return [*structure_nodes(scorecard), *theme_nodes(scorecard)]


def _found(nodes: Iterable[StructureNode], key: str) -> StructureNode:
    for node in nodes:
        if node.key == key:
            return node
    raise ValidationError(GONE)


def _publish(scorecard: Scorecard, valid_from: dt.date | None, by: User | None) -> None:
    if scorecard.status == Scorecard.State.ACTIVE:
        publish_edition(scorecard=scorecard, valid_from=valid_from, by=by)


def _saved(row: Structure, by: User | None) -> None:
    """Without the checks of a row that is to stand: this one goes."""
    row.version += 1
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


def _rows_of(nodes: Sequence[StructureNode], node: StructureNode) -> Iterator[Structure]:
    """The node's row, those beneath, and what ties the objectives among them to anything."""
    beneath = [node, *_beneath(nodes, node.key)]
    yield from (each.row for each in beneath)
    objectives = [each.row for each in beneath if each.kind == "objective"]
    known = {each.row.pk for each in beneath if each.kind == "contribution"}
    ties = Alignment.objects.live().filter(
        Q(objective__in=objectives) | Q(supported__in=objectives)
    )
    yield from ties.exclude(pk__in=known)
    yield from InitiativeObjective.objects.live().filter(objective__in=objectives)
    yield from joined_rows(objectives)


def _beneath(nodes: Sequence[StructureNode], key: str) -> Iterator[StructureNode]:
    children: dict[str | None, list[StructureNode]] = defaultdict(list)
    for node in nodes:
        children[node.parent].append(node)
    waiting = [key]
    while waiting:
        found = children[waiting.pop()]
        yield from found
        waiting += [node.key for node in found]


def _removed(part: type[Structure], scorecard: Scorecard, moment: dt.datetime) -> Iterator[Any]:
    of_scorecard = {
        Theme: Q(scorecard=scorecard),
        Perspective: Q(scorecard=scorecard),
        Objective: Q(scorecard=scorecard),
        ObjectiveKPI: Q(objective__scorecard=scorecard),
        Alignment: Q(objective__scorecard=scorecard) | Q(supported__scorecard=scorecard),
        InitiativeObjective: Q(objective__scorecard=scorecard),
    }
    yield from part._default_manager.filter(of_scorecard[part], deleted_at=moment).order_by("pk")


def _removed_ties(scorecard: Scorecard, moment: dt.datetime) -> Iterator[Any]:
    for tie in joined():
        rows = tie.model._default_manager.filter(tie.of_scorecard(scorecard), deleted_at=moment)
        yield from rows.order_by("pk")


def _unthemed(theme: Theme, moment: dt.datetime, by: User | None) -> None:
    """Its objectives stand without it; their history tells the moment, so that undo finds them."""
    for objective in Objective.objects.live().filter(theme=theme).order_by("pk"):
        objective.theme = None
        objective._history_date = moment
        changed(objective, by)


def _themed_again(theme: Theme, removed_at: dt.datetime, by: User | None) -> None:
    """Give the theme back to the objectives that lost it then and have none since."""
    lost = Objective.history.filter(
        scorecard_id=theme.scorecard_id, history_date=removed_at, theme=None, deleted_at=None
    ).values_list("id", flat=True)
    for objective in Objective.objects.live().filter(pk__in=list(lost), theme=None).order_by("pk"):
        objective.theme = theme
        changed(objective, by)


def _leave_removed_theme(row: Structure) -> None:
    """An objective comes back without a theme that was removed meanwhile."""
    if isinstance(row, Objective) and row.theme and row.theme.deleted_at:
        row.theme = None


def _require_owner(row: Structure) -> None:
    """What comes back must hang on something that stands: all that it points at."""
    owners = {*OWNERS, *(end for tie in joined() for end in tie.ends)}
    for field in row._meta.concrete_fields:
        owner = getattr(row, field.name) if field.is_relation else None
        if isinstance(owner, Structure) and field.name in owners:
            owner.refresh_from_db(fields=["deleted_at"])
            if owner.deleted_at is not None:
                raise ValidationError(
                    f"“{row}” belonged to “{owner}”, which was removed: undo that."
                )
    if isinstance(row, ObjectiveKPI):
        _require_measured(row)


def _require_measured(link: ObjectiveKPI) -> None:
    """A KPI comes back where it is defined, and is measured at the scorecard's unit again."""
    if not KPI.objects.live().filter(pk=link.kpi_id).exists():
        raise ValidationError(f"The KPI “{link.kpi}” was deleted: bring that back first.")
    unit = link.objective.scorecard.unit
    if not Assignment.objects.live().filter(kpi=link.kpi_id, unit=unit).exists():
        assign_kpi(kpi=link.kpi, unit=unit)


def _hang(node: StructureNode, home: StructureNode) -> None:
    if node.kind == "objective":
        node.row.perspective = home.row
        return
    is_there = ObjectiveKPI.objects.live().filter(objective=home.row, kpi=node.row.kpi_id)
    if is_there.exists():
        raise ValidationError(f"“{home.name}” has “{node.name}” already.")
    node.row.objective = home.row


def _number(siblings: Sequence[StructureNode], moved: StructureNode, by: User | None) -> None:
    for position, node in enumerate(siblings):
        if node is moved or node.row.position != position:
            node.row.position = position
            changed(node.row, by)
