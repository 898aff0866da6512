"""What a page of history is about: one thing, with the rows that belong to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from kpis.models import KPI, Assignment
from organizations.models import Person, Unit
from scorecards.links import (
    board_href,
    initiative_href,
    kpi_href,
    person_href,
    targets_href,
    units_href,
)
from scorecards.models import Initiative, Objective, Perspective, Scorecard, Theme
from scorecards.selectors.kpis.form_words import Option

from .parts import PARTS, Part, joined_parts
from .sight import Sight

ALL = Q()
REMOVED = " (removed)"
TARGETS = "targets"  # of a unit: a page of its own beside that of each KPI


@dataclass(frozen=True)
class Subject:
    """`rows`: all that ever had the code, the standing one last; `scope`: what belongs to them."""

    kind: str
    code: str
    title: str
    href: str | None  # its own page, where it stands
    rows: tuple[Any, ...]
    scope: tuple[tuple[Part, Q], ...]
    choices: tuple[Option, ...] = ()  # of its parts, to look at one alone


def subject_of(sight: Sight, kind: str, code: str, of: str = "") -> Subject | None:
    """What the address names; of: only one of its parts. None where the reader sees no such."""
    maker = MAKERS.get(kind)
    if maker is None or "\x00" in code + of:
        return None
    return maker(sight, code, of)


def _named(model: Any, sight: Sight, code: str, condition: Q = ALL) -> tuple[Any, ...]:
    rows = model.objects.filter(condition, organization=sight.organization, code=code)
    return tuple(sorted(rows, key=lambda row: (row.deleted_at is None, row.pk)))


def _scope(sight: Sight, wanted: Iterable[tuple[str, Q]]) -> tuple[tuple[Part, Q], ...]:
    parts = ((PARTS[name], condition) for name, condition in wanted)
    return tuple((part, sight.of(part) & condition) for part, condition in parts)


def _if_standing(rows: tuple[Any, ...], href: str) -> str | None:
    return href if rows[-1].deleted_at is None else None


def _settings(sight: Sight, code: str, of: str) -> Subject | None:
    organization = sight.organization
    if code != organization.code:
        return None
    scope = _scope(sight, [("settings", Q())])
    return Subject("settings", code, "Settings", None, (organization,), scope)


def _unit(sight: Sight, code: str, of: str) -> Subject | None:
    rows = _named(Unit, sight, code, Q(pk__in=sight.unit_ids))
    if not rows:
        return None
    href = _if_standing(rows, units_href(sight.organization.code, unit=code))
    scope = _scope(sight, [("unit", Q(id__in=[row.pk for row in rows]))])
    return Subject("unit", code, rows[-1].name, href, rows, scope)


def _person(sight: Sight, code: str, of: str) -> Subject | None:
    rows = _named(Person, sight, code)
    if not rows:
        return None
    users = {row.user_id for row in rows} - {None}
    scope = [("person", Q(id__in=[row.pk for row in rows])), ("role", Q(user_id__in=users))]
    href = _if_standing(rows, person_href(sight.organization.code, code))
    return Subject("person", code, rows[-1].name, href, rows, _scope(sight, scope))


KPI_PARTS = {
    "kpi": "The definition",
    "assignment": "Where it is measured",
    "target": "Targets",
    "process_change": "Process changes",
}


def _kpi(sight: Sight, code: str, of: str) -> Subject | None:
    seen = KPI.history.filter(sight.of(PARTS["kpi"]), code=code).values_list("id").distinct()
    rows = _named(KPI, sight, code, Q(pk__in=list(seen.order_by().values_list("id", flat=True))))
    if not rows:
        return None
    ids = [row.pk for row in rows]
    scope = {
        "kpi": Q(id__in=ids),
        "assignment": Q(kpi_id__in=ids),
        "target": Q(assignment__kpi_id__in=ids),
        "process_change": Q(assignment__kpi_id__in=ids),
    }
    shown = [(name, about) for name, about in scope.items() if of in (name, "")]
    choices = tuple(Option(name, label) for name, label in KPI_PARTS.items())
    href = _if_standing(rows, kpi_href(sight.organization.code, code))
    return Subject("kpi", code, rows[-1].name, href, rows, _scope(sight, shown), choices)


def _targets(sight: Sight, code: str, of: str) -> Subject | None:
    node = sight.unit(code)
    if node is None:
        return None
    measured = Assignment.objects.filter(unit_id=node.id).select_related("kpi")
    kpis = sorted({(row.kpi.name, row.kpi.code) for row in measured})
    chosen = Q(kpi__code=of) if of else Q()
    there = Assignment.objects.filter(chosen, unit_id=node.id).values("pk")
    scope = [("assignment", Q(id__in=there)), ("target", Q(assignment_id__in=there))]
    unit = Unit.objects.get(pk=node.id)
    href = _if_standing((unit,), targets_href(sight.organization.code, code))
    title = f"Targets of {unit.name}"
    choices = tuple(Option(kpi, name) for name, kpi in kpis)
    return Subject(TARGETS, code, title, href, (unit,), _scope(sight, scope), choices)


def _scorecard(sight: Sight, code: str, of: str) -> Subject | None:
    rows = _named(Scorecard, sight, code, Q(unit_id__in=sight.unit_ids))
    if not rows:
        return None
    scope = _scope(sight, _nodes(rows, of))
    unit = sight.all_units.by_id[rows[-1].unit_id]
    href = _if_standing(rows, board_href(sight.organization.code, unit.code))
    href = href if sight.access.visible_unit(unit.code) else None
    choices = tuple(_node_choices(rows))
    return Subject("scorecard", code, rows[-1].name, href, rows, scope, choices)


def _nodes(rows: tuple[Any, ...], of: str) -> list[tuple[str, Q]]:
    """What belongs to the scorecard, or to one node of it."""
    ids = [row.pk for row in rows]
    mine, of_objective = Q(scorecard_id__in=ids), Q(objective__scorecard_id__in=ids)
    kind, _, code = of.partition(".")
    if kind == "scorecard":
        return [("scorecard", Q(id__in=ids))]
    if kind in ("perspective", "theme"):
        hung = Q(**{f"{kind}__code": code})
        return [(kind, mine & Q(code=code)), ("objective", mine & hung)]
    if kind == "objective":
        return [
            ("objective", mine & Q(code=code)),
            ("link", of_objective & Q(objective__code=code)),
            ("alignment", _tied(ids, Q(objective__code=code), Q(supported__code=code))),
            *_joined(ids, code),
        ]
    return [
        ("scorecard", Q(id__in=ids)),
        *((name, mine) for name in ("perspective", "theme", "objective")),
        ("link", of_objective),
        ("alignment", _tied(ids)),
        *_joined(ids),
    ]


def _joined(ids: list[int], code: str = "") -> Iterable[tuple[str, Q]]:
    """What packages above tie to the scorecard's objectives, or to one of them."""
    for part in joined_parts():
        touching = Q()
        for end in part.ends:
            named = Q(**{f"{end}__code": code}) if code else Q()
            touching |= Q(**{f"{end}__scorecard_id__in": ids}) & named
        yield part.name, touching


