"""Picking a KPI of the library for an objective: what it is, where it is measured and used."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from kpis.models import KPI, Assignment
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import Objective, ObjectiveKPI, Scorecard
from scorecards.selectors.targets.grid import EVERY

from .shapes import FoundKpi, KpiChoice

MOST_FOUND = 12
LONGEST_WORDS = 100


def kpi_choice(
    access: Access, unit: UnitNode, objective: Objective, words: str, new_href: str
) -> KpiChoice:
    """KPIs with all of the words in name or code; without any, those measured here come first.

    Three statements, whatever the library holds.
    """
    words = words.replace("\x00", "")[:LONGEST_WORDS].strip()
    rows = list(_offered(access, unit, objective, words)[: MOST_FOUND + 1])
    shown = rows[:MOST_FOUND]
    measured, used = _measured(access, shown), _used(access, shown)
    return KpiChoice(
        words=words,
        said=_said(rows, words),
        found=tuple(
            FoundKpi(kpi.code, kpi.name, _about(kpi), _used_text(kpi, unit, measured, used))
            for kpi in shown
        ),
        new_href=new_href,
    )


def offered_kpi(access: Access, code: str) -> KPI | None:
    """The KPI of that code, if it may be picked: measured where the reader sees it, or nowhere."""
    found: KPI | None = None if "\x00" in code else _library(access).filter(code=code).first()
    return found


def _library(access: Access) -> QuerySet[KPI]:
    live = Assignment.objects.live().filter(kpi=OuterRef("pk"))
    seen = live.filter(unit_id__in=access.visible_unit_ids)
    return KPI.objects.live().filter(~Exists(live) | Exists(seen), organization=access.organization)


def _offered(access: Access, unit: UnitNode, objective: Objective, words: str) -> QuerySet[KPI]:
    condition = Q()
    for word in words.split():
        condition &= Q(name__icontains=word) | Q(code__icontains=word)
    linked = ObjectiveKPI.objects.live().filter(objective=objective, kpi=OuterRef("pk"))
    here = Assignment.objects.live().filter(unit_id=unit.id, kpi=OuterRef("pk"))
    counted = ObjectiveKPI.objects.live().filter(
        objective__scorecard_id=objective.scorecard_id, kpi=OuterRef("pk")
    )
    # Measured here and in no objective yet, then measured here, then the rest.
    nearness = Case(
        When(Exists(here) & ~Exists(counted), then=Value(0)),
        When(Exists(here), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = _library(access).filter(condition).exclude(Exists(linked))
    return rows.annotate(nearness=nearness).order_by("nearness", "name", "pk")


def _measured(access: Access, kpis: Sequence[KPI]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    live = Assignment.objects.live().filter(kpi__in=kpis, unit_id__in=access.visible_unit_ids)
    for kpi_id, unit_id in live.values_list("kpi_id", "unit_id"):
        found[kpi_id].add(unit_id)
    return found


def _used(access: Access, kpis: Sequence[KPI]) -> dict[int, list[str]]:
    """By KPI the objectives of scorecards in force that it tells of, with their units."""
    found: dict[int, list[str]] = defaultdict(list)
    links = ObjectiveKPI.objects.live().filter(
        kpi__in=kpis,
        objective__deleted_at=None,
        objective__scorecard__deleted_at=None,
        objective__scorecard__unit_id__in=access.visible_unit_ids,
    )
    rows = links.exclude(objective__scorecard__status=Scorecard.State.ARCHIVED).order_by("pk")
    for kpi_id, name, unit_id in rows.values_list(
        "kpi_id", "objective__name", "objective__scorecard__unit_id"
    ):
        found[kpi_id].append(f"“{name}” of {access.tree.by_id[unit_id].name}")
    return found


def _about(kpi: KPI) -> str:
    return ", ".join(filter(None, (EVERY[kpi.frequency], kpi.unit_of_measure)))


def _used_text(
    kpi: KPI, unit: UnitNode, measured: dict[int, set[int]], used: dict[int, list[str]]
) -> str:
    """Where it is measured, and which objectives it tells of: "measured here and at 2 units"."""
    elsewhere = len(measured[kpi.pk] - {unit.id})
    others = f"{elsewhere} other unit{'' if elsewhere == 1 else 's'}"
    if unit.id in measured[kpi.pk]:
        where = f"measured here and at {others}" if elsewhere else "measured here"
    else:
        where = f"measured at {others}" if elsewhere else "measured nowhere yet"
    told = used[kpi.pk]
    if not told:
        return where
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return f"{where}; tells of {told[0]}{more}"


def _said(rows: Sequence[KPI], words: str) -> str:
    if not words:
        return "Of the library:" if rows else "The library has no other KPI yet."
    if not rows:
        return f"No other KPI has “{words}” in its name or code."
    return (
        f"The first {MOST_FOUND}; write more of the name:" if len(rows) > MOST_FOUND else "Found:"
    )
