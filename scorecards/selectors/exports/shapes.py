"""A table on its way into a file."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Text; a number; a day; None where nothing is said.
OutCell = str | float | int | dt.date | None


@dataclass(frozen=True)
class OutTable:
    """The names of its columns, and its rows, which are read as they are written."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[OutCell]]


@dataclass(frozen=True)
class Wanted:
    """What to take out; None: all that the reader sees. Days are those of periods' starts."""

    unit: str | None = None  # and all beneath
    kpi: str | None = None
    first: dt.date | None = None
    end: dt.date | None = None
    is_wide: bool = False
