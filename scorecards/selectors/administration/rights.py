"""Which units and people an administrator may change: those beneath the units that are theirs."""

from collections.abc import Iterable

from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import UnitNode


def administers_any(access: Access) -> bool:
    return any(access.can(Action.ADMINISTER, unit_id) for unit_id in access.roles)


def may_change_unit(access: Access, node: UnitNode) -> bool:
    """Rename, move or retire it: for administrators above; the topmost unit is its own above."""
    return access.can(Action.ADMINISTER, node.parent_id or node.id)


def may_hang_beneath(access: Access, node: UnitNode) -> bool:
    """Whether a unit may be added or moved beneath this one; individuals have none."""
    return not node.is_individual and access.can(Action.ADMINISTER, node.id)


def administered_units(access: Access) -> list[tuple[UnitNode, int]]:
    """Units with their depth where the reader may give and take roles."""
    return [
        (node, depth)
        for node, depth in access.tree.depth_first()
        if access.can(Action.ADMINISTER, node.id)
    ]


def may_change_person(access: Access, person: Person, role_unit_ids: Iterable[int]) -> bool:
    """Rename, invite or deactivate them: who administers every unit of their roles and their own.

    role_unit_ids: where the person holds roles.
    """
    own = person.units.filter(deleted_at=None).values_list("pk", flat=True)
    where = {*role_unit_ids, *own}
    return administers_any(access) and all(
        access.can(Action.ADMINISTER, unit_id) for unit_id in where
    )
