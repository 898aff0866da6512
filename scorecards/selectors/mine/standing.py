"""The scorecards that units show in a period, with the scores of all their nodes.

What stands is what the boards show: of a closed period what was reported, with what was restated
since beside it; else the stored scores, and what managers say in their place.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from calculations.periods import Period
from organizations.access import Access
from organizations.models import Organization
from scorecards.models import (
    Assessment,
    EditionContent,
    ObjectiveNode,
    ReportedSheet,
    Scorecard,
    ScoreSheet,
)
from scorecards.selectors.boards.board_data import has_pending_changes
from scorecards.selectors.boards.restatements import reaches, score_beside
from scorecards.selectors.boards.shapes import Board, KpiRow
from scorecards.selectors.boards.shown import shown_scorecards
from scorecards.selectors.editions.reading import contents, valid_editions
from scorecards.selectors.scoring.assessments import said_assessments, stored_score
from scorecards.selectors.scoring.layout import NodeKey
from scorecards.selectors.shapes import Score

Key = tuple[int, str]  # a scorecard's id, and the code of something in it


class _Report(msgspec.Struct):
    """Of a stored report only what is asked for here: explanations are long."""

    board: Board


@dataclass(frozen=True)
class Counted:
    """An objective in which a KPI counts at its own unit."""

    key: Key
    weight: float


@dataclass(frozen=True)
class Standing:
    """units: by scorecard; scorecards: by unit, those that hold in the period."""

    label: str
    scorecards: Mapping[int, Scorecard]
    units: Mapping[int, int]
    objectives: Mapping[Key, ObjectiveNode]
    counted: Mapping[tuple[int, int], list[Counted]]  # by unit and KPI
    said: Mapping[NodeKey, Assessment]
    now: Mapping[NodeKey, Score]
    reported: Mapping[NodeKey, Score]
    reported_kpis: Mapping[Key, KpiRow]
    closed: frozenset[int]  # scorecards whose period is
    restated: frozenset[int]  # those of them that something was restated of since
    nothing: Score
    is_stale: bool

    def score(self, scorecard_id: int, node: str, code: str) -> Score:
        """What the board shows; without data where it is not computed yet."""
        key = (scorecard_id, node, code)
        now = self.now.get(key)
        if scorecard_id not in self.closed:
            return now or self.nothing
        said = self.reported.get(key, self.nothing)
        return score_beside(said, now) if scorecard_id in self.restated else said

    def kpi_score(self, unit_id: int, code: str) -> Score | None:
        """Of a KPI on the unit's board; None where it is not on it."""
        scorecard = self.scorecards.get(unit_id)
        if scorecard is None:
            return None
        key = (scorecard.pk, "kpi", code)
        is_there = key in (self.reported if scorecard.pk in self.closed else self.now)
        return self.score(*key) if is_there else None


def standing(access: Access, unit_ids: Iterable[int], period: Period) -> Standing:
    """By seven statements, and one more where the period is closed."""
    organization, calendar = access.organization, access.organization.calendar
    end = calendar.end(period)
    shown = shown_scorecards(organization, unit_ids, period)
    editions = valid_editions([each.pk for each in shown.values()], end)
    holding = {unit_id: each for unit_id, each in shown.items() if each.pk in editions}
    texts = contents(edition.pk for edition in editions.values())
    content = {each.pk: texts[editions[each.pk].pk] for each in holding.values()}
    units = {each.pk: unit_id for unit_id, each in holding.items()}
    sheets = _sheets(units, period)
    said = said_assessments(organization, period, units.keys())
    reports = _reports(units, period)
    open_ids = units.keys() - reports.keys()
    is_fresh = all(pk in sheets and not sheets[pk].is_stale for pk in open_ids)
    return Standing(
        label=calendar.label(period),
        scorecards=holding,
        units=units,
        objectives=_objectives(content),
        counted=_counted(content, units),
        said=said,
        now=_now(organization, sheets, said),
        reported=_reported(reports),
        reported_kpis=_reported_kpis(reports),
        closed=frozenset(reports),
        restated=_restated(access, reports, units, period),
        nothing=stored_score(organization, None, None),
        is_stale=bool(open_ids) and (not is_fresh or has_pending_changes(organization)),
    )


def _objectives(content: Mapping[int, EditionContent]) -> dict[Key, ObjectiveNode]:
    return {
        (pk, node.code): node
        for pk, each in content.items()
        for perspective in each.perspectives
        for node in perspective.objectives
    }


def _counted(
    content: Mapping[int, EditionContent], units: Mapping[int, int]
) -> dict[tuple[int, int], list[Counted]]:
    found: dict[tuple[int, int], list[Counted]] = defaultdict(list)
    for (pk, code), node in _objectives(content).items():
        for link in node.kpis:
            found[units[pk], link.kpi].append(Counted((pk, code), link.weight))
    return found


# --- Scores


def _sheets(units: Mapping[int, int], period: Period) -> dict[int, ScoreSheet]:
    rows = ScoreSheet.objects.filter(
        scorecard_id__in=units, frequency=period.frequency, period_start=period.start
    )
    return {sheet.scorecard_id: sheet for sheet in rows}


def _now(
    organization: Organization,
    sheets: Mapping[int, ScoreSheet],
    said: Mapping[NodeKey, Assessment],
) -> dict[NodeKey, Score]:
    found: dict[NodeKey, Score] = {}
    for pk, sheet in sheets.items():
        for node in ("objective", "kpi") if sheet.refreshed_at else ():
            for code, stored in sheet.detail.get(f"{node}s", {}).items():
                key = (pk, node, code)
                found[key] = stored_score(organization, stored, said.get(key))
    return found


_decoder = msgspec.json.Decoder(_Report)
Reports = Mapping[int, tuple[ReportedSheet, Board]]


def _reports(units: Mapping[int, int], period: Period) -> Reports:
    """By scorecard, what was reported last; only what stands."""
    rows = ReportedSheet.objects.standing().filter(
        scorecard_id__in=units, frequency=period.frequency, period_start=period.start
    )
    latest = {sheet.scorecard_id: sheet for sheet in rows.order_by("reported_at", "pk")}
    return {pk: (sheet, _decoder.decode(sheet.content).board) for pk, sheet in latest.items()}


def _reported(reports: Reports) -> dict[NodeKey, Score]:
    found: dict[NodeKey, Score] = {}
    for pk, (_, board) in reports.items():
        for band in board.perspectives:
            for row in band.objectives:
                found[pk, "objective", row.code] = row.score
                found |= {(pk, "kpi", kpi.code): kpi.score for kpi in row.kpis}
    return found


def _reported_kpis(reports: Reports) -> dict[Key, KpiRow]:
    return {
        (pk, kpi.code): kpi
        for pk, (_, board) in reports.items()
        for band in board.perspectives
        for row in band.objectives
        for kpi in row.kpis
    }


def _restated(
    access: Access, reports: Reports, units: Mapping[int, int], period: Period
) -> frozenset[int]:
    if not reports:
        return frozenset()
    end = access.organization.calendar.end(period)
    reached = reaches(access, min(sheet.reported_at for sheet, _ in reports.values()))
    return frozenset(
        pk
        for pk, (sheet, _) in reports.items()
        if any(each.touches(units[pk], period.start, end, sheet.reported_at) for each in reached)
    )
