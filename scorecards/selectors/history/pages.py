"""The page of one thing's history, and that of all that changed in the organization."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from organizations.models import Person
from scorecards.links import changes_href, history_href
from scorecards.selectors.administration.choices import (
    Choice,
    person_options,
    unit_options,
)
from scorecards.selectors.kpis.form_words import Option

from .names import Names, names_of
from .parts import KINDS, PARTS, parts_of
from .reading import Said, Scope, cursor, page_of
from .rights import Rights, may_read, may_read_all
from .sight import Sight
from .subjects import Subject
from .telling import Day, Entry, days_of, entry_from, with_ways_back

MOST = 50  # entries of a page


@dataclass(frozen=True)
class HistoryPage:
    """What changed in one thing. restoration: of the entry that is to be set back, if one is."""

    subject: Subject
    of: str
    days: tuple[Day, ...]
    older_href: str | None
    newest_href: str | None
    changes_href: str | None
    restoration: Any = None

    @property
    def is_removed(self) -> bool:
        return self.subject.href is None and self.subject.kind != "settings"


def history_page(
    sight: Sight, subject: Subject, of: str = "", start: str = "", restoration: Any = None
) -> HistoryPage:
    """A fixed number of statements, whatever number of entries there is."""
    code = sight.organization.code
    said, after = page_of(sight, subject.scope, cursor(start), MOST)
    names = names_of(sight, said)
    address = _address(code, subject, of, start)
    chosen = restoration.key if restoration else ""
    rights = Rights(sight, names)
    entries = [(entry_from(one, names), rights.may(one)) for one in said]
    known = [(entry, may) for entry, may in entries if entry is not None]
    return HistoryPage(
        subject=subject,
        of=of,
        days=days_of(with_ways_back(known, address, chosen)),
        older_href=_href(code, subject, of, str(after)) if after else None,
        newest_href=_href(code, subject, of) if cursor(start) else None,
        changes_href=changes_href(code) if may_read_all(sight.access) else None,
        restoration=restoration,
    )


def _href(code: str, subject: Subject, of: str, before: str | None = None) -> str:
    return history_href(code, subject.kind, subject.code, of=of, before=before)


def _address(code: str, subject: Subject, of: str, start: str) -> str:
    """To which the entry that is to be set back is added."""
    href = _href(code, subject, of, start if cursor(start) else None)
    return f"{href}{'&' if '?' in href else '?'}"


# --- All that changed


@dataclass(frozen=True)
class Narrowing:
    """What the address asks for: codes of a person and a unit, a kind and a day."""

    by: str = ""
    kind: str = ""
    unit: str = ""
    day: str = ""

    @property
    def said(self) -> dict[str, str]:
        names = ("by", "kind", "unit", "day")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


@dataclass(frozen=True)
class ChangesPage:
    """problem: why what the address asks for cannot be shown."""

    asked: Narrowing
    days: tuple[Day, ...]
    person: Choice
    unit: Choice
    kinds: tuple[Option, ...]
    older_href: str | None
    newest_href: str | None
    all_href: str
    problems: dict[str, str]


def changes_page(sight: Sight, asked: Narrowing, start: str = "") -> ChangesPage:
    """The newest first; a fixed number of statements, whatever number of entries there is."""
    code = sight.organization.code
    scope, problems = _narrowed(sight, asked)
    said, after = ([], None) if problems else page_of(sight, scope, cursor(start), MOST)
    names = names_of(sight, said)
    older = changes_href(code, **asked.said, before=str(after)) if after else None
    return ChangesPage(
        asked=asked,
        days=days_of(_entries(said, names)),
        person=_people(sight, asked, problems),
        unit=_units(sight, asked, problems),
        kinds=tuple(Option(kind, KINDS[kind]) for kind in KINDS if may_read(sight, kind)),
        older_href=older,
        newest_href=changes_href(code, **asked.said) if cursor(start) else None,
        all_href=changes_href(code),
        problems=problems,
    )


def _entries(said: Sequence[Said], names: Names) -> list[Entry]:
    """Entries that lead to the history of their thing, where they are set back."""
    entries = (entry_from(one, names) for one in said)
    return [entry for entry in entries if entry is not None]


def _narrowed(sight: Sight, asked: Narrowing) -> tuple[Scope, dict[str, str]]:
    """The rows that are asked for, and what cannot be asked."""
    problems: dict[str, str] = {}
    about = Q()
    if asked.by:
        about &= _by(sight, asked.by, problems)
    if asked.day:
        about &= _of_day(sight, asked.day, problems)
    within = None
    if asked.unit:
        node = sight.unit(asked.unit)
        within = sight.beneath(node.id) if node else set()
        if node is None:
            problems["unit"] = "There is no such unit that you may see; choose another."
    parts = parts_of(asked.kind) if asked.kind in KINDS else tuple(PARTS.values())
    scope = [(part, sight.of(part, within) & about) for part in parts]
    return scope, problems


def _by(sight: Sight, code: str, problems: dict[str, str]) -> Q:
    if code == SYSTEM:
        return Q(history_user=None)
    people = Person.objects.filter(organization=sight.organization, code=code.replace("\x00", ""))
    users = set(people.exclude(user=None).values_list("user_id", flat=True))
    if not users:
        problems["by"] = "There is nobody with this code who signs in; choose somebody else."
    return Q(history_user_id__in=users)


def _of_day(sight: Sight, text: str, problems: dict[str, str]) -> Q:
    """All of the day at the organization's place."""
    try:
        day = dt.date.fromisoformat(text)
        zone = zoneinfo.ZoneInfo(sight.organization.time_zone)
        first = dt.datetime.combine(day, dt.time(), zone)
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    except (ValueError, OverflowError):
        problems["day"] = "Write a day, such as 2026-03-31."
        return Q()
    return Q(history_date__gte=first, history_date__lt=end)


SYSTEM = "system"  # stands for changes that nobody signed in made


def _people(sight: Sight, asked: Narrowing, problems: dict[str, str]) -> Choice:
    people = Person.objects.live().filter(organization=sight.organization)
    options, is_long = person_options(people.exclude(user=None))
    options = (*options, Option(SYSTEM, "The system and commands"))
    return Choice(
        *("by", "Who", asked.by, options, is_long),
        problem=problems.get("by", ""),
        nothing="Anybody",
        suggest_href=changes_href(sight.organization.code, suggest="by"),
    )


def _units(sight: Sight, asked: Narrowing, problems: dict[str, str]) -> Choice:
    tree = sight.access.tree
    units = [(node, depth) for node, depth in tree.depth_first() if sight.access.sees(node.id)]
    options, is_long = unit_options(units)
    return Choice(
        *("unit", "Unit and beneath", asked.unit, options, is_long),
        problem=problems.get("unit", ""),
        nothing="All units",
        suggest_href=changes_href(sight.organization.code, suggest="unit"),
    )
