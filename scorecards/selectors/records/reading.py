"""The records that there are, each kind by a fixed number of statements."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from calculations.periods import Frequency, Period
from kpis.models import KPI, QUESTIONS, Assignment, ProcessChange, Target
from organizations.access import Access, Action
from organizations.models import Membership, Organization, Person, Unit
from scorecards.models import (
    Alignment,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)

from .kinds import ALL_KINDS
from .shapes import Record

Rows = Iterable[tuple[Any, ...]]


def records_of(access: Access, kind: str) -> list[Record]:
    """The live records of a kind that the reader may see, sorted by their keys.

    References are codes. Texts have plain line ends. People are told to administrators only, with
    their addresses; roles where the reader administers. Drafts, with all that is in them, are told
    to those who may edit them.
    """
    names, key_of = ALL_KINDS[kind].names, ALL_KINDS[kind].key_of
    records = [dict(zip(names, row, strict=True)) for row in _READERS[kind](access)]
    for record in records:
        for name, value in record.items():
            if isinstance(value, str) and "\r" in value:
                record[name] = value.replace("\r\n", "\n")
    return sorted(records, key=key_of)


def join_reader(kind: str, read: Callable[[Access], Rows]) -> None:
    """How records of a package above are read: what the reader may see, by one statement."""
    _READERS[kind] = read


def _sees_all(access: Access) -> bool:
    return len(access.visible_unit_ids) == len(access.tree.by_id)


def _seen(access: Access, *paths: str) -> Q:
    """Rows all of whose units may be seen."""
    if _sees_all(access):
        return Q()
    return Q(**{f"{path}__in": access.visible_unit_ids for path in paths})


def live_rows(access: Access, model: Any, *paths: str) -> QuerySet[Any]:
    """The live rows of the organization all of whose units the reader sees."""
    found: QuerySet[Any] = model.objects.live().filter(
        _seen(access, *paths), organization=access.organization
    )
    return found.order_by()


def _or_empty(rows: Rows, default: Any = "") -> Iterator[tuple[Any, ...]]:
    """References that name nothing are an empty code."""
    for row in rows:
        yield tuple(default if value is None else value for value in row)


# --- Organizations: who


def _settings(access: Access) -> Rows:
    names = ALL_KINDS["settings"].names
    row = Organization.objects.values_list(*names).get(pk=access.organization.pk)
    known = ALL_KINDS["settings"].by_name["reporting_frequencies"].choices
    at = names.index("reporting_frequencies")
    return [(*row[:at], [each for each in known if each in row[at]], *row[at + 1 :])]


def _units(access: Access) -> Rows:
    names = ("code", "name", "kind", "parent__code", "person__code", "position")
    return _or_empty(live_rows(access, Unit, "pk").values_list(*names))


def _administers(access: Access) -> bool:
    """Whether there is any unit that the reader administers; the operator's commands may all."""
    if access.is_unbound and access.token is None:
        return True
    return any(access.can(Action.ADMINISTER, unit_id) for unit_id in access.roles)


def _people(access: Access) -> Rows:
    if not _administers(access):
        return
    rows = live_rows(access, Person).values_list("code", "name", "email", "user__email")
    for code, name, email, address in rows:
        yield code, name, address or email


def _roles(access: Access) -> Rows:
    """By the people who hold them; a sign-in that is nobody's holds none that could be named."""
    if not _administers(access):
        return
    people = live_rows(access, Person).exclude(user=None)
    by_user = dict(people.values_list("user_id", "code"))
    rows = live_rows(access, Membership, "unit_id").values_list("user_id", "unit_id", "role")
    for user_id, unit_id, role in rows:
        node = access.tree.by_id.get(unit_id)
        if node and user_id in by_user and access.can(Action.ADMINISTER, node.id):
            yield by_user[user_id], node.code, role


# --- KPIs: what is measured


