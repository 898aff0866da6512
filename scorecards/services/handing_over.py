"""Handing over what somebody owns to others, and taking that back."""

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from kpis.services.wake import wake_refresh
from organizations.models import Organization, Person, User
from organizations.selectors import closings, unit_tree
from organizations.services.locks import lock_organization, lock_scores
from organizations.services.structure import locked, require_same_organization
from scorecards.models import Edition, EditionContent, Objective, ObjectiveNode, Scorecard
from scorecards.selectors.administration.owned import OWNED, SIGN
from scorecards.selectors.editions.reading import editions_from

from .staleness import mark_sheets


@transaction.atomic
def hand_over(
    *,
    person: Person,
    things: Mapping[str, Collection[int]],
    to: Mapping[str, Person],
    by: User | None = None,
) -> tuple[str, int]:
    """Let others own what the person owns: by kind, the ids of the rows, and who gets them.

    What the person does not own any more is left alone. Boards name the new owners from the
    running period on; the history and earlier periods keep the old one. Returns a name by which
    it can be taken back, and how many rows there were.
    """
    person = locked(person)
    require_same_organization(person.organization_id, *to.values())
    if person.pk in {heir.pk for heir in to.values()}:
        raise ValidationError(f"Choose somebody else than {person}.")
    occasion = secrets.token_hex(8)
    count = 0
    for kind, heir in to.items():
        field = OWNED[kind][1]
        rows = _rows(kind, person.organization_id, things.get(kind, ()), **{field: person})
        _give(kind, rows, locked(heir), by, SIGN + occasion)
        count += len(rows)
    return occasion, count


@transaction.atomic
def take_back(
    *, person: Person, things: Mapping[str, Mapping[int, int]], by: User | None = None
) -> tuple[int, int]:
    """Let the person own things again that were handed over: by kind, versions by id.

    What has been changed since then stays where it is. Returns how many rows came back, and how
    many did not.
    """
    person = locked(person)
    returned = stayed = 0
    for kind, then in things.items():
        rows = _rows(kind, person.organization_id, then)
        unchanged = [row for row in rows if row.version == then[row.pk]]
        _give(kind, unchanged, person, by, "Taken back")
        returned += len(unchanged)
        stayed += len(then) - len(unchanged)
    return returned, stayed


def _rows(kind: str, organization_id: int, ids: Iterable[int], **owner: Person) -> list[Any]:
    """The live rows of these ids, locked against other edits."""
    live = OWNED[kind][0].objects.live().filter(organization_id=organization_id, **owner)
    return list(live.filter(pk__in=list(ids)).select_for_update(of=("self",)).order_by("pk"))


def _give(kind: str, rows: list[Any], heir: Person, by: User | None, reason: str) -> None:
    if not rows:
        return
    model, field = OWNED[kind]
    for row in rows:
        setattr(row, field, heir)
        row.version += 1
    bulk_update_with_history(
        rows, model, [field, "version"], default_user=by, default_change_reason=reason
    )
    if kind == "objectives":
        _tell_owners(heir.organization, rows, by)


# --- Boards name an objective's owner as the edition of their period does


def _tell_owners(organization: Organization, objectives: list[Objective], by: User | None) -> None:
    """Let published structures name the new owners from the running period on, and only that."""
    owners: dict[int, dict[str, str]] = defaultdict(dict)
    for objective in objectives:
        owners[objective.scorecard_id][objective.code] = str(objective.owner)
    lock_organization(organization.pk)
    lock_scores(organization.pk)
    days: dict[int, dt.date] = {}
    for scorecard_id, start in _starts(organization, owners).items():
        for edition in editions_from([scorecard_id], start):
            if _told(edition, owners[scorecard_id], start, by):
                days.setdefault(scorecard_id, max(edition.valid_from, start))
    mark_sheets(organization, {pk: (day, None) for pk, day in days.items()})
    wake_refresh(organization.pk)


def _starts(organization: Organization, scorecard_ids: Iterable[int]) -> dict[int, dt.date]:
    """By active scorecard, the first day of the running period, or the first that is open."""
    active = Scorecard.objects.active().filter(pk__in=list(scorecard_ids))
    running = organization.calendar.canonical_start(
        organization.frequencies[0], organization.today()
    )
    tree, closed = unit_tree(organization), closings(organization)
    return {
        pk: max(running, closed.open_from(tree.line(unit_id)) or running)
        for pk, unit_id in active.values_list("pk", "unit_id")
    }


def _told(edition: Edition, owners: Mapping[str, str], start: dt.date, by: User | None) -> bool:
    """Whether the edition names others; then one that names these follows it from the start on."""
    old = msgspec.convert(edition.content, EditionContent)
    new = _with_owners(old, owners)
    if new == old:
        return False
    day = max(edition.valid_from, start)
    if edition.valid_from == day:
        edition.superseded_at = timezone.now()
        edition.save(update_fields=["superseded_at"])
    Edition.objects.create(
        organization_id=edition.organization_id,
        scorecard_id=edition.scorecard_id,
        valid_from=day,
        content=msgspec.to_builtins(new),
        created_by=by,
    )
    return True


def _with_owners(content: EditionContent, owners: Mapping[str, str]) -> EditionContent:
    def told(node: ObjectiveNode) -> ObjectiveNode:
        return msgspec.structs.replace(node, owner=owners.get(node.code, node.owner))

    perspectives = tuple(
        msgspec.structs.replace(each, objectives=tuple(told(node) for node in each.objectives))
        for each in content.perspectives
    )
    return msgspec.structs.replace(content, perspectives=perspectives)
