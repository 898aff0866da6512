"""One registry of what can be written as tables and as text: kinds of records, and reading them.

The contract, for those who build on it:

`KINDS`
    Every kind of table by its name, in the order in which they depend on each other: `people`,
    `units`, `roles`, `kpis`, `assignments`, `targets`, `process_changes`, `scorecards`,
    `perspectives`, `themes`, `objectives`, `objective_kpis`, `alignments`, `initiatives`,
    `milestones`. `ALL_KINDS` has the organization's `settings` before them: one record with an
    empty key.
`Kind`
    `name`, `label`, `fields`, `key`: the names of the fields that name a record by stable codes.
`Field`
    `read(text)` gives the value that a cell says (raises `Unreadable` with what is wrong and what
    to write) and `write(value)` the text by which it is found again. An empty cell says the
    `default`. `form` tells how values look; numbers are read with a decimal point and no grouping,
    so a file of another place is translated first (`Form.NUMBER`, `Form.MONEY`, `Form.WHOLE`).
`Record`
    A dict of plain values by field: str, float, int, bool, date, Decimal, list, None. References
    are codes; "" names nothing.
`records_of(access, kind)`
    What the reader may see, sorted by key, by a fixed number of statements.

Packages above announce kinds of their own (`kinds.join_kind`, `reading.join_reader`).

What is to be written is planned and applied by `scorecards.services.records`.
"""

from .fields import Field, Form, Unreadable, Value
from .kinds import ALL_KINDS, KINDS, SETTINGS
from .reading import records_of
from .shapes import Key, Kind, Record

__all__ = [
    "ALL_KINDS",
    "KINDS",
    "SETTINGS",
    "Field",
    "Form",
    "Key",
    "Kind",
    "Record",
    "Unreadable",
    "Value",
    "records_of",
]