def visible_kpis(access: Access) -> QuerySet[KPI]:
    """Measured at a unit that the reader sees, or nowhere.

    A token with a unit limit that may not edit gets what is measured within it.
    """
    mine = {"organization": access.organization}
    if access.limit_id is not None and Action.EDIT_STRUCTURE not in access.actions:
        measured = Assignment.objects.live().filter(unit_id__in=access.visible_unit_ids)
        found = KPI.objects.live().filter(pk__in=measured.values("kpi_id"), **mine)
    elif _sees_all(access):
        found = KPI.objects.live().filter(**mine)
    else:
        found = KPI.objects.visible_in(access.visible_unit_ids).filter(**mine)
    return found.order_by()


def _kpis(access: Access) -> Rows:
    rows = visible_kpis(access).select_related("owner", "weighting")
    plain = [name for name in ALL_KINDS["kpis"].names if not name.startswith("question_")]
    plain = [name for name in plain if name not in ("owner", "weighting")]
    for kpi in rows:
        record = {name: getattr(kpi, name) for name in plain}
        record["owner"] = kpi.owner.code if kpi.owner else ""
        record["weighting"] = kpi.weighting.code if kpi.weighting else ""
        record["grades"] = [[str(label), float(value)] for label, value in kpi.grades or ()] or None
        for name in QUESTIONS:
            said = kpi.answers.get(name, {})
            record[f"question_{name}"] = said.get("answer", "")
            record[f"question_{name}_note"] = said.get("note", "")
        yield tuple(record[name] for name in ALL_KINDS["kpis"].names)


def _assignments(access: Access) -> Rows:
    names = ("kpi__code", "unit__code", "responsible__code", "own_values", "starts_on", "ends_on")
    rows = live_rows(access, Assignment, "unit_id").filter(kpi__deleted_at=None)
    for kpi, unit, responsible, *rest in rows.values_list(*names):
        yield kpi, unit, responsible or "", *rest


def _targets(access: Access) -> Rows:
    calendar = access.organization.calendar
    figures = ALL_KINDS["targets"].names[3:-1]
    names = ("kpi__frequency", "kpi__code", "unit__code")
    rows = live_rows(access, Target, "assignment__unit_id").filter(
        assignment__deleted_at=None, assignment__kpi__deleted_at=None
    )
    columns = [f"assignment__{name}" for name in names]
    for frequency, kpi, unit, day, curve, *rest in rows.values_list(
        *columns, "valid_from", "curve", *figures
    ):
        label = calendar.label(Period(Frequency(frequency), day))
        points = [[float(value), float(score)] for value, score in curve] if curve else None
        yield kpi, unit, label, *rest, points


def _process_changes(access: Access) -> Rows:
    """By the KPI's own periods; of several that are in one by now, the first."""
    calendar = access.organization.calendar
    names = ("kpi__frequency", "kpi__code", "unit__code")
    rows = live_rows(access, ProcessChange, "assignment__unit_id").filter(
        assignment__deleted_at=None, assignment__kpi__deleted_at=None
    )
    columns = [f"assignment__{name}" for name in names]
    found: dict[tuple[str, str, str], str] = {}
    for frequency, kpi, unit, day, note in rows.order_by("period_start").values_list(
        *columns, "period_start", "note"
    ):
        label = calendar.label(calendar.period(Frequency(frequency), day))
        found.setdefault((kpi, unit, label), note)
    for key, note in found.items():
        yield *key, note


# --- Scorecards: what is wanted


def _scorecards(access: Access) -> Rows:
    names = ("code", "unit__code", "name", "status", "starts_on", "ends_on", "rule", "is_capped")
    rows = live_rows(access, Scorecard, "unit_id").filter(_told(access))
    return rows.values_list(*names)


def _parts(access: Access, model: Any) -> QuerySet[Any]:
    found = live_rows(access, model, "scorecard__unit_id").filter(scorecard__deleted_at=None)
    return found.filter(_told(access, "scorecard__"))


