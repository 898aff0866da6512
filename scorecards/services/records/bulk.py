"""Storing many new records of a kind at once, by the rules by which a service stores each.

One by one a row takes some twenty statements, most of which check what the database checks again.
Here the fields are checked, the references are rows of the organization at hand, and the
constraints are left to the database. Where it refuses, nothing is stored, and the rows go one by
one through the services, which tell whose fault it is. So do KPIs that the library forbids: those
alone, and what reads them.
"""

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from simple_history.utils import bulk_create_with_history

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpis, define_kpis
from organizations.models import Person, Structure, Unit
from scorecards.models import Alignment, Objective, ObjectiveKPI, Perspective, Scorecard, Theme
from scorecards.selectors.records import Record
from scorecards.services.joined import joined_kind

from .formulas import inputs_of
from .rows import MODELS, Rows
from .scorecard_writers import LIFE, of_objective, opened
from .shapes import Change, Deed
from .writers import about_assignment, definition

_NEEDS: dict[str, Callable[[Record], Collection[str]]] = {
    "units": lambda record: (record["parent"],),
    "kpis": inputs_of,
}
FEW = 3  # so few go through the services anyway


def add_many(rows: Rows, kind: str, changes: Sequence[Change]) -> set[Any]:
    """Store those of the new records that can be stored together, and tell their places."""
    new = [c for c in changes if c.deed is Deed.ADDED and _is_plain(rows, c)]
    tie = joined_kind(kind)
    if (kind not in BUILDERS and tie is None) or len(new) < FEW:
        return set()
    stored: set[Any] = set()
    try:
        with transaction.atomic():
            for level in _levels(new):
                stored |= tie.store(rows, level) if tie else _STORERS.get(kind, _store)(rows, level)
    except (ValidationError, IntegrityError):
        rows.forget_all()
        return set()
    return stored


def _is_plain(rows: Rows, change: Change) -> bool:
    """What a formula has brought is there already."""
    return change.kind != "assignments" or not rows.has("assignments", *change.key)


def _levels(changes: Sequence[Change]) -> list[list[Change]]:
    """Units and KPIs by their depth, since each needs the ids of others; all others at once."""
    needs = _NEEDS.get(changes[0].kind)
    if needs is None:
        return [list(changes)]
    depths: dict[str, int] = {}
    levels: dict[int, list[Change]] = {}
    for change in changes:  # what others need comes first
        assert change.after is not None
        depth = 1 + max((depths.get(code, -1) for code in needs(change.after)), default=-1)
        depths[change.after["code"]] = depth
        levels.setdefault(depth, []).append(change)
    return [levels[depth] for depth in sorted(levels)]


def _store(rows: Rows, changes: Sequence[Change]) -> set[Any]:
    kind = changes[0].kind
    built = [BUILDERS[kind](rows, change) for change in changes]
    for row in built:
        row._change_reason = rows.occasion  # what the history looks for
        row.clean_fields(exclude=[f.name for f in row._meta.concrete_fields if f.is_relation])
    if kind == "assignments":
        assign_kpis(organization=rows.organization, assignments=built, by=rows.by)
        rows.more_may_stand(kind)
        stored: Sequence[Structure] = built
    else:
        stored = bulk_create_with_history(built, type(built[0]), default_user=rows.by)
    if kind in MODELS:
        for change, row in zip(changes, stored, strict=True):
            rows.keep(kind, change.key, row)
    return {change.place for change in changes}


def _store_kpis(rows: Rows, changes: Sequence[Change]) -> set[Any]:
    """Of one depth: none reads another. What cannot be is left out."""
    built = []
    for change in changes:
        # What it is weighted by may have been left out.
        with contextlib.suppress(ValidationError):
            built.append(_kpi(rows, change))
    stored = define_kpis(built, rows.library, by=rows.by)
    for row in stored:
        rows.keep("kpis", (row.code,), row)
    return {("kpis", (row.code,)) for row in stored}


# --- One row of each kind, not stored yet


def _person(rows: Rows, change: Change) -> Structure:
    return Person(organization=rows.organization, **(change.after or {}))


def _unit(rows: Rows, change: Change) -> Structure:
    record = change.after or {}
    references = {
        "parent": rows.optional("units", record["parent"]),
        "person": rows.optional("people", record["person"]),
    }
    return Unit(organization=rows.organization, **{**record, **references})


def _kpi(rows: Rows, change: Change) -> KPI:
    kpi = KPI(organization=rows.organization, **definition(rows, change.after or {}))
    kpi.formula = kpi.formula.strip()
    kpi._change_reason = rows.occasion  # type: ignore[attr-defined]
    return kpi


def _assignment(rows: Rows, change: Change) -> Structure:
    record = change.after or {}
    kpi, unit = rows.get("kpis", record["kpi"]), rows.get("units", record["unit"])
    about = about_assignment(rows, record)
    return Assignment(organization=rows.organization, kpi=kpi, unit=unit, **about)


def _scorecard(rows: Rows, change: Change) -> Structure:
    record = {name: value for name, value in (change.after or {}).items() if name not in LIFE}
    unit = rows.get("units", record["unit"])
    return Scorecard(organization=rows.organization, **{**record, "unit": unit})


def _perspective(rows: Rows, change: Change) -> Structure:
    scorecard = opened(rows.get("scorecards", change.key[0]))
    fields = {**(change.after or {}), "scorecard": scorecard}
    return Perspective(organization=rows.organization, **fields)


def _theme(rows: Rows, change: Change) -> Structure:
    scorecard = opened(rows.get("scorecards", change.key[0]))
    return Theme(organization=rows.organization, **{**(change.after or {}), "scorecard": scorecard})


def _objective(rows: Rows, change: Change) -> Structure:
    record = change.after or {}
    scorecard = opened(rows.get("scorecards", change.key[0]))
    fields = {**record, **of_objective(rows, record), "scorecard": scorecard}
    return Objective(organization=rows.organization, **fields)


def _objective_kpi(rows: Rows, change: Change) -> Structure:
    """Of a KPI that is measured at the unit already; others are assigned one by one."""
    scorecard = opened(rows.get("scorecards", change.key[0]))
    rows.get("assignments", change.key[2], scorecard.unit.code)
    record = change.after or {}
    return ObjectiveKPI(
        organization=rows.organization,
        objective=rows.get("objectives", *change.key[:2]),
        kpi=rows.get("kpis", change.key[2]),
        weight=record["weight"],
        position=record["position"],
    )


def _alignment(rows: Rows, change: Change) -> Structure:
    opened(rows.get("scorecards", change.key[0]))
    return Alignment(
        organization=rows.organization,
        objective=rows.get("objectives", *change.key[:2]),
        supported=rows.get("objectives", *change.key[2:]),
        weight=(change.after or {})["weight"],
    )


BUILDERS: dict[str, Callable[[Rows, Change], Any]] = {
    "people": _person,
    "units": _unit,
    "kpis": _kpi,
    "assignments": _assignment,
    "scorecards": _scorecard,
    "perspectives": _perspective,
    "themes": _theme,
    "objectives": _objective,
    "objective_kpis": _objective_kpi,
    "alignments": _alignment,
}
_STORERS: dict[str, Callable[[Rows, Sequence[Change]], set[Any]]] = {"kpis": _store_kpis}
