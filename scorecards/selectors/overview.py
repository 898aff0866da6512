"""The organization's page: every unit that may be seen, with its scorecard's score."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from calculations.periods import Period
from organizations.access import Access
from organizations.models import Organization
from scorecards.links import board_href, organization_href
from scorecards.models import Scorecard, ScoreSheet

from .board_data import has_pending_changes
from .formats import plain, score_text, scored
from .shapes import OrganizationOverview, Score, Trend, UnitLine
from .viewing import NOUNS, Viewing, period_choice


@dataclass(frozen=True)
class UnitLink:
    """A unit in the switcher."""

    name: str
    depth: int
    href: str


def unit_links(access: Access, period: str | None = None) -> list[UnitLink]:
    """The units that may be seen, depth first, each with the address of its board."""
    code = access.organization.code
    return [
        UnitLink(node.name, depth, board_href(code, node.code, period))
        for node, depth in access.tree.depth_first()
        if access.sees(node.id)
    ]


def organization_overview(access: Access, period: Period) -> OrganizationOverview:
    """Reads stored sheets only: one statement for the scores, whatever the number of units."""
    organization = access.organization
    viewing = Viewing(organization.calendar, period)
    active = Scorecard.objects.active().filter(organization=organization)
    unit_of = dict(active.values_list("pk", "unit_id"))
    with_scorecard = set(unit_of.values())
    sheets = _sheets_by_unit(unit_of, viewing)
    is_pending = has_pending_changes(organization)
    return OrganizationOverview(
        name=organization.name,
        mission=organization.mission,
        vision=organization.vision,
        values=organization.values,
        period=period_choice(
            organization, period, lambda label: organization_href(organization.code, label)
        ),
        units=tuple(
            UnitLine(
                code=node.code,
                name=node.name,
                kind=node.kind,
                depth=depth,
                href=_href(access, viewing, node.code) if node.id in with_scorecard else None,
                score=_score(sheets[node.id].get(period), organization),
                trend=_trend(sheets[node.id], viewing, organization),
                is_stale=is_pending or _is_stale(sheets[node.id].get(period)),
            )
            for node, depth in access.tree.depth_first()
            if access.sees(node.id)
        ),
    )


def _href(access: Access, viewing: Viewing, unit: str) -> str:
    return board_href(access.organization.code, unit, viewing.label)


def _sheets_by_unit(
    unit_of: Mapping[int, int], viewing: Viewing
) -> dict[int, dict[Period, ScoreSheet]]:
    """The sheets of the trend; unit_of: the units of the scorecards, by id."""
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
        sheets[unit_of[sheet.scorecard_id]][period] = sheet
    return sheets


def _is_stale(sheet: ScoreSheet | None) -> bool:
    return sheet is not None and sheet.is_stale


def _score(sheet: ScoreSheet | None, organization: Organization) -> Score | None:
    if sheet is None or sheet.status is None:
        return None
    return scored(sheet.score, sheet.coverage, sheet.status, organization, sheet_counts(sheet))


def sheet_counts(sheet: ScoreSheet) -> tuple[int, ...]:
    """In the order of Status."""
    return (
        sheet.critical,
        sheet.below_target,
        sheet.on_target,
        sheet.no_data,
        sheet.insufficient_data,
    )


def _trend(
    sheets: dict[Period, ScoreSheet], viewing: Viewing, organization: Organization
) -> Trend | None:
    if not sheets:
        return None
    scores = [plain(sheets[p].score) if p in sheets else None for p in viewing.trend]
    score = _score(sheets.get(viewing.period), organization)
    return Trend(
        values=tuple(scores),
        targets=(100.0,) * len(scores),
        status=score.status if score else "no_data",
        label=trend_label(scores, viewing, organization),
    )


def trend_label(scores: list[float | None], viewing: Viewing, organization: Organization) -> str:
    """A score's sparkline in words."""
    noun = NOUNS[viewing.period.frequency].lower()
    known = [score_text(score, organization) for score in scores if score is not None]
    told = f"from {known[0]} to {known[-1]}" if known else "no scores"
    return f"Score, 12 {noun}s to {viewing.label}: {told}"
