"""The strategy map as anybody may read it: what its board tells, and what leads to what.

Lanes, objectives and scores are those of the public board with the same smallest count, so whatever
is hidden there is hidden here. Links are those that stand now, between objectives of that board:
without their notes and KPIs, and of what the figures say only the verdict.
"""

from dataclasses import dataclass, field

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import PublicLink, Scorecard
from scorecards.selectors.public.board import PublicBoard, PublicObjective, public_board
from scorecards.selectors.public.sharing import Asked, SharingPage, scorecard_sharing
from strategy_maps.links import map_href
from strategy_maps.models import Position

from .hypotheses import sentence
from .map import MapLink, links_of

NOT_TOLD, NOT_TOLD_TEXT = "not_told", "Not shown"


@dataclass(frozen=True)
class PublicHypothesis:
    """A causal link, by the codes of its objectives. verdict: not_told where a figure is hidden."""

    cause: str
    effect: str
    sentence: str
    is_inverse: bool
    strength: int
    short_lag: str
    verdict: str
    verdict_text: str


@dataclass(frozen=True)
class PublicMap:
    """places: by objective, where somebody put it. links: in the order of the strategy."""

    board: PublicBoard
    links: tuple[PublicHypothesis, ...]
    places: dict[str, float] = field(default_factory=dict)

    @property
    def hides_verdicts(self) -> bool:
        return any(link.verdict == NOT_TOLD for link in self.links)


def public_map(link: PublicLink) -> PublicMap | None:
    """What the link shows; None where there is no such board."""
    board = public_board(link)
    if board is None:
        return None
    scorecard = Scorecard.objects.get(pk=board.scorecard_id)
    objectives = {each.code: each for band in board.bands for each in band.objectives}
    lanes = {each.code: place for place, band in enumerate(board.bands) for each in band.objectives}
    links = [each for each in links_of(scorecard) if {each.cause, each.effect} <= objectives.keys()]
    links.sort(key=lambda each: -lanes[each.cause])  # as the strategy works: from the lowest lane
    by_hand = Position.objects.filter(objective__scorecard=scorecard, objective__deleted_at=None)
    return PublicMap(
        board=board,
        links=tuple(_hypothesis(each, board, objectives) for each in links),
        places=dict(by_hand.values_list("objective__code", "x")),
    )


def _hypothesis(
    link: MapLink, board: PublicBoard, objectives: dict[str, PublicObjective]
) -> PublicHypothesis:
    cause, effect = objectives[link.cause], objectives[link.effect]
    is_hidden = cause.is_hidden or effect.is_hidden or _compares_hidden(link, board)
    return PublicHypothesis(
        cause=link.cause,
        effect=link.effect,
        sentence=sentence(
            cause.name,
            effect.name,
            is_inverse=link.is_inverse,
            strength=link.strength,
            months=(link.lag_from, link.lag_to),
        ),
        is_inverse=link.is_inverse,
        strength=link.strength,
        short_lag=link.short_lag,
        verdict=NOT_TOLD if is_hidden else link.hypothesis.verdict or "too_little",
        verdict_text=NOT_TOLD_TEXT if is_hidden else link.hypothesis.verdict_text,
    )


def _compares_hidden(link: MapLink, board: PublicBoard) -> bool:
    """Whether the figures compared are of a KPI that the board hides, or does not have."""
    if not board.smallest:
        return False
    told = {
        kpi.row.code
        for band in board.bands
        for objective in band.objectives
        for kpi in objective.kpis
        if not kpi.is_hidden
    }
    return not {link.cause_kpi, link.effect_kpi} - {""} <= told


def map_sharing(access: Access, node: UnitNode, asked: Asked, site: str) -> SharingPage:
    """The page on which the map is published; site: with {secret} in place of a secret."""
    return scorecard_sharing(
        access,
        node,
        asked,
        site,
        kind=PublicLink.Kind.MAP,
        href=map_href(access.organization.code, node.code),
        tells="objectives, scores and what is expected to lead to what. It shows no names of "
        "people, no notes, no figures behind a verdict,",
    )
