"""Which units' rows a reader sees, as a condition for statements."""

from django.db.models import Q

from organizations.access import Access


def sees_all(access: Access) -> bool:
    """Whether the reader sees every unit of the organization."""
    return len(access.visible_unit_ids) == len(access.tree.by_id)


def seen_units(access: Access, prefix: str = "") -> Q:
    """At a unit that the reader sees; by the shorter of the two lists."""
    if sees_all(access):
        return Q()
    seen = access.visible_unit_ids
    hidden = [unit_id for unit_id in access.tree.by_id if unit_id not in seen]
    if len(hidden) < len(seen):
        return ~Q(**{f"{prefix}unit_id__in": hidden})
    return Q(**{f"{prefix}unit_id__in": list(seen)})
