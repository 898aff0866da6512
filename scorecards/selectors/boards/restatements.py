"""Restatements: which reported figures they may reach."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef

from calculations.periods import Frequency, Period
from kpis.models import KPIInput, Restatement
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import ReportedSheet, Scorecard
from scorecards.selectors.shapes import Score
from scorecards.selectors.viewing import Viewing


@dataclass(frozen=True)
class Reach:
    """The units and days whose figures one restatement may change; no end: for good."""

    restatement_id: int
    at: dt.datetime
    unit_ids: frozenset[int]
    first: dt.date
    end: dt.date | None

    def touches(self, unit_id: int, first: dt.date, end: dt.date, since: dt.datetime) -> bool:
        is_within = self.first < end and (self.end is None or self.end > first)
        return self.at > since and unit_id in self.unit_ids and is_within


def reaches(access: Access, since: dt.datetime) -> list[Reach]:
    """What was restated after the moment, oldest first, by one statement.

    A value reaches the units above, and lasts where it is carried forward or feeds a formula,
    which may read earlier periods. A target holds from its period on, and may be inherited.
    """
    fed = KPIInput.objects.filter(input_id=OuterRef("assignment__kpi_id"))
    rows = (
        Restatement.objects.filter(organization=access.organization, at__gt=since)
        .annotate(feeds=Exists(fed))
        .order_by("at", "pk")
        .values_list(
            "pk", "at", "subject", "period_start", "assignment__unit_id",
            "assignment__kpi__frequency", "assignment__kpi__carry_forward", "feeds",
        )
    )  # fmt: skip
    calendar = access.organization.calendar
    return [
        Reach(
            restatement_id=pk,
            at=at,
            unit_ids=_unit_ids(access, unit_id, is_inherited=subject == Restatement.Subject.TARGET),
            first=start,
            end=None
            if subject == Restatement.Subject.TARGET or carried or feeds
            else calendar.end(Period(Frequency(frequency), start)),
        )
        for pk, at, subject, start, unit_id, frequency, carried, feeds in rows
    ]


def _unit_ids(access: Access, unit_id: int, *, is_inherited: bool) -> frozenset[int]:
    line = access.tree.line(unit_id)
    beneath = access.tree.beneath(unit_id) if line and is_inherited else ()
    return frozenset(node.id for node in (*line, *beneath)) | {unit_id}


@dataclass(frozen=True)
class ReportedFigures:
    """What a scorecard reported for a period, without the document."""

    sheet: ReportedSheet
    is_restated: bool  # something was restated since that may reach it


def reported_trend(
    access: Access, unit: UnitNode, scorecard: Scorecard, viewing: Viewing
) -> dict[dt.date, float | None]:
    """By start, the reported scores of the trend's closed periods that were not restated."""
    reported = reported_figures(access, {scorecard.pk: unit.id}, viewing).get(scorecard.pk, {})
    return {
        start: figures.sheet.score for start, figures in reported.items() if not figures.is_restated
    }


def reported_figures(
    access: Access, unit_of: Mapping[int, int], viewing: Viewing
) -> dict[int, dict[dt.date, ReportedFigures]]:
    """By scorecard and start, what was reported for the trend's closed periods.

    unit_of: the units of the scorecards, by id. One statement, and one more if any is closed.
    """
    trend = viewing.trend
    sheets = list(
        ReportedSheet.objects.standing()
        .filter(
            scorecard_id__in=unit_of,
            frequency=viewing.period.frequency,
            period_start__gte=trend[0].start,
            period_start__lte=trend[-1].start,
        )
        .defer("content")
        .order_by("reported_at", "pk")
    )
    restated = reaches(access, sheets[0].reported_at) if sheets else []
    figures: dict[int, dict[dt.date, ReportedFigures]] = defaultdict(dict)
    for sheet in sheets:
        unit_id, first = unit_of[sheet.scorecard_id], sheet.period_start
        end = viewing.calendar.end(sheet.period)
        is_restated = any(each.touches(unit_id, first, end, sheet.reported_at) for each in restated)
        figures[sheet.scorecard_id][first] = ReportedFigures(sheet, is_restated)
    return figures


def score_beside(reported: Score, now: Score | None) -> Score:
    """The reported score with the one that stands now, where people would see a difference."""
    return replace(reported, restated=now) if is_other(reported, now) else reported


def is_other(reported: Score, now: Score | None) -> bool:
    return now is not None and (reported.text, reported.status) != (now.text, now.status)
