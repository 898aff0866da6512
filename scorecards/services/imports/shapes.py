"""What checking a file found, and what applying or undoing it did."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

ADDED, CHANGED = "added", "changed"
LONGEST_SHOWN = 300
# Told how many of how many are done; raises to give up.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RowProblem:
    """Why something in a row is refused: in which column, what it says, and what to write."""

    sheet: str
    row: int
    column: str
    said: str
    text: str

    def packed(self) -> list[Any]:
        return [self.sheet, self.row, self.column, self.said[:LONGEST_SHOWN], self.text]


@dataclass(frozen=True)
class ShownChange:
    """What one row would do: what it is about, and each field as it was and would be."""

    sheet: str
    row: int
    deed: str
    title: str
    fields: tuple[tuple[str, str, str], ...]

    def packed(self) -> list[Any]:
        fields = [
            [name, old[:LONGEST_SHOWN], new[:LONGEST_SHOWN]] for name, old, new in self.fields
        ]
        return [self.sheet, self.row, self.deed, self.title, fields]


@dataclass
class Findings:
    """What a file would do.

    digest: the same as long as it would do just this; changes are the first ones only, `n_changes`
    counts them all.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    n_refused: int = 0
    changes: list[ShownChange] = field(default_factory=list)
    digest: str = ""

    @property
    def n_good(self) -> int:
        return self.added + self.changed

    @property
    def counts(self) -> dict[str, int]:
        """As columns of the import."""
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.n_refused,
        }


@dataclass(frozen=True)
class Shown:
    """What somebody has seen and wants: the digest of the findings, all rows or the good ones."""

    digest: str
    is_whole: bool


@dataclass(frozen=True)
class Outcome:
    """What was done: how much, what it takes to undo it, and what was left as it is."""

    added: int = 0
    changed: int = 0
    effect: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Undone:
    """How much stands again as it was, and what was left, each with the reason."""

    count: int
    left: Sequence[str] = ()


class Overtaken(Exception):
    """Something else stands than was shown when the import was checked."""


def digest_of(parts: Any) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()
