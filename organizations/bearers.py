"""Who bears a token: remembered for a moment, and true at every request.

Finding a token, the roles of its maker and the tree of units takes three statements and, in a large
organization, a hundred times longer than all else of a request. So that is kept in the memory of
the process for half a minute, and each request asks the database one thing: whether the token is
revoked, its maker active, and the organization's access stamp still the same. The stamp is renewed
by the database itself with every write that decides on access (see AccessStamp), in the transaction
of the write; what is remembered was read after the stamp it is kept under, or with it. So whatever
takes a right away works on the next request.
"""

import copy
import datetime as dt
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from .access import Access, token_access, valid_token
from .models import ApiToken, is_well_formed, secret_digest
from .selectors import UnitTree
from .statements import statement_cursor

LONGEST = dt.timedelta(seconds=30)
MOST_TOKENS = 1000
MOST_TREES = 100
LAST_USED_PRECISION = dt.timedelta(minutes=1)

Row = TypeVar("Row", bound=models.Model)
# Whether the token is revoked and its maker active, and the stamp: (None, True or None, "…").
Standing = tuple[Any, Any, str | None]


@dataclass(frozen=True)
class Bearer:
    """A valid token; access: None where its maker holds no role any more."""

    token: ApiToken
    access: Access | None


@dataclass
class _Held:
    bearer: Bearer
    standing: Standing
    since: dt.datetime
    used_at: dt.datetime | None


_held: dict[str, _Held] = {}
_trees: dict[int, tuple[str, UnitTree]] = {}
_lock = Lock()


def bearer(secret: str) -> Bearer | None:
    """Who bears the secret, unless it is unknown, expired, revoked or its maker has left."""
    if not is_well_formed(secret):
        return None
    now, key = timezone.now(), secret_digest(secret)
    held = _held.get(key)
    if held is None or not _still_stands(held, now):
        held = _remembered(secret, key, now)
    if held is None:
        return None
    _note_use(held, now)
    return _of_its_own(held.bearer)


def is_remembered(secret: str) -> bool:
    """Whether somebody was here with it lately; says nothing on whether it is valid now."""
    return secret_digest(secret) in _held


def _still_stands(held: _Held, now: dt.datetime) -> bool:
    is_young = abs(now - held.since) <= LONGEST
    return is_young and held.bearer.token.is_valid_at(now) and _standing(held) == held.standing


_STANDING = """
    SELECT t.revoked_at, u.is_active, s.stamp
    FROM organizations_apitoken t
    LEFT JOIN organizations_user u ON u.id = t.created_by_id
    LEFT JOIN organizations_accessstamp s ON s.organization_id = t.organization_id
    WHERE t.id = %s
"""


def _standing(held: _Held) -> Standing | None:
    """As it is now, by three primary keys; None where the token is gone."""
    with statement_cursor() as cursor:
        cursor.execute(_STANDING, [held.bearer.token.pk])
        row = cursor.fetchone()
    return (row[0], None if row[1] is None else bool(row[1]), row[2]) if row else None


def _remembered(secret: str, key: str, now: dt.datetime) -> _Held | None:
    """Read anew; the stamp comes with the token, so that all else is no older than it."""
    token = valid_token(secret)
    if token is None:
        with _lock:
            _held.pop(key, None)
        return None
    stamp = getattr(token.organization, "access_stamp", None)
    access = token_access(token, token.organization.code)
    if access is not None:
        _share_tree(access, stamp.stamp if stamp else "")
    maker = token.created_by
    standing: Standing = (None, maker.is_active if maker else None, stamp and stamp.stamp)
    held = _Held(Bearer(token, access), standing, now, token.last_used_at)
    if stamp is not None:
        _keep(key, held)
    return held


def _share_tree(access: Access, stamp: str) -> None:
    """All tokens of an organization look at one tree."""
    known = _trees.get(access.organization.pk)
    if known and stamp and known[0] == stamp:
        access.__dict__["tree"] = known[1]
    elif stamp:
        with _lock:
            _bound(_trees, MOST_TREES)
            _trees[access.organization.pk] = (stamp, access.tree)


def _keep(key: str, held: _Held) -> None:
    with _lock:
        _bound(_held, MOST_TOKENS)
        _held[key] = held


def _bound(kept: dict[Any, Any], most: int) -> None:
    """Forget what was read longest ago."""
    while len(kept) >= most:
        kept.pop(next(iter(kept)))


def _note_use(held: _Held, now: dt.datetime) -> None:
    """At most once a minute, so that reading does not become writing."""
    if held.used_at is None or now - held.used_at >= LAST_USED_PRECISION:
        ApiToken.objects.filter(pk=held.bearer.token.pk).update(last_used_at=now)
        held.used_at = now


# --- Rows of its own for every request: what one changes in memory, no other may see


def _of_its_own(shared: Bearer) -> Bearer:
    maker = shared.token.created_by and _copied(shared.token.created_by)
    organization = _copied(shared.token.organization)
    token = _copied(shared.token, organization=organization, created_by=maker)
    if shared.access is None:
        return Bearer(token, None)
    access = replace(shared.access, organization=organization, user=maker, token=token)
    for name in ("tree", "visible_unit_ids"):  # what takes long to compute, and never changes
        access.__dict__[name] = getattr(shared.access, name)
    return Bearer(token, access)


def _copied(row: Row, **related: models.Model | None) -> Row:
    """The row again, without the tenth of a millisecond that Django's pickling takes."""
    again: Row = row.__class__.__new__(row.__class__)
    again.__dict__.update(row.__dict__)
    again._state = copy.copy(row._state)
    again._state.fields_cache = {**row._state.fields_cache, **related}
    return again
