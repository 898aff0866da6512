"""A table of a file: the names of its columns and its rows, and what each column is taken for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from calculations.tables.headers import column_letter
from scorecards.models import Import
from scorecards.models.table_import import unpacked

Cell = str | float | bool | None
NAMED_ROWS = 10


@dataclass(frozen=True)
class Table:
    """One sheet. rows: their numbers in the file, and their cells, as many as the header has.

    mapping: for each column the name of the field that it says, "" for none.
    """

    sheet: str
    kind: str
    header_row: int
    header: list[str]
    rows: list[tuple[int, list[Cell]]]
    mapping: list[str] = field(default_factory=list)

    def positions(self) -> dict[str, int]:
        """The column of each field that some column says."""
        return {name: position for position, name in enumerate(self.mapping) if name}

    def column_name(self, position: int) -> str:
        """How people find the column: by its name, or by its letter where it has none."""
        return self.header[position] or f"column {column_letter(position)}"

    def texts(self, position: int) -> Iterator[str]:
        """What the cells of a column say, where they are text."""
        for _, cells in self.rows:
            if isinstance(cells[position], str) and cells[position]:
                yield str(cells[position])

    @cached_property
    def _by_number(self) -> dict[int, list[Cell]]:
        return dict(self.rows)

    def cells_of(self, row: int) -> list[Cell]:
        """The cells of the row with that number in the file."""
        return self._by_number[row]

    def packed(self) -> dict[str, Any]:
        """As JSON can hold it; without the mapping, which is kept beside."""
        return {
            "sheet": self.sheet,
            "kind": self.kind,
            "header_row": self.header_row,
            "header": self.header,
            "rows": self.rows,
        }

    @classmethod
    def unpacked(cls, told: dict[str, Any], mapping: Sequence[str] = ()) -> Self:
        return cls(
            told["sheet"],
            told["kind"],
            told["header_row"],
            told["header"],
            [(number, cells) for number, cells in told["rows"]],
            list(mapping),
        )


@dataclass(frozen=True)
class Skipped:
    """A column that nothing is said of, with what stands in it. rows: the first by number."""

    letter: str
    name: str  # "" where rows are longer than the header
    cells: int
    rows: tuple[int, ...]


def skipped_columns(table: Table) -> list[Skipped]:
    """The columns that an import passes over, although cells of theirs say something."""
    found = []
    for position, name in enumerate(table.header):
        if position < len(table.mapping) and table.mapping[position]:
            continue
        rows = [number for number, cells in table.rows if cell_text(cells[position]).strip()]
        if rows:
            letter = column_letter(position)
            found.append(Skipped(letter, name, len(rows), tuple(rows[:NAMED_ROWS])))
    return found


def cell_text(cell: Cell) -> str:
    """What a cell says, as a text: numbers in their shortest form.

    >>> cell_text(2026.0), cell_text(0.1), cell_text(True), cell_text(None)
    ('2026', '0.1', 'yes', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        is_whole = cell == int(cell) and abs(cell) < 1e15
        return str(int(cell)) if is_whole else repr(float(cell))
    return cell


def tables_in(row: Import) -> list[Table]:
    """The tables of a file that was read, with what their columns are taken for."""
    told = unpacked(row.tables) or []
    mappings = row.mapping if len(row.mapping) == len(told) else [[] for _ in told]
    return [Table.unpacked(each, m) for each, m in zip(told, mappings, strict=True)]
