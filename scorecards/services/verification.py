"""Comparing stored scores with a full recomputation: they must be equal, bit for bit."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from calculations.periods import Frequency, Period
from organizations.models import Organization
from organizations.services.locks import lock_scores
from scorecards.models import Scorecard, ScoreSheet
from scorecards.selectors.scoring.computation import computed_sheets

from .refresh import Progress
from .staleness import mark_changes, mark_due


@dataclass(frozen=True)
class Difference:
    """A stored sheet that says something else than a recomputation; `columns` names where."""

    scorecard: str
    period: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.scorecard}, {self.period}: {', '.join(self.columns)}"


@dataclass(frozen=True)
class Verification:
    """What was compared; stale sheets are known to be behind, which is no error."""

    compared: int
    stale: int
    differences: tuple[Difference, ...]


def verify_scores(*, organization_id: int, progress: Progress | None = None) -> Verification:
    """Recompute every sheet of the organization and compare; no score is written.

    Changes that wait for a refresh are marked first, as a worker would.
    """
    organization = Organization.objects.get(pk=organization_id)
    codes = dict(Scorecard.objects.filter(organization=organization).values_list("pk", "code"))
    periods = _periods(organization)
    compared = stale = 0
    differences: list[Difference] = []
    for done, period in enumerate(periods, start=1):
        sheets, found = _verified_period(organization, period, codes)
        stale += sum(sheet.is_stale for sheet in sheets)
        compared += sum(not sheet.is_stale for sheet in sheets)
        differences += found
        if progress:
            progress(done, len(periods))
    return Verification(compared, stale, tuple(differences))


def _periods(organization: Organization) -> list[Period]:
    rows = (
        ScoreSheet.objects.filter(organization=organization)
        .values_list("frequency", "period_start")
        .distinct()
        .order_by("period_start", "frequency")
    )
    return [Period(Frequency(frequency), start) for frequency, start in rows]


@transaction.atomic
def _verified_period(
    organization: Organization, period: Period, codes: dict[int, str]
) -> tuple[list[ScoreSheet], list[Difference]]:
    """All sheets of the period at once, so that none is computed from another stored one.

    What is stale is asked last: a change that the computation has seen is then marked too, and no
    refresh comes in between.
    """
    lock_scores(organization.pk)
    stored = ScoreSheet.objects.filter(
        organization=organization, frequency=period.frequency, period_start=period.start
    ).order_by("scorecard_id")
    computed = computed_sheets(
        organization, [period], list(stored.values_list("scorecard_id", flat=True))
    )
    fields = {result.scorecard_id: result.fields for result in computed}
    mark_changes(organization)
    mark_due(organization)
    sheets = list(stored)
    differing = {
        sheet.scorecard_id: _differing_columns(sheet, fields.get(sheet.scorecard_id))
        for sheet in sheets
        if not sheet.is_stale
    }
    label = organization.calendar.label(period)
    return sheets, [
        Difference(codes[pk], label, columns) for pk, columns in differing.items() if columns
    ]


def _differing_columns(sheet: ScoreSheet, fields: dict[str, Any] | None) -> tuple[str, ...]:
    if fields is None:
        return ("no structure in that period",)
    return tuple(name for name, value in fields.items() if getattr(sheet, name) != value)
