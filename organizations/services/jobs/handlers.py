"""Which function does the work of which kind of job, and what recurs."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from django.utils.module_loading import autodiscover_modules

from calculations.schedules import Schedule
from organizations.models import Job, Organization

from .leases import Work

MOST_TRIES = 8
LONGEST_KIND = 50

Handle = Callable[[Work], None]
BrokenOff = Callable[[Job, str], None]


def nothing_to_note(job: Job, reason: str) -> None:
    """What most kinds have to do where a try was broken off: nothing."""


@dataclass(frozen=True)
class Handler:
    """What a kind of job does: its name for people, and how often it is tried.

    broken_off: notes that the worker of a try was ended, and why, where rows besides the job tell
    what becomes of it.
    """

    kind: str
    name: str
    tries: int
    run: Handle
    broken_off: BrokenOff = nothing_to_note


@dataclass(frozen=True)
class Recurring:
    """Work that recurs: `what` names the schedule within the organization.

    since: from when on it holds; earlier slots are nobody's. The rest is the job that each slot
    asks for, in the transaction that claims it; its args say the slot besides.
    """

    organization: Organization
    what: str
    schedule: Schedule
    since: dt.datetime
    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""  # "" = one of the slot's
    about: str = ""


Recur = Callable[[dt.datetime], Iterable[Recurring]]

_handlers: dict[str, Handler] = {}
_recurring: dict[str, Recur] = {}


class UnknownKind(LookupError):
    """Nobody has registered what is to be done for jobs of the kind."""


def handles(
    kind: str, *, name: str, tries: int = MOST_TRIES, broken_off: BrokenOff = nothing_to_note
) -> Callable[[Handle], Handle]:
    """Register the function as what jobs of the kind do."""

    def register(run: Handle) -> Handle:
        assert len(kind) <= LONGEST_KIND
        _handlers[kind] = Handler(kind, name, tries, run, broken_off)
        return run

    return register


def recurring(name: str) -> Callable[[Recur], Recur]:
    """Register the function as one that tells what recurs, at a moment."""

    def register(recur: Recur) -> Recur:
        _recurring[name] = recur
        return recur

    return register


def handlers() -> Mapping[str, Handler]:
    """Every kind of job, by its name in the rows."""
    _discover()
    return MappingProxyType(_handlers)


def recurrences() -> Mapping[str, Recur]:
    """Every function that tells what recurs."""
    _discover()
    return MappingProxyType(_recurring)


def handler_of(kind: str) -> Handler:
    """Raises UnknownKind."""
    try:
        return handlers()[kind]
    except KeyError:
        raise UnknownKind(f"No module `jobs` registers the kind “{kind}”.") from None


@cache
def _discover() -> None:
    """Import the modules `jobs` of all apps; late, so that no process starts slower for it."""
    autodiscover_modules("jobs")
