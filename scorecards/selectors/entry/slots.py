"""The own periods of KPIs that values are entered for: since when each is due, and what bars it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from calculations.periods import Calendar, Frequency, Period
from kpis.models import Assignment
from kpis.selectors.entering import ROLLED_UP, Follows, days_beneath, follows
from organizations.access import Access
from organizations.models import ClosedPeriod
from organizations.selectors import closings

# How many periods are shown at once.
LENGTHS = {"day": 14, "week": 12, "month": 12, "quarter": 8, "half": 6, "year": 5}
SEPARATOR = "."


@dataclass(frozen=True)
class Column:
    """A period with what every KPI of its frequency needs to know of it."""

    period: Period
    end: dt.date
    label: str


@dataclass(frozen=True)
class Slot:
    """One period of a KPI at a unit.

    due_on: from which day on the value is owed; is_measured: whether the KPI is measured there
    then, and the period has begun; closing: what closes it.
    """

    assignment: Assignment
    column: Column
    due_on: dt.date
    is_measured: bool
    follows: Follows
    closing: ClosedPeriod | None

    @property
    def label(self) -> str:
        return self.column.label

    @property
    def start(self) -> dt.date:
        return self.column.period.start

    @property
    def key(self) -> tuple[int, dt.date]:
        """Assignment id and start, as values are keyed."""
        return self.assignment.pk, self.start

    @property
    def name(self) -> str:
        """Of the form's field."""
        codes = self.assignment.unit.code, self.assignment.kpi.code
        return SEPARATOR.join((*codes, self.start.isoformat()))

    @property
    def is_entered(self) -> bool:
        """Whether somebody is to give its value."""
        return self.is_measured and not self.follows and self.closing is None


class Slots:
    """Makes slots of assignments that have their KPIs and units at hand, by two statements."""

    def __init__(self, access: Access, assignments: Sequence[Assignment]) -> None:
        self.access = access
        self.calendar: Calendar = access.organization.calendar
        self.today = access.organization.today()
        self._closings = closings(access.organization)
        self._beneath = days_beneath(
            access, {a.kpi_id for a in assignments if a.kpi.unit_rule in ROLLED_UP}
        )
        self._columns: dict[tuple[str, dt.date], list[Column]] = {}

    def columns(self, frequency: str, until: dt.date) -> list[Column]:
        """The periods that are shown, oldest first, the one around the day last."""
        known = self._columns.get((frequency, until))
        if known is None:
            last = self.calendar.period(Frequency(frequency), until)
            shown = [self.calendar.shift(last, n) for n in range(1 - LENGTHS[frequency], 1)]
            known = self._columns[frequency, until] = [self.column(period) for period in shown]
        return known

    def column(self, period: Period) -> Column:
        return Column(period, self.calendar.end(period), self.calendar.label(period))

    def of(self, assignment: Assignment, until: dt.date | None = None) -> list[Slot]:
        """The assignment's slots, oldest first; until: a day, today by default."""
        columns = self.columns(assignment.kpi.frequency, until or self.today)
        return [self.slot(assignment, column) for column in columns]

    def slot(self, assignment: Assignment, column: Column) -> Slot:
        kpi, start, end = assignment.kpi, column.period.start, column.end
        is_assigned = (not assignment.starts_on or end > assignment.starts_on) and (
            not assignment.ends_on or start < assignment.ends_on
        )
        beneath = self._beneath.get((kpi.pk, assignment.unit_id), ())
        return Slot(
            assignment=assignment,
            column=column,
            due_on=end + dt.timedelta(days=kpi.grace_days),
            is_measured=is_assigned and start <= self.today,
            follows=follows(bool(kpi.formula), assignment.own_values, beneath, start, end),
            closing=self._closing(assignment, column.period),
        )

    def _closing(self, assignment: Assignment, period: Period) -> ClosedPeriod | None:
        if not self._closings:
            return None
        return self._closings.covering(self.access.tree.line(assignment.unit_id), period)
