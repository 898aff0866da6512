"""The strategy map of a scorecard in one period, by a fixed number of statements.

Lanes, objectives and links are those that stand now, so that the picture can be edited; scores are
those of the period: as reported where it is closed, with what was restated since beside them.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import Objective, Perspective, Scorecard, ScoreSheet, Theme
from scorecards.selectors.boards.board_data import has_pending_changes
from scorecards.selectors.boards.restatements import reaches, score_beside
from scorecards.selectors.closing.report_document import opened_report
from scorecards.selectors.closing.reported import reported_sheet
from scorecards.selectors.scoring.assessments import (
    said_assessments,
    sheet_score,
    stored_score,
)
from scorecards.selectors.shapes import Score
from strategy_maps.models import CausalLink, Evidence, Position, Strength

from .hypotheses import Hypothesis, hypothesis, lag_text, short_lag

DAY = dt.timedelta(days=1)
Node = tuple[str, str]  # what it is, and its code


@dataclass(frozen=True)
class MapLane:
    """A perspective, with the codes of its objectives in their order."""

    code: str
    name: str
    score: Score
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class MapNode:
    """An objective. x: the share of its lane's width where somebody put it; None: chosen."""

    code: str
    name: str
    lane: str
    owner: str
    theme: str  # code
    score: Score
    x: float | None
    trace_href: str


@dataclass(frozen=True)
class MapEvidence:
    """What the figures say of a link; see the model."""

    verdict: str
    verdict_text: str
    lag: int | None
    association: float | None
    p_value: float | None
    n: int
    frequency: str
    basis: str
    profile: Any
    computed_at: dt.datetime


@dataclass(frozen=True)
class MapLink:
    """A causal link, by the codes of its objectives."""

    cause: str
    effect: str
    is_inverse: bool
    strength: int  # 1 to 3
    strength_text: str
    lag_from: int  # months
    lag_to: int
    lag_text: str  # "after about two quarters"
    short_lag: str  # "6 mo"
    note: str
    cause_kpi: str  # codes
    effect_kpi: str
    version: int
    hypothesis: Hypothesis
    evidence: MapEvidence | None


@dataclass(frozen=True)
class MapTheme:
    """A theme with the codes of its objectives."""

    code: str
    name: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class StrategyMap:
    """Lanes from the top down, as the organization orders its perspectives."""

    unit_code: str
    unit_name: str
    scorecard_code: str
    scorecard_name: str
    state: str  # of the scorecard
    period: Period
    period_label: str
    score: Score
    lanes: tuple[MapLane, ...]
    nodes: tuple[MapNode, ...]
    links: tuple[MapLink, ...]
    themes: tuple[MapTheme, ...]
    is_reported: bool  # the period is closed: its scores are the reported ones
    is_stale: bool  # scores are being computed
    may_edit: bool

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        return tuple(link.hypothesis for link in self.links)


def strategy_map(
    access: Access, scorecard: Scorecard, period: Period, named: str = ""
) -> StrategyMap:
    """The map as the reader sees it, who sees the scorecard's unit.

    named: the scorecard's code where the address names it.
    """
    unit = access.tree.by_id[scorecard.unit_id]
    scores = _scores(access, unit, scorecard, period)
    objectives = _objectives(scorecard)
    perspectives = Perspective.objects.live().filter(scorecard=scorecard)
    is_open = scorecard.status != Scorecard.State.ARCHIVED
    return StrategyMap(
        unit_code=unit.code,
        unit_name=unit.name,
        scorecard_code=scorecard.code,
        scorecard_name=scorecard.name,
        state=scorecard.status,
        period=period,
        period_label=access.organization.calendar.label(period),
        score=scores.of("scorecard"),
        lanes=tuple(_lane(each, objectives, scores) for each in perspectives),
        nodes=tuple(_nodes(access, unit, objectives, scores, named)),
        links=links_of(scorecard),
        themes=tuple(_themes(scorecard, objectives)),
        is_reported=scores.is_reported,
        is_stale=scores.is_stale,
        may_edit=is_open and access.can(Action.EDIT_STRUCTURE, unit.id),
    )


def _objectives(scorecard: Scorecard) -> list[Objective]:
    """From lane to lane, each in its order."""
    rows = Objective.objects.live().filter(scorecard=scorecard, perspective__deleted_at=None)
    order = ("perspective__position", "perspective_id", "position", "pk")
    return list(rows.select_related("perspective", "owner", "theme").order_by(*order))


def _lane(perspective: Perspective, objectives: Iterable[Objective], scores: "_Scores") -> MapLane:
    mine = (each for each in objectives if each.perspective_id == perspective.pk)
    return MapLane(
        code=perspective.code,
        name=perspective.name,
        score=scores.of("perspective", perspective.code),
        nodes=tuple(each.code for each in mine),
    )


def _nodes(
    access: Access,
    unit: UnitNode,
    objectives: list[Objective],
    scores: "_Scores",
    named: str,
) -> Iterable[MapNode]:
    places = Position.objects.filter(objective__in=[each.pk for each in objectives])
    by_hand = dict(places.values_list("objective_id", "x"))
    for each in objectives:
        yield MapNode(
            code=each.code,
            name=each.name,
            lane=each.perspective.code,
            owner=each.owner.name if each.owner else "",
            theme=_theme_code(each),
            score=scores.of("objective", each.code),
            x=by_hand.get(each.pk),
            trace_href=board_href(
                access.organization.code,
                unit.code,
                scores.label,
                f"objective:{each.code}",
                scorecard=named,
            ),
        )


