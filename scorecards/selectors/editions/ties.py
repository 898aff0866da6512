"""What a scorecard and those aligned with it must say of each other in their editions."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from django.db.models import Q

from scorecards.models import Alignment, Contribution, EditionContent, ObjectiveNode, Scorecard

# By scorecard and code of an objective there: what it has to do with the one in question.
Told = defaultdict[tuple[int, str], list[Contribution]]


@dataclass(frozen=True)
class Ties:
    """The alignments of one scorecard, as the others' objectives see them."""

    scorecard_id: int
    scorecards: set[int] = field(default_factory=set)
    beneath: Told = field(default_factory=lambda: defaultdict(list))  # supporting the other's
    above: Told = field(default_factory=lambda: defaultdict(list))  # supported by the other's

    def told_in(self, other_id: int, content: EditionContent) -> EditionContent:
        """The other scorecard's content with its ties to this one as they are now."""
        perspectives = tuple(
            msgspec.structs.replace(
                perspective,
                objectives=tuple(self._told(other_id, node) for node in perspective.objectives),
            )
            for perspective in content.perspectives
        )
        return msgspec.structs.replace(content, perspectives=perspectives)

    def _told(self, other_id: int, node: ObjectiveNode) -> ObjectiveNode:
        key = (other_id, node.code)
        beneath = [*self._others(node.contributions), *self._others(node.supported_by)]
        beneath += self.beneath.get(key, [])
        above = [*self._others(node.supports), *self.above.get(key, [])]
        return msgspec.structs.replace(
            node,
            contributions=in_order(c for c in beneath if c.weight > 0),
            supported_by=in_order(c for c in beneath if c.weight == 0),
            supports=in_order(above),
        )

    def _others(self, contributions: Iterable[Contribution]) -> list[Contribution]:
        return [c for c in contributions if c.scorecard != self.scorecard_id]


def in_order(contributions: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """In one fixed order, so that the same structure always packs and adds up the same."""
    return tuple(sorted(contributions, key=lambda row: (row.scorecard, row.objective)))


def alignment_ties(scorecard: Scorecard) -> Ties:
    """The scorecard's alignments by one statement; deleted ones tell who still names it."""
    ties = Ties(scorecard.pk)
    rows = Alignment.objects.filter(
        Q(objective__scorecard=scorecard) | Q(supported__scorecard=scorecard)
    ).select_related("objective", "supported")
    for row in rows:
        lower, upper = row.objective, row.supported
        is_lower = lower.scorecard_id == scorecard.pk
        ties.scorecards.add(upper.scorecard_id if is_lower else lower.scorecard_id)
        if row.deleted_at or lower.deleted_at or upper.deleted_at:
            continue
        if is_lower:
            said = Contribution(lower.scorecard_id, lower.code, row.weight)
            ties.beneath[upper.scorecard_id, upper.code].append(said)
        else:
            said = Contribution(upper.scorecard_id, upper.code, row.weight)
            ties.above[lower.scorecard_id, lower.code].append(said)
    return ties
