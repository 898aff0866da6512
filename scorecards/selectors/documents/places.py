"""Places among siblings: the text says them by its order, records by numbers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count

from scorecards.selectors.records import ALL_KINDS, Key, Record

from .layout import SIBLINGS
from .writing import in_order

Siblings = dict[Key, list[Record]]


def give_places(
    records: Mapping[str, Sequence[Record]], current: Mapping[str, Sequence[Record]]
) -> None:
    """Let the records of a text say the places that their order means.

    Where those that stand keep their order and what is new comes behind them, their numbers stay;
    else all of them are counted anew.
    """
    for kind, common in SIBLINGS.items():
        known = {ALL_KINDS[kind].key_of(record): record for record in current.get(kind, ())}
        for siblings in _beside(kind, common, records.get(kind, ()), known).values():
            _place(kind, common, siblings, known)


def _beside(
    kind: str, common: Sequence[str], records: Sequence[Record], known: Mapping[Key, Record]
) -> Siblings:
    """Those with the same parent, in the order of the text; what is not said is as it stands."""
    found: Siblings = defaultdict(list)
    for record in records:
        stands = known.get(ALL_KINDS[kind].key_of(record), {})
        found[tuple(str(record.get(name, stands.get(name))) for name in common)].append(record)
    return found


def _place(
    kind: str, common: Sequence[str], siblings: list[Record], known: Mapping[Key, Record]
) -> None:
    standing = [known.get(ALL_KINDS[kind].key_of(record)) for record in siblings]
    stays = [
        stands
        if stands and all(record.get(name, stands[name]) == stands[name] for name in common)
        else None
        for record, stands in zip(siblings, standing, strict=True)
    ]
    first = [stands for stands in stays if stands]
    in_place = first == sorted(first, key=lambda record: in_order(kind, record))
    if in_place and None not in stays[: len(first)]:
        numbers = count(max((stands["position"] for stands in first), default=-1) + 1)
        for record in siblings[len(first) :]:
            record["position"] = next(numbers)
        return
    for position, record in enumerate(siblings):
        record["position"] = position
