"""Writing one record of scorecards and initiatives; what changed is published once at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from kpis.services.library import assign_kpi
from organizations.models import Structure
from organizations.services.structure import (
    InUse,
    changed,
    created,
    delete_structure,
    restore_structure,
)
from scorecards.models import (
    Alignment,
    Initiative,
    Milestone,
    Objective,
    ObjectiveKPI,
    Scorecard,
)
from scorecards.selectors.records import Key, Record, Value
from scorecards.services.arranging import ARCHIVED
from scorecards.services.initiatives import MilestonePlan, add_initiative, change_initiative
from scorecards.services.lifecycle import bring_back_scorecard, withdraw_scorecard
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    add_theme,
    create_scorecard,
)

from .rows import Rows
from .shapes import Change, Deed

# What the record of a scorecard says that its life decides, not a field: see publishing.py.
LIFE = ("status", "starts_on", "ends_on")
ONLY_DRAFTS = "Only a draft is removed: archive it, with the day on which it ends."


def write_scorecard(rows: Rows, change: Change) -> None:
    record = change.after
    if record is None:
        _remove_draft(rows, rows.get("scorecards", *change.key))
        rows.drop("scorecards", change.key)
        return
    if change.deed is Deed.ADDED:
        unit = rows.get("units", record["unit"])
        fields = {name: record[name] for name in ("code", "name", "rule", "is_capped")}
        rows.keep("scorecards", change.key, create_scorecard(unit=unit, **fields))
        return
    _reopen(rows, rows.get("scorecards", *change.key), record["status"])
    names = [name for name in change.fields if name not in LIFE]
    if names:
        _fill(rows, opened(rows.get("scorecards", *change.key)), {n: record[n] for n in names})


def _reopen(rows: Rows, row: Scorecard, status: str) -> None:
    """Back in its life, at once, so that what follows finds it open; forward: see publishing.py."""
    if row.status == Scorecard.State.ARCHIVED and status != Scorecard.State.ARCHIVED:
        row = bring_back_scorecard(scorecard=row, by=rows.by)
    if row.status == Scorecard.State.ACTIVE and status == Scorecard.State.DRAFT:
        withdraw_scorecard(scorecard=row, by=rows.by)


def make_draft(rows: Rows, key: Key) -> None:
    """As if it had never held, so that it can be taken apart."""
    _reopen(rows, rows.get("scorecards", *key), Scorecard.State.DRAFT)


def _remove_draft(rows: Rows, row: Scorecard) -> None:
    """Editions that it once had are superseded, and stand against nothing."""
    if row.status != Scorecard.State.DRAFT:
        raise ValidationError(ONLY_DRAFTS)
    parts = (row.perspectives, row.objectives, row.themes)
    users = [str(part) for rows_of in parts for part in rows_of.filter(deleted_at=None)]
    if users:
        raise InUse(row, users)
    row._history_user = rows.by  # type: ignore[attr-defined]
    row.mark_deleted()


def write_perspective(rows: Rows, change: Change) -> None:
    scorecard = opened(rows.get("scorecards", change.key[0]))
    record = change.after
    if record is None:
        _remove(rows, rows.get("perspectives", *change.key))
        rows.drop("perspectives", change.key)
    elif change.deed is Deed.ADDED:
        row = add_perspective(**{**record, "scorecard": scorecard})
        rows.keep("perspectives", change.key, row)
    else:
        _fill(rows, rows.get("perspectives", *change.key), _named(change))


def write_theme(rows: Rows, change: Change) -> None:
    scorecard = opened(rows.get("scorecards", change.key[0]))
    record = change.after
    if record is None:
        _remove(rows, rows.get("themes", *change.key))
        rows.drop("themes", change.key)
    elif change.deed is Deed.ADDED:
        rows.keep("themes", change.key, add_theme(**{**record, "scorecard": scorecard}))
    else:
        _fill(rows, rows.get("themes", *change.key), _named(change))


def write_objective(rows: Rows, change: Change) -> None:
    opened(rows.get("scorecards", change.key[0]))
    record = change.after
    if record is None:
        _remove(rows, rows.get("objectives", *change.key))
        rows.drop("objectives", change.key)
        return
    references = of_objective(rows, record)
    if change.deed is Deed.ADDED:
        fields = {name: value for name, value in record.items() if name != "scorecard"}
        row = add_objective(**{**fields, **references})
        rows.keep("objectives", change.key, row)
    else:
        fields = {name: references.get(name, value) for name, value in _named(change).items()}
        _fill(rows, rows.get("objectives", *change.key), fields)


def of_objective(rows: Rows, record: Record) -> dict[str, Any]:
    """The rows that the record of an objective names."""
    scorecard, theme = record["scorecard"], record["theme"]
    return {
        "perspective": rows.get("perspectives", scorecard, record["perspective"]),
        "theme": rows.get("themes", scorecard, theme) if theme else None,
        "owner": rows.optional("people", record["owner"]),
    }


def write_objective_kpi(rows: Rows, change: Change) -> None:
    """The KPI is measured at the scorecard's unit from now on; whether it counts once, see ties."""
    scorecard = opened(rows.get("scorecards", change.key[0]))
    objective = rows.get("objectives", *change.key[:2])
    kpi = rows.get("kpis", change.key[2])
    record = change.after
    if change.deed is Deed.ADDED:
        assert record is not None
        unit = scorecard.unit
        if not rows.has("assignments", kpi.code, unit.code):
            key = (kpi.code, unit.code)
            rows.keep("assignments", key, assign_kpi(kpi=kpi, unit=unit))
            rows.more_may_stand("assignments")
        fields = {"weight": record["weight"], "position": record["position"]}
        owner = objective.organization_id
        created(ObjectiveKPI(organization_id=owner, objective=objective, kpi=kpi, **fields))
        return
    links = ObjectiveKPI.objects.live().filter(objective=objective, kpi=kpi)
    _change_or_remove(rows, links.get(), change)


