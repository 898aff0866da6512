"""Dashboards: what people and units put together, changed as a whole under the organization's lock.

Every deed on a panel counts the dashboard's version, too, so that its readers know of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from organizations.models import Organization, Unit, User
from organizations.models.structure import validate_text
from organizations.services.locks import lock_organization
from organizations.services.structure import (
    changed,
    created,
    locked,
    require_same_organization,
    require_version,
)
from scorecards.models import MOST_PANELS, Dashboard, Panel
from scorecards.selectors.dashboards.kinds import KINDS
from scorecards.selectors.dashboards.reading import panels_of
from scorecards.selectors.dashboards.shapes import PanelPlan
from scorecards.selectors.kpis.texts import suggested_code

MOST_DASHBOARDS = 100  # of a person or of a unit
LONGEST_TEXT = 5000
GONE = "A panel that is not there cannot be kept."
Plans = Sequence[PanelPlan]
Row = TypeVar("Row", Dashboard, Panel)


@transaction.atomic
def add_dashboard(
    *,
    organization: Organization,
    name: str,
    owner: User | None = None,
    unit: Unit | None = None,
    is_shared: bool = False,
    panels: Plans = (),
    by: User | None = None,
) -> Dashboard:
    """A dashboard of a person, or of a unit, whose is for all who see the unit.

    Its code is made of its name. Raises ValidationError, by field.
    """
    lock_organization(organization.pk)
    require_same_organization(organization.pk, unit)
    if unit is not None:
        locked(unit)
    kept = Dashboard.objects.live().filter(organization=organization)
    if kept.filter(owner=owner, unit=unit).count() >= MOST_DASHBOARDS:
        raise ValidationError(f"There are {MOST_DASHBOARDS} dashboards already: delete one first.")
    row = Dashboard(
        organization=organization,
        code=_free_code(organization, name),
        name=name,
        owner=owner,
        unit=unit,
        is_shared=is_shared or unit is not None,
    )
    created(_signed(row, by))
    _arrange(row, [replace(plan, number=0) for plan in panels], by)
    return row


@transaction.atomic
def change_dashboard(
    *,
    dashboard: Dashboard,
    version: int | None = None,
    name: str,
    is_shared: bool,
    panels: Plans | None = None,
    by: User | None = None,
) -> bool:
    """Change it as a whole; whether anything differs from before.

    panels: all of them as they shall be, in their order; None leaves them as they are. Raises
    StaleVersion, and ValidationError, by field.
    """
    row = locked(dashboard)
    require_version(row, version)
    before = (row.name, row.is_shared)
    row.name, row.is_shared = name, is_shared or row.unit_id is not None
    row.clean_fields()
    differs = (row.name, row.is_shared) != before
    if panels is not None:
        differs |= _arrange(row, panels, by)
    if differs:
        changed(row, by)
    return differs


@transaction.atomic
def delete_dashboard(
    *, dashboard: Dashboard, version: int | None = None, by: User | None = None
) -> None:
    """Mark it as deleted; its panels stay with it, and come back with it."""
    row = locked(dashboard)
    require_version(row, version)
    _signed(row, by).mark_deleted()


@transaction.atomic
def restore_dashboard(*, dashboard: Dashboard, by: User | None = None) -> Dashboard:
    """Let a deleted one stand again. Raises ValidationError where another has its code by now."""
    lock_organization(dashboard.organization_id)
    row: Dashboard = Dashboard.objects.get(pk=dashboard.pk)
    if row.deleted_at is not None:
        row.deleted_at = None
        changed(row, by)
    return row


# --- Panels, one at a time


def add_panel(*, dashboard: Dashboard, plan: PanelPlan, by: User | None = None) -> int:
    """Put a panel behind the others; its number."""
    _rearrange(dashboard, lambda plans: [*plans, replace(plan, number=0)], by)
    newest: Panel = dashboard.panels.order_by("-number")[0]
    return newest.number


@transaction.atomic
def change_panel(
    *,
    dashboard: Dashboard,
    number: int,
    version: int | None = None,
    plan: PanelPlan,
    by: User | None = None,
) -> bool:
    """Let a panel be as planned, where it stands; version: of the panel, as the writer saw it.

    Raises StaleVersion, and ValidationError, by field.
    """
    row = locked(dashboard)
    panel = row.panels.filter(number=number, deleted_at=None).first()
    if panel is not None:
        require_version(panel, version)
    return _rearrange(row, lambda plans: _replaced(plans, number, plan), by)


def size_panel(
    *, dashboard: Dashboard, number: int, width: int, height: int, by: User | None = None
) -> bool:
    """In columns of twelve, and rows. Raises ValidationError, also where the panel is not there."""

    def sized(plans: Plans) -> Plans:
        found = _standing(plans, number)
        return _replaced(plans, number, replace(found, width=width, height=height))

    return _rearrange(dashboard, sized, by)


def move_panel(*, dashboard: Dashboard, number: int, place: int, by: User | None = None) -> bool:
    """place: from 0, among the others; beyond the ends, at the end. Raises as `size_panel`."""

    def moved(plans: Plans) -> Plans:
        found = _standing(plans, number)
        others = [plan for plan in plans if plan is not found]
        at = min(max(place, 0), len(others))
        return [*others[:at], found, *others[at:]]

    return _rearrange(dashboard, moved, by)


def remove_panel(*, dashboard: Dashboard, number: int, by: User | None = None) -> bool:
    return _rearrange(dashboard, lambda plans: [p for p in plans if p.number != number], by)


@transaction.atomic
def restore_panel(*, dashboard: Dashboard, number: int, by: User | None = None) -> bool:
    """Let a removed panel stand again, where it stood; whether it was removed."""
    row = locked(dashboard)
    panel = row.panels.filter(number=number).exclude(deleted_at=None).first()
    if panel is None:
        return False
    _require_room(len(panels_of(row)) + 1)
    panel.deleted_at = None
    changed(panel, by)
    changed(row, by)
    return True


@transaction.atomic
def _rearrange(dashboard: Dashboard, rearranged: Callable[[Plans], Plans], by: User | None) -> bool:
    """Rearrange what stands now; whether anything differs."""
    row = locked(dashboard)
    differs = _arrange(row, rearranged(panels_of(row)), by)
    if differs:
        changed(row, by)
    return differs


def _standing(plans: Plans, number: int) -> PanelPlan:
    found = next((plan for plan in plans if plan.number == number), None)
    if found is None:
        raise ValidationError({"panels": GONE})
    return found


def _replaced(plans: Plans, number: int, plan: PanelPlan) -> Plans:
    return [replace(plan, number=number) if each.number == number else each for each in plans]


# --- All panels as they shall be


def _arrange(row: Dashboard, plans: Plans, by: User | None) -> bool:
    """Let it have these panels in this order, and no others; whether that differs from before."""
    _require_room(len(plans))
    stored = {panel.number: panel for panel in row.panels.filter(deleted_at=None)}
    numbers = [plan.number for plan in plans if plan.number]
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(stored):
        raise ValidationError({"panels": GONE})
    highest = row.panels.order_by("-number").values_list("number", flat=True).first() or 0
    differs = False
    for number in stored.keys() - set(numbers):
        _signed(stored[number], by).mark_deleted()
        differs = True
    for position, plan in enumerate(plans, 1):
        highest += plan.number == 0
        panel = stored.get(plan.number) or Panel(
            organization_id=row.organization_id, dashboard=row, number=highest
        )
        differs |= _kept(panel, plan, position, by)
    return differs


def _kept(panel: Panel, plan: PanelPlan, position: int, by: User | None) -> bool:
    """Let the panel be as planned; whether that differs from before."""
    said = {
        "kind": plan.kind,
        "settings": _settings(plan),
        "title": plan.title,
        "width": plan.width,
        "height": plan.height,
        "position": position,
    }
    if panel.pk and all(getattr(panel, name) == value for name, value in said.items()):
        return False
    for name, value in said.items():
        setattr(panel, name, value)
    if panel.pk:
        changed(panel, by)
    else:
        created(_signed(panel, by))
    return True


def _settings(plan: PanelPlan) -> dict[str, str]:
    """What the kind asks for, and nothing else."""
    kind = KINDS.get(plan.kind)
    if kind is None:
        raise ValidationError({"kind": "Choose what the panel shows."})
    missing = {name: "Say what." for name in kind.asks if not plan.settings.get(name, "").strip()}
    if missing:
        raise ValidationError(missing)
    if set(plan.settings) - set(kind.asks):
        named = " and ".join(kind.asks)
        raise ValidationError({"settings": f"A panel of this kind has the settings {named}."})
    if any(len(text) > LONGEST_TEXT for text in plan.settings.values()):
        raise ValidationError({"text": f"This may have at most {LONGEST_TEXT:,} characters."})
    for name, text in plan.settings.items():
        _require_storable(name, text)
    return dict(plan.settings)


def _require_storable(name: str, text: str) -> None:
    try:
        validate_text(text)
    except ValidationError as refusal:
        raise ValidationError({name: refusal.messages}) from None


def _require_room(count: int) -> None:
    if count > MOST_PANELS:
        raise ValidationError(
            {"panels": f"A dashboard has at most {MOST_PANELS} panels: remove one first."}
        )


def _free_code(organization: Organization, name: str) -> str:
    live = Dashboard.objects.live().filter(organization=organization)
    taken = list(live.values_list("code", flat=True))
    return suggested_code(name, taken) or suggested_code("dashboard", taken)


def _signed(row: Row, by: User | None) -> Row:
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]  # what the history looks for
    return row
