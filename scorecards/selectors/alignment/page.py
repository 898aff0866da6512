"""What all pictures of a unit's alignment share: where they are, and in which period."""

from dataclasses import dataclass, replace

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.links import alignment_href, board_href
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.shapes import Link, PeriodChoice
from scorecards.selectors.viewing import Viewing, period_choice

VIEWS = {"matrix": "Matrix", "tree": "Tree", "gaps": "Gaps", "above": "Objectives above"}


@dataclass(frozen=True)
class AlignmentHead:
    unit_code: str
    unit_name: str
    view: str
    views: tuple[Link, ...]  # detail="current" on the shown one
    breadcrumbs: tuple[Link, ...]
    period: PeriodChoice
    board_href: str
    may_edit: bool


def alignment_head(
    access: Access, unit: UnitNode, view: str, period: Period, of: str | None = None
) -> AlignmentHead:
    """of: code of the unit above whose objectives the matrix lists."""
    organization = access.organization
    viewing = Viewing(organization.calendar, period)
    kept = (("view", view), *((("of", of),) if of else ()))

    def address(label: str, as_of: str | None) -> str:
        return alignment_href(organization.code, unit.code, view=view, period=label, of=of)

    return AlignmentHead(
        unit_code=unit.code,
        unit_name=unit.name,
        view=view,
        views=tuple(
            Link(
                name,
                alignment_href(organization.code, unit.code, view=each, period=viewing.label),
                "current" if each == view else "",
            )
            for each, name in VIEWS.items()
        ),
        breadcrumbs=breadcrumbs(access, unit, viewing.label),
        # A day of which to tell would tell the structure of another day, too.
        period=replace(period_choice(organization, viewing, address, kept), today=""),
        board_href=board_href(organization.code, unit.code, viewing.label),
        may_edit=access.can(Action.EDIT_STRUCTURE, unit.id),
    )


def visible_children(access: Access, unit_id: int) -> list[UnitNode]:
    return [node for node in access.tree.children(unit_id) if access.sees(node.id)]
