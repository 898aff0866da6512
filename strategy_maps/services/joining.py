"""Causal links where those beneath decide: copied with scorecards, written as records, set back.

Told to `scorecards.services.joined` when Django starts; see apps.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from simple_history.utils import bulk_create_with_history

from calculations.paths import has_circle
from kpis.models import KPI, Assignment
from organizations.services.structure import created, require_version
from scorecards.models import Objective, Scorecard
from scorecards.services.joined import Joined, Written
from strategy_maps.models import CausalLink, Position
from strategy_maps.selectors.records import STRENGTHS

from .asking import ask_for_evidence
from .links import (
    FIELDS,
    add_link,
    change_link,
    remove_link,
    require_months,
    require_no_circle,
    require_open,
    require_room,
    restore_link,
)
from .places import place_objective, unplace_objective

if TYPE_CHECKING:  # both take their time to import, and every process would wait for them
    from scorecards.services.records import Change
    from scorecards.services.records.rows import Rows
    from scorecards.services.restoring.wishes import Wish


def copy_links(pairs: Sequence[tuple[Objective, Objective]]) -> None:
    """Let the copies of objectives lead to each other, and stand, as the originals do.

    KPIs stay where the copy's unit measures them, too.
    """
    copies = {original.pk: copy for original, copy in pairs}
    measured = _measured(pairs)
    for row in CausalLink.objects.live().filter(cause__in=copies, effect__in=copies).order_by("pk"):
        said = {name: getattr(row, name) for name in FIELDS}
        for name in ("cause_kpi", "effect_kpi"):
            said[name] = said[name] if getattr(row, f"{name}_id") in measured else None
        cause, effect = copies[row.cause_id], copies[row.effect_id]
        created(CausalLink(organization_id=row.organization_id, cause=cause, effect=effect, **said))
    Position.objects.bulk_create(
        Position(organization_id=place.organization_id, objective=copies[pk], x=place.x)
        for place in Position.objects.filter(objective__in=copies).order_by("pk")
        for pk in [place.objective_id]
    )


def _measured(pairs: Sequence[tuple[Objective, Objective]]) -> set[int]:
    """The ids of the KPIs that the unit of the copies measures."""
    units = {copy.scorecard.unit_id for _, copy in pairs}
    return set(Assignment.objects.live().filter(unit__in=units).values_list("kpi_id", flat=True))


def require_standing(row: CausalLink) -> None:
    """Refuse a link that came back with an objective, and cannot stand by now."""
    require_no_circle(row.cause, row.effect)
    require_room(row.cause.scorecard_id, 0)


# --- Records


def write_link(rows: Rows, change: Change) -> None:
    """Add, change or remove the link that a record tells of."""
    scorecard, *ends = change.key
    cause, effect = (rows.get("objectives", scorecard, code) for code in ends)
    if change.before is None and change.after is not None:
        add_link(cause=cause, effect=effect, by=rows.by, **_said(rows, change.after, FIELDS))
        return
    link = CausalLink.objects.live().get(cause=cause, effect=effect)
    if change.after is None:
        remove_link(link=link, by=rows.by)
    else:
        change_link(link=link, by=rows.by, **_said(rows, change.after, change.fields))


def store_links(rows: Rows, changes: Sequence[Change]) -> set[Any]:
    """Store new links together, by a few statements; what cannot be is told one by one."""
    links = [_new_link(rows, change) for change in changes]
    _require_kpis_measured(links)
    for scorecard_id, more in Counter(link.cause.scorecard_id for link in links).items():
        require_room(scorecard_id, more)
        standing = CausalLink.objects.live().filter(cause__scorecard=scorecard_id)
        edges = [*standing.values_list("cause_id", "effect_id")]
        edges += [(link.cause_id, link.effect_id) for link in links]
        if has_circle(edges):
            raise ValidationError("Some of these links close a circle.")
    for link in links:
        link._change_reason = rows.occasion  # type: ignore[attr-defined]  # for the history
    bulk_create_with_history(links, CausalLink, default_user=rows.by)
    for scorecard in {link.cause.scorecard for link in links}:
        ask_for_evidence(scorecard)
    return {change.place for change in changes}


def _new_link(rows: Rows, change: Change) -> CausalLink:
    assert change.after is not None
    scorecard, *ends = change.key
    cause, effect = (rows.get("objectives", scorecard, code) for code in ends)
    fields = _said(rows, change.after, FIELDS)
    require_open(rows.get("scorecards", scorecard))
    require_months(fields)
    link = CausalLink(organization=rows.organization, cause=cause, effect=effect, **fields)
    link.clean_fields(exclude=[f.name for f in link._meta.concrete_fields if f.is_relation])
    return link


def _require_kpis_measured(links: Sequence[CausalLink]) -> None:
    """At the units of the scorecards; with two statements for all."""
    scorecards = {link.cause.scorecard_id for link in links}
    units = dict(Scorecard.objects.filter(pk__in=scorecards).values_list("pk", "unit_id"))
    measured = Assignment.objects.live().filter(unit__in=units.values())
    known = set(measured.values_list("unit_id", "kpi_id"))
    for link in links:
        unit_id = units[link.cause.scorecard_id]
        for kpi_id in {link.cause_kpi_id, link.effect_kpi_id} - {None}:
            if (unit_id, kpi_id) not in known:
                raise ValidationError("A KPI is not measured at the unit.")


def _said(rows: Rows, record: Mapping[str, Any], names: Any) -> dict[str, Any]:
    """The fields of the model that the record says."""
    said = {name: record[name] for name in names}
    if "strength" in said:
        said["strength"] = STRENGTHS[said["strength"]]
    for name in ("cause_kpi", "effect_kpi"):
        if name in said:
            kpi: KPI | None = rows.optional("kpis", said[name])
            said[name] = kpi
    return said


def write_place(rows: Rows, change: Change) -> None:
    """Put the objective where the record says, or let the drawing choose again."""
    objective = rows.get("objectives", *change.key)
    if change.after is None:
        unplace_objective(objective=objective)
    else:
        place_objective(objective=objective, x=change.after["place"])


def store_places(rows: Rows, changes: Sequence[Change]) -> set[Any]:
    """Put many objectives where nobody put them before, by one statement."""
    for change in changes:
        require_open(rows.get("scorecards", change.key[0]))
    Position.objects.bulk_create(
        Position(
            organization=rows.organization,
            objective=rows.get("objectives", *change.key),
            x=(change.after or {})["place"],
        )
        for change in changes
    )
    return {change.place for change in changes}


# --- Setting back


def set_back(wish: Wish, values: Mapping[str, Any]) -> CausalLink:
    return change_link(link=wish.row, **wish.signed, **values)


def bring(wish: Wish) -> CausalLink:
    require_version(CausalLink.objects.get(pk=wish.row.pk), wish.version)
    return restore_link(link=wish.row, by=wish.by)


def take(wish: Wish) -> None:
    remove_link(link=wish.row, **wish.signed)


TIE = Joined(
    model=CausalLink,
    ends=("cause", "effect"),
    copy=copy_links,
    require=require_standing,
    kind="causal_links",
    write=write_link,
    store=store_links,
    scopes={
        "cause": ("objectives", ("scorecard", "cause")),
        "effect": ("objectives", ("scorecard", "effect")),
    },
    part="causal",
    set_back=set_back,
    bring=bring,
    take=take,
)
PLACES = Written(
    kind="map_places",
    write=write_place,
    store=store_places,
    scopes={"objective": ("objectives", ("scorecard", "objective"))},
)
