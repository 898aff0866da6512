"""Other sources that bring values for the same places, a place being a KPI at a unit."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from kpis.models import Assignment, Source, SourceFeed
from organizations.access import Access
from scorecards.links import source_href

from .lines import live_sources

NAMED = 3
MOST = 2000  # places of one question to the database


@dataclass(frozen=True)
class Rival:
    """Another source, and for which of the same places it brings values: the first by name."""

    name: str
    href: str
    places: tuple[str, ...]
    more: int


def rivals_of(access: Access, source: Source) -> tuple[Rival, ...]:
    """Those of a source, by what it has brought last and what is chosen for all its rows."""
    fed = SourceFeed.objects.filter(source=source).values_list("assignment_id", flat=True)
    rows = _assignments(access)
    chosen = rows.filter(
        kpi__code=source.settings.get("kpi") or "", unit__code=source.settings.get("unit") or ""
    )
    return rivals_at(access, {*fed, *chosen.values_list("pk", flat=True)}, source)


def rivals_at(
    access: Access, assignment_ids: Collection[int], besides: Source | None
) -> tuple[Rival, ...]:
    """Sources besides that one that bring values there, or are told to for all their rows."""
    asked = sorted(assignment_ids)[:MOST]
    rows = _assignments(access).filter(pk__in=asked).select_related("kpi", "unit")
    places = {row.pk: row for row in rows if access.sees(row.unit_id)}
    if not places:
        return ()
    by_codes = {(row.kpi.code, row.unit.code): row.pk for row in places.values()}
    others = {row.pk: row for row in live_sources(access) if besides is None or row != besides}
    found: dict[int, set[int]] = defaultdict(set)
    for row in others.values():
        codes = (row.settings.get("kpi", ""), row.settings.get("unit", ""))
        if codes in by_codes:
            found[row.pk].add(by_codes[codes])
    feeds = SourceFeed.objects.filter(assignment_id__in=places, source_id__in=others)
    for source_id, assignment_id in feeds.values_list("source_id", "assignment_id"):
        found[source_id].add(assignment_id)
    names = {pk: f"{row.kpi.name}, {row.unit.name}" for pk, row in places.items()}
    return tuple(
        _rival(access, others[pk], sorted(names[each] for each in found[pk]))
        for pk in others
        if found[pk]
    )


def _assignments(access: Access) -> "QuerySet[Assignment]":
    return Assignment.objects.live().filter(organization=access.organization)


def _rival(access: Access, source: Source, places: list[str]) -> Rival:
    href = source_href(access.organization.code, source.code)
    return Rival(source.name, href, tuple(places[:NAMED]), max(len(places) - NAMED, 0))
