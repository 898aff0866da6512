"""What a file said that was refused, as a table to be corrected and brought in again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from scorecards.models import Import
from scorecards.models.table_import import unpacked
from scorecards.selectors.exports.shapes import OutCell, OutTable

from .kinds import REFUSED_BECAUSE
from .tables import Table, cell_text


def refused_tables(row: Import, tables: Sequence[Table]) -> list[OutTable]:
    """For each table with a refused row its own columns, and one that says why.

    tables: of the file, while it is kept; afterwards the refused rows themselves are.
    """
    report = unpacked(row.report) or {}
    reasons: dict[tuple[str, int], list[str]] = defaultdict(list)
    for sheet, number, column, _, text in report.get("problems", ()):
        reasons[sheet, number].append(f"{column}: {text}" if column else text)
    kept = [
        Table(each["sheet"], "", 0, each["header"], each["rows"])
        for each in report.get("refused", ())
    ]
    return [
        OutTable(
            (table.sheet or "refused")[:31],
            [*_names(table), REFUSED_BECAUSE],
            list(_rows(table, reasons)),
        )
        for table in kept or tables
        if any((table.sheet, number) in reasons for number, _ in table.rows)
    ]


def _names(table: Table) -> list[str]:
    return [name for _, name in _columns(table)]


def _columns(table: Table) -> list[tuple[int, str]]:
    """Without the reasons of an earlier time."""
    return [(at, name) for at, name in enumerate(table.header) if name != REFUSED_BECAUSE]


def _rows(table: Table, reasons: dict[tuple[str, int], list[Any]]) -> Iterator[list[OutCell]]:
    for number, cells in table.rows:
        why = reasons.get((table.sheet, number))
        if why:
            texts: list[OutCell] = [cell_text(cells[at]) for at, _ in _columns(table)]
            yield [*texts, " ".join(why)]
