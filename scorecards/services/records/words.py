"""A plan in words: what would be added, changed and removed, and what is wrong with it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scorecards.selectors.records import ALL_KINDS, Field, Record, Value

from .shapes import Change, Deed, Plan

SIGNS = {Deed.ADDED: "+", Deed.CHANGED: "~", Deed.REMOVED: "−"}
LONGEST = 120
NOTHING = "nothing"

LineOf = Callable[[Change, str], int]
"""Where in the text a change, or one of its fields, stands; 0 = nowhere."""


@dataclass(frozen=True)
class FieldChange:
    """A field that says something else; old is "" for a new record."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Said:
    """What is wrong, with its line in the text; 0 = in none."""

    text: str
    line: int = 0


@dataclass(frozen=True)
class ChangeText:
    """One change as a line, with what differs and what is wrong beneath it."""

    deed: str
    sign: str
    word: str
    title: str
    name: str
    fields: tuple[FieldChange, ...]
    problems: tuple[Said, ...]

    @property
    def head(self) -> str:
        name = f": {self.name}" if self.name else ""
        return f"{self.sign} {self.word} {self.title}{name}".replace(
            "settings settings", "settings"
        )


@dataclass(frozen=True)
class Group:
    """The changes of one kind, counted."""

    label: str
    counts: str  # "2 added, 1 changed" of what can be done
    refused: int
    changes: tuple[ChangeText, ...]
    more: int  # that are not told


def grouped(plan: Plan, line_of: LineOf, most: int = 0) -> list[Group]:
    """By kind, in their order; most: how many changes of each kind are told, 0 = all."""
    groups = []
    for name, kind in ALL_KINDS.items():
        changes = [change for change in plan.changes if change.kind == name]
        if not changes:
            continue
        counts = plan.counts(name)
        # What is wrong comes first, where not all are told.
        told = sorted(changes, key=lambda c: not c.problems)[:most] if most else changes
        groups.append(
            Group(
                kind.label,
                ", ".join(f"{counts[deed]} {deed.value}" for deed in Deed if counts[deed]),
                sum(bool(change.problems) for change in changes),
                tuple(change_text(change, line_of) for change in told),
                len(changes) - len(told),
            )
        )
    return groups


def change_text(change: Change, line_of: LineOf) -> ChangeText:
    record = change.after or change.before or {}
    name = record.get("name") or record.get("role", "")
    return ChangeText(
        deed=change.deed.value,
        sign=SIGNS[change.deed],
        word=ALL_KINDS[change.kind].word,
        title=change.title,
        name=str(name) if name not in ("", change.title) else "",
        fields=tuple(_fields(change)) if change.deed is Deed.CHANGED else (),
        problems=tuple(_problems(change, line_of)),
    )


def counts_text(plan: Plan) -> str:
    """As “3 added, 1 changed, 2 removed, 40 unchanged”, with what is wrong behind it."""
    counts = plan.counts()
    texts = [f"{counts[deed]} {deed.value}" for deed in Deed]
    texts.append(f"{sum(plan.unchanged.values())} unchanged")
    if plan.refused:
        texts.append(f"{len(plan.refused)} with problems")
    return ", ".join(texts)


def _fields(change: Change) -> Iterator[FieldChange]:
    kind, before, after = ALL_KINDS[change.kind], change.before or {}, change.after or {}
    for name in change.fields:
        item = kind.by_name[name]
        yield FieldChange(item.label, _said(item, before, name), _said(item, after, name))


def _said(item: Field, record: Record, name: str) -> str:
    return shortened(item.write(record.get(name))) or NOTHING


def shortened(text: Value) -> str:
    line = " ".join(str(text).split())
    return line[:LONGEST] + ("…" if len(line) > LONGEST else "")


def _problems(change: Change, line_of: LineOf) -> Iterable[Said]:
    kind = ALL_KINDS[change.kind]
    for problem in change.problems:
        item = kind.by_name.get(problem.field)
        label = f"{item.label}: " if item else ""
        yield Said(f"{label}{problem.text}", line_of(change, problem.field))