def _perspectives(access: Access) -> Rows:
    names = ("scorecard__code", "code", "name", "weight", "rule", "is_capped", "position")
    return _parts(access, Perspective).values_list(*names)


def _themes(access: Access) -> Rows:
    return _parts(access, Theme).values_list("scorecard__code", "code", "name", "description")


def _objectives(access: Access) -> Rows:
    names = ("scorecard__code", "code", "perspective__code", "name", "description", "hint")
    more = ("theme__code", "owner__code", "weight", "rule", "is_capped", "position")
    return _or_empty(_parts(access, Objective).values_list(*names, *more))


def _objective_kpis(access: Access) -> Rows:
    names = ("objective__scorecard__code", "objective__code", "kpi__code", "weight", "position")
    rows = live_rows(access, ObjectiveKPI, "objective__scorecard__unit_id")
    return standing(access, rows, "objective").values_list(*names)


def _alignments(access: Access) -> Rows:
    paths = ("objective__scorecard__unit_id", "supported__scorecard__unit_id")
    rows = standing(access, live_rows(access, Alignment, *paths), "objective", "supported")
    names = ("objective__scorecard__code", "objective__code")
    above = ("supported__scorecard__code", "supported__code", "weight")
    return rows.values_list(*names, *above)


def standing(access: Access, rows: QuerySet[Any], *objectives: str) -> QuerySet[Any]:
    """Those whose objectives stand, and their scorecards too."""
    for name in objectives:
        stands = {f"{name}__deleted_at": None, f"{name}__scorecard__deleted_at": None}
        rows = rows.filter(_told(access, f"{name}__scorecard__"), **stands)
    return rows


def _told(access: Access, path: str = "") -> Q:
    """Scorecards that are no drafts, and drafts where the reader may edit."""
    units = access.tree.by_id
    editable = [pk for pk in units if access.can(Action.EDIT_STRUCTURE, pk)]
    if len(editable) == len(units):
        return Q()
    return ~Q(**{f"{path}status": Scorecard.State.DRAFT}) | Q(**{f"{path}unit_id__in": editable})


# --- Initiatives


def _initiatives(access: Access) -> Rows:
    served: dict[int, list[str]] = {}
    paths = ("initiative__unit_id", "objective__scorecard__unit_id")
    links = standing(access, live_rows(access, InitiativeObjective, *paths), "objective")
    names = ("initiative_id", "objective__scorecard__code", "objective__code")
    for initiative_id, scorecard, code in links.values_list(*names):
        served.setdefault(initiative_id, []).append(f"{scorecard}.{code}")
    plain = ALL_KINDS["initiatives"].names[5:-1]
    columns = ("pk", "code", "unit__code", "name", "description", "owner__code", *plain)
    rows = live_rows(access, Initiative, "unit_id").values_list(*columns)
    for pk, code, unit, name, description, owner, *rest in rows:
        yield code, unit, name, description, owner or "", *rest, sorted(served.get(pk, []))


def _milestones(access: Access) -> Rows:
    """Numbered among those of the same name, in the order of their days."""
    rows = live_rows(access, Milestone, "initiative__unit_id").filter(initiative__deleted_at=None)
    numbers: dict[tuple[str, str], int] = {}
    columns = ("initiative__code", "name", "due_on", "done_on")
    for code, name, due_on, done_on in rows.order_by("due_on", "pk").values_list(*columns):
        number = numbers[code, name] = numbers.get((code, name), 0) + 1
        yield code, name, number, due_on, done_on


_READERS: dict[str, Callable[[Access], Rows]] = {
    "settings": _settings,
    "people": _people,
    "units": _units,
    "roles": _roles,
    "kpis": _kpis,
    "assignments": _assignments,
    "targets": _targets,
    "process_changes": _process_changes,
    "scorecards": _scorecards,
    "perspectives": _perspectives,
    "themes": _themes,
    "objectives": _objectives,
    "objective_kpis": _objective_kpis,
    "alignments": _alignments,
    "initiatives": _initiatives,
    "milestones": _milestones,
}
