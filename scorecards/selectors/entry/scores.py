"""The scores above the values that are entered: from the corporate scorecard down to the unit's."""

from dataclasses import dataclass

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import entry_href
from scorecards.selectors.boards.overview import unit_lines
from scorecards.selectors.boards.shapes import UnitLine
from scorecards.selectors.viewing import Viewing, default_period


@dataclass(frozen=True)
class LineScores:
    """The line of sight in one period."""

    period: str
    units: tuple[UnitLine, ...]
    href: str  # where the same scores are told again
    is_stale: bool


def line_scores(access: Access, unit: UnitNode, day: str = "") -> LineScores:
    """Scores of the unit and of those above, as far as the reader sees them.

    day: an ISO date in the reporting period; without one, of the last period that is over.
    """
    period = _period_around(access, day)
    calendar = access.organization.calendar
    line = ((node, depth) for depth, node in enumerate(access.tree.line(unit.id)))
    units = unit_lines(access, Viewing(calendar, period), line)
    return LineScores(
        period=calendar.label(period),
        units=tuple(line for line in units if line.href),
        href=entry_href(access.organization.code, unit.code, scores=period.start.isoformat()),
        is_stale=any(line.is_stale for line in units if line.href),
    )


def _period_around(access: Access, day: str) -> Period:
    organization = access.organization
    usual = default_period(organization)
    try:
        period = organization.calendar.parse(day, usual.frequency)
    except InvalidPeriod:
        return usual
    return period if period.start <= organization.today() else usual
