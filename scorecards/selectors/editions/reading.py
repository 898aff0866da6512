"""Reads of editions: what a scorecard's structure was, or would be if it were published now."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from django.db.models import F, Prefetch, Q, Window
from django.db.models.functions import RowNumber

from calculations.rollup import RollUpRule
from organizations.models import Organization
from scorecards.models import (
    Alignment,
    Contribution,
    Edition,
    EditionContent,
    KpiLink,
    Objective,
    ObjectiveKPI,
    ObjectiveNode,
    Perspective,
    PerspectiveNode,
    Scorecard,
)

from .ties import in_order


def stood(as_of: dt.datetime | None) -> Q:
    """Which editions stand; at a moment: those that had been published and not superseded then."""
    if as_of is None:
        return Q(superseded_at=None)
    return Q(created_at__lte=as_of) & (Q(superseded_at=None) | Q(superseded_at__gt=as_of))


def valid_editions(
    scorecard_ids: Iterable[int], end: dt.date, as_of: dt.datetime | None = None
) -> dict[int, Edition]:
    """By scorecard, the edition valid at the last day before `end`, without its content."""
    rank = Window(RowNumber(), partition_by=F("scorecard_id"), order_by=F("valid_from").desc())
    editions = (
        Edition.objects.filter(
            stood(as_of), scorecard_id__in=list(scorecard_ids), valid_from__lt=end
        )
        .defer("content")
        .annotate(rank=rank)
        .filter(rank=1)
    )
    return {edition.scorecard_id: edition for edition in editions}


def editions_at(
    scorecard_ids: Iterable[int], ends: Sequence[dt.date], as_of: dt.datetime | None = None
) -> list[dict[int, int]]:
    """For each end, by scorecard, the id of the edition valid at the last day before it.

    One statement, whatever the number of ends.
    """
    rows = list(
        Edition.objects.filter(
            stood(as_of), scorecard_id__in=list(scorecard_ids), valid_from__lt=max(ends)
        )
        .order_by("valid_from")
        .values_list("scorecard_id", "pk", "valid_from")
    )
    return [{scorecard: pk for scorecard, pk, day in rows if day < end} for end in ends]


def editions_from(scorecard_ids: Iterable[int], start: dt.date) -> list[Edition]:
    """The current editions valid at that day or later, the earliest first, by one statement."""
    rows = (
        Edition.objects.filter(scorecard_id__in=list(scorecard_ids), superseded_at=None)
        .select_related("scorecard")
        .order_by("scorecard_id", "-valid_from")
    )
    found: list[Edition] = []
    for _, group in groupby(rows, key=lambda edition: edition.scorecard_id):
        for edition in group:
            found.insert(0, edition)
            if edition.valid_from <= start:
                break
    return found


def with_contributors(organization: Organization, scorecard_ids: Iterable[int]) -> set[int]:
    """The scorecards and all whose scores may enter theirs, by one statement.

    Deleted alignments count too: earlier editions may hold them.
    """
    beneath: dict[int, set[int]] = defaultdict(set)
    pairs = Alignment.objects.filter(organization=organization).values_list(
        "supported__scorecard_id", "objective__scorecard_id"
    )
    for scorecard_id, lower_id in pairs:
        beneath[scorecard_id].add(lower_id)
    found: set[int] = set()
    waiting = set(scorecard_ids)
    while waiting:
        found |= waiting
        waiting = {lower for pk in waiting for lower in beneath[pk]} - found
    return found


def current_starts(scorecard: Scorecard) -> list[dt.date]:
    """The days from which the scorecard's current editions are valid."""
    current = scorecard.editions.filter(superseded_at=None).order_by("valid_from")
    return list(current.values_list("valid_from", flat=True))


def content_at(scorecard: Scorecard, day: dt.date) -> EditionContent | None:
    """What the edition valid on that day says; None before the first."""
    valid = valid_editions([scorecard.pk], day + dt.timedelta(days=1)).get(scorecard.pk)
    return contents([valid.pk])[valid.pk] if valid else None


def contents(edition_ids: Iterable[int]) -> dict[int, EditionContent]:
    """The content of each edition, by one statement."""
    rows = Edition.objects.filter(pk__in=list(edition_ids)).values_list("pk", "content")
    return {pk: msgspec.convert(content, EditionContent) for pk, content in rows}


def packed_structure(scorecard: Scorecard) -> EditionContent:
    """The scorecard as its rows say now, by a fixed number of statements."""
    links = ObjectiveKPI.objects.live().select_related("kpi")
    supports = Alignment.objects.live().select_related("supported")
    supported_by = Alignment.objects.live().select_related("objective")
    objectives = (
        Objective.objects.live()
        .select_related("owner", "theme")
        .prefetch_related(
            Prefetch("kpi_links", links),
            Prefetch("supports", supports),
            Prefetch("supported_by", supported_by),
        )
    )
    perspectives = (
        Perspective.objects.live()
        .filter(scorecard=scorecard)
        .prefetch_related(Prefetch("objectives", objectives))
    )
    return EditionContent(
        name=scorecard.name,
        rule=RollUpRule(scorecard.rule),
        is_capped=scorecard.is_capped,
        perspectives=tuple(_perspective(perspective) for perspective in perspectives),
    )


def _perspective(perspective: Perspective) -> PerspectiveNode:
    return PerspectiveNode(
        code=perspective.code,
        name=perspective.name,
        weight=perspective.weight,
        rule=RollUpRule(perspective.rule),
        is_capped=perspective.is_capped,
        objectives=tuple(_objective(objective) for objective in perspective.objectives.all()),
    )


def _objective(objective: Objective) -> ObjectiveNode:
    beneath = _contributions(
        (alignment.objective, alignment.weight) for alignment in objective.supported_by.all()
    )
    return ObjectiveNode(
        code=objective.code,
        name=objective.name,
        weight=objective.weight,
        rule=RollUpRule(objective.rule),
        is_capped=objective.is_capped,
        description=objective.description,
        owner=objective.owner.name if objective.owner else "",
        theme=objective.theme.name if objective.theme else "",
        kpis=tuple(
            KpiLink(kpi=link.kpi_id, code=link.kpi.code, weight=link.weight)
            for link in objective.kpi_links.all()
        ),
        contributions=tuple(c for c in beneath if c.weight > 0),
        supported_by=tuple(c for c in beneath if c.weight == 0),
        supports=_contributions(
            (alignment.supported, alignment.weight) for alignment in objective.supports.all()
        ),
    )


def _contributions(pairs: Iterable[tuple[Objective, float]]) -> tuple[Contribution, ...]:
    return in_order(
        Contribution(o.scorecard_id, o.code, weight) for o, weight in pairs if not o.deleted_at
    )
