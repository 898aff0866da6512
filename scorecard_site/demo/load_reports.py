"""Loading what was said about the figures: a closed quarter, its restatement, an assessment."""

from collections import defaultdict

import msgspec

from calculations.periods import Frequency
from kpis.services.process_changes import declare_process_change
from organizations.models import ClosedPeriod
from scorecards.models import Assessment, ReportedSheet, Scorecard
from scorecards.services.assessments import assess
from scorecards.services.closing import close_period

from .dates import CALENDAR, assessed_at, closed_at, closed_quarter, last_quarter
from .happenings import ASSESSMENT, CLOSING_NOTE, PROCESS_CHANGE
from .load_company import Company, morning, record_batch
from .recordings import Batch, Said


def load_assessment(loaded: Company) -> None:
    """A manager knows more of an objective than its figures tell yet."""
    unit, code, status, reason = ASSESSMENT
    said = assess(
        scorecard=Scorecard.objects.active().get(unit=loaded.units[unit]),
        node=Assessment.Node.OBJECTIVE,
        code=code,
        period=last_quarter(loaded.today),
        status=status,
        reason=reason,
        by=loaded.users["manager"],
    )
    said.said_at = assessed_at(loaded.now)
    said.save(update_fields=["said_at"])


def load_process_change(loaded: Company) -> None:
    """What was a signal is the usual since something was done differently."""
    place, months, note = PROCESS_CHANGE
    month = CALENDAR.shift(CALENDAR.period(Frequency.MONTH, loaded.today), -months)
    change = declare_process_change(
        assignment=loaded.assignments[place],
        day=month.start,
        note=note,
        by=loaded.users["administrator"],
    )
    change.declared_at = morning(CALENDAR.end(month), loaded.now)
    change.save(update_fields=["declared_at"])


def load_closing(loaded: Company) -> int:
    """Close the quarter that was reported, then restate it; returns how many boards were kept.

    All other values must be recorded: what was said of the quarter by then is what is reported.
    """
    closing = close_period(
        unit=loaded.units["corporate"],
        period=closed_quarter(loaded.today),
        by=loaded.users["administrator"],
        note=CLOSING_NOTE,
    )
    count = _date_back(loaded, closing)
    for batch in loaded.restatements:
        for reason, rows in _by_reason(batch).items():
            record_batch(loaded, batch._replace(rows=rows), reason)
    return count


def _date_back(loaded: Company, closing: ClosedPeriod) -> int:
    """The closing took place when the quarter was reported, not when it was loaded."""
    said, meant = closing.closed_at, closed_at(loaded.now)
    closing.closed_at = meant
    closing.save(update_fields=["closed_at"])
    sheets = list(ReportedSheet.objects.filter(closing=closing))
    for sheet in sheets:
        sheet.reported_at = meant
        sheet.content = sheet.content.replace(_written(said), _written(meant))
    ReportedSheet.objects.bulk_update(sheets, ["reported_at", "content"], batch_size=50)
    return len(sheets)


def _written(moment: object) -> str:
    return msgspec.json.encode(moment).decode()


def _by_reason(batch: Batch) -> dict[str, list[Said]]:
    by_reason: dict[str, list[Said]] = defaultdict(list)
    for row in batch.rows:
        by_reason[row.note or CLOSING_NOTE].append(row)
    return by_reason
