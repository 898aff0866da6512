"""From the rows of a table to values that can be recorded, each with its place in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from calculations.numerals import InvalidNumber
from calculations.tables.numbers import decimal_mark, read_number
from kpis.models import KPI
from kpis.services.refusals import Refusal
from kpis.services.resolution import RowToRecord
from organizations.access import Access
from scorecards.selectors.imports.mapping import PERIOD_MARK
from scorecards.selectors.imports.tables import Cell, Table, cell_text
from scorecards.selectors.typed_values import typed_value

MOST_VALUES = 100_000


@dataclass(frozen=True)
class FileValue:
    """One value of a file: the row's number, and the columns of what it says."""

    row: int
    column: str  # of the value
    columns: Mapping[str, str]  # of the other fields, by name
    said: Mapping[str, str]
    record: RowToRecord | Refusal


class TooManyValues(Exception):
    """A wide table holds more values than are brought in at once."""

    def __init__(self) -> None:
        super().__init__(
            f"The table holds more than {MOST_VALUES:,} values; bring in fewer periods at once."
        )


def mark_of(table: Table, options: Mapping[str, str]) -> str:
    """The decimal mark: as somebody said, else as the cells with values tell."""
    if options.get("decimal"):
        return options["decimal"]
    texts = (
        text
        for position, name in enumerate(table.mapping)
        if name == "value" or name.startswith(PERIOD_MARK)
        for text in table.texts(position)
    )
    return decimal_mark(texts)


def file_values(access: Access, table: Table, mark: str) -> list[FileValue]:
    """The values of the table; each that cannot be read is a refusal in its place."""
    names = _Names(access, table)
    values: list[FileValue] = []
    for value in _cells(table):
        if len(values) >= MOST_VALUES:
            raise TooManyValues
        values.append(_read(value, names, mark, len(values)))
    return values


@dataclass(frozen=True)
class _ValueCell:
    """A value as the file has it; `said` are the texts of the other fields."""

    row: int
    column: str
    cell: Cell
    said: Mapping[str, str]
    columns: Mapping[str, str]


def _cells(table: Table) -> Iterator[_ValueCell]:
    """Long: one in each row. Wide: one in each column of a period. Empty ones say nothing."""
    places = table.positions()
    wide = {p: name for name, p in places.items() if name.startswith(PERIOD_MARK)}
    plain = {name: p for name, p in places.items() if p not in wide}
    columns = {name: table.column_name(p) for name, p in plain.items()}
    for row, cells in table.rows:
        said = {name: cell_text(cells[p]) for name, p in plain.items()}
        if not wide:
            if said["value"].strip():
                yield _ValueCell(row, columns["value"], cells[plain["value"]], said, columns)
            continue
        for position, name in sorted(wide.items()):
            if cell_text(cells[position]).strip():
                period = name.removeprefix(PERIOD_MARK)
                column = table.column_name(position)
                yield _ValueCell(
                    row,
                    column,
                    cells[position],
                    {**said, "period": period},
                    {**columns, "period": column},
                )


class _Names:
    """KPIs and units by code or, where only one is called so, by name."""

    def __init__(self, access: Access, table: Table) -> None:
        places = table.positions()
        said = [{cell_text(cells[p]).strip() for _, cells in table.rows} for p in _places(places)]
        kpis = KPI.objects.visible_in(access.visible_unit_ids).filter(
            organization=access.organization
        )
        self.kpis = {kpi.code: kpi for kpi in kpis}
        self.kpi_codes = _codes(said[0], {code: k.name for code, k in self.kpis.items()})
        nodes = [n for n in access.tree.by_id.values() if access.sees(n.id)]
        units = {node.code: node.name for node in nodes}
        self.unit_codes = _codes(said[1] if len(said) > 1 else set(), units)


def _places(places: Mapping[str, int]) -> list[int]:
    return [places[name] for name in ("kpi", "unit") if name in places]


def _codes(said: set[str], names: Mapping[str, str]) -> dict[str, str]:
    """The code that each text means; a text that means none, or several, stays as it is."""
    by_name: dict[str, list[str]] = {}
    for code, name in names.items():
        by_name.setdefault(name.casefold(), []).append(code)
    found = {}
    for text in said:
        called = by_name.get(text.casefold(), [])
        found[text] = called[0] if text not in names and len(called) == 1 else text
    return found


def _read(value: _ValueCell, names: _Names, mark: str, index: int) -> FileValue:
    said = value.said
    kpi_code = names.kpi_codes[said["kpi"].strip()]
    unit = said.get("unit", "").strip()
    told: RowToRecord | Refusal
    try:
        number = _number(names.kpis.get(kpi_code), value.cell, mark)
    except InvalidNumber as refusal:
        told = Refusal(index, "not_a_number", f"{refusal}.", "value")
    else:
        told = RowToRecord(
            kpi=kpi_code,
            unit=names.unit_codes.get(unit, unit) or None,
            period=said["period"],
            value=number,
            note=said.get("note"),
            reason=said.get("reason"),
        )
    text = cell_text(value.cell)
    return FileValue(value.row, value.column, value.columns, {**said, "value": text}, told)


def _number(kpi: KPI | None, cell: Cell, mark: str) -> float:
    """What the cell says; of an unknown KPI anything, since that is what will be said of it."""
    if kpi is None:
        return 0.0
    if isinstance(cell, bool):
        cell = cell_text(cell)
    if isinstance(cell, int | float) and kpi.value_kind != KPI.ValueKind.GRADED:
        return float(cell)
    text = cell_text(cell)
    if kpi.value_kind == KPI.ValueKind.NUMBER:
        return read_number(text, mark, kpi.decimals, kpi.unit_of_measure)
    return _said_value(kpi, text, mark)


def _said_value(kpi: KPI, text: str, mark: str) -> float:
    """Yes or no, or a grade: by its word, else by the number that it stands for."""
    try:
        return typed_value(kpi, text)
    except InvalidNumber as refusal:
        try:
            number = read_number(text, mark, kpi.decimals)
        except InvalidNumber:
            raise refusal from None
        grades = [grade for _, grade in kpi.grades or []]
        if kpi.value_kind == KPI.ValueKind.GRADED and number not in grades:
            raise refusal from None
        return number
