"""The organization's page: every unit that may be seen, with its scorecard's score."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from calculations.periods import Period
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, organization_href
from scorecards.models import Assessment, ReportedSheet, ScoreSheet
from scorecards.selectors.formats import plain, score_text, scored
from scorecards.selectors.scoring.assessments import scorecard_assessments, sheet_score
from scorecards.selectors.scoring.past_sheets import past_sheets
from scorecards.selectors.shapes import Score, Trend
from scorecards.selectors.viewing import NOUNS, AsOf, Viewing, period_choice

from .board_data import has_pending_changes
from .restatements import ReportedFigures, reported_figures, score_beside
from .shapes import OrganizationOverview, UnitLine
from .shown import shown_scorecards


def organization_overview(
    access: Access, period: Period, as_of: AsOf | None = None
) -> OrganizationOverview:
    """Reads stored sheets only: a few statements for the scores, whatever the number of units.

    Closed periods show what was reported. As of a moment all is computed from what was said.
    """
    organization = access.organization
    viewing = Viewing(organization.calendar, period, as_of)
    return OrganizationOverview(
        name=organization.name,
        mission=organization.mission,
        vision=organization.vision,
        values=organization.values,
        period=period_choice(
            organization,
            viewing,
            lambda label, moment: organization_href(organization.code, label, as_of=moment),
        ),
        units=unit_lines(access, viewing, access.tree.depth_first()),
    )


def unit_lines(
    access: Access, viewing: Viewing, units: Iterable[tuple[UnitNode, int]]
) -> tuple[UnitLine, ...]:
    """The rows of those units, given with their depth, that the reader sees."""
    organization = access.organization
    shown = [(node, depth) for node, depth in units if access.sees(node.id)]
    unit_ids = [node.id for node, _ in shown]
    scorecards = shown_scorecards(organization, unit_ids, viewing.period, viewing.at)
    scores = _unit_scores(access, {s.pk: unit for unit, s in scorecards.items()}, viewing)
    is_pending = viewing.as_of is None and has_pending_changes(organization)
    return tuple(
        _unit_line(access, viewing, node, depth, scores.get(node.id), is_pending=is_pending)
        for node, depth in shown
    )


@dataclass(frozen=True)
class UnitScores:
    """What one unit's scorecard shows: its sheets of the trend, and what it reported of them."""

    sheets: dict[Period, ScoreSheet]
    reported: dict[dt.date, ReportedFigures]
    assessment: Assessment | None  # of the scorecard itself, in the viewed period


def _unit_scores(
    access: Access, unit_of: dict[int, int], viewing: Viewing
) -> dict[int, UnitScores]:
    """By unit; unit_of: the units of the scorecards, by id."""
    said = scorecard_assessments(access.organization, viewing.period, viewing.at)
    if viewing.at is not None:
        sheets = past_sheets(access.organization, unit_of, viewing.trend, viewing.at)
        reported: dict[int, dict[dt.date, ReportedFigures]] = {}
    else:
        sheets = _stored_sheets(unit_of, viewing)
        _add_details({pk: sheets[pk] for pk in said if pk in sheets}, viewing.period)
        reported = reported_figures(access, unit_of, viewing)
    return {
        unit: UnitScores(sheets.get(pk, {}), reported.get(pk, {}), said.get(pk))
        for pk, unit in unit_of.items()
    }


def _unit_line(
    access: Access,
    viewing: Viewing,
    node: UnitNode,
    depth: int,
    scores: UnitScores | None,
    *,
    is_pending: bool,
) -> UnitLine:
    """A unit's row; scores: None where it has no scorecard."""
    organization = access.organization
    sheet = scores.sheets.get(viewing.period) if scores else None
    reported = scores.reported.get(viewing.period.start) if scores else None
    score = _score(sheet, organization, scores.assessment if scores else None)
    if reported is not None:
        score = _reported_score(reported, score, organization)
    return UnitLine(
        code=node.code,
        name=node.name,
        kind=node.kind,
        depth=depth,
        href=None
        if scores is None
        else board_href(organization.code, node.code, viewing.label, as_of=viewing.as_of_text),
        score=score,
        trend=_trend(scores, score, viewing, organization) if scores else None,
        is_stale=reported is None and (is_pending or _is_stale(sheet)),
        is_closed=reported is not None,
    )


