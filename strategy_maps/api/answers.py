"""What the API tells of a strategy map, as types and from the picture's rows. Missing is null."""

from typing import Annotated, Any, TypedDict

from msgspec import Meta

from calculations.periods import Frequency
from scorecards.api.answers import score_answer
from scorecards.api.shapes import Code, Moment, ScoreAnswer, one_of
from strategy_maps.models import MOST_MONTHS, Verdict
from strategy_maps.selectors.map import MapEvidence, MapLane, MapLink, MapNode, StrategyMap
from strategy_maps.selectors.records import STRENGTHS

Months = Annotated[int, Meta(description="Whole months.", ge=0, le=MOST_MONTHS)]
Place = Annotated[
    float, Meta(description="Share of the lane's width, where somebody put it.", ge=0, le=1)
]


class LaneAnswer(ScoreAnswer):
    """A perspective, with the codes of its objectives in their order."""

    code: Code
    name: str
    objectives: list[Code]


class NodeAnswer(ScoreAnswer):
    """An objective on the map."""

    code: Code
    name: str
    perspective: Code
    owner: str
    theme: Code | None
    x: Place | None


class LinkEvidenceAnswer(TypedDict):
    """What the figures say of a link."""

    verdict: Annotated[str, one_of(*Verdict.values)]
    frequency: Annotated[str, one_of(*Frequency)]
    lag: Annotated[int, Meta(description="In periods of the frequency.", ge=0)] | None
    association: Annotated[float, Meta(ge=-1, le=1)] | None
    p_value: Annotated[float, Meta(ge=0, le=1)] | None
    n: Annotated[int, Meta(description="Pairs of periods.", ge=0)]
    basis: Annotated[str, Meta(description="Which series were compared.")]
    profile: Annotated[Any, Meta(description="The association at every lag.")]
    computed_at: Moment


class MapLinkAnswer(TypedDict):
    """A causal link with its sentence."""

    cause: Code
    effect: Code
    is_inverse: bool
    strength: Annotated[str, one_of(*STRENGTHS)]
    lag_from: Months
    lag_to: Months
    note: str
    cause_kpi: Code | None
    effect_kpi: Code | None
    hypothesis: Annotated[str, Meta(description="What is expected, as a sentence.")]
    evidence: LinkEvidenceAnswer | None


class ThemeAnswer(TypedDict):
    """A theme with the codes of its objectives."""

    code: Code
    name: str
    objectives: list[Code]


class MapAnswer(ScoreAnswer):
    """The strategy map of a unit's scorecard in one period; lanes from the top down."""

    unit: Code
    unit_name: str
    scorecard: Code
    name: str
    period: str
    frequency: Annotated[str, one_of(*Frequency)]
    is_reported: bool
    is_stale: bool
    perspectives: list[LaneAnswer]
    objectives: list[NodeAnswer]
    causal_links: list[MapLinkAnswer]
    themes: list[ThemeAnswer]


def map_answer(shown: StrategyMap) -> MapAnswer:
    return {
        "unit": shown.unit_code,
        "unit_name": shown.unit_name,
        "scorecard": shown.scorecard_code,
        "name": shown.scorecard_name,
        "period": shown.period_label,
        "frequency": shown.period.frequency,
        "is_reported": shown.is_reported,
        "is_stale": shown.is_stale,
        **score_answer(shown.score),
        "perspectives": [_lane(lane) for lane in shown.lanes],
        "objectives": [_node(node) for node in shown.nodes],
        "causal_links": [_link(link) for link in shown.links],
        "themes": [
            {"code": theme.code, "name": theme.name, "objectives": list(theme.nodes)}
            for theme in shown.themes
        ],
    }


def _lane(lane: MapLane) -> LaneAnswer:
    return {
        "code": lane.code,
        "name": lane.name,
        "objectives": list(lane.nodes),
        **score_answer(lane.score),
    }


def _node(node: MapNode) -> NodeAnswer:
    return {
        "code": node.code,
        "name": node.name,
        "perspective": node.lane,
        "owner": node.owner,
        "theme": node.theme or None,
        "x": node.x,
        **score_answer(node.score),
    }


def _link(link: MapLink) -> MapLinkAnswer:
    words = {strength.value: word for word, strength in STRENGTHS.items()}
    return {
        "cause": link.cause,
        "effect": link.effect,
        "is_inverse": link.is_inverse,
        "strength": words[link.strength],
        "lag_from": link.lag_from,
        "lag_to": link.lag_to,
        "note": link.note,
        "cause_kpi": link.cause_kpi or None,
        "effect_kpi": link.effect_kpi or None,
        "hypothesis": link.hypothesis.sentence,
        "evidence": _evidence(link.evidence) if link.evidence else None,
    }


def _evidence(found: MapEvidence) -> LinkEvidenceAnswer:
    return {
        "verdict": found.verdict,
        "frequency": found.frequency,
        "lag": found.lag,
        "association": found.association,
        "p_value": found.p_value,
        "n": found.n,
        "basis": found.basis,
        "profile": found.profile,
        "computed_at": found.computed_at.isoformat(),
    }
