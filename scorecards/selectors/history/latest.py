"""The latest changes of one thing, in sentences, for its own page."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from organizations.access import Access

from .names import UNSEEN, names_of
from .reading import Cursor, page_of
from .sight import Sight
from .subjects import subject_of
from .telling import ADDED, CHANGED, Entry, entry_from

MOST = 20  # entries


@dataclass(frozen=True)
class Save:
    """What somebody changed at one moment."""

    at_text: str
    by: str
    lines: tuple[str, ...]


def latest_saves(
    access: Access, kind: str, code: str, until: dt.datetime | None = None
) -> tuple[tuple[Save, ...], bool]:
    """The newest first, up to a moment if one is given; and whether there are older ones."""
    sight = Sight(access)
    subject = subject_of(sight, kind, code)
    if subject is None:
        return (), False
    said, after = page_of(sight, subject.scope, Cursor(until) if until else None, MOST)
    names = names_of(sight, said)
    told = [(one.at, entry_from(one, names)) for one in said]
    entries = [(at, entry) for at, entry in told if entry is not None]
    saves = []
    for (_, by), group in groupby(entries, key=lambda pair: (pair[0], pair[1].by)):
        together = [entry for _, entry in group]
        lines = tuple(line for entry in together for line in _sentences(entry))
        saves.append(Save(together[0].at_text, by, lines))
    return tuple(saves), after is not None


def _sentences(entry: Entry) -> Iterator[str]:
    """The thing itself needs no name on its own page; what belongs to it does."""
    called = entry.name if entry.name == UNSEEN else f"“{entry.name}”"
    name = "" if entry.is_whole else f"{entry.label} {called}"
    if entry.deed != CHANGED:
        deed = "" if entry.label == "Serves" and entry.deed == ADDED else entry.deed
        yield f"{name} {deed}".strip() if name else entry.deed.capitalize()
    for line in entry.lines:
        text = f"{line.label} rewritten" if line.is_long else line.text
        yield f"{name}: {text}" if name else text
