"""Finding the row with the names of the columns, and comparing names."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence

LOOKED_AT = 20  # rows among which the header is looked for
ENOUGH = 2  # known names that make a header
_APART = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """The name as it is compared: "Unit of measure" and "unit_of_measure" are one.

    >>> folded(" Unit of measure "), folded("unit_of_measure")
    ('unit of measure', 'unit of measure')
    """
    return _APART.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


def header_position(rows: Sequence[Sequence[str]], known: Collection[str]) -> int:
    """Which of the first rows names the columns: one with known names, else the first that is wide.

    known: folded names. Titles above have one cell, or none that is known.

    >>> header_position([["Report 2026", ""], ["kpi", "value"], ["nps", "4"]], {"kpi", "value"})
    1
    """
    head = rows[:LOOKED_AT]
    for wanted in (ENOUGH, 1):
        for position, row in enumerate(head):
            if sum(folded(cell) in known for cell in row) >= wanted and len(set(row)) > 1:
                return position
    wide = (position for position, row in enumerate(head) if sum(map(bool, row)) >= ENOUGH)
    return next(wide, next((p for p, row in enumerate(head) if any(row)), 0))


def signature(names: Sequence[str], left_out: Collection[str] = ()) -> str:
    """The same for the same names in the same order, however they are written."""
    told = [folded(name) for name in names if folded(name) not in left_out]
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


def column_letter(position: int) -> str:
    """How spreadsheet programs call a column: 0 → A, 27 → AB.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
