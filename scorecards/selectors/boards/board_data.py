"""Everything that a board and its traces are made of, read by a fixed number of statements."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.utils import timezone

from calculations.figures import Figures
from calculations.periods import Period
from kpis.models import Assignment, Change, MeasurementRevision
from kpis.selectors.network import measured_behind
from kpis.selectors.series import Facts, kpi_facts
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import (
    Assessment,
    Contribution,
    Edition,
    EditionContent,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    Scorecard,
    ScoreSheet,
)
from scorecards.selectors.editions.reading import contents, packed_structure, valid_editions
from scorecards.selectors.scoring.assessments import said_assessments
from scorecards.selectors.scoring.layout import NodeKey
from scorecards.selectors.scoring.past_sheets import drafted_sheets, past_sheets
from scorecards.selectors.scoring.said import SaidKey, SaidValue, said_moments, said_values
from scorecards.selectors.shapes import SaidLine
from scorecards.selectors.viewing import TREND_LENGTH, AsOf, Viewing

from .commentaries import said_lines
from .past_initiatives import past_initiatives, past_names
from .restatements import reported_trend
from .row_signals import RowSignal, row_signals, signal_windows, window_spans


@dataclass(frozen=True)
class OtherObjective:
    """An objective of another scorecard, as the board names it."""

    code: str
    name: str
    unit_id: int


@dataclass(frozen=True)
class BoardData:
    """A scorecard in one period. `rows` gives the place of a KPI's assignment in `figures`."""

    access: Access
    unit: UnitNode
    viewing: Viewing
    scorecard: Scorecard
    edition: Edition
    content: EditionContent
    facts: Facts
    figures: Figures
    rows: dict[int, int]  # KPI id → row of figures
    sheets: dict[dt.date, ScoreSheet]  # by start, of the trend's periods
    newest: dict[int, SaidValue]  # by row: the newest value within the viewed period
    corrected: frozenset[int]  # rows with a corrected value in the viewed period
    others: dict[tuple[int, str], OtherObjective]
    initiatives: dict[str, list[Initiative]]  # by the objective's code
    beneath: dict[int, dict[str, Any]]  # details of contributing scorecards, where not stored
    reported: dict[dt.date, float | None]  # by start, of closed periods that were not restated
    assessments: dict[NodeKey, Assessment]  # of its nodes, and of those that contribute
    said: dict[str, SaidLine]  # by the objective's code
    signals: dict[int, RowSignal]  # by row
    is_stale: bool
    now: dt.datetime  # or the moment as of which it is told

    @property
    def organization(self) -> Organization:
        return self.access.organization

    @property
    def sheet(self) -> ScoreSheet | None:
        """The stored scores of the viewed period; None until they are first computed."""
        sheet = self.sheets.get(self.viewing.period.start)
        return sheet if sheet is not None and sheet.refreshed_at else None

    def trend_score(self, start: dt.date) -> float | None:
        """The score of a period of the trend: the reported one where it is closed."""
        if start in self.reported:
            return self.reported[start]
        sheet = self.sheets.get(start)
        return sheet.score if sheet else None

    @property
    def detail(self) -> dict[str, Any]:
        return self.sheet.detail if self.sheet else {}

    def assessment(self, node: str, code: str = "") -> Assessment | None:
        """What is said of a node of this scorecard."""
        return self.assessments.get((self.scorecard.pk, node, code))

    def assignment(self, kpi_id: int) -> Assignment | None:
        row = self.rows.get(kpi_id)
        return None if row is None else self.facts.assignments[row]


def trace_href(data: BoardData, trace: str) -> str:
    """The same board with the explanation of one of its scores."""
    viewing = data.viewing
    return board_href(
        data.organization.code,
        data.unit.code,
        viewing.label,
        trace,
        as_of=viewing.as_of_text,
        figures=viewing.figures,
        scorecard=viewing.scorecard,
    )


def kpi_page_href(data: BoardData, kpi: str) -> str:
    """The page of a KPI at the board's unit."""
    viewing = data.viewing
    return kpi_href(
        data.organization.code, kpi, data.unit.code, viewing.label, as_of=viewing.as_of_text
    )


def active_scorecard(unit: UnitNode) -> Scorecard | None:
    """The one that holds without an end; `shown.py` tells which one a page of a period shows."""
    return Scorecard.objects.active().filter(unit_id=unit.id).select_related("organization").first()


