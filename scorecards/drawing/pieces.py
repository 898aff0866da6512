"""What each child adds to a score, side by side."""

from dataclasses import dataclass

from scorecards.selectors.traces.shapes import TraceNode

from .scales import RED_FLAG, STRETCH, TARGET, Band, Scale


@dataclass(frozen=True)
class Shares:
    """What each child adds to a score: pieces side by side on the axis of scores."""

    width: int
    height: int
    pieces: tuple[Band, ...]
    marks: tuple[float, ...]  # at 50 and 100
    label: str


def shares(node: TraceNode, *, width: int = 420, height: int = 18) -> Shares:
    """What each child adds to the node's score: its effective share times its score.

    The pieces end at the score itself, so that the gap to the mark at 100 is what is missing.
    Children that were left out add nothing and have no piece. Where a success is capped at 100,
    so is its piece.
    """
    axis = Scale(0, STRETCH, 0, width)
    pieces, reached = [], 0.0
    for child in node.children:
        part = _added(child, is_capped=node.is_capped)
        if part > 0:
            pieces.append(_piece(axis, reached, reached + part, child))
            reached += part
    return Shares(
        width=width,
        height=height,
        pieces=tuple(pieces),
        marks=(axis.at(RED_FLAG), axis.at(TARGET)),
        label=f"{node.name}: score {node.score.text}, made of {len(pieces)} parts",
    )


def _added(child: TraceNode, *, is_capped: bool) -> float:
    if child.score.value is None or not child.effective_share:
        return 0.0
    score = min(child.score.value, TARGET) if is_capped else child.score.value
    return child.effective_share * score


def _piece(axis: Scale, low: float, high: float, child: TraceNode) -> Band:
    # A hair of paper between neighbours keeps them apart where they share a colour.
    length = max(axis.at(high) - axis.at(low) - 1.5, 0.5)
    name = child.name or "not visible to you"
    return Band(axis.at(low), round(length, 1), child.score.status, f"{name}: {child.score.text}")
