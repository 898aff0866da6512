"""What the formulas of given KPIs read, and in which order the KPIs can be written."""

import contextlib
from collections.abc import Iterable, Mapping

from calculations.formulas.expressions import codes
from calculations.formulas.parsing import InvalidFormula, check_codes, parsed
from kpis.services.definitions import MAX_LAYERS, chain_sentence, layers_sentence
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
            check_codes(each.after["formula"], after)
        except InvalidFormula as refusal:
            text = str(refusal)
            each.refuse("formula", text if text.endswith((".", "?")) else f"{text}.")
    read = {code: inputs_of(record) & after.keys() for code, record in after.items()}
    layers = _layers(read)
    for each in given:
        if each.before == each.after:
            continue
        code = str(each.key[0])
        name = "formula" if each.after["formula"] else "weighting"
        cycle = [] if code in layers else _cycle(read, code)
        if cycle:
            each.refuse(name, f"A KPI cannot need itself: {chain_sentence(cycle)}.")
        elif layers.get(code, 0) > MAX_LAYERS:
            each.refuse(name, layers_sentence(code, layers[code]))


def _layers(read: Mapping[str, set[str]]) -> dict[str, int]:
    """How many layers of formulas lie in each KPI; those in or above a cycle are left out."""
    readers: dict[str, list[str]] = {code: [] for code in read}
    for code, below in read.items():
        for each in below:
            readers[each].append(code)
    waits_for = {code: len(below) for code, below in read.items()}
    layers = {code: 0 for code, count in waits_for.items() if not count}
    ready = list(layers)
    for placed in ready:  # grows meanwhile
        for code in readers[placed]:
            waits_for[code] -= 1
            layers[code] = max(layers.get(code, 0), layers[placed] + 1)
            if not waits_for[code]:
                ready.append(code)
    return {code: layers[code] for code in ready}


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
    return [
        each
        for each in sorted(read)
        if each in records and each not in placed and each not in entered
    ]


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