def board_data(
    access: Access,
    unit: UnitNode,
    scorecard: Scorecard,
    period: Period,
    as_of: AsOf | None = None,
    figures: str = "",
    named: str = "",
) -> BoardData | None:
    """The scorecard in the viewed period; None where it does not hold on its last day.

    As of a moment its scores are computed from what was said by then, else they are the stored
    ones. A draft is told as if it held already. named: the scorecard's code where the address
    names it.
    """
    viewing = Viewing(access.organization.calendar, period, as_of, figures, named)
    if scorecard.status == Scorecard.State.DRAFT:
        return _data(access, unit, viewing, scorecard, _drafted(scorecard, viewing))
    end = viewing.calendar.end(period)
    edition = valid_editions([scorecard.pk], end, viewing.at).get(scorecard.pk)
    return None if edition is None else _data(access, unit, viewing, scorecard, edition)


def _drafted(scorecard: Scorecard, viewing: Viewing) -> Edition:
    """What would be published now; never stored."""
    content = msgspec.to_builtins(packed_structure(scorecard))
    return Edition(scorecard=scorecard, valid_from=viewing.period.start, content=content)


def _content(edition: Edition) -> EditionContent:
    if edition._state.adding:
        return msgspec.convert(edition.content, EditionContent)
    return contents([edition.pk])[edition.pk]


def _data(
    access: Access, unit: UnitNode, viewing: Viewing, scorecard: Scorecard, edition: Edition
) -> BoardData:
    organization, at = access.organization, viewing.at
    content = _content(edition)
    assignments = _assignments(organization, unit, content)
    windows = signal_windows(access, unit, assignments, viewing)
    read = [*viewing.spans, *window_spans(windows, viewing)]
    facts = kpi_facts(organization, assignments, read, at)
    computed = facts.figures(viewing.spans)
    sheets, beneath = _sheets(organization, scorecard, edition, content, viewing)
    return BoardData(
        access=access,
        unit=unit,
        viewing=viewing,
        scorecard=scorecard,
        edition=edition,
        content=content,
        facts=facts,
        figures=computed,
        rows={assignment.kpi_id: row for row, assignment in enumerate(facts.requested)},
        sheets=sheets,
        newest=_newest(facts, computed, at),
        corrected=_corrected(facts, computed, at),
        others=_other_objectives(content, at),
        initiatives=_initiatives(access, scorecard, at),
        beneath=beneath,
        reported=_reported(access, unit, scorecard, viewing),
        assessments=_assessments(organization, scorecard, content, viewing),
        said=said_lines(organization, unit.code, scorecard, viewing.period, at),
        signals=row_signals(facts, windows, viewing),
        is_stale=_is_stale(organization, sheets, viewing),
        now=at or timezone.now(),
    )


def _reported(
    access: Access, unit: UnitNode, scorecard: Scorecard, viewing: Viewing
) -> dict[dt.date, float | None]:
    if viewing.at or viewing.figures:
        return {}
    return reported_trend(access, unit, scorecard, viewing)


def _assessments(
    organization: Organization, scorecard: Scorecard, content: EditionContent, viewing: Viewing
) -> dict[NodeKey, Assessment]:
    contributing = {each.scorecard for each in _all_contributions(content)}
    scorecards = {scorecard.pk, *contributing}
    return said_assessments(organization, viewing.period, scorecards, viewing.at)


def _is_stale(
    organization: Organization, sheets: dict[dt.date, ScoreSheet], viewing: Viewing
) -> bool:
    if viewing.at is not None:
        return False
    viewed = sheets.get(viewing.period.start)
    return viewed is None or viewed.is_stale or has_pending_changes(organization)


def has_pending_changes(organization: Organization) -> bool:
    """Whether values or targets changed that no sheet has heard of yet."""
    return Change.objects.filter(organization=organization).exists()


def _assignments(
    organization: Organization, unit: UnitNode, content: EditionContent
) -> list[Assignment]:
    """Where the KPIs of the scorecard are measured at its unit."""
    linked = [link.kpi for p in content.perspectives for node in p.objectives for link in node.kpis]
    assignments = list(
        Assignment.objects.live()
        .filter(organization=organization, unit_id=unit.id, kpi_id__in=linked)
        .select_related("kpi", "kpi__owner", "responsible")
        .order_by("pk")
    )
    for assignment in assignments:
        assignment.kpi.organization = organization
    return assignments


def _sheets(
    organization: Organization,
    scorecard: Scorecard,
    edition: Edition,
    content: EditionContent,
    viewing: Viewing,
) -> tuple[dict[dt.date, ScoreSheet], dict[int, dict[str, Any]]]:
    """The sheets of the trend; as of a moment, the viewed details of contributors with them."""
    trend = viewing.trend
    if edition._state.adding:
        return drafted_sheets(organization, scorecard.pk, content, trend), {}
    if viewing.at is not None:
        past = past_sheets(organization, [scorecard.pk], trend, viewing.at)
        mine = past.pop(scorecard.pk, {})
        beneath = {
            pk: sheets[viewing.period].detail
            for pk, sheets in past.items()
            if viewing.period in sheets
        }
        return {period.start: sheet for period, sheet in mine.items()}, beneath
    stored = ScoreSheet.objects.filter(
        scorecard=scorecard,
        frequency=viewing.period.frequency,
        period_start__gte=trend[0].start,
        period_start__lte=trend[-1].start,
    )
    return {sheet.period_start: sheet for sheet in stored}, {}