def write_alignment(rows: Rows, change: Change) -> None:
    opened(rows.get("scorecards", change.key[0]))
    objective = rows.get("objectives", *change.key[:2])
    supported = rows.get("objectives", *change.key[2:])
    if change.deed is Deed.ADDED:
        assert change.after is not None
        fields = {"objective": objective, "supported": supported, "weight": change.after["weight"]}
        created(Alignment(organization_id=objective.organization_id, **fields))
        return
    ties = Alignment.objects.live().filter(objective=objective, supported=supported)
    _change_or_remove(rows, ties.get(), change)


def _change_or_remove(rows: Rows, row: Structure, change: Change) -> None:
    if change.after is None:
        _remove(rows, row)
    else:
        _fill(rows, row, _named(change))


def _named(change: Change) -> dict[str, Value]:
    assert change.after is not None
    return {name: change.after[name] for name in change.fields}


def _fill(rows: Rows, row: Structure, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    changed(row, rows.by)


def _remove(rows: Rows, row: Structure) -> None:
    row._history_user = rows.by  # type: ignore[attr-defined]
    delete_structure(row=row)


def opened(scorecard: Scorecard) -> Scorecard:
    """One that is not archived."""
    if scorecard.status == Scorecard.State.ARCHIVED:
        raise ValidationError(ARCHIVED)
    return scorecard


def restore_row(rows: Rows, change: Change, row: Structure) -> None:
    rows.keep(change.kind, change.key, restore_structure(row=row, by=rows.by))


# --- Initiatives


def write_initiative(rows: Rows, change: Change) -> None:
    record = change.after
    if record is None:
        _remove(rows, rows.get("initiatives", *change.key))
        rows.drop("initiatives", change.key)
        return
    fields = {name: value for name, value in record.items() if name != "objectives"}
    references = {
        "unit": rows.get("units", record["unit"]),
        "owner": rows.optional("people", record["owner"]),
    }
    if change.deed is Deed.ADDED:
        served = _objectives(rows, record["objectives"])
        row = add_initiative(**{**fields, **references}, objectives=served, by=rows.by)
        rows.keep("initiatives", change.key, row)
        return
    before = set(change.before["objectives"]) if change.before else set()
    after = set(record["objectives"])
    altered = {**fields, **references}
    change_initiative(
        initiative=rows.get("initiatives", *change.key),
        added=_objectives(rows, after - before),
        dropped=_objectives(rows, before - after),
        by=rows.by,
        **{name: altered[name] for name in change.fields if name in altered},
    )


def _objectives(rows: Rows, codes: Sequence[str] | set[str]) -> list[Objective]:
    return [rows.get("objectives", *code.split(".", 1)) for code in sorted(codes)]


def write_milestones(rows: Rows, changes: Sequence[Change]) -> None:
    """All changes of one initiative's milestones at once: they are one whole with it."""
    initiative = rows.get("initiatives", changes[0].key[0])
    plans = _standing(initiative)
    for change in changes:
        key = (change.key[1], change.key[2])
        if change.after is None:
            plans.pop(key, None)
            continue
        old = plans.get(key)
        days = {"due_on": change.after["due_on"], "done_on": change.after["done_on"]}
        plans[key] = MilestonePlan(name=key[0], id=old.id if old else None, **days)
    change_initiative(initiative=initiative, milestones=list(plans.values()), by=rows.by)


def _standing(initiative: Initiative) -> dict[Key, MilestonePlan]:
    """Its milestones by name and number, as records number them."""
    plans: dict[Key, MilestonePlan] = {}
    numbers: dict[str, int] = {}
    rows = Milestone.objects.live().filter(initiative=initiative).order_by("due_on", "pk")
    for row in rows:
        number = numbers[row.name] = numbers.get(row.name, 0) + 1
        plans[row.name, number] = MilestonePlan(row.name, row.due_on, row.done_on, row.pk)
    return plans
