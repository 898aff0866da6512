"""What packages above tie to the objectives of a scorecard: it goes, comes and is copied with them.

Such a package says so once, when Django starts (`AppConfig.ready`), so that nothing here imports
it. Its records and its history are announced the same way, where those are read:
`scorecards.selectors.records.kinds.join_kind`, `selectors.documents.layout.join_section` and
`selectors.history.parts.join_part`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from organizations.models import Structure
from scorecards.models import Objective, Scorecard

Pairs = Sequence[tuple[Objective, Objective]]
Scope = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Written:
    """How records of objectives are written.

    kind: of the records; write: stores one change of them; store: many that are new, and tells
    their places, or raises ValidationError and leaves them to write; scopes: by field, the kind
    that it names and the fields of its key.
    """

    kind: str
    write: Callable[[Any, Any], None]
    store: Callable[[Any, Sequence[Any]], set[Any]]
    scopes: Mapping[str, Scope] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Joined(Written):
    """Rows that tie objectives of one scorecard together, with their records.

    model: a structure whose fields `ends` point at objectives. copy: is told the objectives of a
    scorecard with their copies. require: raises ValidationError where a row that came back cannot
    stand. part: of its history; set_back, bring and take: make a row what a wish of
    `services.restoring` says, let it stand again, and take it away.
    """

    model: type[Structure]
    ends: tuple[str, ...]
    copy: Callable[[Pairs], None]
    require: Callable[[Any], None]
    part: str
    set_back: Callable[[Any, Mapping[str, Any]], Any]
    bring: Callable[[Any], Any]
    take: Callable[[Any], Any]

    def of_scorecard(self, scorecard: Scorecard) -> Q:
        return Q(**{f"{self.ends[0]}__scorecard": scorecard})


_written: dict[str, Written] = {}


def join(tie: Written) -> None:
    """Let these records be written, and what happens to objectives happen to rows that tie them."""
    _written[tie.kind] = tie


def joined() -> tuple[Joined, ...]:
    """All rows that were announced."""
    return tuple(tie for tie in _written.values() if isinstance(tie, Joined))


def written_kinds() -> tuple[str, ...]:
    """The kinds of records of packages above."""
    return tuple(_written)


def joined_kind(kind: str) -> Written | None:
    """How records of the kind are written; None: they are of no package above."""
    return _written.get(kind)


def joined_rows(objectives: Iterable[Objective]) -> Iterator[Structure]:
    """The live rows that tie any of the objectives to another."""
    mine = list(objectives)
    for tie in joined():
        touching = Q()
        for end in tie.ends:
            touching |= Q(**{f"{end}__in": mine})
        yield from tie.model._default_manager.filter(touching, deleted_at=None).order_by("pk")


def require_joined(row: Structure) -> None:
    """Refuse what came back and cannot stand."""
    for tie in joined():
        if isinstance(row, tie.model):
            tie.require(row)
