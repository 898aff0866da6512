"""Public addresses: found by their secret, by whom they are seen, and what is said of them."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calculations.periods import Frequency
from kpis.models import KPI
from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import UnitNode
from scorecards.links import chart_sharing_href, sharing_href
from scorecards.models import PublicLink
from scorecards.models.public_link import PublicLinkQuerySet, secret_digest

from .kinds import joined_public

KEY_LENGTH = 12
MOST_ROWS = 200
LAST = {
    Frequency.MONTH: "the last month that is over",
    Frequency.QUARTER: "the last quarter that is over",
    Frequency.YEAR: "the last year that is over",
    Frequency.HALF: "the last half-year that is over",
    Frequency.WEEK: "the last week that is over",
    Frequency.DAY: "yesterday",
}


@dataclass(frozen=True)
class LinkRow:
    """A public address; url: "" where it cannot be told any more. key: what pages call it."""

    key: str
    what: str  # "Board of Sales", "Revenue at Sales"
    href: str  # where it was published
    url: str
    shows: str
    smallest: int
    by: str
    since: str
    until: str


@dataclass(frozen=True)
class LinksPage:
    """The addresses that the reader may revoke, those that end first on top."""

    rows: tuple[LinkRow, ...]
    has_more: bool
    sees_all: bool


def link_of(secret: str) -> PublicLink | None:
    """The link of that address, unless it is unknown, expired or revoked."""
    links = PublicLink.objects.in_force().select_related("organization", "kpi")
    return links.filter(digest=secret_digest(secret)).first()


def anybody(link: PublicLink) -> Access:
    """The unit and what is beneath, read by nobody in particular."""
    return Access(
        organization=link.organization,
        roles={},
        is_unbound=True,
        limit_id=link.unit_id,
        actions=frozenset({Action.READ}),
    )


# --- Those who publish


def may_publish(access: Access, node: UnitNode) -> bool:
    """Managers of the unit; nobody what belongs to a person."""
    return not node.is_individual and access.can(Action.EDIT_STRUCTURE, node.id)


def managed_links(access: Access) -> PublicLinkQuerySet:
    """All addresses, revoked and ended ones too, of what the reader may publish."""
    units = [node.id for node in access.tree.by_id.values() if may_publish(access, node)]
    links: PublicLinkQuerySet = PublicLink.objects.filter(
        organization=access.organization, unit_id__in=units
    )
    return links.select_related("organization", "unit", "kpi", "created_by")


def managed_link(access: Access, key: str) -> PublicLink | None:
    """The address that pages call so."""
    if len(key) != KEY_LENGTH or not key.isalnum():
        return None
    return managed_links(access).filter(digest__startswith=key).first()


def link_key(link: PublicLink) -> str:
    """A name for pages, which tells nothing of the address."""
    return link.digest[:KEY_LENGTH]


def links_page(access: Access, site: str) -> LinksPage:
    """site: an address of the site with {secret} in place of a secret."""
    links = managed_links(access).in_force().order_by("expires_at", "pk")[: MOST_ROWS + 1]
    rows = link_rows(access, links, site)
    roots = access.tree.children(None)
    sees_all = all(access.can(Action.EDIT_STRUCTURE, node.id) for node in roots)
    return LinksPage(rows[:MOST_ROWS], len(rows) > MOST_ROWS, sees_all)


def link_rows(access: Access, links: Iterable[PublicLink], site: str) -> tuple[LinkRow, ...]:
    """As managers read them, by one statement more."""
    links = list(links)
    people = Person.objects.filter(
        organization=access.organization, user_id__in={link.created_by_id for link in links}
    )
    names = {person.user_id: person.name for person in people.order_by("pk")}
    return tuple(_row(access, link, names, site) for link in links)


def _row(access: Access, link: PublicLink, names: Mapping[int | None, str], site: str) -> LinkRow:
    return LinkRow(
        key=link_key(link),
        what=what_of(link),
        href=home_href(access, link.unit.code, link.kpi, link.kind),
        url=address_of(link, site),
        shows=_shows(access, link),
        smallest=link.smallest,
        by=names.get(link.created_by_id) or str(link.created_by or "the system"),
        since=day_text(access, link.created_at),
        until=day_text(access, link.expires_at),
    )


def what_of(link: PublicLink) -> str:
    """What managers call it: "Board of Sales", "Revenue at Sales"."""
    if link.kpi is not None:
        return f"{link.kpi} at {link.unit}"
    return f"{link.get_kind_display()} of {link.unit}"


def address_of(link: PublicLink, site: str) -> str:
    """What everybody may open; "" where the site has lost the key that made it."""
    secret = link.secret
    return site.format(secret=secret) if secret else ""


def _shows(access: Access, link: PublicLink) -> str:
    before = "Up to " if link.kpi else ""
    period = link.period(access.organization.today())
    if link.period_start is not None:
        return before + access.organization.calendar.label(period)
    last = before + LAST[period.frequency]
    return last[:1].upper() + last[1:]


def day_text(access: Access, moment: dt.datetime) -> str:
    """The day at the organization's place."""
    return f"{moment.astimezone(zoneinfo.ZoneInfo(access.organization.time_zone)):%Y-%m-%d}"


@dataclass(frozen=True)
class PublicSign:
    """That something is public; href: where that is ended."""

    until: str
    href: str


def public_sign(
    access: Access,
    node: UnitNode,
    kpi: KPI | None = None,
    kind: str = PublicLink.Kind.BOARD,
) -> PublicSign | None:
    """For those who may publish it, until when its last address works; kind: without a KPI."""
    if not may_publish(access, node):
        return None
    links = PublicLink.objects.in_force()
    if kpi is not None:
        links = links.showing(PublicLink.Kind.CHART, node.id, kpi.pk)
    else:
        links = links.showing(kind, node.id)
    last = links.order_by("-expires_at").values_list("expires_at", flat=True).first()
    if last is None:
        return None
    return PublicSign(day_text(access, last), home_href(access, node.code, kpi, kind))


def home_href(
    access: Access, unit: str, kpi: KPI | None = None, kind: str = PublicLink.Kind.BOARD
) -> str:
    """Where the chart of a KPI, or what is of the kind, is published."""
    if kpi is not None:
        return chart_sharing_href(access.organization.code, unit, kpi.code)
    joined = joined_public(kind)
    return (joined.home if joined else sharing_href)(access.organization.code, unit)
