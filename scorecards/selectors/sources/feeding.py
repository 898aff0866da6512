"""Where the values of a KPI at a unit come from by themselves, for its page."""

from dataclasses import dataclass

from kpis.models import KPI, Source, SourceFeed
from organizations.access import Access, Action
from scorecards.links import source_href

from .lines import last_good, last_runs, moment_text, state_of, zone_of


@dataclass(frozen=True)
class Feeding:
    """A source that brings values; reason and href only for those who may open it."""

    name: str
    href: str
    is_stale: bool
    is_paused: bool
    good_text: str
    reason: str


def feeding_sources(access: Access, kpi: KPI, unit: str) -> tuple[Feeding, ...]:
    """One statement where no source feeds it."""
    node = access.visible_unit(unit)
    if node is None:
        return ()
    feeds = SourceFeed.objects.filter(
        organization=access.organization, assignment__kpi=kpi, assignment__unit_id=node.id
    ).filter(assignment__deleted_at=None, source__deleted_at=None)
    sources = [feed.source for feed in feeds.select_related("source").order_by("source__name")]
    if not sources:
        return ()
    last, good = last_runs(sources), last_good(sources)
    zone = zone_of(access.organization)
    may_open = administers_root(access)
    return tuple(
        Feeding(
            name=source.name,
            href=_href(access, source) if may_open else "",
            is_stale=state_of(source, last.get(source.pk)) == "stale",
            is_paused=source.is_paused,
            good_text=moment_text(good[source.pk], zone) if source.pk in good else "",
            reason=last[source.pk].said if may_open and source.pk in last else "",
        )
        for source in sources
    )


def _href(access: Access, source: Source) -> str:
    return source_href(access.organization.code, source.code)


def administers_root(access: Access) -> bool:
    """Whoever sets sources up: they write wherever their maker may, with secrets of the whole."""
    return any(access.can(Action.ADMINISTER, node.id) for node in access.tree.children(None))
