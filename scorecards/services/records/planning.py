"""From records to a plan: what would differ, in the order in which it can be written."""

import datetime as dt
from collections.abc import Iterable, Iterator

from organizations.access import Access
from scorecards.selectors.records import ALL_KINDS, Key, Record
from scorecards.services.joined import written_kinds

from .checks import check
from .formulas import check_formulas, inputs_first
from .rights import Rights
from .scorecard_writers import ONLY_DRAFTS
from .shapes import Change, Deed, Plan, Problem, Records
from .standing import Given, Standing
from .weights import check_weights

# What only ties others together goes first, so that they can be tied otherwise.
TIES = ("alignments", "objective_kpis", "process_changes", "targets")


def ties() -> tuple[str, ...]:
    """With what packages above tie."""
    return (*written_kinds(), *TIES)


def plan(
    access: Access,
    records: Records,
    *,
    removes: bool = False,
    adds: bool = False,
    valid_from: dt.date | None = None,
) -> Plan:
    """What writing the records would change; nothing is written.

    A record changes what it says and nothing else; None clears. With removes, what stands of the
    given kinds and was not given goes. With adds, what stands already is refused. Reads a fixed
    number of statements for each kind.
    """
    standing = Standing(access, records, removes=removes)
    if adds:
        _refuse_standing(standing)
    check(standing)
    check_formulas(standing)
    check_weights(standing)
    rights = Rights(standing)
    changes = tuple(_permitted(rights, change) for change in _ordered(standing))
    unchanged = {
        name: len(given) - sum(c.kind == name and c.row is not None for c in changes)
        for name, given in standing.given.items()
    }
    return Plan(changes, unchanged, valid_from)


def _refuse_standing(standing: Standing) -> None:
    for kind, given in standing.given.items():
        name = ALL_KINDS[kind].key[-1] if ALL_KINDS[kind].key else ""
        for each in given:
            if each.before is not None:
                parts = " / ".join(str(part) for part in each.key if part != "")
                text = f"The {each.kind.word} “{parts}” is there already; change it instead."
                each.refuse(name, text, "already_exists")


def removal(access: Access, kind: str, key: Key) -> Plan:
    """What taking one record away would change; of a record that stands."""
    standing = Standing(access, {}, removes=False)
    change = Change(kind, key, Deed.REMOVED, standing.current(kind)[key])
    return Plan((_permitted(Rights(standing), change),))


def _permitted(rights: Rights, change: Change) -> Change:
    problem = rights.problem(change) if not change.problems else None
    return change.refused(problem) if problem else change


def _ordered(standing: Standing) -> Iterator[Change]:
    """First the ties that go, then what comes and what differs, then all else that goes."""
    for name in ties():
        yield from _removed(standing, name)
    for name in ALL_KINDS:
        yield from _written(standing, name)
    for name in reversed(ALL_KINDS):
        if name not in ties():
            yield from _removed(standing, name)


def _written(standing: Standing, name: str) -> Iterator[Change]:
    for each in _in_order(standing, name):
        if each.problems or each.before != each.after:
            deed = Deed.ADDED if each.before is None else Deed.CHANGED
            yield Change(
                name, each.key, deed, each.before, each.after, tuple(each.problems), each.row
            )


def _removed(standing: Standing, name: str) -> Iterator[Change]:
    keys = standing.removed(name)
    if name == "units":
        records = standing.current("units")
        depths = _depths({str(key[0]): record for key, record in records.items()})
        keys.sort(key=lambda key: (-depths[str(key[0])], key))
    if name == "kpis":
        kpis = {str(key[0]): standing.current(name)[key] for key in keys}
        keys = [(code,) for code in reversed(inputs_first(kpis))]
    for key in keys:
        before = standing.current(name)[key]
        is_published = name == "scorecards" and before["status"] != "draft"
        problems = (Problem("status", ONLY_DRAFTS),) if is_published else ()
        yield Change(name, key, Deed.REMOVED, before, problems=problems)


def _in_order(standing: Standing, name: str) -> Iterable[Given]:
    """As given, but units from the top down, and KPIs before those whose formulas read them."""
    given = standing.given.get(name, [])
    if name == "units":
        after = {str(key[0]): record for key, record in standing.after("units").items()}
        depths = _depths(after)
        return sorted(given, key=lambda each: depths.get(str(each.key[0]), 0))
    if name == "kpis":
        after = {str(key[0]): record for key, record in standing.after("kpis").items()}
        places = {code: place for place, code in enumerate(inputs_first(after))}
        return sorted(given, key=lambda each: places.get(str(each.key[0]), 0))
    if name == "scorecards":
        return sorted(given, key=lambda each: each.after["status"] != "archived")
    return given


def _depths(units: dict[str, Record]) -> dict[str, int]:
    """How far beneath the top each unit lies; in a cycle, how far until it closes."""
    depths: dict[str, int] = {}
    for code in units:
        line: list[str] = []
        at = code
        while at in units and at not in depths and at not in line:
            line.append(at)
            at = units[at]["parent"]
        depth = depths.get(at, -1)
        for each in reversed(line):
            depth += 1
            depths[each] = depth
    return depths
