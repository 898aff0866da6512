"""What the picture tells of a strategy map: the words on it, and where its parts lead."""

from collections.abc import Callable

from scorecards.selectors.shapes import Score
from strategy_maps.selectors.map import MapLink, MapNode, StrategyMap

from .told import ToldLane, ToldLink, ToldMap, ToldNode, ToldTheme

WHOLE = ("100 %", "–")  # said of a score whose parts are all measured, or of none


def told_map(
    shown: StrategyMap,
    node_href: Callable[[str], str],
    link_href: Callable[[str, str], str],
) -> ToldMap:
    """node_href: by the objective's code; link_href: by those of cause and effect."""
    return ToldMap(
        title=f"Strategy map of {shown.scorecard_name} in {shown.period_label}",
        lanes=tuple(ToldLane(lane.code, lane.name) for lane in shown.lanes),
        nodes=tuple(_node(shown, node, node_href(node.code)) for node in shown.nodes),
        links=tuple(_link(link, link_href(link.cause, link.effect)) for link in shown.links),
        themes=tuple(ToldTheme(each.code, each.name) for each in shown.themes if each.nodes),
    )


def _node(shown: StrategyMap, node: MapNode, href: str) -> ToldNode:
    score = node.score
    measured = measured_text(score)
    return ToldNode(
        code=node.code,
        lane=node.lane,
        name=node.name,
        status=score.status,
        score=score.text,
        measured=measured,
        x=node.x,
        theme=node.theme,
        href=href,
        label=_label(shown, node, measured),
    )


def measured_text(score: Score) -> str:
    """How much of it has data, where that is neither all nor nothing."""
    return "" if score.coverage_text in WHOLE else f"{score.coverage_text} measured"


def _label(shown: StrategyMap, node: MapNode, measured: str) -> str:
    """All that the picture says of an objective, in words."""
    names = {each.code: each.name for each in shown.nodes}
    figures = [node.score.status.replace("_", " "), f"score {node.score.text}"]
    said = [f"{node.name}: {', '.join(filter(None, [*figures, measured]))}"]
    effects = [names[link.effect] for link in shown.links if link.cause == node.code]
    causes = [names[link.cause] for link in shown.links if link.effect == node.code]
    if causes:
        said.append(f"Follows from {', '.join(causes)}")
    if effects:
        said.append(f"Leads to {', '.join(effects)}")
    return ". ".join(said)


def _link(link: MapLink, href: str) -> ToldLink:
    told = link.hypothesis
    return ToldLink(
        cause=link.cause,
        effect=link.effect,
        is_inverse=link.is_inverse,
        strength=link.strength,
        lag=link.short_lag,
        verdict=told.verdict or "too_little",
        sentence=f"{told.sentence} {told.verdict_text}.",
        href=href,
    )
