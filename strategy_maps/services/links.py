"""Causal links: added, changed, taken away and brought back.

Each deed holds the organization's lock, so that two of them cannot close a circle together. What
the figures said of a link is forgotten where it expects something else from then on.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from calculations.paths import shortest_path
from kpis.models import KPI, Assignment
from organizations.models import User
from organizations.services.locks import lock_organization
from organizations.services.structure import (
    changed,
    created,
    locked,
    require_same_organization,
    require_version,
)
from scorecards.models import Objective, Scorecard
from strategy_maps.models import MOST_LINKS, MOST_MONTHS, CausalLink, Evidence

from .asking import ask_for_evidence

ARCHIVED = "An archived scorecard stays as it was; duplicate it instead."
GONE = "This objective was removed meanwhile: bring it back first."
# What people may change; cause and effect say which link it is.
FIELDS = frozenset({"is_inverse", "strength", "lag_from", "lag_to", "note"})
FIELDS |= {"cause_kpi", "effect_kpi"}
# What evidence was looked for: said otherwise, what was found says nothing any more.
EXPECTED = frozenset({"is_inverse", "lag_from", "lag_to", "cause_kpi", "effect_kpi"})
TOO_MANY = f"A scorecard has at most {MOST_LINKS} causal links: remove one first."
LONGEST_CIRCLE = 7  # names of a circle that are told


@transaction.atomic
def add_link(
    *, cause: Objective, effect: Objective, by: User | None = None, **fields: Any
) -> CausalLink:
    """Say that one objective is expected to bring about another of the same scorecard.

    fields: as in FIELDS. Raises ValidationError, by field; a circle is told with its whole way.
    """
    require_same_organization(cause.organization_id, effect)
    lock_organization(cause.organization_id)
    cause, effect = _standing(cause), _standing(effect)
    _require_pair(cause, effect)
    _require_sense(cause.scorecard, fields)
    row = CausalLink(organization_id=cause.organization_id, cause=cause, effect=effect, **fields)
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]  # what the history looks for
    ask_for_evidence(cause.scorecard)
    return created(row)


@transaction.atomic
def change_link(
    *, link: CausalLink, by: User | None = None, version: int | None = None, **fields: Any
) -> CausalLink:
    """Expect something else of the link; nothing is saved where nothing differs.

    Raises StaleVersion, and ValidationError, by field.
    """
    row = locked(link)
    require_version(row, version)
    scorecard = _standing(row.cause).scorecard
    differing = {name for name in FIELDS & set(fields) if getattr(row, name) != fields[name]}
    if not differing:
        return row
    _require_sense(scorecard, {"lag_from": row.lag_from, "lag_to": row.lag_to, **fields})
    for name in differing:
        setattr(row, name, fields[name])
    if differing & EXPECTED:
        Evidence.objects.filter(link=row).delete()
        ask_for_evidence(scorecard)
    return changed(row, by)


@transaction.atomic
def remove_link(
    *, link: CausalLink, by: User | None = None, version: int | None = None
) -> dt.datetime:
    """Expect nothing of the two any more; `restore_link` brings it back. Raises StaleVersion."""
    row = locked(link)
    require_version(row, version)
    require_open(row.cause.scorecard)
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    row.mark_deleted()
    assert row.deleted_at is not None
    return row.deleted_at


@transaction.atomic
def restore_link(*, link: CausalLink, by: User | None = None) -> CausalLink:
    """Let a removed link stand again. Raises ValidationError where it cannot by now."""
    lock_organization(link.organization_id)
    row = CausalLink.objects.get(pk=link.pk)
    if row.deleted_at is None:
        return row
    _require_pair(_standing(row.cause), _standing(row.effect))
    row.deleted_at = None
    ask_for_evidence(row.cause.scorecard)
    return changed(row, by)


# --- What must hold


def _standing(objective: Objective) -> Objective:
    """The objective as it stands, of a scorecard that is not archived."""
    rows = Objective.objects.live().select_related("scorecard__unit")
    row: Objective | None = rows.filter(pk=objective.pk, scorecard__deleted_at=None).first()
    if row is None:
        raise ValidationError(GONE)
    require_open(row.scorecard)
    return row


def require_open(scorecard: Scorecard) -> None:
    """Refuse what would change an archived scorecard."""
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError(ARCHIVED)


def _require_pair(cause: Objective, effect: Objective) -> None:
    """Two objectives of one scorecard that no link joins yet, and no way back."""
    if cause.pk == effect.pk:
        _refuse("effect", "An objective does not lead to itself: choose another effect.")
    if cause.scorecard_id != effect.scorecard_id:
        _refuse(
            "effect",
            f"“{cause}” and “{effect}” are of two scorecards, and links stay within one: let one"
            " support the other instead.",
        )
    links = CausalLink.objects.live().filter(cause=cause, effect=effect)
    if links.exists():
        _refuse("effect", f"“{cause}” leads to “{effect}” already: change that link.", "unique")
    require_room(cause.scorecard_id, 1)
    require_no_circle(cause, effect)


def require_room(scorecard_id: int, more: int) -> None:
    """Refuse so many more links of the scorecard than its map can still be read and drawn with.

    more: 0 for links that stand again already. Whoever asks holds the organization's lock.
    """
    standing = CausalLink.objects.live().filter(cause__scorecard=scorecard_id).count()
    if standing + more > MOST_LINKS:
        raise ValidationError(TOO_MANY)


def require_no_circle(cause: Objective, effect: Objective) -> None:
    """Refuse a link that would let the effect bring about its own cause, and tell the way."""
    links = CausalLink.objects.live().filter(
        cause__scorecard=cause.scorecard_id, cause__deleted_at=None, effect__deleted_at=None
    )
    edges = links.order_by("pk").values_list("cause_id", "effect_id")
    way = shortest_path(edges, effect.pk, cause.pk)
    if way:
        names = dict(Objective.objects.filter(pk__in=way).values_list("pk", "name"))
        _refuse(
            "effect",
            f"This would close a circle: {circle_text([names[pk] for pk in way])}."
            " Remove one of its links first.",
            "circle",
        )


def circle_text(way: list[str]) -> str:
    """The names around a circle, from the cause to itself; way: from the effect to the cause.

    >>> circle_text(["First-time fix", "Loyalty", "Train technicians"])
    'Train technicians → First-time fix → Loyalty → Train technicians'
    """
    around = [way[-1], *way]
    if len(around) > LONGEST_CIRCLE:
        around = [*around[: LONGEST_CIRCLE - 3], "…", *around[-2:]]
    return " → ".join(around)


def _require_sense(scorecard: Scorecard, fields: Mapping[str, Any]) -> None:
    """Months in their order, and KPIs that are measured where the scorecard is."""
    require_months(fields)
    for name in ("cause_kpi", "effect_kpi"):
        if fields.get(name) is not None:
            _require_measured(scorecard, name, fields[name])


def require_months(fields: Mapping[str, Any]) -> None:
    """Whole months, the least before the most."""
    first, last = fields.get("lag_from", 0), fields.get("lag_to", 0)
    for name, months in (("lag_from", first), ("lag_to", last)):
        if type(months) is not int or not 0 <= months <= MOST_MONTHS:
            _refuse(name, f"Write whole months, from 0 to {MOST_MONTHS}.")
    if first > last:
        _refuse("lag_to", f"The most months are no fewer than the least: write {first} or more.")


def _require_measured(scorecard: Scorecard, name: str, kpi: KPI) -> None:
    measured = Assignment.objects.live().filter(
        organization=scorecard.organization_id, unit=scorecard.unit_id, kpi=kpi
    )
    if kpi.deleted_at is not None or not measured.exists():
        where = scorecard.unit.name
        _refuse(name, f"“{kpi}” is not measured at “{where}”: choose a KPI that is.")


def _refuse(name: str, text: str, code: str = "invalid") -> None:
    raise ValidationError({name: ValidationError(text, code=code)})
