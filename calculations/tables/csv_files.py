"""Reading CSV files as they come: their encoding, delimiter and quotation marks are guessed."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .guards import unguarded

ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1")
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 50  # records from which the delimiter is guessed
LONGEST_CELL = 20_000
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

Row = tuple[int, list[str]]  # its number in the file from 1, and its cells


class UnreadableTable(ValueError):
    """A file that holds no readable table; the message says what to do about it."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    quote: str


def csv_rows(content: bytes, encoding: str = "", delimiter: str = "") -> tuple[Dialect, list[Row]]:
    r"""The rows of a CSV file with their numbers from 1, and how it is written.

    encoding, delimiter: as somebody said; "" to guess. Raises UnreadableTable.

    >>> csv_rows("kpi;value\nnps;4,5\n".encode())[1]
    [(1, ['kpi', 'value']), (2, ['nps', '4,5'])]
    """
    name = encoding or guessed_encoding(content)
    text = _decoded(content, name)
    hinted, text = _hint(text)
    quote = '"'
    mark = delimiter or hinted or guessed_delimiter(text)
    if '"' not in text[:5000] and text[:5000].count(f"'{mark}'") > 1:
        quote = "'"
    dialect = Dialect(name, mark, quote)
    return dialect, list(_rows(text, dialect))


def guessed_encoding(content: bytes) -> str:
    """By its first bytes, else by what its bytes can be.

    >>> guessed_encoding("é".encode()), guessed_encoding("é".encode("cp1252"))
    ('utf-8', 'cp1252')
    """
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name
    head = content[:4000]
    if head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    for name in ("utf-8", "cp1252"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def guessed_delimiter(text: str) -> str:
    r"""The mark that parts the first lines into most columns, as many in each.

    >>> guessed_delimiter("a;b\n1,5;2,5\n"), guessed_delimiter("alone")
    (';', ',')
    """
    return max(DELIMITERS, key=lambda mark: _evenness(text, mark))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    reader = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
    try:
        for number, record in enumerate(reader):
            if number >= SAMPLE:
                break
            if any(record):
                widths[len(record)] += 1
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda each: (each[1] * (each[0] > 1), each[0]))
    return (count / widths.total() if width > 1 else 0.0), width


def _decoded(content: bytes, encoding: str) -> str:
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    if name == "utf-16" and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16-le"
    try:
        text = content.decode(name)
    except (UnicodeDecodeError, LookupError):
        raise UnreadableTable(
            f"The file is not written in {encoding.upper()}; choose another encoding."
        ) from None
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        raise UnreadableTable(
            f"Line {row} holds a zero byte, which no table has; save the file as CSV again."
        )
    return text


def _hint(text: str) -> tuple[str, str]:
    """What spreadsheet programs write into a first line of its own: "sep=;"."""
    first, _, rest = text.partition("\n")
    hint = first.strip().strip('"')
    if len(hint) == 5 and hint.lower().startswith("sep=") and hint[4] in DELIMITERS:
        return hint[4], rest
    return "", text


def _rows(text: str, dialect: Dialect) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, 1):
            yield number, [unguarded(cell) for cell in record]
    except csv.Error as error:
        raise UnreadableTable(_refusal(str(error), number + 1, reader.line_num)) from None


def _refusal(said: str, row: int, line: int) -> str:
    where = f"Row {row} (up to line {line}) cannot be read"
    if "field larger" in said:
        return (
            f"{where}: a cell has more than {LONGEST_CELL} characters. Perhaps a quotation mark is"
            " opened and never closed."
        )
    return (
        f"{where}: a quotation mark stands where none may. Double those within a cell, and close"
        " those around it."
    )
