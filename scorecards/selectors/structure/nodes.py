"""The editable rows of a scorecard's structure, in the order of the board, each with its key.

A key is made of codes: `scorecard`, `perspective.<code>`, `objective.<code>`,
`kpi.<objective>.<kpi>`, `contribution.<objective>.<supporting scorecard>.<its objective>`; themes,
which count nowhere, are `theme.<code>`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from scorecards.models import Alignment, Objective, ObjectiveKPI, Perspective, Scorecard, Theme

TOP = "scorecard"
# What may be changed on each kind of row.
FIELDS: dict[str, tuple[str, ...]] = {
    "scorecard": ("name", "rule", "is_capped"),
    "perspective": ("name", "weight", "rule", "is_capped", "position"),
    "objective": (
        *("name", "description", "hint", "owner", "theme"),
        *("weight", "rule", "is_capped", "position"),
    ),
    "kpi": ("weight", "position"),
    "contribution": ("weight",),
    "theme": ("name", "description"),
}
# How people call what a node is a child of.
PARENT_WORDS = {
    "perspective": "scorecard",
    "objective": "perspective",
    "kpi": "objective",
    "contribution": "objective",
}


@dataclass(frozen=True)
class StructureNode:
    """A row of the structure; `parent` is the key of the node in whose score it counts."""

    key: str
    kind: str
    row: Any
    parent: str | None

    @property
    def name(self) -> str:
        if self.kind == "kpi":
            return str(self.row.kpi.name)
        if self.kind == "contribution":
            return str(self.row.objective.name)
        return str(self.row.name)


def structure_nodes(scorecard: Scorecard) -> list[StructureNode]:
    """The scorecard and everything beneath, parents before children, by five statements."""
    scorecard = Scorecard.objects.live().select_related("organization").get(pk=scorecard.pk)
    perspectives = Perspective.objects.live().filter(scorecard=scorecard)
    objectives = (
        Objective.objects.live().filter(scorecard=scorecard).select_related("owner", "theme")
    )
    links = (
        ObjectiveKPI.objects.live()
        .filter(objective__scorecard=scorecard)
        .select_related("kpi", "objective")
    )
    alignments = (
        Alignment.objects.live()
        .filter(_counts(scorecard), supported__scorecard=scorecard, objective__deleted_at=None)
        .select_related("objective__scorecard", "supported")
        .order_by("objective__scorecard_id", "objective__code")
    )
    return [
        StructureNode(TOP, "scorecard", scorecard, None),
        *_branches(perspectives, objectives, [*links, *alignments]),
    ]


def _counts(scorecard: Scorecard) -> Q:
    """Of alignments: those of scorecards that hold or will, not of drafts and of what has ended.

    A draft names other drafts, too: they may be activated together.
    """
    drafts = Q(objective__scorecard__status=Scorecard.State.DRAFT)
    is_to_come = Q(objective__scorecard__ends_on__gt=scorecard.organization.today())
    kept = Q(objective__scorecard__status=Scorecard.State.ACTIVE) | is_to_come
    return kept | drafts if scorecard.status == Scorecard.State.DRAFT else kept


def theme_nodes(scorecard: Scorecard) -> list[StructureNode]:
    """The themes of the scorecard by name, by one statement."""
    themes = Theme.objects.live().filter(scorecard=scorecard).order_by("name", "pk")
    return [StructureNode(f"theme.{theme.code}", "theme", theme, None) for theme in themes]


def _branches(
    perspectives: Iterable[Perspective],
    objectives: Iterable[Objective],
    leaves: Iterable[ObjectiveKPI | Alignment],
) -> Iterator[StructureNode]:
    of_perspective: dict[int, list[Objective]] = defaultdict(list)
    of_objective: dict[int, list[StructureNode]] = defaultdict(list)
    for objective in objectives:
        of_perspective[objective.perspective_id].append(objective)
    for leaf in leaves:
        counted_in = leaf.objective if isinstance(leaf, ObjectiveKPI) else leaf.supported
        of_objective[counted_in.pk].append(_leaf(leaf, counted_in))
    for perspective in perspectives:
        key = f"perspective.{perspective.code}"
        yield StructureNode(key, "perspective", perspective, TOP)
        for objective in of_perspective[perspective.pk]:
            yield StructureNode(f"objective.{objective.code}", "objective", objective, key)
            yield from of_objective[objective.pk]


def _leaf(row: ObjectiveKPI | Alignment, counted_in: Objective) -> StructureNode:
    parent = f"objective.{counted_in.code}"
    if isinstance(row, ObjectiveKPI):
        return StructureNode(f"kpi.{counted_in.code}.{row.kpi.code}", "kpi", row, parent)
    lower = row.objective
    key = f"contribution.{counted_in.code}.{lower.scorecard.code}.{lower.code}"
    return StructureNode(key, "contribution", row, parent)