def _theme_code(objective: Objective) -> str:
    theme = objective.theme
    return theme.code if theme is not None and theme.deleted_at is None else ""


def _themes(scorecard: Scorecard, objectives: list[Objective]) -> Iterable[MapTheme]:
    for theme in Theme.objects.live().filter(scorecard=scorecard).order_by("name", "pk"):
        mine = tuple(each.code for each in objectives if _theme_code(each) == theme.code)
        yield MapTheme(theme.code, theme.name, mine)


# --- Links


def links_of(scorecard: Scorecard) -> tuple[MapLink, ...]:
    """The live links of a scorecard, causes in their order on the map; one statement."""
    rows = CausalLink.objects.live().filter(
        cause__scorecard=scorecard, cause__deleted_at=None, effect__deleted_at=None
    )
    others = ("cause", "effect", "cause_kpi", "effect_kpi", "evidence")
    order = [
        f"{end}__{name}"
        for end in ("cause", "effect")
        for name in ("perspective__position", "perspective_id", "position", "id")
    ]
    return tuple(map_link(row) for row in rows.select_related(*others).order_by(*order))


def map_link(row: CausalLink) -> MapLink:
    """A link as the map shows it."""
    evidence: Evidence | None = getattr(row, "evidence", None)
    told = hypothesis(row, evidence)
    return MapLink(
        cause=row.cause.code,
        effect=row.effect.code,
        is_inverse=row.is_inverse,
        strength=row.strength,
        strength_text=Strength(row.strength).label,
        lag_from=row.lag_from,
        lag_to=row.lag_to,
        lag_text=lag_text(row.lag_from, row.lag_to),
        short_lag=short_lag(row.lag_from, row.lag_to),
        note=row.note,
        cause_kpi=row.cause_kpi.code if row.cause_kpi else "",
        effect_kpi=row.effect_kpi.code if row.effect_kpi else "",
        version=row.version,
        hypothesis=told,
        evidence=_evidence(evidence, told) if evidence else None,
    )


def _evidence(row: Evidence, told: Hypothesis) -> MapEvidence:
    return MapEvidence(
        verdict=row.verdict,
        verdict_text=told.verdict_text,
        lag=row.lag,
        association=row.association,
        p_value=row.p_value,
        n=row.n,
        frequency=row.frequency,
        basis=row.basis,
        profile=row.profile,
        computed_at=row.computed_at,
    )


# --- Scores


@dataclass(frozen=True)
class _Scores:
    """The scores of a scorecard's nodes in a period. reported: by node, where it is closed."""

    label: str
    now: dict[Node, Score]
    reported: dict[Node, Score]
    nothing: Score
    is_restated: bool
    is_stale: bool

    @property
    def is_reported(self) -> bool:
        return bool(self.reported)

    def of(self, node: str, code: str = "") -> Score:
        """What was reported; else what stands now, which restated figures stand beside."""
        key = (node, code)
        now = self.now.get(key)
        if not self.is_reported:
            return now or self.nothing
        said = self.reported.get(key, self.nothing)
        return score_beside(said, now) if self.is_restated else said


def _scores(access: Access, unit: UnitNode, scorecard: Scorecard, period: Period) -> _Scores:
    organization, calendar = access.organization, access.organization.calendar
    end = calendar.end(period)
    sheets = ScoreSheet.objects.filter(scorecard=scorecard)
    sheet = sheets.filter(frequency=period.frequency, period_start=period.start).first()
    report = reported_sheet(unit, period, scorecard.code)
    is_due = scorecard.holds_on(end - DAY)
    is_fresh = sheet is not None and not sheet.is_stale and not has_pending_changes(organization)
    return _Scores(
        label=calendar.label(period),
        now=_now(access, scorecard, period, sheet),
        reported=_as_reported(report.content) if report else {},
        nothing=stored_score(organization, None, None),
        is_restated=report is not None
        and any(
            each.touches(unit.id, period.start, end, report.reported_at)
            for each in reaches(access, report.reported_at)
        ),
        is_stale=is_due and not is_fresh and report is None,
    )


def _now(
    access: Access, scorecard: Scorecard, period: Period, sheet: ScoreSheet | None
) -> dict[Node, Score]:
    """From the stored sheet, and what is said of its nodes."""
    organization, pk = access.organization, scorecard.pk
    said = said_assessments(organization, period, [pk])
    detail = sheet.detail if sheet is not None and sheet.refreshed_at else {}
    whole = sheet_score(organization, sheet, said.get((pk, "scorecard", "")))
    found = {("scorecard", ""): whole}
    for node in ("perspective", "objective"):
        for code, stored in detail.get(f"{node}s", {}).items():
            found[node, code] = stored_score(organization, stored, said.get((pk, node, code)))
    return found


def _as_reported(content: str) -> dict[Node, Score]:
    board = opened_report(content).board
    found: dict[Node, Score] = {("scorecard", ""): board.score}
    for band in board.perspectives:
        found["perspective", band.code] = band.score
        found |= {("objective", row.code): row.score for row in band.objectives}
    return found
