"""What a reader may not see of a score: one nameless line, with which it still adds up."""

from collections.abc import Sequence
from dataclasses import dataclass

from calculations.polylines import TARGET_SCORE
from calculations.scoring import Status
from organizations.models import Organization
from scorecards.selectors.formats import scored

from .shapes import TraceNode


@dataclass(frozen=True)
class HiddenPart:
    """A child that is not named: its score, weight, and shares of the weights and the score."""

    score: float | None
    weight: float
    of_weight: float
    of_score: float


def hidden_line(
    organization: Organization, parts: Sequence[HiddenPart], *, is_capped: bool
) -> TraceNode:
    """The parts as one: what counts of them, and the score that they bring in together."""
    of_score = sum(part.of_score for part in parts)
    brought = sum(part.of_score * _counted(part, is_capped) for part in parts)
    # A part without data has no say in the score, so its weight has none either.
    known = [part for part in parts if part.score is not None]
    return TraceNode(
        kind="hidden",
        code="",
        name="hidden",
        href=None,
        score=scored(brought / of_score if of_score else None, None, Status.NO_DATA, organization),
        weight=sum(part.weight for part in known or parts),
        weight_share=sum(part.of_weight for part in parts),
        effective_share=of_score,
        sentence=f"{len(parts)} that you may not see",
    )


def _counted(part: HiddenPart, is_capped: bool) -> float:
    score = part.score or 0.0
    return min(score, TARGET_SCORE) if is_capped else score
