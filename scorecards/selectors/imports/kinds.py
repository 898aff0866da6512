"""Which tables can be brought in, and the columns that they may have."""

from dataclasses import dataclass
from functools import cached_property

from calculations.tables.headers import folded
from scorecards.selectors.records import KINDS, Form

VALUES = "values"
BOOK = "book"  # one spreadsheet with a table in each sheet
# The sheets of a whole scorecard, in their order.
SCORECARD_SHEETS = (
    *("scorecards", "perspectives", "themes", "objectives", "objective_kpis", "alignments"),
)
# The last column of a file with what was refused: it tells the reader, and says nothing itself.
REFUSED_BECAUSE = "refused because"


@dataclass(frozen=True)
class Column:
    """A column that a table may have; aliases: other names under which it is recognised."""

    name: str
    label: str
    help: str = ""
    is_needed: bool = False
    form: Form = Form.TEXT
    aliases: tuple[str, ...] = ()

    @cached_property
    def known_names(self) -> frozenset[str]:
        return frozenset(folded(name) for name in (self.name, self.label, *self.aliases))


@dataclass(frozen=True)
class TableKind:
    """A kind of table; needed columns are those without which no row can be understood."""

    name: str
    label: str
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def known_names(self) -> frozenset[str]:
        return frozenset().union(*(column.known_names for column in self.columns))

    def column_called(self, name: str) -> Column | None:
        """The column that a header names."""
        wanted = folded(name)
        return next((each for each in self.columns if wanted in each.known_names), None)


VALUE_TABLE = TableKind(
    VALUES,
    "Values",
    (
        Column(
            "kpi",
            "KPI",
            "Its code or its name.",
            is_needed=True,
            aliases=("kpi code", "kpi name", "metric", "indicator", "measure", "code"),
        ),
        Column(
            "unit",
            "Unit",
            "Its code or its name; may be left out where the KPI is measured at one unit.",
            aliases=("unit code", "unit name", "department", "division", "team", "org unit"),
        ),
        Column(
            "period",
            "Period",
            "A label such as 2026-03 or 2026-Q1, or a day within the period.",
            aliases=("date", "day", "week", "month", "quarter", "year", "periods", "when"),
        ),
        Column(
            "value",
            "Value",
            "A number; yes or no; or a grade.",
            form=Form.NUMBER,
            aliases=("actual", "values", "result", "amount", "figure", "measurement"),
        ),
        Column("note", "Note", aliases=("comment", "remark", "notes", "comments")),
        Column(
            "reason",
            "Reason",
            "Why a value of a closed period is changed after all; managers may.",
            aliases=("reason of restatement", "restatement"),
        ),
    ),
)


def _of_records() -> dict[str, TableKind]:
    """The kinds of the registry, with their keys as the needed columns."""
    return {
        kind.name: TableKind(
            kind.name,
            kind.label,
            tuple(
                Column(
                    field.name,
                    field.label,
                    field.help,
                    is_needed=field.name in kind.key and field.is_required,
                    form=field.form,
                )
                for field in kind.fields
            ),
        )
        for kind in KINDS.values()
    }


TABLE_KINDS: dict[str, TableKind] = {VALUES: VALUE_TABLE, **_of_records()}
KNOWN_NAMES = frozenset().union(*(kind.known_names for kind in TABLE_KINDS.values()))


def kind_label(kind: str) -> str:
    """What a kind is called; of several tables in one file, and of none yet, too."""
    if kind == BOOK:
        return "Several tables"
    return TABLE_KINDS[kind].label if kind in TABLE_KINDS else "Not known yet"
