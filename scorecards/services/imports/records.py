"""Tables of records: what they would change, writing them, and taking that back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calculations.numerals import InvalidNumber
from calculations.tables.numbers import decimal_mark, plain_number
from organizations.access import Access
from scorecards.selectors.imports.kinds import TABLE_KINDS
from scorecards.selectors.imports.tables import Cell, Table, cell_text
from scorecards.selectors.records import KINDS, Field, Form, Record, Unreadable
from scorecards.services.records import (
    Change,
    Deed,
    NotApplied,
    Plan,
    apply,
    apply_sound,
    packed,
    plan,
    rehearsed,
    undoing,
    unpacked,
)

from .shapes import (
    ADDED,
    CHANGED,
    Findings,
    Outcome,
    Overtaken,
    Progress,
    RowProblem,
    Shown,
    ShownChange,
    Undone,
    digest_of,
)

MOST_SHOWN = 100
NUMBERS = (Form.NUMBER, Form.MONEY, Form.WHOLE)


@dataclass(frozen=True)
class Given:
    """The records of all tables, and what could not be read of them."""

    records: dict[str, list[Record]]
    rows: dict[str, list[int]]  # by kind, the row of each record in the file
    problems: list[RowProblem]


def check_records(
    access: Access, tables: Sequence[Table], options: Mapping[str, str], progress: Progress
) -> Findings:
    """What writing the records would change, as far as can be told without writing them."""
    given = _given(tables, options)
    planned = plan(access, given.records)
    tried = rehearsed(access, planned, tell=progress)
    return _findings(tables, given, planned, tried)


def apply_records(
    access: Access,
    tables: Sequence[Table],
    options: Mapping[str, str],
    shown: Shown,
    progress: Progress,
) -> Outcome:
    """Write the records in one transaction: all of them, or those without a problem.

    Raises Overtaken where that is not what was shown any more.
    """
    given = _given(tables, options)
    planned = plan(access, given.records)
    if _digest(planned) != shown.digest or (shown.is_whole and given.problems):
        raise Overtaken
    write = apply if shown.is_whole else apply_sound
    try:
        applied = write(access, planned, tell=progress)
    except NotApplied:
        raise Overtaken from None
    deeds = [change.deed for change in applied.done]
    return Outcome(
        deeds.count(Deed.ADDED), deeds.count(Deed.CHANGED), {"records": packed(applied.done)}
    )


def undo_records(access: Access, effect: Mapping[str, Any], progress: Progress) -> Undone:
    """Let the records say again what they said, each unless somebody changed it since."""
    back = apply_sound(access, undoing(access, unpacked(effect["records"])), tell=progress)
    return Undone(len(back.done), [_left(change) for change in back.refused])


def _left(change: Change) -> str:
    label = KINDS[change.kind].label
    return f"{label}: {change.title}: {' '.join(problem.text for problem in change.problems)}"


# --- Reading


def _given(tables: Sequence[Table], options: Mapping[str, str]) -> Given:
    given = Given({}, {}, [])
    for table in tables:
        mark = mark_of_records(table, options)
        records = given.records.setdefault(table.kind, [])
        rows = given.rows.setdefault(table.kind, [])
        for row, cells in table.rows:
            record, problems = _record(table, row, cells, mark)
            given.problems.extend(problems)
            if not problems:
                records.append(record)
                rows.append(row)
    return given


def mark_of_records(table: Table, options: Mapping[str, str]) -> str:
    """The decimal mark: as somebody said, else as the cells with numbers tell."""
    return options.get("decimal") or decimal_mark(_number_texts(table))


def _number_texts(table: Table) -> Iterator[str]:
    fields = KINDS[table.kind].by_name
    for name, position in table.positions().items():
        if fields[name].form in (Form.NUMBER, Form.MONEY):
            yield from table.texts(position)


def _record(
    table: Table, row: int, cells: Sequence[Cell], mark: str
) -> tuple[Record, list[RowProblem]]:
    fields = KINDS[table.kind].by_name
    record: Record = {}
    problems = []
    for name, position in table.positions().items():
        try:
            record[name] = fields[name].read(_text(fields[name], cells[position], mark))
        except Unreadable as refusal:
            said = cell_text(cells[position])
            column = table.column_name(position)
            problems.append(RowProblem(table.sheet, row, column, said, str(refusal)))
    return record, problems


def _text(field: Field, cell: Cell, mark: str) -> str:
    """What the cell says, with numbers as programs write them."""
    text = cell_text(cell)
    if field.form not in NUMBERS or not isinstance(cell, str) or not text.strip():
        return text
    try:
        return plain_number(text, mark)
    except InvalidNumber as refusal:
        raise Unreadable(f"{refusal}.") from None


# --- Telling


def _findings(tables: Sequence[Table], given: Given, planned: Plan, tried: Plan) -> Findings:
    of_kind = {table.kind: table for table in tables}
    problems = list(given.problems)
    for change in tried.refused:
        problems += _problems(of_kind[change.kind], given, change)
    refused = {(problem.sheet, problem.row) for problem in problems}
    counts = tried.counts()
    return Findings(
        added=counts[Deed.ADDED],
        changed=counts[Deed.CHANGED],
        unchanged=sum(planned.unchanged.values()),
        problems=sorted(problems, key=lambda p: (list(of_kind).index(_kind(tables, p)), p.row)),
        n_refused=len(refused),
        changes=[_shown(of_kind[c.kind], given, c) for c in _first(tried.sound.changes)],
        digest=_digest(planned),
    )


def _kind(tables: Sequence[Table], problem: RowProblem) -> str:
    return next(table.kind for table in tables if table.sheet == problem.sheet)


def _first(changes: Sequence[Change]) -> list[Change]:
    """The first of them; what changes something before what is new."""
    changed = [change for change in changes if change.deed is Deed.CHANGED]
    return [*changed, *(c for c in changes if c.deed is Deed.ADDED)][:MOST_SHOWN]


def _problems(table: Table, given: Given, change: Change) -> Iterator[RowProblem]:
    row = _row(given, change)
    places = table.positions()
    for problem in change.problems:
        position = places.get(problem.field)
        column = table.column_name(position) if position is not None else ""
        said = ""
        if position is not None:
            said = cell_text(table.cells_of(row)[position])
        yield RowProblem(table.sheet, row, column, said, problem.text)


def _row(given: Given, change: Change) -> int:
    return given.rows[change.kind][change.row] if change.row is not None else 0


def _shown(table: Table, given: Given, change: Change) -> ShownChange:
    fields = KINDS[change.kind].by_name
    names = [name for name in change.fields if change.before or name not in _key(change)]
    return ShownChange(
        table.sheet,
        _row(given, change),
        CHANGED if change.before else ADDED,
        change.title,
        tuple(
            (
                TABLE_KINDS[change.kind].by_name[name].label,
                fields[name].write(change.before[name]) if change.before else "",
                fields[name].write((change.after or {}).get(name)),
            )
            for name in names
        ),
    )


def _key(change: Change) -> tuple[str, ...]:
    return KINDS[change.kind].key


def _digest(planned: Plan) -> str:
    told = packed(planned.changes)
    return digest_of([told, [bool(change.problems) for change in planned.changes]])
