"""The board: a scorecard in one period, row by row."""

import zoneinfo
from collections.abc import Iterable

from calculations.periods import Frequency, Period
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, initiative_href
from scorecards.models import (
    Contribution,
    Initiative,
    ObjectiveNode,
    PerspectiveNode,
)
from scorecards.selectors.editions.changes import rule_text
from scorecards.selectors.formats import money_text, share_text
from scorecards.selectors.scoring.assessments import sheet_score, stored_score
from scorecards.selectors.shapes import Link, PeriodChoice, Score, Trend
from scorecards.selectors.viewing import Viewing, period_choice

from .assessed_lines import assessed_lines
from .board_data import BoardData, trace_href
from .kpi_rows import kpi_row
from .overview import trend_label
from .shapes import Board, InitiativeChip, KpiRow, MilestoneLine, ObjectiveRow, PerspectiveBand


def board(data: BoardData) -> Board:
    """The page's rows; its scores are the stored ones, its KPIs are computed from their values."""
    organization, unit = data.organization, data.unit
    total = sum(node.weight for node in data.content.perspectives)
    perspectives = tuple(
        _perspective(data, node, node.weight / total if total else 0.0)
        for node in data.content.perspectives
    )
    return Board(
        unit_code=unit.code,
        unit_name=unit.name,
        scorecard_name=data.content.name,
        breadcrumbs=breadcrumbs(data.access, unit, data.viewing.label, data.viewing.as_of_text),
        period=board_periods(organization, unit, data.viewing),
        score=_sheet_score(data),
        trend=_score_trend(data),
        structure_since=_structure_since(data),
        rule_text=rule_text(data.content),
        perspectives=perspectives,
        footnotes=_footnotes(perspectives),
        assessments=assessed_lines(data, perspectives),
        is_stale=data.is_stale,
        refreshed_text=_refreshed_text(data),
        trace_href=trace_href(data, "scorecard"),
    )


def board_periods(organization: Organization, unit: UnitNode, viewing: Viewing) -> PeriodChoice:
    """The board's period picker."""
    named = viewing.scorecard

    def address(period: str, as_of: str | None) -> str:
        return board_href(organization.code, unit.code, period, as_of=as_of, scorecard=named)

    kept = (("scorecard", named),) if named else ()
    return period_choice(organization, viewing, address, kept)


def breadcrumbs(
    access: Access, unit: UnitNode, period: str | None, as_of: str | None = None
) -> tuple[Link, ...]:
    """The line of sight: from the topmost unit that the reader sees down to this one."""
    code = access.organization.code
    return tuple(
        Link(node.name, board_href(code, node.code, period, as_of=as_of), unit=node.code)
        for node in access.line(unit.id)
    )


def node_score(data: BoardData, node: str, code: str) -> Score:
    """The score of a perspective or an objective: the stored one, or what is said of it."""
    stored = data.detail.get(f"{node}s", {}).get(code)
    return stored_score(data.organization, stored, data.assessment(node, code))


def _sheet_score(data: BoardData) -> Score:
    return sheet_score(data.organization, data.sheet, data.assessment("scorecard"))


def _score_trend(data: BoardData) -> Trend:
    scores = [data.trend_score(period.start) for period in data.viewing.trend]
    return Trend(
        values=tuple(scores),
        targets=(100.0,) * len(scores),
        status=_sheet_score(data).status,
        label=trend_label(scores, data.viewing, data.organization),
    )


def _structure_since(data: BoardData) -> str:
    calendar, shortest = data.organization.calendar, data.organization.frequencies[0]
    return calendar.label(Period(Frequency(shortest), data.edition.valid_from))


def _refreshed_text(data: BoardData) -> str:
    if data.sheet is None or data.sheet.refreshed_at is None:
        return "not computed yet"
    if data.viewing.as_of:
        return f"computed as of {data.viewing.as_of.told(data.organization)}"
    zone = zoneinfo.ZoneInfo(data.organization.time_zone)
    return f"computed {data.sheet.refreshed_at.astimezone(zone):%Y-%m-%d %H:%M}"


