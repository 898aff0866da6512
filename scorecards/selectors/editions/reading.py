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
from organizations.statements import as_date, fetched
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
    """By scorecard, the edition valid at the last day before `end`, without its content.

    Scorecards that have ended by then have none.
    """
    rank = Window(RowNumber(), partition_by=F("scorecard_id"), order_by=F("valid_from").desc())
    editions = (
        Edition.objects.filter(
            stood(as_of), scorecard_id__in=list(scorecard_ids), valid_from__lt=end
        )
        .defer("content")
        .annotate(rank=rank)
        .filter(rank=1)
    )
    # Ranked first: an end hides what was valid before it.
    return {edition.scorecard_id: edition for edition in editions if not edition.is_end}


def editions_at(
    scorecard_ids: Iterable[int], ends: Sequence[dt.date], as_of: dt.datetime | None = None
) -> list[dict[int, int]]:
    """For each end, by scorecard, the id of the edition valid at the last day before it.

    One statement, whatever the number of ends.
    """
    rows = _editions_before(max(ends), scorecard_ids, as_of)
    ended = {pk for _, pk, _, is_end in rows if is_end}
    latest = [{scorecard: pk for scorecard, pk, first, _ in rows if first < end} for end in ends]
    return [
        {scorecard: pk for scorecard, pk in valid.items() if pk not in ended} for valid in latest
    ]


STANDING_BEFORE = """
SELECT scorecard_id, id, valid_from, is_end FROM scorecards_edition
WHERE scorecard_id {scorecards} AND superseded_at IS NULL AND valid_from < %(end)s
ORDER BY valid_from
"""


def _editions_before(
    end: dt.date, scorecard_ids: Iterable[int], as_of: dt.datetime | None
) -> list[tuple[int, int, dt.date, bool]]:
    """Scorecard, id, first day and whether it is an end, the earliest first."""
    if as_of is None:
        rows = fetched(STANDING_BEFORE, scorecards=list(scorecard_ids), end=end)
        return [(scorecard, pk, as_date(first), is_end) for scorecard, pk, first, is_end in rows]
    editions = Edition.objects.filter(
        stood(as_of), scorecard_id__in=list(scorecard_ids), valid_from__lt=end
    )
    return list(
        editions.order_by("valid_from").values_list("scorecard_id", "pk", "valid_from", "is_end")
    )


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
            if not edition.is_end:
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
    current = scorecard.editions.filter(superseded_at=None, is_end=False).order_by("valid_from")
    return list(current.values_list("valid_from", flat=True))


def content_at(scorecard: Scorecard, day: dt.date) -> EditionContent | None:
    """What the edition valid on that day says; None before the first."""
    valid = valid_editions([scorecard.pk], day + dt.timedelta(days=1)).get(scorecard.pk)
    return contents([valid.pk])[valid.pk] if valid else None


CONTENTS = "SELECT id, content FROM scorecards_edition WHERE id {editions}"
_decoder = msgspec.json.Decoder(EditionContent)


def contents(edition_ids: Iterable[int]) -> dict[int, EditionContent]:
    """The content of each edition, by one statement."""
    rows = fetched(CONTENTS, editions=set(edition_ids))
    return {pk: _decoder.decode(content) for pk, content in rows}


def packed_structure(scorecard: Scorecard, day: dt.date | None = None) -> EditionContent:
    """The scorecard as its rows say now, by a fixed number of statements.

    With its ties to the scorecards that hold on that day; without one, today.
    """
    return _packed(scorecard, _perspectives(scorecard), day or scorecard.organization.today())


def packed_structures(scorecard: Scorecard, start: dt.date) -> list[tuple[dt.date, EditionContent]]:
    """The scorecard as its rows say now, from that day on, by a fixed number of statements.

    One content, and another for each later day on which a scorecard tied to it begins or ends.
    """
    rows = _perspectives(scorecard)
    end = scorecard.ends_on or dt.date.max
    days = [start, *sorted(day for day in _tied_days(rows) if start < day < end)]
    packed: list[tuple[dt.date, EditionContent]] = []
    for day in days:
        content = _packed(scorecard, rows, day)
        if not packed or packed[-1][1] != content:
            packed.append((day, content))
    return packed


def _tied_days(perspectives: Iterable[Perspective]) -> set[dt.date]:
    objectives = [row for perspective in perspectives for row in perspective.objectives.all()]
    tied = [tie.supported.scorecard for row in objectives for tie in row.supports.all()]
    tied += [tie.objective.scorecard for row in objectives for tie in row.supported_by.all()]
    return {day for each in tied for day in (each.starts_on, each.ends_on) if day}


def _perspectives(scorecard: Scorecard) -> list[Perspective]:
    """With all beneath them."""
    links = ObjectiveKPI.objects.live().select_related("kpi")
    supports = Alignment.objects.live().select_related("supported__scorecard")
    supported_by = Alignment.objects.live().select_related("objective__scorecard")
    objectives = (
        Objective.objects.live()
        .select_related("owner", "theme")
        .prefetch_related(
            Prefetch("kpi_links", links),
            Prefetch("supports", supports),
            Prefetch("supported_by", supported_by),
        )
    )
    perspectives = Perspective.objects.live().filter(scorecard=scorecard)
    return list(perspectives.prefetch_related(Prefetch("objectives", objectives)))


def _packed(
    scorecard: Scorecard, perspectives: Iterable[Perspective], day: dt.date
) -> EditionContent:
    return EditionContent(
        name=scorecard.name,
        rule=RollUpRule(scorecard.rule),
        is_capped=scorecard.is_capped,
        perspectives=tuple(_perspective(perspective, day) for perspective in perspectives),
    )


def _perspective(perspective: Perspective, day: dt.date) -> PerspectiveNode:
    return PerspectiveNode(
        code=perspective.code,
        name=perspective.name,
        weight=perspective.weight,
        rule=RollUpRule(perspective.rule),
        is_capped=perspective.is_capped,
        objectives=tuple(_objective(row, day) for row in perspective.objectives.all()),
    )


def _objective(objective: Objective, day: dt.date) -> ObjectiveNode:
    beneath = _contributions(
        ((tie.objective, tie.weight) for tie in objective.supported_by.all()), day
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
            ((tie.supported, tie.weight) for tie in objective.supports.all()), day
        ),
    )


def _contributions(
    pairs: Iterable[tuple[Objective, float]], day: dt.date
) -> tuple[Contribution, ...]:
    """Drafts and archived scorecards are not named: they have no score on that day."""
    return in_order(
        Contribution(row.scorecard_id, row.code, weight)
        for row, weight in pairs
        if not row.deleted_at and row.scorecard.holds_on(day)
    )
