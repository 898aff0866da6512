"""What is closed stays closed when a unit moves to another line."""

from collections.abc import Iterable

from django.utils import timezone

from organizations.models import ClosedPeriod, Unit
from organizations.selectors import Closings, closings, unit_tree

from .locks import lock_closings


def keep_closed(unit: Unit, parent: Unit) -> None:
    """Before the unit moves to the parent: close for it what only units above are closed for.

    Where it comes back beneath the closing that its own was made of, that one serves again.
    """
    lock_closings(unit.organization_id, may_close=True)
    known = closings(unit.organization)
    if not known:
        return
    tree = unit_tree(unit.organization)
    new_line = tree.line(parent.pk)
    staying = {node.id for node in new_line}
    _drop_repeated(known, unit, staying)
    above = [node.id for node in tree.line(unit.pk)[:-1] if node.id not in staying]
    for closing in _closings_of(known, above):
        if known.covering([*new_line, tree.by_id[unit.pk]], closing.period) is None:
            ClosedPeriod.objects.create(
                organization_id=unit.organization_id,
                unit=unit,
                frequency=closing.frequency,
                period_start=closing.period_start,
                closed_at=closing.closed_at,
                closed_by=closing.closed_by,
                note=closing.note,
            )


def _closings_of(known: Closings, unit_ids: Iterable[int]) -> list[ClosedPeriod]:
    return [closing for pk in unit_ids for closing in known.by_unit.get(pk, ())]


def _drop_repeated(known: Closings, unit: Unit, new_line: Iterable[int]) -> None:
    moments = {
        (closing.frequency, closing.period_start, closing.closed_at): closing.unit
        for closing in _closings_of(known, new_line)
    }
    for closing in known.by_unit.get(unit.pk, ()):
        key = closing.frequency, closing.period_start, closing.closed_at
        if key in moments:
            closing.reopened_at = max(timezone.now(), closing.closed_at)
            closing.reopening_reason = f"Closed by the closing of “{moments[key]}” again."
            closing.save(update_fields=["reopened_at", "reopening_reason"])
