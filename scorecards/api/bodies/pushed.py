"""What a pushed body holds, in whichever form it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kpis.services.resolution import Refusal, RowToRecord

MAX_ROWS = 10_000
FIELDS = tuple(field.name for field in msgspec.structs.fields(RowToRecord))
REQUIRED = tuple(f.name for f in msgspec.structs.fields(RowToRecord) if f.required)


@dataclass(frozen=True)
class Pushed:
    """The rows in their order, with a refusal in the place of each unreadable one.

    lines: of a form with lines, on which line from 1 each row begins; refusals name it.
    """

    rows: Sequence[RowToRecord | Refusal]
    lines: Sequence[int] | None = None


def has_each_field_once(body: bytes, rows: Sequence[Any]) -> bool:
    """Whether no row can name a field twice, which the decoder would overlook.

    False only means that it must be looked at closely: where a backslash could spell a field in
    another way, or where a field's name occurs more often than there are rows that fill it.
    """
    if b"\\" in body:
        return False
    filled = dict.fromkeys(REQUIRED, len(rows))
    filled["unit"] = sum(row.unit is not None for row in rows)
    filled["note"] = sum(row.note is not None for row in rows)
    filled["reason"] = sum(row.reason is not None for row in rows)
    return all(body.count(b'"%b"' % name.encode()) == n for name, n in filled.items())
