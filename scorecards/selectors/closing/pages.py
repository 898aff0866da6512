"""The page on which periods of a unit are closed: their states, and what a closing would keep."""

import datetime as dt
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass

from calculations.periods import Frequency, Period
from organizations.access import Access
from organizations.models import ClosedPeriod, Organization
from organizations.selectors import Closings, UnitNode, closings
from scorecards.links import board_href, closing_href
from scorecards.selectors.viewing import NOUNS

from .preview import Preview, closing_preview

# How many periods of each frequency are offered; older ones can be named in the address.
OFFERED = {"day": 14, "week": 8, "month": 6, "quarter": 6, "half": 4, "year": 3}


@dataclass(frozen=True)
class PastClosing:
    """A closing of this very period and unit, in words."""

    closed_text: str  # "closed 2026-04-12 by Alice"
    note: str
    reopened_text: str = ""  # "opened again 2026-04-20 by Alice: a late invoice"


@dataclass(frozen=True)
class PeriodLine:
    label: str
    state: str  # open, closed, covered
    state_text: str
    href: str  # chooses the period on this page
    board_href: str
    is_chosen: bool
    past: tuple[PastClosing, ...] = ()


@dataclass(frozen=True)
class FrequencyBlock:
    name: str
    lines: tuple[PeriodLine, ...]


@dataclass(frozen=True)
class ClosingPage:
    unit_name: str
    blocks: tuple[FrequencyBlock, ...]
    chosen: PeriodLine | None
    preview: Preview | None  # of a chosen period that is open


def closing_page(access: Access, unit: UnitNode, chosen: Period | None) -> ClosingPage:
    """Every period that could be closed, the chosen one with what its closing would keep."""
    organization = access.organization
    standing = closings(organization)
    past = _past(organization, unit)
    frequencies = [*organization.frequencies]
    if chosen and chosen.frequency not in frequencies:
        frequencies.append(chosen.frequency)
    blocks = tuple(
        FrequencyBlock(
            NOUNS[frequency],
            tuple(
                _line(access, unit, period, standing, past, is_chosen=period == chosen)
                for period in _offered(organization, frequency, chosen)
            ),
        )
        for frequency in frequencies
    )
    lines = [line for block in blocks for line in block.lines if line.is_chosen]
    line = lines[0] if lines else None
    is_open = chosen is not None and line is not None and line.state == "open"
    return ClosingPage(
        unit_name=unit.name,
        blocks=blocks,
        chosen=line,
        preview=closing_preview(access, unit, chosen) if is_open and chosen else None,
    )


def _offered(
    organization: Organization, frequency: Frequency, chosen: Period | None
) -> list[Period]:
    """The latest periods that are over, newest first, and the chosen one."""
    calendar = organization.calendar
    running = calendar.period(frequency, organization.today())
    offered = [calendar.shift(running, -n) for n in range(1, OFFERED[frequency] + 1)]
    if chosen and chosen.frequency == frequency and chosen not in offered:
        offered.append(chosen)
    return offered


def _line(
    access: Access,
    unit: UnitNode,
    period: Period,
    standing: Closings,
    past: dict[Period, list[ClosedPeriod]],
    *,
    is_chosen: bool,
) -> PeriodLine:
    organization = access.organization
    label = organization.calendar.label(period)
    closing = standing.covering(access.tree.line(unit.id), period)
    state, text = _state(access, unit, period, closing)
    return PeriodLine(
        label=label,
        state=state,
        state_text=text,
        href=closing_href(organization.code, unit.code, label),
        board_href=board_href(organization.code, unit.code, label)
        if period.frequency in organization.frequencies
        else "",
        is_chosen=is_chosen,
        past=tuple(_past_closing(organization, each) for each in past.get(period, ())),
    )


def _state(
    access: Access, unit: UnitNode, period: Period, closing: ClosedPeriod | None
) -> tuple[str, str]:
    if closing is None:
        return "open", "open"
    told = _told(access.organization, closing.closed_at, closing.closed_by)
    if closing.unit_id == unit.id and closing.period == period:
        return "closed", f"closed {told}"
    name = access.told_above(closing.unit_id)
    label = access.organization.calendar.label(closing.period)
    return "covered", f"closed with {label} of {name}, {told}"


def _told(organization: Organization, at: dt.datetime, by: object) -> str:
    local = at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    return f"{local:%Y-%m-%d} by {by or 'the system'}"


def _past(organization: Organization, unit: UnitNode) -> dict[Period, list[ClosedPeriod]]:
    """By period, all closings of the unit itself, those that were opened again too."""
    found: dict[Period, list[ClosedPeriod]] = defaultdict(list)
    rows = ClosedPeriod.objects.filter(organization=organization, unit_id=unit.id)
    for closing in rows.select_related("closed_by", "reopened_by").order_by("closed_at", "pk"):
        found[closing.period].append(closing)
    return found


def _past_closing(organization: Organization, closing: ClosedPeriod) -> PastClosing:
    reopened = ""
    if closing.reopened_at is not None:
        told = _told(organization, closing.reopened_at, closing.reopened_by)
        reopened = f"opened again {told}: {closing.reopening_reason}"
    return PastClosing(
        closed_text=f"closed {_told(organization, closing.closed_at, closing.closed_by)}",
        note=closing.note,
        reopened_text=reopened,
    )
