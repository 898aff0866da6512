"""What the pages about files show, as frozen rows."""

from dataclasses import dataclass

from scorecards.selectors.kpis.form_words import Option


@dataclass(frozen=True)
class Export:
    """A table that can be taken out."""

    kind: str
    label: str
    csv_href: str  # "" where it is several tables, which only a spreadsheet holds
    xlsx_href: str


@dataclass(frozen=True)
class ImportLine:
    """One file in the list of those that were brought in."""

    number: int
    href: str
    file_name: str
    kind: str
    state: str
    state_text: str
    by: str
    at_text: str
    counts: str  # "3 added, 1 changed, 2 refused"


@dataclass(frozen=True)
class DataPage:
    """Taking tables out, bringing them in, and what was brought in."""

    exports: tuple[Export, ...]
    values: Export
    units: tuple[Option, ...]
    kpis: tuple[Option, ...]
    kinds: tuple[Option, ...]
    lines: tuple[ImportLine, ...]
    older_href: str
    most: str  # the limits, in a sentence
    typed: dict[str, str]
    problems: dict[str, str]
    export_problem: str = ""


@dataclass(frozen=True)
class MappedColumn:
    """A column of a file and what it is taken for."""

    id: str
    letter: str
    name: str
    samples: str
    field: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class MappedTable:
    """A table of the file on the page where its columns are named."""

    sheet: str
    kind: str
    label: str
    n_rows: int
    header_row: int
    columns: tuple[MappedColumn, ...]
    needed: str  # what some column must say


@dataclass(frozen=True)
class Reading:
    """How the file was read, and how else it could be."""

    kinds: tuple[Option, ...]
    kind: str
    sheets: tuple[str, ...]
    sheet: str
    header_row: str
    encodings: tuple[Option, ...]
    delimiters: tuple[Option, ...]
    encoding: str
    delimiter: str
    is_text: bool
    said: str  # "CSV, UTF-8, commas"


@dataclass(frozen=True)
class ShownProblem:
    """Why something of a row is refused."""

    sheet: str
    row: int
    column: str
    said: str
    text: str


@dataclass(frozen=True)
class ShownField:
    """What a field says, and would say."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class ShownRow:
    """What one row would do."""

    sheet: str
    row: int
    deed: str
    title: str
    fields: tuple[ShownField, ...]


@dataclass(frozen=True)
class Step:
    """One of the steps from a file to what is recorded."""

    text: str
    is_now: bool
    is_done: bool


@dataclass(frozen=True)
class ImportPage:
    """An import as it stands."""

    number: int
    file_name: str
    about: str  # "Values · 12 rows · 2 KB · by Alice, 2026-05-04 14:20"
    state: str
    state_text: str
    steps: tuple[Step, ...]
    said: str
    is_working: bool
    may_cancel: bool
    is_cancelled: bool
    percent_text: str
    done: int
    total: int
    version: int
    counts: tuple[tuple[str, int, str], ...]  # of what, how many, and its tone
    n_good: int
    n_refused: int
    tables: tuple[MappedTable, ...] = ()
    decimal: str = ""
    decimals: tuple[Option, ...] = ()
    reading: Reading | None = None
    changes: tuple[ShownRow, ...] = ()
    n_changes: int = 0
    problems: tuple[ShownProblem, ...] = ()
    n_problems: int = 0
    has_sheets: bool = False
    is_hidden: bool = False  # the details hold what the reader may not see any more
    left: tuple[str, ...] = ()
    n_left: int = 0
    n_undone: int = 0
    may_undo: bool = False
    refused_href: str = ""
    problem: str = ""
