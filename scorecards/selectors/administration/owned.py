"""What a person owns: KPIs, the values of KPIs at units, objectives, initiatives."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from kpis.models import KPI, Assignment
from organizations.access import Access, Action
from organizations.models import Person
from scorecards.links import board_href, initiative_href, kpi_href, kpis_href
from scorecards.models import Initiative, Objective
from scorecards.selectors.kpis.forms import may_change

# What somebody can own, by kind: the rows, and the field that names its owner.
OWNED: dict[str, tuple[Any, str]] = {
    "kpis": (KPI, "owner"),
    "assignments": (Assignment, "responsible"),
    "objectives": (Objective, "owner"),
    "initiatives": (Initiative, "owner"),
}
TITLES = {
    "kpis": "KPIs",
    "assignments": "Values of KPIs at units",
    "objectives": "Objectives",
    "initiatives": "Initiatives",
}
COUNTED = {  # one of each, several
    "kpis": ("KPI", "KPIs"),
    "assignments": ("value at a unit", "values at units"),
    "objectives": ("objective", "objectives"),
    "initiatives": ("initiative", "initiatives"),
}
SIGN = "Handed over "  # begins the reason that the history keeps; the rest names the occasion
LONGEST_OCCASION = 40


@dataclass(frozen=True)
class Thing:
    """Something owned; `may_hand_over`: whether the reader may give it to somebody else."""

    id: int
    name: str
    where: str
    href: str
    may_hand_over: bool


Things = dict[str, list[Thing]]


def owned_things(access: Access, person: Person) -> Things:
    """By kind, what the person owns of what the reader may see; five statements."""
    return _things(access, lambda kind: Q(**{OWNED[kind][1]: person}))


def handed_over(access: Access, occasion: str) -> dict[str, dict[int, int]]:
    """By kind, the versions by id of what was handed over then and the reader may hand over."""
    reason = SIGN + occasion.replace("\x00", "")[:LONGEST_OCCASION]
    versions: dict[str, dict[int, int]] = {}
    for kind, (model, _) in OWNED.items():
        rows = model.history.filter(organization=access.organization, history_change_reason=reason)
        versions[kind] = dict(rows.values_list("id", "version"))
    things = _things(access, lambda kind: Q(pk__in=list(versions[kind])))
    return {
        kind: {each.id: versions[kind][each.id] for each in things[kind] if each.may_hand_over}
        for kind in OWNED
    }


def counted_text(counts: Iterable[tuple[str, int]]) -> str:
    """In a sentence: "3 definitions of KPIs, 1 objective"; "" for nothing."""
    return ", ".join(f"{n} {COUNTED[kind][n != 1]}" for kind, n in counts if n)


def _things(access: Access, wanted: Callable[[str], Q]) -> Things:
    def rows(kind: str, *related: str) -> Any:
        live = OWNED[kind][0].objects.live().filter(wanted(kind))
        return live.filter(organization=access.organization).select_related(*related)

    return {
        "kpis": _kpis(access, rows("kpis").order_by("name")),
        "assignments": _assignments(access, rows("assignments", "kpi").order_by("kpi__name")),
        "objectives": _objectives(access, rows("objectives", "scorecard").order_by("name")),
        "initiatives": _initiatives(access, rows("initiatives").order_by("name")),
    }


def _kpis(access: Access, rows: Iterable[KPI]) -> list[Thing]:
    kpis = list(rows)
    units: dict[int, set[int]] = defaultdict(set)
    assigned = Assignment.objects.live().filter(kpi__in=kpis)
    for kpi_id, unit_id in assigned.values_list("kpi_id", "unit_id"):
        units[kpi_id].add(unit_id)
    return [
        _kpi(access, kpi, units[kpi.pk])
        for kpi in kpis
        if not units[kpi.pk] or any(map(access.sees, units[kpi.pk]))
    ]


def _kpi(access: Access, kpi: KPI, unit_ids: Collection[int]) -> Thing:
    code = access.organization.code
    href = kpi_href(code, kpi.code) if unit_ids else kpis_href(code, kpi.code)
    where = f"{len(unit_ids)} unit{'' if len(unit_ids) == 1 else 's'}"
    return Thing(kpi.pk, kpi.name, where, href, may_change(access, unit_ids))


def _assignments(access: Access, rows: Iterable[Assignment]) -> list[Thing]:
    code = access.organization.code
    return [
        _at_unit(access, row, row.kpi.name, kpi_href(code, row.kpi.code, unit), row.unit_id)
        for row in rows
        if (unit := _seen(access, row.unit_id))
    ]


def _objectives(access: Access, rows: Iterable[Objective]) -> list[Thing]:
    code = access.organization.code
    return [
        _at_unit(access, row, row.name, board_href(code, unit), row.scorecard.unit_id)
        for row in rows
        if row.scorecard.deleted_at is None and (unit := _seen(access, row.scorecard.unit_id))
    ]


def _initiatives(access: Access, rows: Iterable[Initiative]) -> list[Thing]:
    code = access.organization.code
    return [
        _at_unit(access, row, row.name, initiative_href(code, row.code), row.unit_id)
        for row in rows
        if _seen(access, row.unit_id)
    ]


def _seen(access: Access, unit_id: int) -> str:
    """The unit's code; "" where the reader may not see it, or it is gone."""
    node = access.tree.by_id.get(unit_id)
    return node.code if node and access.sees(unit_id) else ""


def _at_unit(access: Access, row: Any, name: str, href: str, unit_id: int) -> Thing:
    may_edit = access.can(Action.EDIT_STRUCTURE, unit_id)
    return Thing(row.pk, name, access.tree.by_id[unit_id].name, href, may_edit)
