"""Moving units with what is measured there."""

from django.db import transaction

from organizations.models import Unit, User
from organizations.selectors import unit_tree
from organizations.services import structure
from organizations.services.locks import lock_organization

from .changes import note_units


@transaction.atomic
def move_unit(
    *, unit: Unit, parent: Unit, by: User | None = None, version: int | None = None
) -> Unit:
    """Hang the unit, with all beneath it, under another parent; figures above both follow.

    Raises StaleVersion and ValidationError as the tree's own service does.
    """
    lock_organization(unit.organization_id)  # before the old line is read
    tree = unit_tree(unit.organization)
    moved = structure.move_unit(unit=unit, parent=parent, by=by, version=version)
    reached = [*tree.line(unit.pk), *tree.line(parent.pk), *tree.beneath(unit.pk)]
    note_units(unit.organization_id, {node.id for node in reached})
    return moved
