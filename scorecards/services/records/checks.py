"""What can be found wrong with records before anything is written: references and meanings.

What only the database and the services know is found by rehearsing; see applying.py.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator

from django.core.exceptions import ValidationError

from kpis.models import KPI
from kpis.services.process_changes import UNSAID, on_one_line
from kpis.services.targets import FIGURES, check_figures
from organizations.models import Unit
from organizations.models.structure import validate_code
from scorecards.selectors.records import ALL_KINDS, Form, Key, Record
from scorecards.services.joined import Scope, joined_kind

from .standing import Given, Standing

INDIVIDUAL = Unit.Kind.INDIVIDUAL.value
# Fields that never change once a record stands, and what to do instead.
FIXED = {
    ("scorecards", "unit"): "A scorecard stays at its unit; add another one there.",
    ("units", "person"): "An individual's unit stays theirs; add another unit.",
}
# References whose target takes more than the field itself to name: kind, and the key's fields.
SCOPED: dict[tuple[str, str], Scope] = {
    ("objectives", "perspective"): ("perspectives", ("scorecard", "perspective")),
    ("objectives", "theme"): ("themes", ("scorecard", "theme")),
    ("objective_kpis", "objective"): ("objectives", ("scorecard", "objective")),
    ("alignments", "objective"): ("objectives", ("scorecard", "objective")),
    ("alignments", "supported_objective"): (
        "objectives",
        ("supported_scorecard", "supported_objective"),
    ),
    ("targets", "unit"): ("assignments", ("kpi", "unit")),
    ("process_changes", "unit"): ("assignments", ("kpi", "unit")),
}
# Pairs of days of which the second must come after the first; the last says whether they may meet.
DAYS = {"assignments": False, "initiatives": True}
CLOSE = 0.75
UNKNOWN = "unknown_reference"


def check(standing: Standing) -> None:
    """Tell each given record what is wrong with it."""
    for name, given in standing.given.items():
        for each in given:
            _check_alone(each)
            _check_references(standing, each)
        if name in _CHECKS:
            _CHECKS[name](standing, given)


# --- One record


def _check_alone(each: Given) -> None:
    for name in each.said:
        sentence = FIXED.get((each.kind.name, name))
        if sentence and each.before is not None and each.before[name] != each.said[name]:
            each.refuse(name, sentence, "fixed")
    if each.before is None and "code" in each.kind.key and each.after["code"]:
        try:
            validate_code(each.after["code"])
        except ValidationError as refusal:
            each.refuse("code", refusal.messages[0])
    if each.kind.name in DAYS:
        first, last = each.after["starts_on"], each.after["ends_on"]
        may_meet = DAYS[each.kind.name]
        if first and last and (last < first or (last == first and not may_meet)):
            each.refuse("ends_on", f"The end comes after the start, {first}; write a later day.")


def _check_references(standing: Standing, each: Given) -> None:
    for item in each.kind.fields:
        code = each.after[item.name]
        if not code or not _is_to_check(standing, each, item.name):
            continue
        if item.form is Form.CODES:
            _check_served(standing, each, code)
        elif item.refers_to == "people":
            if code not in standing.person_codes:
                text = _unknown(standing, "person", code, standing.person_codes)
                each.refuse(item.name, text, UNKNOWN)
        elif item.refers_to and (code,) not in standing.after(item.refers_to):
            known = (key[0] for key in standing.after(item.refers_to))
            text = _unknown(standing, ALL_KINDS[item.refers_to].word, code, known)
            each.refuse(item.name, text, UNKNOWN)
        elif scope := _scope(each.kind.name, item.name):
            _check_scoped(standing, each, item.name, scope)


def _is_to_check(standing: Standing, each: Given, name: str) -> bool:
    """What stays needs no check, also where the writer may not see what it names."""
    if not standing.removes and each.stays(name):
        return False
    return all(problem.field != name for problem in each.problems)


def _scope(kind: str, name: str) -> Scope | None:
    """What the field names, where that takes more than the field; None: it does not."""
    tie = joined_kind(kind)
    return tie.scopes.get(name) if tie else SCOPED.get((kind, name))


def _check_scoped(standing: Standing, each: Given, name: str, scope: Scope) -> None:
    kind, parts = scope
    key = tuple(each.after[part] for part in parts)
    if key in standing.after(kind):
        return
    if kind == "assignments":
        if not any(problem.field in parts for problem in each.problems):
            text = f"“{key[0]}” is not measured at “{key[1]}”; assign it there first."
            each.refuse(name, text, UNKNOWN)
        return
    beside = (other[1] for other in standing.after(kind) if other[0] == key[0])
    where = f" in “{key[0]}”"
    text = _unknown(standing, ALL_KINDS[kind].word, str(key[1]), beside, where)
    each.refuse(name, text, UNKNOWN)


def _check_served(standing: Standing, each: Given, codes: Iterable[str]) -> None:
    for code in codes:
        if tuple(code.split(".")) not in standing.after("objectives"):
            known = (".".join(map(str, key)) for key in standing.after("objectives"))
            each.refuse("objectives", _unknown(standing, "objective", code, known), UNKNOWN)


def _unknown(
    standing: Standing, what: str, code: object, known: Iterable[object], where: str = ""
) -> str:
    close = []
    if standing.hints_left > 0:
        standing.hints_left -= 1
        close = difflib.get_close_matches(str(code), map(str, known), 1, CLOSE)
    hint = f"did you mean “{close[0]}”?" if close else "write the code of one that is there."
    joint = "; " if hint.startswith("write") else ": "
    return f"There is no {what} “{code}”{where}{joint}{hint}"


# --- The tree of units


def _check_units(standing: Standing, given: list[Given]) -> None:
    after = standing.after("units")
    parents = {key[0]: record["parent"] for key, record in after.items()}
    roots = [code for code, parent in parents.items() if not parent]
    for each in given:
        _check_root(each, roots)
        _check_individual(standing, each)
        if each.after["parent"] and _is_in_cycle(parents, each.key[0]):
            each.refuse("parent", "This unit would lie beneath itself; choose another parent.")


def _check_root(each: Given, roots: list[str]) -> None:
    is_root = not each.after["parent"]
    if each.before is not None and is_root != (not each.before["parent"]):
        each.refuse("parent", "The topmost unit stays the topmost; choose another parent.")
    elif is_root and len(roots) > 1 and each.before is None:
        each.refuse("parent", "There is one topmost unit only; write the unit above this one.")


def _check_individual(standing: Standing, each: Given) -> None:
    record, before = each.after, each.before
    is_individual = record["kind"] == INDIVIDUAL
    if before is not None and (before["kind"] == INDIVIDUAL) != is_individual:
        each.refuse("kind", "A unit is an individual's from its beginning or never: add another.")
    elif is_individual and not record["person"]:
        each.refuse("person", "Write whose unit this is: the code of a person.")
    elif record["person"] and not is_individual:
        each.refuse("person", "Only an individual's unit has a person; leave this empty.")
    above = standing.after("units").get((record["parent"],))
    if above is not None and above["kind"] == INDIVIDUAL:
        each.refuse("parent", "Nothing lies beneath an individual's unit; choose another parent.")


def _is_in_cycle(parents: dict[str, str], code: str) -> bool:
    seen: set[str] = set()
    at = parents.get(code, "")
    while at and at not in seen:
        if at == code:
            return True
        seen.add(at)
        at = parents.get(at, "")
    return False


# --- KPIs


def _check_kpis(standing: Standing, given: list[Given]) -> None:
    """What the database would refuse with fewer words."""
    for each in given:
        record = each.after
        low, high = record["natural_minimum"], record["natural_maximum"]
        is_graded = record["value_kind"] == KPI.ValueKind.GRADED
        if is_graded and not record["grades"]:
            each.refuse("grades", "Write the grades, such as A=3; B=2; C=1.")
        elif record["grades"] and not is_graded:
            each.refuse("grades", "Only a graded KPI has grades; leave them empty.")
        if low is not None and high is not None and low >= high:
            each.refuse("natural_maximum", "The natural maximum lies above the minimum.")
        if (record["benchmark"] is None) != (not record["benchmark_source"]):
            each.refuse("benchmark_source", "A benchmark and its source go together.")


# --- Targets


def _check_targets(standing: Standing, given: list[Given]) -> None:
    for each in given:
        kpi = standing.after("kpis").get((each.after["kpi"],))
        if each.problems or kpi is None or each.before == each.after:
            continue
        try:
            check_figures(_definition(kpi), {name: each.after[name] for name in FIGURES})
        except ValidationError as refusal:
            each.refuse("", refusal.messages[0])


def _definition(kpi: Record) -> KPI:
    """What the check of a target asks of its KPI, as it would be."""
    names = ("direction", "natural_minimum", "natural_maximum")
    return KPI(**{name: kpi[name] for name in names})


# --- Process changes


def _check_process_changes(standing: Standing, given: list[Given]) -> None:
    """Notes are compared as they are stored."""
    for each in given:
        each.after["note"] = on_one_line(each.after["note"])
        if not each.problems and not each.after["note"]:
            each.refuse("note", UNSAID)


# --- Scorecards


def _check_alignments(standing: Standing, given: list[Given]) -> None:
    """An objective supports objectives of units above its own only."""
    units = {key[0]: record["unit"] for key, record in standing.after("scorecards").items()}
    parents = {key[0]: record["parent"] for key, record in standing.after("units").items()}
    for each in given:
        unit = units.get(each.after["scorecard"])
        above = units.get(each.after["supported_scorecard"])
        if each.problems or not unit or not above:
            continue
        if above not in _line(parents, unit):
            each.refuse(
                "supported_scorecard",
                f"“{above}” is not above “{unit}”: an objective supports those of units above.",
            )


def _line(parents: dict[str, str], unit: str) -> Iterator[str]:
    """The units above, from the nearest up; ends in a cycle, too."""
    seen = {unit}
    at = parents.get(unit, "")
    while at and at not in seen:
        yield at
        seen.add(at)
        at = parents.get(at, "")


def _check_scorecards(standing: Standing, given: list[Given]) -> None:
    active: dict[str, set[Key]] = {}
    for key, record in standing.after("scorecards").items():
        if record["status"] == "active":
            active.setdefault(record["unit"], set()).add(key)
    for each in given:
        others = active.get(each.after["unit"], set()) - {each.key}
        if each.after["status"] == "active" and others:
            each.refuse("status", f"“{min(others)[0]}” is active at this unit, too.")
        if each.before != each.after:
            _check_life(each)


def _check_life(each: Given) -> None:
    """From draft to active to archived; an archived one stays as it was, or comes back."""
    record, before = each.after, each.before
    status, was = record["status"], before["status"] if before else "draft"
    starts_on, ends_on = record["starts_on"], record["ends_on"]
    if was == status == "archived":
        each.refuse("", "An archived scorecard stays as it was; duplicate it instead.")
    if status == "draft" and was != "draft":
        each.refuse("status", "What has held is archived, not made a draft again.")
    elif status == "draft" and (starts_on or ends_on):
        each.refuse("starts_on", "A draft holds from no day on; leave its days empty.")
    elif status == "active" and ends_on:
        each.refuse("ends_on", "An active scorecard has no end; leave it empty, or archive it.")
    elif status == "archived" and not (starts_on and ends_on):
        each.refuse("ends_on", "Write from which day until which an archived scorecard held.")
    elif before and before["starts_on"] and starts_on and starts_on > before["starts_on"]:
        each.refuse("starts_on", f"It holds since {before['starts_on']}; it cannot begin later.")


_CHECKS: dict[str, Callable[[Standing, list[Given]], None]] = {
    "units": _check_units,
    "kpis": _check_kpis,
    "targets": _check_targets,
    "process_changes": _check_process_changes,
    "scorecards": _check_scorecards,
    "alignments": _check_alignments,
}