def _reported_score(
    reported: ReportedFigures, now: Score | None, organization: Organization
) -> Score:
    """The reported score; where it was restated, with the one that stands now."""
    sheet = reported.sheet
    score = scored(sheet.score, sheet.coverage, sheet.status, organization, sheet_counts(sheet))
    if now is not None:
        score = replace(score, assessed=now.assessed)
    return score_beside(score, now) if reported.is_restated else score


def _stored_sheets(
    unit_of: Mapping[int, int], viewing: Viewing
) -> dict[int, dict[Period, ScoreSheet]]:
    """The sheets of the trend, by scorecard."""
    trend = viewing.trend
    rows = ScoreSheet.objects.filter(
        scorecard_id__in=unit_of,
        frequency=viewing.period.frequency,
        period_start__gte=trend[0].start,
        period_start__lte=trend[-1].start,
    ).defer("detail")
    sheets: dict[int, dict[Period, ScoreSheet]] = defaultdict(dict)
    for sheet in rows:
        period = Period(viewing.period.frequency, sheet.period_start)
        sheets[sheet.scorecard_id][period] = sheet
    return sheets


def _add_details(sheets: Mapping[int, dict[Period, ScoreSheet]], period: Period) -> None:
    """Read what the period's sheets of a few scorecards hold beneath their scores."""
    rows = ScoreSheet.objects.filter(scorecard_id__in=sheets).in_periods([period])
    for scorecard_id, detail in rows.values_list("scorecard_id", "detail"):
        sheets[scorecard_id][period].detail = detail


def _is_stale(sheet: ScoreSheet | None) -> bool:
    return sheet is not None and sheet.is_stale


def _score(
    sheet: ScoreSheet | None, organization: Organization, assessment: Assessment | None
) -> Score | None:
    if sheet is None or sheet.status is None:
        return None
    if assessment is not None:
        return sheet_score(organization, sheet, assessment)
    return scored(sheet.score, sheet.coverage, sheet.status, organization, sheet_counts(sheet))


def sheet_counts(sheet: ScoreSheet | ReportedSheet) -> tuple[int, ...]:
    """In the order of Status."""
    return (
        sheet.critical,
        sheet.below_target,
        sheet.on_target,
        sheet.no_data,
        sheet.insufficient_data,
    )


def _trend(
    scores: UnitScores, score: Score | None, viewing: Viewing, organization: Organization
) -> Trend | None:
    """Reported scores where a period is closed and was not restated, else those that stand."""
    if not scores.sheets and not scores.reported:
        return None
    values = [_trend_score(scores, period) for period in viewing.trend]
    newest = score.restated or score if score else None
    return Trend(
        values=tuple(values),
        targets=(100.0,) * len(values),
        status=newest.status if newest else "no_data",
        label=trend_label(values, viewing, organization),
    )


def _trend_score(scores: UnitScores, period: Period) -> float | None:
    reported = scores.reported.get(period.start)
    if reported is not None and not reported.is_restated:
        return plain(reported.sheet.score)
    sheet = scores.sheets.get(period)
    return plain(sheet.score) if sheet else None


def trend_label(scores: list[float | None], viewing: Viewing, organization: Organization) -> str:
    """A score's sparkline in words."""
    noun = NOUNS[viewing.period.frequency].lower()
    known = [score_text(score, organization) for score in scores if score is not None]
    told = f"from {known[0]} to {known[-1]}" if known else "no scores"
    return f"Score, 12 {noun}s to {viewing.label}: {told}"