def _viewed_keys(facts: Facts, figures: Figures) -> dict[SaidKey, set[int]]:
    """The recorded values behind the viewed figures, and the requested rows that each is behind."""
    behind: dict[int, set[int]] = {}
    for row in range(facts.n_requested):
        for number in measured_behind(facts.series, row):
            behind.setdefault(number, set()).add(row)
    parts = figures.parts
    chosen = (parts.cells % parts.n_spans == TREND_LENGTH - 1) & ~np.isnan(parts.values)
    numbers, starts = parts.series[chosen].tolist(), parts.starts[chosen].tolist()
    return {
        (facts.assignments[number].pk, start): behind[number]
        for number, start in zip(numbers, starts, strict=True)
        if number in behind
    }


def _newest(facts: Facts, figures: Figures, at: dt.datetime | None) -> dict[int, SaidValue]:
    """By requested row, of the values behind its latest period the one that was said last."""
    keys = _viewed_keys(facts, figures)
    newest: dict[int, dt.date] = {}
    for (_, start), rows in keys.items():
        newest |= {row: max(start, newest.get(row, start)) for row in rows}
    wanted = {key for key, rows in keys.items() if any(newest[row] == key[1] for row in rows)}
    latest: dict[int, tuple[dt.datetime, SaidKey]] = {}
    for key, moment in said_moments(wanted, at).items():
        for row in keys[key]:
            if newest[row] == key[1]:
                latest[row] = max(latest.get(row, (moment, key)), (moment, key))
    said = said_values(
        {pk for _, (pk, _) in latest.values()}, {d for _, (_, d) in latest.values()}, at
    )
    return {row: said[key] for row, (_, key) in latest.items()}


def _corrected(facts: Facts, figures: Figures, at: dt.datetime | None) -> frozenset[int]:
    parts = _viewed_keys(facts, figures)
    if not parts:
        return frozenset()
    days = [start for _, start in parts]
    revised = MeasurementRevision.objects.filter(
        assignment_id__in={pk for pk, _ in parts},
        period_start__gte=min(days),
        period_start__lte=max(days),
    )
    if at is not None:
        revised = revised.filter(superseded_at__lte=at)
    keys = revised.values_list("assignment_id", "period_start").distinct()
    return frozenset(row for key in keys for row in parts.get(key, ()))


def _other_objectives(
    content: EditionContent, at: dt.datetime | None
) -> dict[tuple[int, str], OtherObjective]:
    """The objectives that this scorecard's support or are supported by, as they were named then."""
    named = list(_all_contributions(content))
    rows = list(
        Objective.objects.filter(
            scorecard_id__in={c.scorecard for c in named}, code__in={c.objective for c in named}
        ).values_list("pk", "scorecard_id", "code", "name", "scorecard__unit_id")
    )
    names = past_names({row[0] for row in rows}, at) if at else {}
    return {
        (scorecard_id, code): OtherObjective(code, names.get(pk, name), unit_id)
        for pk, scorecard_id, code, name, unit_id in rows
    }


def _all_contributions(content: EditionContent) -> Iterable[Contribution]:
    for perspective in content.perspectives:
        for node in perspective.objectives:
            yield from (*node.contributions, *node.supported_by, *node.supports)


def _initiatives(
    access: Access, scorecard: Scorecard, at: dt.datetime | None
) -> dict[str, list[Initiative]]:
    """By objective, with `n_served`; those of units that the reader may not see are left out."""
    if at is not None:
        return past_initiatives(access, scorecard, at)
    links = (
        InitiativeObjective.objects.live()
        .filter(objective__scorecard=scorecard, initiative__deleted_at=None)
        .filter(initiative__unit_id__in=access.visible_unit_ids)
        .select_related("initiative__owner", "objective")
        .prefetch_related(Prefetch("initiative__milestones", Milestone.objects.live()))
        .annotate(n_served=_n_served())
        .order_by("initiative__starts_on", "initiative_id")
    )
    by_code: dict[str, list[Initiative]] = {}
    for link in links:
        link.initiative.n_served = link.n_served
        by_code.setdefault(link.objective.code, []).append(link.initiative)
    return by_code


def _n_served() -> Subquery:
    """Of a link's initiative, how many objectives it serves, also those that nobody may see."""
    links = InitiativeObjective.objects.live().filter(initiative=OuterRef("initiative"))
    counted = links.order_by().values("initiative").annotate(count=Count("pk"))
    return Subquery(counted.values("count"))
