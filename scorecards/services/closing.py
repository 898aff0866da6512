"""Closing periods: freezing what is reported, and opening a period again."""

import unicodedata
from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Period
from organizations.access import Access
from organizations.models import ClosedPeriod, Organization, Unit, User
from organizations.selectors import Closings, closings
from organizations.services.locks import lock_closings, lock_organization, lock_scores
from scorecards.models import ReportedSheet, Scorecard
from scorecards.selectors.boards.board_data import BoardData, board_data
from scorecards.selectors.boards.overview import sheet_counts
from scorecards.selectors.closing.preview import reported_periods
from scorecards.selectors.closing.report_document import report_text

from .refresh import refresh_scores
from .webhooks.events import announce_closing

TEXT_LENGTH = 1000


@transaction.atomic
def close_period(
    *,
    unit: Unit,
    period: Period,
    by: User | None = None,
    note: str = "",
    told_to: Access | None = None,
) -> ClosedPeriod:
    """Close the period for the unit and all beneath, and keep every board as it is reported.

    The period must be over and not closed yet. Scores are brought up to date first. Raises
    ValidationError with a sentence, which names no unit that told_to may not see.
    """
    organization = unit.organization
    lock_organization(organization.pk)
    lock_closings(organization.pk, may_close=True)
    lock_scores(organization.pk)
    access = _sees_all(organization)
    standing = closings(organization)
    _require_over(organization, period)
    _require_open(standing, told_to or access, unit, period)
    closing = ClosedPeriod(
        organization=organization,
        unit=unit,
        frequency=period.frequency,
        period_start=period.start,
        closed_at=timezone.now(),
        closed_by=by,
        note=_text(note, "note"),
    )
    closing.full_clean()
    closing.save()
    ReportedSheet.objects.bulk_create(_reported(access, closing, standing), batch_size=50)
    announce_closing(closing)
    return closing


@transaction.atomic
def reopen_period(
    *, closing: ClosedPeriod, by: User | None = None, reason: str, told_to: Access | None = None
) -> ClosedPeriod:
    """Let the period change again; what was reported is kept. Raises ValidationError.

    Its sentence names no unit that told_to may not see.
    """
    organization = closing.organization
    lock_organization(organization.pk)
    lock_scores(organization.pk)
    closing = ClosedPeriod.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    text = _text(reason, "reason")
    if not text:
        raise ValidationError("Write the reason: it stays with the closed period.")
    if closing.reopened_at is not None:
        raise ValidationError("This period was opened again already.", "conflict")
    _require_uncovered(closing, told_to or _sees_all(organization))
    closing.reopened_at = max(timezone.now(), closing.closed_at)
    closing.reopened_by = by
    closing.reopening_reason = text
    closing.save(update_fields=["reopened_at", "reopened_by", "reopening_reason"])
    return closing


def _sees_all(organization: Organization) -> Access:
    """A report is complete; what its readers may not see is left out when they open it."""
    return Access(organization=organization, roles={}, is_unbound=True)


def _text(text: str, name: str) -> str:
    text = text.strip()
    if len(text) > TEXT_LENGTH:
        raise ValidationError(f"The {name} has at most {TEXT_LENGTH:,} characters.")
    if not text.replace("\n", " ").replace("\r", " ").isprintable():
        raise ValidationError(f"The {name} holds a character that cannot be stored.")
    return unicodedata.normalize("NFC", text)


def _require_over(organization: Organization, period: Period) -> None:
    calendar = organization.calendar
    if calendar.period(period.frequency, period.start) != period:
        raise ValidationError("That is not a period of the organization's calendar.")
    if calendar.end(period) > organization.today():
        raise ValidationError(
            f"{calendar.label(period)} is not over yet: close it on"
            f" {calendar.end(period).isoformat()} or later."
        )


def _require_open(standing: Closings, told_to: Access, unit: Unit, period: Period) -> None:
    closing = standing.covering(told_to.tree.line(unit.pk), period)
    if closing is not None:
        label = standing.calendar.label(closing.period)
        name = told_to.told_above(closing.unit_id)
        said = f"{label} is closed for {name} already, and covers this period."
        raise ValidationError(said, "conflict")


def _require_uncovered(closing: ClosedPeriod, told_to: Access) -> None:
    """A period inside a closed one would be open in name only."""
    organization = closing.organization
    others = closings(organization)
    for known in others.by_unit.values():
        known[:] = [each for each in known if each.pk != closing.pk]
    covering = others.covering(told_to.tree.line(closing.unit_id), closing.period)
    if covering is not None:
        label = organization.calendar.label(covering.period)
        raise ValidationError(
            f"{label} is closed for {told_to.told_above(covering.unit_id)}, and covers this period:"
            " open that one again first.",
            "conflict",
        )


# --- What is reported


def _reported(access: Access, closing: ClosedPeriod, standing: Closings) -> list[ReportedSheet]:
    """A report of every scorecard and period that the closing covers, all of the same values."""
    organization = access.organization
    beneath = [node.id for node in access.tree.beneath(closing.unit_id)]
    refresh_scores(organization_id=organization.pk)
    boards = _boards(access, beneath, closing.period, standing)
    return [_reported_sheet(data, closing) for data in boards]


def _boards(
    access: Access, unit_ids: Sequence[int], period: Period, standing: Closings
) -> Iterator[BoardData]:
    organization, tree = access.organization, access.tree
    scorecards = (
        Scorecard.objects.published()
        .filter(unit_id__in=unit_ids)
        .select_related("organization")
        .order_by("pk")
    )
    for scorecard in scorecards:
        line = tree.line(scorecard.unit_id)
        for part in reported_periods(organization, period):
            is_reported = standing.covering(line, part) is not None
            data = None if is_reported else board_data(access, line[-1], scorecard, part)
            if data is not None:
                yield data


def _reported_sheet(data: BoardData, closing: ClosedPeriod) -> ReportedSheet:
    sheet = data.sheet
    assert sheet is not None
    assert sheet.status is not None
    critical, below_target, on_target, no_data, insufficient_data = sheet_counts(sheet)
    return ReportedSheet(
        organization_id=closing.organization_id,
        closing=closing,
        scorecard=data.scorecard,
        frequency=data.viewing.period.frequency,
        period_start=data.viewing.period.start,
        reported_at=closing.closed_at,
        score=sheet.score,
        coverage=sheet.coverage,
        status=sheet.status,
        on_target=on_target,
        below_target=below_target,
        critical=critical,
        no_data=no_data,
        insufficient_data=insufficient_data,
        content=report_text(data, closing),
    )
