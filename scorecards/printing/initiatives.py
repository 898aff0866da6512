"""What is done about it: the initiatives of units as a section of a document."""

from collections.abc import Sequence

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.selectors.initiatives.lines import Asked, InitiativeLine, line, matching
from scorecards.selectors.initiatives.reading import told_initiatives
from scorecards.selectors.viewing import Viewing

from .shapes import Cell, Column, TableSection
from .words import head, now_text, said, table

COLUMNS = (
    Column("Initiative", share=3),
    Column("Objectives", share=3),
    Column("Owner", share=1.4),
    Column("State", share=1.3),
    Column("Done, %", "number"),
    Column("From", share=1),
    Column("To", share=1),
    Column("Spent of planned", share=1.8),
    Column("Next milestone", share=2.2),
)


def initiatives_sections(
    access: Access, units: Sequence[UnitNode], viewing: Viewing
) -> list[TableSection]:
    """Those of each unit, as they stand now; nothing of a unit that has none."""
    told = told_initiatives(access, viewing.as_of)
    found: list[TableSection] = []
    for unit in units:
        mine = [each for each in told if each.unit.id == unit.id]
        lines = [line(access, each) for each in matching(access, mine, Asked())]
        if lines:
            found.append(_section(access, unit, viewing, lines))
    return found


def _section(
    access: Access, unit: UnitNode, viewing: Viewing, lines: Sequence[InitiativeLine]
) -> TableSection:
    late = sum(bool(each.late_text) for each in lines)
    state = f"As they stand on {now_text(access)}"
    return TableSection(
        head=head(access, unit.id, "Initiatives", viewing, state),
        lead=f"{len(lines)} in all, {late} late",
        table=table(COLUMNS, map(_row, lines)),
    )


def _row(each: InitiativeLine) -> list[tuple[str, Cell]]:
    served = "; ".join([*(link.text for link in each.objectives), each.unseen_text]).strip("; ")
    planned = f" of {each.planned_text} {each.currency}" if each.planned_text else ""
    ahead = next((one for one in each.milestones if one.state != "done"), None)
    late = ", late" if ahead and ahead.state == "late" else ""
    return [
        said(each.name),
        said(served),
        said(each.owner),
        said(", ".join(filter(None, (each.status, each.late_text)))),
        (f"{each.percent_done}", float(each.percent_done)),
        said(each.starts_text),
        said(each.ends_text),
        said(", ".join(filter(None, (f"{each.spent_text}{planned}", each.overspent_text)))),
        said(f"{ahead.name}, {ahead.due_on}{late}" if ahead else ""),
    ]
