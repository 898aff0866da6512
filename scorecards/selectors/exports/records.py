"""Tables of everything that people edit, as the registry of records has them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from organizations.access import Access
from scorecards.selectors.imports.kinds import SCORECARD_SHEETS
from scorecards.selectors.records import KINDS, Field, Form, Kind, Record, Value, records_of
from scorecards.selectors.records.kinds import JOINED

from .shapes import OutCell, OutTable, Wanted


def record_table(access: Access, kind: str, wanted: Wanted) -> OutTable:
    """The records of a kind that the reader sees, with the names of the fields as columns."""
    about = KINDS[kind]
    records = _narrowed(access, about, records_of(access, kind), wanted)
    return OutTable(kind, about.names, _rows(about, records))


def scorecard_tables(access: Access, wanted: Wanted) -> list[OutTable]:
    """Whole scorecards: a table for each thing that they are made of."""
    codes = {record["code"] for record in _scorecards(access, wanted)}
    tables = []
    for name in (*SCORECARD_SHEETS, *JOINED):
        kind = KINDS[name]
        code = "code" if name == "scorecards" else "scorecard"
        records = [record for record in records_of(access, name) if record[code] in codes]
        tables.append(OutTable(name, kind.names, _rows(kind, records)))
    return tables


def _scorecards(access: Access, wanted: Wanted) -> list[Record]:
    return _narrowed(access, KINDS["scorecards"], records_of(access, "scorecards"), wanted)


def _narrowed(
    access: Access, kind: Kind, records: Sequence[Record], wanted: Wanted
) -> list[Record]:
    """Those of the unit and beneath, and of the KPI, where the kind has such a field."""
    found = list(records)
    if wanted.unit is not None and "unit" in kind.by_name:
        node = access.visible_unit(wanted.unit)
        beneath = access.tree.beneath(node.id) if node else ()
        units = {each.code for each in beneath}
        found = [record for record in found if record["unit"] in units]
    if wanted.kpi is not None and "kpi" in kind.by_name:
        found = [record for record in found if record["kpi"] == wanted.kpi]
    return found


def _rows(kind: Kind, records: Sequence[Record]) -> Iterator[Sequence[OutCell]]:
    for record in records:
        yield [_cell(field, record[field.name]) for field in kind.fields]


def _cell(field: Field, value: Value) -> OutCell:
    if value is None or value == []:
        return None
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else field.write(value)
    if field.form in (Form.NUMBER, Form.WHOLE, Form.DATE):
        return value  # type: ignore[no-any-return]
    return field.write(value)
