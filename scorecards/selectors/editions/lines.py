"""A scorecard's editions as people read them: since when, by whom, what changed."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from django.db.models import Q

from organizations.models import Organization
from scorecards.models import Edition, EditionContent, Scorecard

from .changes import Names, edition_changes

MOST_SUPERSEDED = 50


@dataclass(frozen=True)
class EditionLine:
    label: str  # of the period from which it is valid
    state: str  # "valid now", "to come", "until 2026-04", "superseded 2026-05-04 12:00"
    published_text: str
    by: str
    is_first: bool
    changes: tuple[str, ...]  # against the one before


@dataclass(frozen=True)
class KnownEdition:
    edition: Edition
    content: EditionContent


def known_editions(scorecard: Scorecard) -> list[KnownEdition]:
    """The current editions and the last superseded ones, by their start, by one statement.

    An end says nothing of the structure, and is none of them.
    """
    superseded = scorecard.editions.exclude(superseded_at=None).order_by("-pk")
    wanted = Q(superseded_at=None) | Q(pk__in=superseded.values("pk")[:MOST_SUPERSEDED])
    rows = scorecard.editions.filter(wanted, is_end=False).select_related("created_by")
    return [
        KnownEdition(row, msgspec.convert(row.content, EditionContent))
        for row in rows.order_by("valid_from", "pk")
    ]


def current_of(known: Iterable[KnownEdition]) -> list[KnownEdition]:
    return [each for each in known if each.edition.superseded_at is None]


def current_lines(
    organization: Organization, known: Sequence[KnownEdition], names: Names
) -> tuple[EditionLine, ...]:
    """The editions that hold, the latest first."""
    current, today = current_of(known), organization.today()
    begun = [each for each in current if each.edition.valid_from <= today]
    lines = []
    for before, each in zip([None, *current], current, strict=False):
        is_valid = bool(begun) and each is begun[-1]
        is_to_come = each.edition.valid_from > today
        state = "valid now" if is_valid else "to come" if is_to_come else ""
        lines.append(_line(organization, before, each, names, state))
    return tuple(reversed(lines))


def superseded_lines(
    organization: Organization, known: Sequence[KnownEdition], names: Names
) -> tuple[EditionLine, ...]:
    """The editions that were replaced, the last replaced first."""
    gone = [each for each in known if each.edition.superseded_at is not None]
    gone.sort(key=lambda each: (each.edition.superseded_at, each.edition.pk), reverse=True)
    return tuple(
        _line(
            organization,
            _before_then(known, each.edition),
            each,
            names,
            f"replaced {moment_text(organization, each.edition.superseded_at)}",
        )
        for each in gone
    )


def _before_then(known: Sequence[KnownEdition], edition: Edition) -> KnownEdition | None:
    """The edition that came before this one when this one was published."""
    alive = [
        each
        for each in known
        if each.edition.pk < edition.pk
        and each.edition.valid_from < edition.valid_from
        and (each.edition.superseded_at or edition.created_at) >= edition.created_at
    ]
    return alive[-1] if alive else None


def _line(
    organization: Organization,
    before: KnownEdition | None,
    each: KnownEdition,
    names: Names,
    state: str,
) -> EditionLine:
    return EditionLine(
        label=start_label(organization, each.edition.valid_from),
        state=state,
        published_text=moment_text(organization, each.edition.created_at),
        by=str(each.edition.created_by or ""),
        is_first=before is None,
        changes=edition_changes(before.content, each.content, names) if before else (),
    )


def start_label(organization: Organization, day: dt.date) -> str:
    """The period of the shortest reporting frequency that begins, or contains, that day."""
    calendar = organization.calendar
    return calendar.label(calendar.period(organization.frequencies[0], day))


def moment_text(organization: Organization, moment: dt.datetime | None) -> str:
    """A moment at the organization's place; "" for none."""
    zone = zoneinfo.ZoneInfo(organization.time_zone)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
