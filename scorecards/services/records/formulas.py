"""What the formulas of given KPIs read, and in which order the KPIs can be written."""

import contextlib
from collections.abc import Iterable, Mapping

from calculations.formulas.expressions import codes
from calculations.formulas.parsing import InvalidFormula, check_codes, parsed
from kpis.services.definitions import chain_sentence
from scorecards.selectors.records import Record

from .standing import Standing


def check_formulas(standing: Standing) -> None:
    """Refuse formulas that cannot be read, name what is not there, or need themselves."""
    given = standing.given.get("kpis", [])
    after = {str(key[0]): record for key, record in standing.after("kpis").items()}
    for each in given:
        if not each.after["formula"] or each.before == each.after:
            continue
        try:
            parsed(each.after["formula"])
            check_codes(each.after["formula"], list(after))
        except InvalidFormula as refusal:
            text = str(refusal)
            each.refuse("formula", text if text.endswith((".", "?")) else f"{text}.")
    read = {code: inputs_of(record) & after.keys() for code, record in after.items()}
    for each in given:
        cycle = _cycle(read, str(each.key[0]))
        if cycle and each.before != each.after:
            name = "formula" if each.after["formula"] else "weighting"
            each.refuse(name, f"A KPI cannot need itself: {chain_sentence(cycle)}.")


def inputs_of(kpi: Record) -> set[str]:
    """The codes of what the KPI reads; none where its formula cannot be read."""
    read = {kpi["weighting"]} if kpi["weighting"] else set()
    if kpi["formula"]:
        with contextlib.suppress(InvalidFormula):
            read |= set(codes(parsed(kpi["formula"])))
    return read


def inputs_first(records: Mapping[str, Record]) -> list[str]:
    """The codes, what is read before what reads it; cycles are left in the order of their codes."""
    placed: dict[str, None] = {}
    for code in sorted(records):
        _place(code, records, placed)
    return list(placed)


def _place(code: str, records: Mapping[str, Record], placed: dict[str, None]) -> None:
    """Depth first without recursion: formulas may build on each other in any number."""
    waiting = [code]
    entered: set[str] = set()
    while waiting:
        at = waiting[-1]
        below = [] if at in entered else _unplaced(inputs_of(records[at]), records, placed, entered)
        entered.add(at)
        if below:
            waiting += below
        else:
            placed.setdefault(waiting.pop())


def _unplaced(
    read: Iterable[str],
    records: Mapping[str, Record],
    placed: Mapping[str, None],
    entered: set[str],
) -> list[str]:
    return [each for each in sorted(read) if each in records and each not in {*placed, *entered}]


def _cycle(read: Mapping[str, set[str]], code: str) -> list[str]:
    """The shortest way from the KPI down to itself; empty: there is none."""
    came_from: dict[str, str] = {}
    waiting = [code]
    while waiting and code not in came_from:
        reached = [(below, above) for above in waiting for below in sorted(read.get(above, ()))]
        waiting = []
        for below, above in reached:
            if below not in came_from:
                came_from[below] = above
                waiting.append(below)
    if code not in came_from:
        return []
    path = [code, came_from[code]]
    while path[-1] != code:
        path.append(came_from[path[-1]])
    return path[::-1]
