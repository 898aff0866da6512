"""Scores of many units, from stored sheets alone.

Closed periods show what was reported, as on the board, with what was restated since beside it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from organizations.access import Access
from scorecards.models import (
    Assessment,
    EditionContent,
    ReportedSheet,
    Scorecard,
    ScoreSheet,
)
from scorecards.selectors.boards.board_data import has_pending_changes
from scorecards.selectors.boards.restatements import (
    ReportedFigures,
    reported_figures,
    score_beside,
)
from scorecards.selectors.boards.shown import shown_scorecards
from scorecards.selectors.editions.reading import contents
from scorecards.selectors.scoring.assessments import said_assessments, sheet_score, stored_score
from scorecards.selectors.scoring.layout import NodeKey
from scorecards.selectors.shapes import Score
from scorecards.selectors.viewing import Viewing

NodeName = tuple[str, str]  # what it is, and its code
SCORECARD: NodeName = ("scorecard", "")
DAY = dt.timedelta(days=1)


class _Objective(msgspec.Struct, frozen=True):
    code: str
    score: Score


class _Perspective(msgspec.Struct, frozen=True):
    code: str
    score: Score
    objectives: tuple[_Objective, ...]


class _Board(msgspec.Struct, frozen=True):
    score: Score
    perspectives: tuple[_Perspective, ...]


class _Report(msgspec.Struct, frozen=True):
    """Of a reported document only its scores."""

    board: _Board


_report = msgspec.json.Decoder(_Report)


@dataclass(frozen=True)
class UnitScores:
    """The scores of a unit's scorecard in the viewed period; content: None before the first."""

    scorecard: Scorecard
    content: EditionContent | None
    sheet: ScoreSheet | None
    assessments: Mapping[NodeKey, Assessment]
    reported: Mapping[NodeName, Score] = field(default_factory=dict)
    is_restated: bool = False
    is_stale: bool = False

    @property
    def is_closed(self) -> bool:
        return bool(self.reported)

    def of(self, node: str, code: str = "") -> Score:
        """The score of a node: as reported, as said, or as stored."""
        reported = self.reported.get((node, code))
        if reported is None:
            return self._now(node, code)
        return score_beside(reported, self._now(node, code)) if self.is_restated else reported

    def _now(self, node: str, code: str) -> Score:
        organization = self.scorecard.organization
        said = self.assessments.get((self.scorecard.pk, node, code))
        if node == Assessment.Node.SCORECARD:
            return sheet_score(organization, self.sheet, said)
        detail: dict[str, Any] = self.sheet.detail if self.sheet else {}
        return stored_score(organization, detail.get(f"{node}s", {}).get(code), said)


def unit_scores(access: Access, viewing: Viewing, unit_ids: Iterable[int]) -> dict[int, UnitScores]:
    """By unit that has a scorecard in the period, by a fixed number of statements."""
    organization = access.organization
    scorecards = _holding(access, viewing, unit_ids)
    unit_of = {scorecard.pk: unit_id for unit_id, scorecard in scorecards.items()}
    stored = ScoreSheet.objects.filter(scorecard_id__in=unit_of).in_periods([viewing.period])
    sheets = {sheet.scorecard_id: sheet for sheet in stored}
    structures = contents(sheet.edition_id for sheet in sheets.values() if sheet.edition_id)
    said = said_assessments(organization, viewing.period, unit_of)
    reported = _reported(access, unit_of, viewing)
    documents = _documents(reported)
    is_pending = has_pending_changes(organization)
    found = {}
    for unit_id, scorecard in scorecards.items():
        scorecard.organization = organization
        sheet, figures = sheets.get(scorecard.pk), reported.get(scorecard.pk)
        found[unit_id] = UnitScores(
            scorecard=scorecard,
            content=structures.get(sheet.edition_id) if sheet and sheet.edition_id else None,
            sheet=sheet,
            assessments=said,
            reported=documents.get(figures.sheet.pk, {}) if figures else {},
            is_restated=figures is not None and figures.is_restated,
            is_stale=figures is None and (is_pending or sheet is None or sheet.is_stale),
        )
    return found


def _holding(access: Access, viewing: Viewing, unit_ids: Iterable[int]) -> dict[int, Scorecard]:
    """By unit, the scorecards that hold on the period's last day."""
    last_day = viewing.calendar.end(viewing.period) - DAY
    shown = shown_scorecards(access.organization, unit_ids, viewing.period)
    return {unit_id: each for unit_id, each in shown.items() if each.holds_on(last_day)}


def _reported(
    access: Access, unit_of: Mapping[int, int], viewing: Viewing
) -> dict[int, ReportedFigures]:
    """By scorecard, what was reported for the viewed period."""
    by_start = reported_figures(access, unit_of, viewing)
    start = viewing.period.start
    return {pk: found[start] for pk, found in by_start.items() if start in found}


def _documents(reported: Mapping[int, ReportedFigures]) -> dict[int, dict[NodeName, Score]]:
    """By reported sheet, the scores in its document."""
    if not reported:
        return {}
    ids = [figures.sheet.pk for figures in reported.values()]
    rows = ReportedSheet.objects.filter(pk__in=ids).values_list("pk", "content")
    return {pk: _scores(_report.decode(content).board) for pk, content in rows}


def _scores(board: _Board) -> dict[NodeName, Score]:
    scores = {SCORECARD: board.score}
    for perspective in board.perspectives:
        scores["perspective", perspective.code] = perspective.score
        scores |= {("objective", each.code): each.score for each in perspective.objectives}
    return scores


def sheet_details(
    access: Access, viewing: Viewing, unit_ids: Iterable[int]
) -> dict[int, tuple[Scorecard, float | None, dict[str, Any]]]:
    """By unit its scorecard, score and what stands beneath, for putting very many in order."""
    scorecards = _holding(access, viewing, unit_ids)
    of_scorecard = {each.pk: (unit_id, each) for unit_id, each in scorecards.items()}
    rows = ScoreSheet.objects.filter(scorecard_id__in=of_scorecard).in_periods([viewing.period])
    found = {}
    for pk, score, detail in rows.values_list("scorecard_id", "score", "detail"):
        unit_id, scorecard = of_scorecard[pk]
        found[unit_id] = scorecard, score, detail
    return found
