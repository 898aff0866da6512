"""After all is written: no KPI counts twice in an objective, over units and as a contribution."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Q

from scorecards.models import Alignment
from scorecards.selectors.records import Key
from scorecards.services.structure import require_counted_once

from .rows import Rows
from .shapes import Change, Deed, Problem

Place = tuple[str, Key]


def check_counted_once(rows: Rows, changes: Iterable[Change]) -> dict[Place, list[Problem]]:
    """By the place of the change that would make it so, why not."""
    reasons = _touched(rows, changes)
    if not reasons:
        return {}
    counted = (
        Alignment.objects.live()
        .filter(Q(objective__in=reasons) | Q(supported__in=reasons), weight__gt=0)
        .filter(objective__deleted_at=None, supported__deleted_at=None)
        .select_related("objective", "supported")
    )
    found: dict[Place, list[Problem]] = {}
    for alignment in counted.order_by("pk"):
        places = reasons.get(alignment.objective_id) or reasons.get(alignment.supported_id) or []
        try:
            require_counted_once(alignment.objective, alignment.supported)
        except ValidationError as refusal:
            problem = Problem("weight", " ".join(refusal.messages))
            found |= {place: [problem] for place in places}
    return found


def _touched(rows: Rows, changes: Iterable[Change]) -> dict[int, list[Place]]:
    """By objective, the changes after which something may count in it that did not before."""
    touched: dict[int, list[Place]] = {}
    for change in changes:
        is_tie = change.kind in ("objective_kpis", "alignments")
        if not is_tie or change.deed is Deed.REMOVED or not change.after:
            continue
        was = change.before["weight"] if change.before else 0
        if change.after["weight"] > 0 and was == 0 and rows.has("objectives", *change.key[:2]):
            pk = rows.get("objectives", *change.key[:2]).pk
            touched.setdefault(pk, []).append(change.place)
    return touched