def _tied(ids: list[int], lower: Q = ALL, upper: Q = ALL) -> Q:
    return (Q(objective__scorecard_id__in=ids) & lower) | (
        Q(supported__scorecard_id__in=ids) & upper
    )


def _node_choices(rows: tuple[Any, ...]) -> Iterable[Option]:
    """Every node that there ever was; one of them for each code."""
    yield Option("scorecard", "The scorecard itself")
    models = (("perspective", Perspective), ("theme", Theme), ("objective", Objective))
    for kind, model in models:
        of_code: dict[str, Any] = {}
        nodes = model._default_manager.filter(scorecard__in=rows)
        for node in sorted(nodes, key=lambda each: (each.deleted_at is None, each.pk)):
            of_code[node.code] = node
        for code, node in sorted(of_code.items(), key=lambda item: item[1].name):
            gone = "" if node.deleted_at is None else REMOVED
            yield Option(f"{kind}.{code}", f"{kind.capitalize()}: {node.name}{gone}")


def _initiative(sight: Sight, code: str, of: str) -> Subject | None:
    rows = _named(Initiative, sight, code, Q(unit_id__in=sight.unit_ids))
    if not rows:
        return None
    ids = [row.pk for row in rows]
    scope = [("initiative", Q(id__in=ids))]
    scope += [(name, Q(initiative_id__in=ids)) for name in ("milestone", "serves")]
    href = _if_standing(rows, initiative_href(sight.organization.code, code))
    return Subject("initiative", code, rows[-1].name, href, rows, _scope(sight, scope))


MAKERS: dict[str, Callable[[Sight, str, str], Subject | None]] = {
    "settings": _settings,
    "unit": _unit,
    "person": _person,
    "kpi": _kpi,
    TARGETS: _targets,
    "scorecard": _scorecard,
    "initiative": _initiative,
}
