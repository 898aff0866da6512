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


@dataclass(frozen=True)
class Joined:
    """Rows that tie objectives of one scorecard together.

    model: a structure whose fields `ends` point at objectives. copy: is told the objectives of a
    scorecard with their copies. require: raises ValidationError where a row that came back cannot
    stand. kind: of its records; write: stores one change of them; store: many that are new, and
    tells their places, or raises ValidationError and leaves them to write; scopes: by field, the
    kind that it names and the fields of its key. part: of its history; set_back, bring and take:
    make a row what a wish of `services.restoring` says, let it stand again, and take it away.
    """

    model: type[Structure]
    ends: tuple[str, ...]
    copy: Callable[[Pairs], None]
    require: Callable[[Any], None]
    kind: str
    write: Callable[[Any, Any], None]
    store: Callable[[Any, Sequence[Any]], set[Any]]
    part: str
    set_back: Callable[[Any, Mapping[str, Any]], Any]
    bring: Callable[[Any], Any]
    take: Callable[[Any], Any]
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    def of_scorecard(self, scorecard: Scorecard) -> Q:
        return Q(**{f"{self.ends[0]}__scorecard": scorecard})


_joined: dict[str, Joined] = {}


def join(tie: Joined) -> None:
    """Let what happens to objectives happen to these rows, too."""
    _joined[tie.kind] = tie


def joined() -> tuple[Joined, ...]:
    """All that was announced."""
    return tuple(_joined.values())


def joined_kind(kind: str) -> Joined | None:
    """The rows that records of the kind tell of; None: they are none of these."""
    return _joined.get(kind)


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
