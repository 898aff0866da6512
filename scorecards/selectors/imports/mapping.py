"""Which column says what: guessed from its name, or as it was said for the same columns before."""

from collections.abc import Sequence

from calculations.periods import Calendar, InvalidPeriod
from calculations.tables.headers import folded, signature
from organizations.access import Access
from scorecards.models import Import

from .kinds import REFUSED_BECAUSE, TABLE_KINDS, VALUES, TableKind
from .tables import Table

# Before the label of a period: the column holds that period's values.
PERIOD_MARK = "value@"


def period_label(calendar: Calendar, name: str) -> str:
    """The label of the period that a column's name says; "" for another name."""
    try:
        return calendar.label(calendar.parse_label(name.strip()))
    except InvalidPeriod:
        return ""


def guessed_kind(header: Sequence[str], calendar: Calendar) -> str:
    """The kind that knows all that it needs among the names, and most of them; "" for none."""
    scores = {kind.name: _score(kind, header, calendar) for kind in TABLE_KINDS.values()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > (0, 0) else ""


def _score(kind: TableKind, header: Sequence[str], calendar: Calendar) -> tuple[int, int]:
    """How many columns the kind knows, and how few of its own it misses; (0, 0): not this kind."""
    mapping = guessed_mapping(kind.name, header, calendar)
    if missing_columns(kind.name, mapping):
        return 0, 0
    known = sum(map(bool, mapping))
    exact = sum(name == field for name, field in zip(header, mapping, strict=True) if field)
    return known, 1 + exact - len(kind.columns)


def guessed_mapping(kind: str, header: Sequence[str], calendar: Calendar) -> list[str]:
    """For each column the field that its name says, each field once; "" for the others."""
    found: list[str] = []
    for name in header:
        column = TABLE_KINDS[kind].column_called(name) if name else None
        if column is not None and column.name not in found:
            found.append(column.name)
        else:
            found.append("")
    if kind == VALUES:
        found = _with_periods(found, header, calendar)
    return found


def _with_periods(found: list[str], header: Sequence[str], calendar: Calendar) -> list[str]:
    """Columns that are named by periods hold the values of a table without both in columns."""
    if {"period", "value"} <= set(found):
        return found
    labels = [period_label(calendar, name) for name in header]
    if not any(labels):
        return found
    kept = [name if name not in ("period", "value") else "" for name in found]
    return [
        f"{PERIOD_MARK}{label}" if label else name for name, label in zip(kept, labels, strict=True)
    ]


def missing_columns(kind: str, mapping: Sequence[str]) -> list[str]:
    """The labels of what the kind needs and no column says."""
    said = set(mapping)
    missing = [c.label for c in TABLE_KINDS[kind].columns if c.is_needed and c.name not in said]
    if kind == VALUES and not any(name.startswith(PERIOD_MARK) for name in said):
        labels = {"period": "Period", "value": "Value"}
        missing += [label for name, label in labels.items() if name not in said]
    return missing


def mapping_problem(kind: str, mapping: Sequence[str]) -> str:
    """What is wrong with a mapping, and what to do; "" where nothing is."""
    named = [name for name in mapping if name]
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        labels = ", ".join(_label(kind, name) for name in sorted(twice))
        return f"Two columns say the same: {labels}. Leave one of them out."
    wide = any(name.startswith(PERIOD_MARK) for name in named)
    if wide and {"period", "value"} & set(named):
        return (
            "Some columns hold the values of periods: leave Period and Value out, or leave out the"
            " columns of periods."
        )
    missing = missing_columns(kind, mapping)
    if missing:
        return f"No column says {' and '.join(missing)}. Choose which one does."
    return ""


def _label(kind: str, name: str) -> str:
    if name.startswith(PERIOD_MARK):
        return name.removeprefix(PERIOD_MARK)
    return TABLE_KINDS[kind].by_name[name].label


def is_field(kind: str, name: str, column: str, calendar: Calendar) -> bool:
    """Whether the column may be taken for that field."""
    if kind == VALUES and name.startswith(PERIOD_MARK):
        return name == f"{PERIOD_MARK}{period_label(calendar, column)}"
    return name in TABLE_KINDS[kind].by_name


def table_signature(tables: Sequence[Table]) -> str:
    """The same for files of the same make, so that a mapping is said once."""
    names = [name for table in tables for name in (f"[{table.kind}]", *table.header)]
    return signature(names, {folded(REFUSED_BECAUSE)})


def remembered(access: Access, kind: str, told: str, tables: Sequence[Table]) -> list[list[str]]:
    """As the same columns were taken in the organization the last time; [] where never."""
    before = (
        Import.objects.filter(organization=access.organization, kind=kind, signature=told)
        .exclude(mapping=[])
        .order_by("-number")
        .values_list("mapping", flat=True)
        .first()
    )
    return before if before and _fits(access, before, tables) else []


def _fits(access: Access, mappings: Sequence[Sequence[str]], tables: Sequence[Table]) -> bool:
    calendar = access.organization.calendar
    return len(mappings) == len(tables) and all(
        len(mapping) == len(table.header)
        and all(
            not name or is_field(table.kind, name, table.header[position], calendar)
            for position, name in enumerate(mapping)
        )
        for mapping, table in zip(mappings, tables, strict=True)
    )


def first_mapping(access: Access, kind: str, told: str, tables: Sequence[Table]) -> list[list[str]]:
    """How the columns are taken until somebody says otherwise."""
    calendar = access.organization.calendar
    return remembered(access, kind, told, tables) or [
        guessed_mapping(table.kind, table.header, calendar) for table in tables
    ]
