"""What counts keeps counting: where something had a weight, something has one afterwards."""

from collections.abc import Iterable, Iterator

from scorecards.selectors.records import Key, Record

from .standing import Standing

# By kind: what its records are children of, and the fields that name it.
PARENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "perspectives": ("scorecard", ("scorecard",)),
    "objectives": ("perspective", ("scorecard", "perspective")),
    "objective_kpis": ("objective", ("scorecard", "objective")),
    "alignments": ("objective", ("supported_scorecard", "supported_objective")),
}


def check_weights(standing: Standing) -> None:
    """Refuse to take the last weight above 0 from what stays beneath a parent."""
    if not PARENTS.keys() & standing.given.keys():
        return
    before = set(_weighed((kind, standing.current(kind).values()) for kind in PARENTS))
    after = set(_weighed((kind, standing.after(kind).values()) for kind in PARENTS))
    lost = before - after
    for kind in PARENTS.keys() & standing.given.keys():
        for each in standing.given[kind]:
            parent = _parent(kind, each.after)
            if parent in lost and each.before != each.after and each.after["weight"] == 0:
                each.refuse(
                    "weight",
                    f"Leave a weight above 0 on at least one child of {parent[0]}"
                    f" “{parent[1][-1]}”: without any it has no score.",
                )


def _weighed(kinds: Iterable[tuple[str, Iterable[Record]]]) -> Iterator[tuple[str, Key]]:
    for kind, records in kinds:
        for record in records:
            if record["weight"] > 0:
                yield _parent(kind, record)


def _parent(kind: str, record: Record) -> tuple[str, Key]:
    word, names = PARENTS[kind]
    return word, tuple(record[name] for name in names)