def _perspective(data: BoardData, node: PerspectiveNode, share: float) -> PerspectiveBand:
    total = sum(objective.weight for objective in node.objectives)
    return PerspectiveBand(
        code=node.code,
        name=node.name,
        weight_text=share_text(share),
        score=node_score(data, "perspective", node.code),
        rule_text=rule_text(node),
        objectives=tuple(
            _objective(data, objective, objective.weight / total if total else 0.0)
            for objective in node.objectives
        ),
        trace_href=trace_href(data, f"perspective:{node.code}"),
    )


def _objective(data: BoardData, node: ObjectiveNode, share: float) -> ObjectiveRow:
    return ObjectiveRow(
        code=node.code,
        name=node.name,
        description=node.description,
        weight_text=share_text(share),
        score=node_score(data, "objective", node.code),
        rule_text=rule_text(node),
        owner=node.owner,
        theme=node.theme,
        supports=_links(data, node.supports),
        supported_by=_links(data, (*node.contributions, *node.supported_by)),
        initiatives=tuple(_chip(data, each) for each in data.initiatives.get(node.code, ())),
        kpis=tuple(_kpi_rows(data, node)),
        trace_href=trace_href(data, f"objective:{node.code}"),
        said=data.said.get(node.code),
    )


def _kpi_rows(data: BoardData, node: ObjectiveNode) -> Iterable[KpiRow]:
    total = pool_weight(node)
    for link in node.kpis:
        row = kpi_row(data, node.code, link, link.weight / total if total else 0.0)
        if row is not None:
            yield row


def pool_weight(node: ObjectiveNode) -> float:
    """The weight of an objective's KPIs and contributions together."""
    return sum(child.weight for child in node.kpis) + sum(c.weight for c in node.contributions)


def _links(data: BoardData, contributions: Iterable[Contribution]) -> tuple[Link, ...]:
    """Other scorecards' objectives; those that the reader may not see are not named."""
    links = []
    for contribution in contributions:
        other = data.others.get((contribution.scorecard, contribution.objective))
        if other is None or not data.access.sees(other.unit_id):
            continue
        unit = data.access.tree.by_id[other.unit_id]
        detail = f"weight {contribution.weight:g}" if contribution.weight else "context only"
        href = board_href(
            data.organization.code,
            unit.code,
            data.viewing.label,
            f"objective:{other.code}",
            as_of=data.viewing.as_of_text,
        )
        name = f"{unit.name} · {other.name}"
        links.append(Link(name, href, detail, unit=unit.code, code=other.code))
    return tuple(links)


def _chip(data: BoardData, initiative: Initiative) -> InitiativeChip:
    today = data.facts.today
    milestones = tuple(
        MilestoneLine(
            name=milestone.name,
            due_on=milestone.due_on,
            done_on=milestone.done_on,
            is_late=initiative.misses(milestone, today),
        )
        for milestone in initiative.milestones.all()
    )
    return InitiativeChip(
        code=initiative.code,
        name=initiative.name,
        owner=initiative.owner.name if initiative.owner else "",
        status=initiative.status,
        percent_done=initiative.percent_done,
        dates_text=_dates_text(initiative),
        budget_text=_budget_text(initiative),
        is_late=initiative.is_overdue(today) or any(each.is_late for each in milestones),
        is_overspent=initiative.is_overspent,
        milestones=milestones,
        unit=data.access.tree.by_id[initiative.unit_id].code,
        href=initiative_href(
            data.organization.code, initiative.code, as_of=data.viewing.as_of_text
        ),
        planned=initiative.budget_planned,
        spent=initiative.budget_spent,
        currency=initiative.currency,
        n_served=initiative.n_served,  # type: ignore[attr-defined]  # counted where it is read
    )


def _dates_text(initiative: Initiative) -> str:
    days = [
        day.isoformat() if day else "open" for day in (initiative.starts_on, initiative.ends_on)
    ]
    return " – ".join(days) if days != ["open", "open"] else ""


def _budget_text(initiative: Initiative) -> str:
    if initiative.budget_planned is None:
        return ""
    planned = money_text(initiative.budget_planned, initiative.currency)
    return f"{money_text(initiative.budget_spent)} of {planned}"


def _footnotes(perspectives: Iterable[PerspectiveBand]) -> tuple[str, ...]:
    """The marks of KPI rows, for the foot of the printed page."""
    rows = [row for band in perspectives for objective in band.objectives for row in objective.kpis]
    notes = [f"{row.name}: {', '.join(row.marks)}" for row in rows if row.marks]
    return tuple(dict.fromkeys(notes))
