"""The units beneath with their scores, one level at a time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import alignment_href
from scorecards.models import Alignment, Objective, Scorecard
from scorecards.selectors.boards.overview import unit_lines
from scorecards.selectors.boards.shapes import UnitLine
from scorecards.selectors.viewing import Viewing

from .page import visible_children

MOST_ROWS = 100


@dataclass(frozen=True)
class TreeRow:
    """A unit: its line as on the organization's page, and what of it supports what is above.

    toggle_href: where the units beneath are, for who has no scripts; fragment_href: their rows.
    """

    line: UnitLine
    supports_text: str  # "5 of 7 objectives"; none of the unit that has nothing above it
    n_beneath: int
    toggle_href: str
    fragment_href: str
    beneath: "TreeLevel | None" = None


@dataclass(frozen=True)
class TreeLevel:
    rows: tuple[TreeRow, ...]
    more: int = 0
    more_href: str = ""


def alignment_tree(access: Access, unit: UnitNode, period: Period) -> TreeRow:
    """The unit with the level beneath it; the rest on demand."""
    nodes = visible_children(access, unit.id)
    top, *rows = _rows(access, [unit, *nodes[:MOST_ROWS]], period)
    return replace(top, beneath=_level(access, unit, period, rows, len(nodes), MOST_ROWS))


def tree_level(access: Access, unit: UnitNode, period: Period, skip: int = 0) -> TreeLevel:
    """The units directly beneath; by as many statements for hundreds as for one."""
    nodes = visible_children(access, unit.id)
    end = skip + MOST_ROWS
    rows = _rows(access, nodes[skip:end], period)
    return _level(access, unit, period, rows, len(nodes), end)


def _level(
    access: Access,
    unit: UnitNode,
    period: Period,
    rows: Sequence[TreeRow],
    n_all: int,
    end: int,
) -> TreeLevel:
    """end: the place of the first unit that is not shown, if there is one."""
    more = max(n_all - end, 0)
    href = _href(access, unit, period, skip=str(end)) if more else ""
    return TreeLevel(tuple(rows), more, href)


def _rows(access: Access, nodes: Sequence[UnitNode], period: Period) -> list[TreeRow]:
    viewing = Viewing(access.organization.calendar, period)
    lines = unit_lines(access, viewing, [(node, 0) for node in nodes])
    supports = _supports([node.id for node in nodes if node.parent_id is not None])
    return [
        TreeRow(
            line=line,
            supports_text=supports.get(node.id, ""),
            n_beneath=len(visible_children(access, node.id)),
            toggle_href=_href(access, node, period),
            fragment_href=_href(access, node, period, beneath="1"),
        )
        for node, line in zip(nodes, lines, strict=True)
    ]


def _href(access: Access, node: UnitNode, period: Period, **query: str) -> str:
    organization = access.organization
    label = organization.calendar.label(period)
    return alignment_href(organization.code, node.code, view="tree", period=label, **query)


def _supports(unit_ids: Sequence[int]) -> dict[int, str]:
    """By unit, how many of its objectives support one above."""
    above = Alignment.objects.live().filter(objective=OuterRef("pk"), supported__deleted_at=None)
    rows = Objective.objects.live().filter(
        scorecard__unit_id__in=unit_ids,
        scorecard__status=Scorecard.State.ACTIVE,
        scorecard__deleted_at=None,
    )
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for unit_id, supports in rows.annotate(has=Exists(above)).values_list(
        "scorecard__unit_id", "has"
    ):
        counts[unit_id][0] += supports
        counts[unit_id][1] += 1
    return {
        unit_id: f"{some} of {all_} objective{'' if all_ == 1 else 's'}"
        for unit_id, (some, all_) in counts.items()
    }
