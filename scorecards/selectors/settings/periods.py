"""Which stored data holds on to the periods as they are."""

import calendar as months
import datetime as dt
from collections.abc import Collection, Iterator

from calculations.periods import Calendar, Frequency, Period
from kpis.models import Measurement, MeasurementRevision, Target, TargetRevision
from organizations.models import ClosedPeriod, Organization
from scorecards.models import Assessment, ReportedSheet

# Their first days follow from the fiscal year's first month.
FISCAL = (Frequency.QUARTER, Frequency.HALF, Frequency.YEAR)
NOUNS = {
    "day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "half": "half-years",
    "year": "years",
}  # fmt: skip


def required_by_data(organization: Organization, calendar: Calendar) -> str:
    """Why the other calendar would leave stored data without its period; "" where it would not.

    What was said before counts, too: pages tell it as of a moment.
    """
    for what, period in _fiscal_periods(organization):
        if calendar.period(period.frequency, period.start) != period:
            label = organization.calendar.label(period)
            began = months.month_name[organization.fiscal_month]
            return (
                f"There are {what} for {label}, a period that would not exist any more. Keep"
                f" {began}, or choose a month that leaves the {NOUNS[period.frequency]} where they"
                " are."
            )
    return ""


def _fiscal_periods(organization: Organization) -> Iterator[tuple[str, Period]]:
    """What is stored by quarter, half-year or year, each period once; five statements at most."""
    frequency = "assignment__kpi__frequency"
    of_kpi = {"organization": organization, f"{frequency}__in": FISCAL}
    said = Assessment.objects.filter(organization=organization, frequency__in=FISCAL)
    revisions = MeasurementRevision.objects.filter(**of_kpi)
    sources = (
        ("values", Measurement.objects.filter(**of_kpi).values_list(frequency, "period_start")),
        ("values", revisions.values_list(frequency, "period_start")),
        ("targets", Target.objects.filter(**of_kpi).values_list(frequency, "valid_from")),
        ("targets", TargetRevision.objects.filter(**of_kpi).values_list(frequency, "valid_from")),
        ("assessments", said.values_list("frequency", "period_start")),
    )
    for what, rows in sources:
        for name, start in rows.order_by().distinct():
            yield what, Period(Frequency(name), start)


def required_by_reports(organization: Organization, calendar: Calendar) -> str:
    """Why closed periods need the calendar as it is: their reports name them; "" where not."""
    for closing in ClosedPeriod.objects.standing().filter(organization=organization):
        label = organization.calendar.label(closing.period)
        other = calendar.label(calendar.period(closing.period.frequency, closing.period_start))
        if label != other:
            return (
                f"{label} is closed, and its report calls it so. Keep the fiscal year as it is, or"
                " have the period opened again first."
            )
    return ""


def reported_in(organization: Organization, frequencies: Collection[str]) -> str:
    """Why a frequency cannot be left out: something was reported in it; "" where nothing was."""
    of_these = {"organization": organization, "frequency__in": frequencies}
    closed = ClosedPeriod.objects.standing().filter(**of_these)
    reported = ReportedSheet.objects.standing().filter(**of_these)
    for rows in (closed, reported):
        found: tuple[str, dt.date] | None = (
            rows.order_by("-period_start").values_list("frequency", "period_start").first()
        )
        if found:
            period = Period(Frequency(found[0]), found[1])
            return (
                f"Keep {NOUNS[period.frequency]}: {organization.calendar.label(period)} is closed,"
                " and was reported. Have it opened again first."
            )
    return ""
