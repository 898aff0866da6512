"""The page of an import: what is to be said of its file, what it would do, what it did."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calculations.tables.csv_files import DELIMITERS, ENCODINGS
from calculations.tables.headers import column_letter
from organizations.access import Access
from scorecards.links import import_refused_href
from scorecards.models import Import
from scorecards.models.table_import import unpacked
from scorecards.selectors.kpis.form_words import Option

from .data_page import kind_options, moment_text
from .kinds import BOOK, REFUSED_BECAUSE, TABLE_KINDS, VALUES, kind_label
from .mapping import PERIOD_MARK, period_label
from .shapes import (
    ImportPage,
    MappedColumn,
    MappedTable,
    Reading,
    ShownField,
    ShownProblem,
    ShownRow,
    Step,
)
from .tables import Table, cell_text

State = Import.State
MOST_SHOWN = 100
SAMPLES = 3
LONGEST_SAMPLE = 40
STEPS = (
    ("File", (State.READING,)),
    ("Columns", (State.MAPPING, State.CHECKING)),
    ("Preview", (State.READY, State.APPLYING)),
    ("Done", (State.DONE, State.UNDOING, State.UNDONE)),
)
WORKING = {
    State.READING: "Reading the file",
    State.CHECKING: "Checking the rows",
    State.APPLYING: "Applying",
    State.UNDOING: "Undoing",
}
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODING_NAMES = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows (cp1252)",
                  "latin-1": "Latin-1"}  # fmt: skip
DECIMALS = (
    Option("", "Told by the cells"),
    Option("point", "Point: 1,234.5"),
    Option("comma", "Comma: 1.234,5"),
)


def import_page(access: Access, row: Import, typed: Mapping[str, Any] | None = None) -> ImportPage:
    """How the import stands. typed: the mapping that was sent, and what is wrong with it.

    row: as `shown_import` reads it.
    """
    tables = _tables(access, row, typed) if row.state == State.MAPPING else ()
    return ImportPage(
        number=row.number,
        file_name=row.file_name,
        about=_about(access, row),
        state=row.state,
        state_text=WORKING.get(State(row.state), row.get_state_display()),
        steps=_steps(row),
        said=row.said,
        is_working=row.is_working,
        may_cancel=row.is_open and not row.is_cancelled,
        is_cancelled=row.is_cancelled,
        percent_text=f"{row.done:,} of {row.total:,}" if row.total and row.done else "",
        done=row.done,
        total=row.total,
        version=row.attempt,
        counts=_counts(row),
        n_good=row.added + row.changed,
        n_refused=row.refused,
        tables=tuple(tables),
        decimal=str((typed or row.options).get("decimal", "")),
        decimals=DECIMALS,
        reading=_reading(access, row),
        has_sheets=row.kind == BOOK,
        may_undo=row.state == State.DONE and row.n_effect > 0,  # type: ignore[attr-defined]
        problem=str((typed or {}).get("problem", "")),
        **_reported(access, row),
    )


def _reported(access: Access, row: Import) -> dict[str, Any]:
    """What the check found, or what was done, as far as the reader may see it."""
    is_there = row.state in (*STEPS[2][1], *STEPS[3][1])
    report = (unpacked(row.report) if is_there else None) or {}
    is_hidden = not _is_seen(access, report)
    told = {} if is_hidden else report
    problems, left = told.get("problems", []), told.get("left", [])
    href = import_refused_href(access.organization.code, row.number)
    return {
        "is_hidden": is_hidden,
        "changes": tuple(_changes(told.get("changes", []))),
        "n_changes": row.added + row.changed,
        "problems": tuple(ShownProblem(*each) for each in problems[:MOST_SHOWN]),
        "n_problems": len(problems),
        "left": tuple(left[:MOST_SHOWN]),
        "n_left": len(left),
        "n_undone": told.get("n_undone", 0),
        "refused_href": href if problems else "",
    }


def _is_seen(access: Access, report: Mapping[str, Any]) -> bool:
    """Whether the reader sees all that whoever brought the file saw when it was checked.

    Units that were retired since are nobody's secret.
    """
    then = set(report.get("sees", ()))
    return not (then & access.tree.by_id.keys()) - access.visible_unit_ids


def _about(access: Access, row: Import) -> str:
    parts = [kind_label(row.kind)] if row.kind else []
    size = f"{row.size / 1024**2:.1f} MB" if row.size >= 1024**2 else f"{-(-row.size // 1024)} KB"
    return " · ".join([*parts, size, f"{row.created_by}, {moment_text(access, row)}"])


def _steps(row: Import) -> tuple[Step, ...]:
    at = next((at for at, (_, states) in enumerate(STEPS) if row.state in states), -1)
    return tuple(Step(text, number == at, number < at) for number, (text, _) in enumerate(STEPS))


def _counts(row: Import) -> tuple[tuple[str, int, str], ...]:
    if row.state in (State.READING, State.MAPPING, State.CHECKING):
        return ()
    return (
        ("Added", row.added, ""),
        ("Changed", row.changed, ""),
        ("Unchanged", row.unchanged, "quiet"),
        ("Refused", row.refused, "critical" if row.refused else "quiet"),
    )


def _changes(rows: Iterable[Sequence[Any]]) -> Iterable[ShownRow]:
    for sheet, row, deed, title, fields in rows:
        yield ShownRow(sheet, row, deed, title, tuple(ShownField(*each) for each in fields))


# --- What the columns are


def _tables(access: Access, row: Import, typed: Mapping[str, Any] | None) -> Iterable[MappedTable]:
    told = unpacked(row.tables) or []
    mappings = (typed or {}).get("mappings") or row.mapping or [[] for _ in told]
    for number, each in enumerate(told):
        table = Table.unpacked(each, mappings[number] if number < len(mappings) else [])
        if table.kind:
            yield _mapped(access, number, table)


def _mapped(access: Access, number: int, table: Table) -> MappedTable:
    kind = TABLE_KINDS[table.kind]
    needed = [column.label for column in kind.columns if column.is_needed]
    if table.kind == VALUES:
        needed = ["KPI", "Period and Value, or columns that are periods"]
    return MappedTable(
        table.sheet,
        table.kind,
        kind.label,
        len(table.rows),
        table.header_row,
        tuple(_column(access, number, table, position) for position in range(len(table.header))),
        ", ".join(needed),
    )


def _column(access: Access, number: int, table: Table, position: int) -> MappedColumn:
    name = table.header[position]
    field = table.mapping[position] if position < len(table.mapping) else ""
    kind = TABLE_KINDS[table.kind]
    options = [Option("", "– left out –"), *(Option(c.name, c.label) for c in kind.columns)]
    label = period_label(access.organization.calendar, name) if table.kind == VALUES else ""
    if label:
        options.append(Option(f"{PERIOD_MARK}{label}", f"Values of {label}"))
    if name == REFUSED_BECAUSE:
        options = options[:1]
    return MappedColumn(
        f"column-{number}-{position}",
        column_letter(position),
        name,
        _samples(table, position),
        field,
        tuple(options),
    )


def _samples(table: Table, position: int) -> str:
    """The first things that stand in the column."""
    texts = (cell_text(cells[position]).strip() for _, cells in table.rows[:50])
    found = dict.fromkeys(text for text in texts if text)
    shown = [t if len(t) <= LONGEST_SAMPLE else f"{t[:LONGEST_SAMPLE]}…" for t in found]
    return " · ".join(shown[:SAMPLES])


# --- How the file is read


def _may_read_again(row: Import) -> bool:
    is_waiting = row.state in (State.MAPPING, State.FAILED)
    return is_waiting and row.n_content > 0  # type: ignore[attr-defined]


def _reading(access: Access, row: Import) -> Reading | None:
    if not _may_read_again(row):
        return None
    options = row.options
    is_text = not options.get("sheets") and not row.file_name.lower().endswith(".xlsx")
    return Reading(
        kinds=kind_options(access),
        kind=options.get("kind") or row.kind,
        sheets=tuple(options.get("sheets", ())),
        sheet=options.get("sheet", ""),
        header_row=str(options.get("header_row") or ""),
        encodings=_options({name: ENCODING_NAMES[name] for name in ENCODINGS}),
        delimiters=_options({mark: DELIMITER_NAMES[mark] for mark in DELIMITERS}),
        encoding=options.get("encoding", ""),
        delimiter=options.get("delimiter", ""),
        is_text=is_text,
        said=_read_as(options),
    )


def _options(names: Mapping[str, str]) -> tuple[Option, ...]:
    return (Option("", "Guessed"), *(Option(value, name) for value, name in names.items()))


def _read_as(options: Mapping[str, Any]) -> str:
    if not options.get("read_delimiter"):
        return ""
    encoding = options["read_encoding"].removesuffix("-sig")
    encoding = ENCODING_NAMES.get(encoding, encoding.upper())
    return f"{encoding}, {DELIMITER_NAMES[options['read_delimiter']]} between columns"
