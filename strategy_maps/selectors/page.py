"""What stands around the picture: the period, the hypotheses in words, and where to go."""

from dataclasses import dataclass, replace

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import Scorecard
from scorecards.selectors.shapes import Link, PeriodChoice
from scorecards.selectors.viewing import Viewing, period_choice
from strategy_maps.links import map_edit_href, map_file_href, map_href, map_link_href

from .map import MapEvidence, MapLink, StrategyMap, strategy_map


@dataclass(frozen=True)
class HypothesisLine:
    """A causal link in words, and what the figures say of it."""

    cause: str  # codes
    effect: str
    sentence: str
    verdict: str
    verdict_text: str
    figures_text: str
    note: str
    href: str


@dataclass(frozen=True)
class MapPage:
    """The map with all that its page says."""

    map: StrategyMap
    title: str
    breadcrumbs: tuple[Link, ...]
    period: PeriodChoice
    lines: tuple[HypothesisLine, ...]
    edit_href: str
    svg_href: str
    png_href: str
    pdf_href: str
    scorecard: str  # code of the one that the address names


def map_page(
    access: Access, unit: UnitNode, scorecard: Scorecard, period: Period, named: str = ""
) -> MapPage:
    """named: the scorecard's code where the address names it."""
    shown = strategy_map(access, scorecard, period, named)
    code, in_period = access.organization.code, {"period": shown.period_label, "scorecard": named}
    lanes = {lane.code: index for index, lane in enumerate(shown.lanes)}
    lane_of = {node.code: lanes[node.lane] for node in shown.nodes}
    # As the strategy works: from the lowest lane up.
    links = sorted(shown.links, key=lambda link: -lane_of[link.cause])
    return MapPage(
        map=shown,
        title=f"{shown.scorecard_name}: strategy map",
        breadcrumbs=map_breadcrumbs(access, unit, shown.period_label),
        period=_periods(access, unit, period, named),
        lines=tuple(map_line(access, unit.code, link, in_period) for link in links),
        edit_href=map_edit_href(code, unit.code, **in_period),
        svg_href=map_file_href(code, unit.code, "svg", **in_period),
        png_href=map_file_href(code, unit.code, "png", **in_period),
        pdf_href=map_file_href(code, unit.code, "pdf", **in_period),
        scorecard=named,
    )


def map_breadcrumbs(access: Access, unit: UnitNode, period: str | None) -> tuple[Link, ...]:
    """The line of sight from the map of the topmost unit that the reader sees to this one's."""
    code = access.organization.code
    return tuple(
        Link(node.name, map_href(code, node.code, period=period), unit=node.code)
        for node in access.line(unit.id)
    )


def _periods(access: Access, unit: UnitNode, period: Period, named: str) -> PeriodChoice:
    """The picker without a moment: links stand as they are now."""
    organization = access.organization

    def address(label: str, as_of: str | None) -> str:
        return map_href(organization.code, unit.code, period=label, scorecard=named)

    viewing = Viewing(organization.calendar, period, scorecard=named)
    return replace(period_choice(organization, viewing, address), today="")


def map_line(access: Access, unit: str, link: MapLink, about: dict[str, str]) -> HypothesisLine:
    """about: what the address of its page says of the period and the scorecard."""
    told = link.hypothesis
    return HypothesisLine(
        cause=link.cause,
        effect=link.effect,
        sentence=told.sentence,
        verdict=told.verdict or "too_little",
        verdict_text=told.verdict_text,
        figures_text=figures_text(link.evidence) if link.evidence else "",
        note=link.note,
        href=map_link_href(access.organization.code, unit, link.cause, link.effect, **about),
    )


def figures_text(evidence: MapEvidence) -> str:
    """The figures behind a verdict: "association 0.58 at 2 quarters, p 0.01, 34 periods"."""
    periods = f"{evidence.n} period{'' if evidence.n == 1 else 's'}"
    if evidence.association is None or evidence.lag is None:
        return periods
    lag = f"{evidence.lag} {evidence.frequency}{'' if evidence.lag == 1 else 's'}"
    said = [f"association {evidence.association:.2f} at {lag}".replace("-", "−")]
    if evidence.p_value is not None:
        said.append(f"p {evidence.p_value:.2f}" if evidence.p_value >= 0.005 else "p < 0.01")
    return ", ".join([*said, periods])
