"""What closing a period would keep as it is: before it is closed, at the unit and beneath."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calculations.periods import Period
from kpis.models import KPI
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import Assessment, Objective, Perspective, Scorecard, ScoreSheet
from scorecards.selectors.boards.board_data import has_pending_changes
from scorecards.selectors.boards.overview import sheet_counts
from scorecards.selectors.boards.shown import shown_scorecards
from scorecards.selectors.formats import scored
from scorecards.selectors.scoring.assessments import assessments_in
from scorecards.selectors.shapes import Score

from .missing_values import MissingValue, missing_values


@dataclass(frozen=True)
class ScorecardLine:
    unit: str
    href: str
    score: Score | None  # None until it is first computed
    is_stale: bool


@dataclass(frozen=True)
class AssessmentLine:
    unit: str
    node: str
    period: str
    status: str
    reason: str
    by: str


@dataclass(frozen=True)
class Preview:
    label: str
    unit_name: str
    n_beneath: int
    missing: tuple[MissingValue, ...]
    scorecards: tuple[ScorecardLine, ...]
    scores_label: str  # of the period whose scores are shown: the longest that is reported
    assessments: tuple[AssessmentLine, ...]
    is_stale: bool


def reported_periods(organization: Organization, period: Period) -> list[Period]:
    """The reporting periods that belong to a closed one, itself among them; the longest last."""
    return [
        part
        for frequency in organization.frequencies
        if not period.frequency.is_finer_than(frequency)
        for part in organization.calendar.parts(period, frequency)
    ]


def closing_preview(access: Access, unit: UnitNode, period: Period) -> Preview:
    """Of the units beneath that the reader sees; by a fixed number of statements."""
    organization = access.organization
    units = [node for node in access.tree.beneath(unit.id) if access.sees(node.id)]
    published = Scorecard.objects.published().filter(unit_id__in=[node.id for node in units])
    unit_of = dict(published.values_list("pk", "unit_id"))
    periods = reported_periods(organization, period)
    sheets = list(
        ScoreSheet.objects.filter(scorecard_id__in=unit_of).in_periods(periods).defer("detail")
    )
    shown = periods[-1] if periods else period
    scorecard_of = shown_scorecards(organization, [node.id for node in units], shown)
    of_shown = {
        sheet.scorecard_id: sheet
        for sheet in sheets
        if (sheet.frequency, sheet.period_start) == (shown.frequency, shown.start)
    }
    return Preview(
        label=organization.calendar.label(period),
        unit_name=unit.name,
        n_beneath=len(units) - 1,
        missing=missing_values(access, [node.id for node in units], period),
        scorecards=tuple(
            _scorecard_line(access, node, shown, of_shown.get(scorecard_of[node.id].pk))
            for node in units
            if node.id in scorecard_of
        ),
        scores_label=organization.calendar.label(shown),
        assessments=_assessments(access, unit_of, periods),
        is_stale=any(s.is_stale for s in sheets) or has_pending_changes(organization),
    )


def _scorecard_line(
    access: Access, node: UnitNode, period: Period, sheet: ScoreSheet | None
) -> ScorecardLine:
    organization = access.organization
    score = None
    if sheet is not None and sheet.status is not None:
        counts = sheet_counts(sheet)
        score = scored(sheet.score, sheet.coverage, sheet.status, organization, counts)
    return ScorecardLine(
        unit=node.name,
        href=board_href(organization.code, node.code, organization.calendar.label(period)),
        score=score,
        is_stale=sheet is not None and sheet.is_stale,
    )


def _assessments(
    access: Access, unit_of: Mapping[int, int], periods: Sequence[Period]
) -> tuple[AssessmentLine, ...]:
    """unit_of: the units of the scorecards, by id."""
    organization = access.organization
    found = list(
        assessments_in(organization, periods)
        .filter(scorecard_id__in=unit_of)
        .select_related("said_by", "scorecard")
        .order_by("scorecard_id", "period_start", "pk")
    )
    names = _node_names(organization, found)
    return tuple(
        AssessmentLine(
            unit=access.tree.by_id[unit_of[row.scorecard_id]].name,
            node=_node_name(names, row) or row.scorecard.name,
            period=organization.calendar.label(row.period),
            status=row.status,
            reason=row.reason,
            by=str(row.said_by or "the system"),
        )
        for row in found
    )


# Kind, code and scorecard; a KPI belongs to none.
NodeKey = tuple[str, str, int | None]


def _node_names(organization: Organization, found: Sequence[Assessment]) -> dict[NodeKey, str]:
    """Codes are a scorecard's own: another one, perhaps not seen, may use the same."""
    names: dict[NodeKey, str] = {}
    nodes: dict[str, Any] = {"perspective": Perspective, "objective": Objective}
    for kind, model in nodes.items():
        here = [row for row in found if row.node == kind]
        if here:
            rows = model.objects.filter(
                code__in={row.code for row in here},
                scorecard_id__in={row.scorecard_id for row in here},
            )
            names |= {
                (kind, code, scorecard_id): name
                for code, name, scorecard_id in rows.values_list("code", "name", "scorecard_id")
            }
    codes = {row.code for row in found if row.node == "kpi"}
    if codes:
        kpis = KPI.objects.filter(organization=organization, code__in=codes)
        names |= {("kpi", code, None): name for code, name in kpis.values_list("code", "name")}
    return names


def _node_name(names: Mapping[NodeKey, str], row: Assessment) -> str:
    scorecard_id = None if row.node == Assessment.Node.KPI else row.scorecard_id
    return names.get((row.node, row.code, scorecard_id), row.code)
