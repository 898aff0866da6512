"""The page on which a board is published: its public addresses, and the form of a new one."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field

from calculations.periods import Frequency, InvalidPeriod, Period
from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import PublicLink
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link
from scorecards.selectors.viewing import default_period

DEFAULT_DAYS, DEFAULT_SMALLEST = 90, 5
LATEST = {
    Frequency.MONTH: "The last month that is over",
    Frequency.QUARTER: "The last quarter that is over",
    Frequency.YEAR: "The last year that is over",
    Frequency.HALF: "The last half-year that is over",
    Frequency.WEEK: "The last week that is over",
    Frequency.DAY: "Yesterday",
}


@dataclass(frozen=True)
class Asked:
    """What was typed, what is wrong with it, and which address is to be revoked."""

    typed: Mapping[str, str] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    revokes: str = ""

    def text(self, name: str, default: str) -> str:
        return default if self.typed is None else self.typed.get(name, default)


@dataclass(frozen=True)
class LinkRow:
    """A public address; url: "" where it cannot be told any more. key: what the page calls it."""

    key: str
    url: str
    shows: str
    smallest: int
    by: str
    since: str
    until: str


@dataclass(frozen=True)
class SharingPage:
    unit_name: str
    board_href: str
    rows: tuple[LinkRow, ...]
    fields: tuple[FormField, ...]
    revoking: LinkRow | None
    problem: str
    has_problems: bool
    breadcrumbs: tuple[Link, ...]


def may_publish(access: Access, node: UnitNode) -> bool:
    """Managers of the unit; nobody a person's own."""
    return not node.is_individual and access.can(Action.EDIT_STRUCTURE, node.id)


def sharing_page(access: Access, node: UnitNode, asked: Asked, site: str) -> SharingPage:
    """site: what stands before the path of a public address."""
    links = list(
        PublicLink.objects.in_force()
        .filter(unit_id=node.id)
        .select_related("organization", "created_by")
        .order_by("-created_at", "-pk")
    )
    people = Person.objects.filter(
        organization=access.organization, user_id__in={link.created_by_id for link in links}
    )
    names = {person.user_id: person.name for person in people.order_by("pk")}
    rows = tuple(_row(access, link, names, site) for link in links)
    href = board_href(access.organization.code, node.code)
    return SharingPage(
        unit_name=node.name,
        board_href=href,
        rows=rows,
        fields=_fields(access, asked),
        revoking=next((row for row in rows if row.key == asked.revokes), None),
        problem=asked.problems.get("", ""),
        has_problems=bool(asked.problems),
        breadcrumbs=(Link(node.name, href), Link("Share", None)),
    )


def standing_link(node: UnitNode, key: str) -> PublicLink | None:
    """The unit's address that the page calls so."""
    links = PublicLink.objects.in_force().filter(unit_id=node.id)
    return next((link for link in links if link_key(link) == key), None)


def link_key(link: PublicLink) -> str:
    """A name for forms, which tells nothing of the address."""
    return link.digest[:12]


def _row(access: Access, link: PublicLink, names: Mapping[int | None, str], site: str) -> LinkRow:
    zone = zoneinfo.ZoneInfo(access.organization.time_zone)
    since, until = (
        f"{moment.astimezone(zone):%Y-%m-%d}" for moment in (link.created_at, link.expires_at)
    )
    secret = link.secret
    return LinkRow(
        key=link_key(link),
        url=site.format(secret=secret) if secret else "",
        shows=_shows(access, link),
        smallest=link.smallest,
        by=names.get(link.created_by_id) or str(link.created_by or "The system"),
        since=since,
        until=until,
    )


def _shows(access: Access, link: PublicLink) -> str:
    if link.period_start is None:
        return LATEST[Frequency(link.frequency)]
    return access.organization.calendar.label(link.period(access.organization.today()))


def _fields(access: Access, asked: Asked) -> tuple[FormField, ...]:
    usual = default_period(access.organization).frequency
    latest = tuple(Option(each, LATEST[each]) for each in access.organization.frequencies)
    fixed = Option("fixed", "Always the same period")
    hint = "Such as 2026-Q1; only where it is always the same."
    small = "Smaller counts are hidden, and what they could be computed from. 0 hides none."
    return (
        _field("shows", "Shows", "", "select", 20, asked, str(usual), (*latest, fixed)),
        _field("period", "Period", hint, "text", 20, asked, ""),
        _field("smallest", "Smallest count shown", small, "whole", 3, asked, str(DEFAULT_SMALLEST)),
        _field(
            "days", "Days until it ends", "From 1 to 365.", "whole", 3, asked, str(DEFAULT_DAYS)
        ),
    )


def _field(
    name: str,
    label: str,
    hint: str,
    kind: str,
    most: int,
    asked: Asked,
    default: str,
    options: tuple[Option, ...] = (),
) -> FormField:
    text = asked.text(name, default)
    problem = asked.problems.get(name, "")
    return FormField(name, label, hint, kind, most, text, problem, options=options)


def shown_period(access: Access, shows: str, text: str) -> tuple[Frequency, Period | None]:
    """What the form asks to show. Raises InvalidPeriod."""
    frequencies = access.organization.frequencies
    if shows != "fixed":
        if shows not in frequencies:
            raise InvalidPeriod("Choose what the address shows")
        return Frequency(shows), None
    period = access.organization.calendar.parse_label(text.strip())
    if period.frequency not in frequencies:
        named = ", ".join(frequencies)
        raise InvalidPeriod(f"Boards are reported by {named}: write such a period")
    return period.frequency, period
