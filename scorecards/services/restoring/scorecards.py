"""Setting back what scorecards are made of, and initiatives."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from scorecards.models import Milestone
from scorecards.selectors.history.restoration import scorecard_of
from scorecards.selectors.structure.nodes import (
    FIELDS,
    StructureNode,
    structure_nodes,
    theme_nodes,
)
from scorecards.services.adding import change_support, remove_support
from scorecards.services.arranging import place_node, remove_node, restore_nodes
from scorecards.services.initiatives import (
    MilestonePlan,
    change_initiative,
    delete_initiative,
    restore_initiative,
)
from scorecards.services.structure import NodeChange, change_structure

from .wishes import Wish, require_seen, value_of


def _node(row: Any) -> StructureNode:
    scorecard = scorecard_of(row)
    for node in (*structure_nodes(scorecard), *theme_nodes(scorecard)):
        if type(node.row) is type(row) and node.row.pk == row.pk:
            return node
    raise ValidationError(f"What “{row}” belongs to was removed: bring that back first.")


HOMES = {"perspective": "perspective", "objective": "objective"}  # by the field that names it


def set_node(wish: Wish, values: Mapping[str, Any]) -> Any:
    require_seen(wish)
    node, scorecard = _node(wish.row), scorecard_of(wish.row)
    for field, kind in HOMES.items():
        if field in values and getattr(wish.row, f"{field}_id") != values[field].pk:
            home = f"{kind}.{values[field].code}"
            place_node(scorecard=scorecard, key=node.key, parent=home, **wish.publishing)
            node = _node(wish.row.__class__._default_manager.get(pk=wish.row.pk))
    said = {name: value for name, value in values.items() if name in FIELDS[node.kind]}
    if said:
        changes = {node.key: NodeChange(node.row.version, said)}
        change_structure(scorecard=scorecard, changes=changes, **wish.publishing)
    return node.row


def bring_node(wish: Wish) -> Any:
    require_seen(wish)
    restore_nodes(
        scorecard=scorecard_of(wish.row), removed_at=wish.row.deleted_at, **wish.publishing
    )


def take_node(wish: Wish) -> Any:
    node = _node(wish.row)
    remove_node(
        scorecard=scorecard_of(wish.row), key=node.key, version=wish.version, **wish.publishing
    )


def set_alignment(wish: Wish, values: Mapping[str, Any]) -> Any:
    weight = values.get("weight", wish.row.weight)
    return change_support(
        alignment=wish.row, weight=weight, version=wish.version, **wish.publishing
    )


def take_alignment(wish: Wish) -> Any:
    remove_support(alignment=wish.row, version=wish.version, **wish.publishing)


def refuse_scorecard(wish: Wish) -> Any:
    raise ValidationError("A whole scorecard comes and goes on the page of its unit’s scorecards.")


# --- Initiatives


def set_initiative(wish: Wish, values: Mapping[str, Any]) -> Any:
    change_initiative(initiative=wish.row, **wish.signed, **values)


def bring_initiative(wish: Wish) -> Any:
    require_seen(wish)
    return restore_initiative(initiative=wish.row, by=wish.by)


def take_initiative(wish: Wish) -> Any:
    delete_initiative(initiative=wish.row, **wish.signed)


def _plans(wish: Wish) -> list[MilestonePlan]:
    """The initiative's other milestones, as they stand."""
    others = Milestone.objects.live().filter(initiative=wish.row.initiative).exclude(pk=wish.row.pk)
    return [MilestonePlan(row.name, row.due_on, row.done_on, row.pk) for row in others]


def _planned(wish: Wish, plans: list[MilestonePlan]) -> None:
    require_seen(wish)
    change_initiative(initiative=wish.row.initiative, milestones=plans, by=wish.by)


def set_milestone(wish: Wish, values: Mapping[str, Any]) -> Any:
    row: Milestone = wish.row
    said = {name: getattr(row, name) for name in ("name", "due_on", "done_on")} | dict(values)
    _planned(wish, [*_plans(wish), MilestonePlan(**said, id=row.pk)])


def bring_milestone(wish: Wish) -> Any:
    """As a new one: which it was, its history tells."""
    row: Milestone = wish.row
    _planned(wish, [*_plans(wish), MilestonePlan(row.name, row.due_on, row.done_on)])
    return Milestone.objects.live().filter(initiative=row.initiative_id).latest("pk")


def take_milestone(wish: Wish) -> Any:
    _planned(wish, _plans(wish))


def bring_serving(wish: Wish) -> Any:
    require_seen(wish)
    objective = value_of(wish.row._meta.get_field("objective"), wish.row.objective_id)
    change_initiative(initiative=wish.row.initiative, added=[objective], by=wish.by)
    return wish.row.__class__.objects.live().get(
        initiative=wish.row.initiative_id, objective=objective
    )


def take_serving(wish: Wish) -> Any:
    require_seen(wish)
    change_initiative(initiative=wish.row.initiative, dropped=[wish.row.objective], by=wish.by)
