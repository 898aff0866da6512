"""The page on which something is published: its public addresses, and a new one's form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calculations.periods import Frequency, InvalidPeriod, Period
from kpis.models import KPI
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import PublicLink
from scorecards.models.public_link import PublicLinkQuerySet
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link
from scorecards.selectors.viewing import default_period

from .board import public_board
from .chart import public_chart
from .links import LAST, LinkRow, link_rows

DEFAULT_DAYS, DEFAULT_SMALLEST = 90, 5
FIXED = "fixed"


@dataclass(frozen=True)
class Asked:
    """What was typed, and what is wrong with it."""

    typed: Mapping[str, str] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str) -> str:
        return default if self.typed is None else self.typed.get(name, default)


@dataclass(frozen=True)
class SharingPage:
    """what: "board", "chart" or "strategy map"; title: of what is published."""

    what: str
    title: str
    tells: str
    home_href: str
    rows: tuple[LinkRow, ...]
    fields: tuple[FormField, ...]
    problem: str
    has_problems: bool
    breadcrumbs: tuple[Link, ...]


def board_sharing(access: Access, node: UnitNode, asked: Asked, site: str) -> SharingPage:
    """site: an address of the site with {secret} in place of a secret."""
    return scorecard_sharing(
        access,
        node,
        asked,
        site,
        kind=PublicLink.Kind.BOARD,
        href=board_href(access.organization.code, node.code),
        tells="scores, figures and trends. It shows no names of people, no notes, no initiatives,",
    )


def scorecard_sharing(
    access: Access, node: UnitNode, asked: Asked, site: str, *, kind: str, href: str, tells: str
) -> SharingPage:
    """Of what is shown of the unit's scorecard in a period. href: of its page."""
    usual = default_period(access.organization).frequency
    latest = tuple(Option(each, _last(each)) for each in access.organization.frequencies)
    hint = "Such as 2026-Q1; only where it is always the same."
    shows = (*latest, Option(FIXED, "Always the same period"))
    return SharingPage(
        what=PublicLink.Kind(kind).label.lower(),
        title=node.name,
        tells=tells,
        home_href=href,
        rows=_rows(access, PublicLink.objects.showing(kind, node.id), site),
        fields=_fields(asked, str(usual), shows, hint),
        problem=asked.problems.get("", ""),
        has_problems=bool(asked.problems),
        breadcrumbs=(Link(node.name, href), Link("Share", None)),
    )


def chart_sharing(access: Access, node: UnitNode, kpi: KPI, asked: Asked, site: str) -> SharingPage:
    """Of the KPI at the unit; site: as for a board."""
    frequency = Frequency(kpi.frequency)
    shows = (
        Option("latest", f"The latest {PLURALS[frequency]}"),
        Option(FIXED, f"Always up to the same {_noun(frequency)}"),
    )
    label = access.organization.calendar.label(last_over(access, frequency))
    href = kpi_href(access.organization.code, kpi.code, node.code)
    return SharingPage(
        what="chart",
        title=f"{kpi.name} at {node.name}",
        tells="values, targets and statuses. It shows no names of people, no notes, no formula,",
        home_href=href,
        rows=_rows(
            access, PublicLink.objects.showing(PublicLink.Kind.CHART, node.id, kpi.pk), site
        ),
        fields=_fields(
            asked, "latest", shows, f"Such as {label}; only where it always ends there."
        ),
        problem=asked.problems.get("", ""),
        has_problems=bool(asked.problems),
        breadcrumbs=(Link(f"{kpi.name} at {node.name}", href), Link("Share", None)),
    )


def _last(frequency: Frequency) -> str:
    return LAST[frequency][:1].upper() + LAST[frequency][1:]


def _noun(frequency: Frequency) -> str:
    return "half-year" if frequency == Frequency.HALF else frequency.value


def last_over(access: Access, frequency: Frequency) -> Period:
    calendar = access.organization.calendar
    return calendar.shift(calendar.period(frequency, access.organization.today()), -1)


def _rows(access: Access, links: PublicLinkQuerySet, site: str) -> tuple[LinkRow, ...]:
    links = links.in_force().select_related("organization", "unit", "kpi", "created_by")
    return link_rows(access, links.order_by("-created_at", "-pk"), site)


def _fields(
    asked: Asked, usual: str, shows: tuple[Option, ...], hint: str
) -> tuple[FormField, ...]:
    small = "Smaller counts are hidden, and what they could be computed from. 0 hides none."
    days = str(DEFAULT_DAYS)
    return (
        _field("shows", "Shows", "", "select", 20, asked, usual, shows),
        _field("period", "Period", hint, "text", 20, asked, ""),
        _field("smallest", "Smallest count shown", small, "whole", 3, asked, str(DEFAULT_SMALLEST)),
        _field("days", "Days until it ends", "From 1 to 365.", "whole", 3, asked, days),
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


# --- What is asked for


def board_period(
    access: Access, node: UnitNode, shows: str, text: str
) -> tuple[Frequency, Period | None]:
    """Which periods the address of a board, or of its map, shall show. Raises InvalidPeriod.

    A period in which the unit has no board is refused: its address would answer 404 for good.
    """
    frequencies = access.organization.frequencies
    if shows != FIXED:
        if shows not in frequencies:
            raise InvalidPeriod("Choose what the address shows")
        return Frequency(shows), None
    period = access.organization.calendar.parse_label(text.strip())
    if period.frequency not in frequencies:
        named = ", ".join(frequencies)
        raise InvalidPeriod(f"Boards are reported by {named}: write such a period")
    label = _begun(access, period)
    about = {"kind": PublicLink.Kind.BOARD, "frequency": period.frequency}
    if public_board(_tried(access, node, period, **about)) is None:
        raise InvalidPeriod(f"{node.name} has no scorecard that holds in {label}")
    return period.frequency, period


def chart_period(access: Access, node: UnitNode, kpi: KPI, shows: str, text: str) -> Period | None:
    """Where a chart's address shall end; None: at the latest period. Raises InvalidPeriod.

    A period up to which there is no value is refused: its chart would stay empty.
    """
    if shows == "latest":
        return None
    if shows != FIXED:
        raise InvalidPeriod("Choose what the address shows")
    period = access.organization.calendar.parse_label(text.strip())
    if period.frequency != kpi.frequency:
        raise InvalidPeriod(
            f"“{kpi}” is measured by the {_noun(Frequency(kpi.frequency))}: write one"
        )
    label = _begun(access, period)
    about = {"kind": PublicLink.Kind.CHART, "frequency": period.frequency, "kpi": kpi}
    chart = public_chart(_tried(access, node, period, **about))
    if chart is None or chart.latest is None:
        raise InvalidPeriod(f"“{kpi}” has no value at {node.name} that a chart up to {label} shows")
    return period


def _begun(access: Access, period: Period) -> str:
    """The period's label. Raises InvalidPeriod where it is still to come."""
    label: str = access.organization.calendar.label(period)
    if period.start > access.organization.today():
        raise InvalidPeriod(f"{label} has not begun")
    return label


def _tried(access: Access, node: UnitNode, period: Period, **about: Any) -> PublicLink:
    """An address that is not kept, to see what it would show."""
    return PublicLink(
        organization=access.organization,
        unit_id=node.id,
        period_start=period.start,
        smallest=0,
        **about,
    )
