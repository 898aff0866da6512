"""What uses something that cannot be deleted, as far as the reader sees it."""

from typing import Any

from django.db import models

from kpis.models import KPI, KPIInput
from organizations.access import Access, Action
from organizations.models import ApiToken, Unit
from organizations.services.structure import InUse, Using


def seen_in_use(access: Access, used: InUse) -> InUse:
    """The same, without the names of what belongs to units that the reader does not see."""
    kpis = KPI.objects.visible_in(access.visible_unit_ids)
    known = set(kpis.filter(organization=access.organization).values_list("pk", flat=True))
    seen = [user for user in used.users if _sees(access, used.what, user, known)]
    return InUse(used.what, seen, used.n_hidden + len(used.users) - len(seen))


def _sees(access: Access, what: models.Model, user: str, kpis: set[int]) -> bool:
    row = user.row if isinstance(user, Using) else None
    if isinstance(row, KPI | KPIInput):
        return (row.pk if isinstance(row, KPI) else row.kpi_id) in kpis
    if isinstance(row, ApiToken):
        roots = access.tree.children(None)
        is_own = access.user is not None and row.created_by_id == access.user.pk
        return is_own or any(access.can(Action.ADMINISTER, root.id) for root in roots)
    return all(access.sees(unit_id) for unit_id in _unit_ids(row, what))


def _unit_ids(row: Any, what: models.Model) -> set[int]:
    """The units to which the row belongs, by what it points at besides what it uses."""
    if row is None:
        return set()
    if isinstance(row, Unit):
        return {row.pk}
    found: set[int] = set()
    for field in row._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or getattr(row, field.attname) is None:
            continue
        if field.related_model is Unit:
            found.add(getattr(row, field.attname))
        elif field.name in OWNERS and getattr(row, field.attname) != _pk_of(what, field):
            found |= _unit_ids(getattr(row, field.name), what)
    return found


# What a row belongs to, by the names of its fields.
OWNERS = (
    *("assignment", "scorecard", "objective", "supported", "perspective", "initiative"),
    "commentary",
)


def _pk_of(what: models.Model, field: Any) -> Any:
    return what.pk if isinstance(what, field.related_model) else None
