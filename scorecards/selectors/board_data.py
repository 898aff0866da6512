"""Everything that a board and its traces are made of, read by a fixed number of statements."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Prefetch
from django.utils import timezone

from calculations.figures import Figures
from calculations.periods import Period
from kpis.models import Assignment, Change, Measurement, MeasurementRevision
from kpis.selectors.series import Facts, kpi_facts
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.models import (
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

from .editions import contents, valid_editions
from .viewing import TREND_LENGTH, Viewing


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
    newest: dict[int, Measurement]  # by row: the newest value within the viewed period
    corrected: frozenset[int]  # rows with a corrected value in the viewed period
    others: dict[tuple[int, str], OtherObjective]
    initiatives: dict[str, list[Initiative]]  # by the objective's code
    is_stale: bool
    now: dt.datetime

    @property
    def organization(self) -> Organization:
        return self.access.organization

    @property
    def sheet(self) -> ScoreSheet | None:
        """The stored scores of the viewed period; None until they are first computed."""
        sheet = self.sheets.get(self.viewing.period.start)
        return sheet if sheet is not None and sheet.refreshed_at else None

    @property
    def detail(self) -> dict[str, Any]:
        return self.sheet.detail if self.sheet else {}

    def assignment(self, kpi_id: int) -> Assignment | None:
        row = self.rows.get(kpi_id)
        return None if row is None else self.facts.assignments[row]


def active_scorecard(unit: UnitNode) -> Scorecard | None:
    return Scorecard.objects.active().filter(unit_id=unit.id).select_related("organization").first()


def board_data(
    access: Access, unit: UnitNode, scorecard: Scorecard, period: Period
) -> BoardData | None:
    """The scorecard in the period; None where its structure begins later."""
    viewing = Viewing(access.organization.calendar, period)
    edition = valid_editions([scorecard.pk], viewing.calendar.end(period)).get(scorecard.pk)
    if edition is None:
        return None
    content = contents([edition.pk])[edition.pk]
    facts = _facts(access.organization, unit, content, viewing)
    figures = facts.figures(viewing.spans)
    sheets = _sheets(scorecard, viewing)
    viewed = sheets.get(period.start)
    return BoardData(
        access=access,
        unit=unit,
        viewing=viewing,
        scorecard=scorecard,
        edition=edition,
        content=content,
        facts=facts,
        figures=figures,
        rows={assignment.kpi_id: row for row, assignment in enumerate(facts.assignments)},
        sheets=sheets,
        newest=_newest(facts, figures),
        corrected=_corrected(facts, figures),
        others=_other_objectives(content),
        initiatives=_initiatives(access, scorecard),
        is_stale=viewed is None or viewed.is_stale or has_pending_changes(access.organization),
        now=timezone.now(),
    )


def has_pending_changes(organization: Organization) -> bool:
    """Whether values or targets changed that no sheet has heard of yet."""
    return Change.objects.filter(organization=organization).exists()


def _facts(
    organization: Organization, unit: UnitNode, content: EditionContent, viewing: Viewing
) -> Facts:
    linked = [link.kpi for p in content.perspectives for node in p.objectives for link in node.kpis]
    assignments = list(
        Assignment.objects.live()
        .filter(organization=organization, unit_id=unit.id, kpi_id__in=linked)
        .select_related("kpi", "kpi__owner", "responsible")
        .order_by("pk")
    )
    for assignment in assignments:
        assignment.kpi.organization = organization
    return kpi_facts(organization, assignments, viewing.spans)


def _sheets(scorecard: Scorecard, viewing: Viewing) -> dict[dt.date, ScoreSheet]:
    """The sheets of the trend; only the viewed one with its detail."""
    trend = viewing.trend
    sheets = ScoreSheet.objects.filter(
        scorecard=scorecard,
        frequency=viewing.period.frequency,
        period_start__gte=trend[0].start,
        period_start__lte=trend[-1].start,
    )
    return {sheet.period_start: sheet for sheet in sheets}


def viewed_parts(figures: Figures, column: int) -> list[tuple[int, dt.date, float]]:
    """(row, first day, value) of the known parts behind one span's figures, oldest first."""
    n_spans = figures.values.shape[1]
    parts = figures.parts
    chosen = (parts.cells % n_spans == column) & ~np.isnan(parts.values)
    rows, starts = parts.series[chosen].tolist(), parts.starts[chosen].tolist()
    return list(zip(rows, starts, parts.values[chosen].tolist(), strict=True))


def _newest(facts: Facts, figures: Figures) -> dict[int, Measurement]:
    newest = {row: start for row, start, _ in viewed_parts(figures, TREND_LENGTH - 1)}
    wanted = {(facts.assignments[row].pk, start): row for row, start in newest.items()}
    said = Measurement.objects.filter(
        assignment_id__in={pk for pk, _ in wanted}, period_start__in={day for _, day in wanted}
    ).select_related("user", "token")
    return {
        wanted[key]: measurement
        for measurement in said
        if (key := (measurement.assignment_id, measurement.period_start)) in wanted
    }


def _corrected(facts: Facts, figures: Figures) -> frozenset[int]:
    parts = {
        (facts.assignments[row].pk, start): row
        for row, start, _ in viewed_parts(figures, TREND_LENGTH - 1)
    }
    if not parts:
        return frozenset()
    days = [start for _, start in parts]
    revised = (
        MeasurementRevision.objects.filter(
            assignment_id__in={pk for pk, _ in parts},
            period_start__gte=min(days),
            period_start__lte=max(days),
        )
        .values_list("assignment_id", "period_start")
        .distinct()
    )
    return frozenset(parts[key] for key in revised if key in parts)


def _other_objectives(content: EditionContent) -> dict[tuple[int, str], OtherObjective]:
    """Names for the objectives that this scorecard's support or are supported by."""
    named = list(_all_contributions(content))
    rows = Objective.objects.filter(
        scorecard_id__in={c.scorecard for c in named}, code__in={c.objective for c in named}
    ).values_list("scorecard_id", "code", "name", "scorecard__unit_id")
    return {(pk, code): OtherObjective(code, name, unit_id) for pk, code, name, unit_id in rows}


def _all_contributions(content: EditionContent) -> Iterable[Contribution]:
    for perspective in content.perspectives:
        for node in perspective.objectives:
            yield from (*node.contributions, *node.supported_by, *node.supports)


def _initiatives(access: Access, scorecard: Scorecard) -> dict[str, list[Initiative]]:
    """By objective; those of units that the reader may not see are left out."""
    links = (
        InitiativeObjective.objects.live()
        .filter(objective__scorecard=scorecard, initiative__deleted_at=None)
        .filter(initiative__unit_id__in=access.visible_unit_ids)
        .select_related("initiative__owner", "objective")
        .prefetch_related(Prefetch("initiative__milestones", Milestone.objects.live()))
        .order_by("initiative__starts_on", "initiative_id")
    )
    by_code: dict[str, list[Initiative]] = {}
    for link in links:
        by_code.setdefault(link.objective.code, []).append(link.initiative)
    return by_code
