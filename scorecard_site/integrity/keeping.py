"""What is to be kept is there, and nothing is kept that nobody needs."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q

from organizations.models import ClosedPeriod, Organization
from scorecards.models import Edition, Evidence, EvidenceFile, ReportedSheet
from scorecards.selectors.closing.report_document import opened_report

from .findings import NAMED, Finding, Looked


def closings(organizations: list[Organization]) -> Looked:
    """A period that is closed for a unit has the report of the unit's scorecard of then."""
    standing = ClosedPeriod.objects.standing().filter(organization__in=organizations)
    found = (finding for closing in standing for finding in _unreported(closing))
    return Looked.over("closed periods", found, count=standing.count())


def _unreported(closing: ClosedPeriod) -> Iterator[Finding]:
    known = Q(superseded_at=None) | Q(superseded_at__gt=closing.closed_at)
    edition = (
        Edition.objects.filter(
            known,
            scorecard__unit=closing.unit_id,
            valid_from__lte=closing.period_start,
            created_at__lte=closing.closed_at,
        )
        .order_by("-valid_from")
        .first()
    )
    if edition is None or edition.is_end:
        return
    sheets = ReportedSheet.objects.filter(
        closing__reopened_at=None,
        scorecard=edition.scorecard_id,
        period_start=closing.period_start,
    )
    if not sheets.exists():
        yield Finding(
            "report-missing", f"{closing} is closed, and the report of {edition} is not there."
        )


def reports(organizations: list[Organization]) -> Looked:
    """The figures beside a report are those within it, and each report can be read."""
    sheets = ReportedSheet.objects.filter(organization__in=organizations)
    return Looked.over("reports", _contradictions(sheets), count=sheets.count())


def _contradictions(sheets: Any) -> Iterator[Finding]:
    for sheet in sheets.order_by("pk").iterator(chunk_size=50):
        try:
            document = opened_report(sheet.content)
            agrees = document.board.score.value == sheet.score
            agrees = agrees and document.reported_at == sheet.reported_at
        except (ValueError, LookupError, TypeError):
            agrees = False
        if not agrees:
            yield Finding(
                "report-differs",
                f"ReportedSheet {sheet.pk} ({sheet.frequency} from {sheet.period_start}) says"
                " something else than the figures beside it.",
            )


def files(organizations: list[Organization]) -> Looked:
    """Every file of evidence is shown by a sentence, and is as long as it says."""
    stored = EvidenceFile.objects.filter(organization__in=organizations).defer("content")
    shown = Evidence.objects.filter(file=OuterRef("pk"))
    orphans = stored.exclude(Exists(shown)).order_by("pk")
    found = (
        Finding("orphan-file", f"EvidenceFile {each.pk} ({each.size:,} bytes) belongs to nothing.")
        for each in orphans[:NAMED]
    )
    return Looked.over("files of evidence", found, count=stored.count())
