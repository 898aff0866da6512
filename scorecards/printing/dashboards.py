"""A dashboard as a section of a document: its panels' charts and tables."""

from collections.abc import Sequence

from organizations.access import Access
from scorecards.selectors.dashboards.shapes import ShownPanel
from scorecards.selectors.dashboards.shapes import Table as PanelTable
from scorecards.selectors.viewing import Viewing

from .chart_lines import figure_chart
from .shapes import Column, Head, Panel, PanelsSection, Table
from .words import now_text

WIDE = 8  # columns of twelve, from which on a panel takes the width of the page


def panels_section(
    access: Access, name: str, unit: str, shown: Sequence[ShownPanel], viewing: Viewing
) -> PanelsSection:
    """unit: whose dashboard it is; "" of a person's."""
    state = f"As it stands on {now_text(access)}"
    return PanelsSection(
        head=Head(unit, "", name, viewing.label, state), panels=tuple(map(_panel, shown))
    )


def _panel(shown: ShownPanel) -> Panel:
    told = shown.told
    return Panel(
        title=shown.title or "Panel",
        lead="\n".join(filter(None, (told.missing, told.finding, *told.paragraphs))),
        table=_table(told.table) if told.table.rows else None,
        chart=figure_chart(told.figure) if told.figure else None,
        is_wide=shown.plan.width >= WIDE,
    )


def _table(told: PanelTable) -> Table:
    kinds = ("text" if at < told.n_names else "number" for at in range(len(told.columns)))
    return Table(
        columns=tuple(
            Column(name, "text" if kind == "text" else "number")
            for name, kind in zip(told.columns, kinds, strict=True)
        ),
        texts=told.rows,
        values=tuple(tuple(map(_value, row)) for row in told.rows),
    )


def _value(text: str) -> str | float | None:
    """The number that a cell says, where it is one and nothing else."""
    plain = text.replace(",", "").replace("−", "-").removeprefix("+")
    try:
        return float(plain) if plain.isascii() and "_" not in plain and "e" not in plain else text
    except ValueError:
        return text
