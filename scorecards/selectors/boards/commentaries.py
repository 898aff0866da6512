"""Reads of commentaries: what people say of objectives, with its evidence, and who may say it."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable

from django.db.models import Prefetch, Q

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import evidence_href
from scorecards.models import Commentary, Evidence, Objective, Scorecard
from scorecards.selectors.shapes import EvidenceLine, SaidLine

KILO = 1000


def said_lines(
    organization: Organization,
    unit: str,
    scorecard: Scorecard,
    period: Period,
    at: dt.datetime | None = None,
) -> dict[str, SaidLine]:
    """By the objective's code, what stands in the period; at: what stood at that moment.

    One statement, and one more where anything is said.
    """
    stands = Q(superseded_at=None)
    if at is not None:
        stands = Q(said_at__lte=at) & (stands | Q(superseded_at__gt=at))
    rows = (
        Commentary.objects.filter(
            stands,
            scorecard=scorecard,
            frequency=period.frequency,
            period_start=period.start,
        )
        .select_related("said_by")
        .prefetch_related(with_evidence())
        .order_by("pk")
    )
    return {row.objective: said_line(organization, unit, row) for row in rows}


def with_evidence() -> Prefetch:  # type: ignore[type-arg]
    """The files of commentaries, without their bytes."""
    files = Evidence.objects.select_related("file").defer("file__content")
    return Prefetch("evidence", files)


def said_line(organization: Organization, unit: str, row: Commentary) -> SaidLine:
    at = row.said_at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    return SaidLine(
        text=row.text,
        by=str(row.said_by or "the system"),
        at=at,
        at_text=f"{at:%Y-%m-%d %H:%M}",
        evidence=tuple(
            EvidenceLine(
                name=each.name,
                size_text=size_text(each.file.size),
                sha256=each.file.sha256,
                href=evidence_href(organization.code, unit, each.file.sha256),
            )
            for each in row.evidence.all()
        ),
    )


def size_text(size: int) -> str:
    """A file's size as people read it.

    >>> size_text(812), size_text(34_567), size_text(2_400_000)
    ('812 B', '35 kB', '2.4 MB')
    """
    if size < KILO:
        return f"{size} B"
    if size < KILO * KILO:
        return f"{size / KILO:.0f} kB"
    return f"{size / KILO / KILO:.1f} MB"


def sayable_objectives(
    access: Access, unit: UnitNode, scorecard: Scorecard, codes: Iterable[str] | None = None
) -> frozenset[str]:
    """The objectives, by code, on which the reader may say how they go.

    Managers may on all; somebody who records values there, on those that they own. codes: of those
    in question, which are given back for a manager as they are.
    """
    if access.can(Action.EDIT_STRUCTURE, unit.id):
        return frozenset(codes or ())
    if access.user is None or not access.can(Action.RECORD_VALUES, unit.id):
        return frozenset()
    owned = Objective.objects.live().filter(scorecard=scorecard, owner__user=access.user)
    return frozenset(owned.values_list("code", flat=True))


def evidence_of(unit: UnitNode, sha256: str) -> Evidence | None:
    """A file behind anything that was ever said of the unit's objectives."""
    shown = Evidence.objects.filter(
        commentary__scorecard__unit_id=unit.id,
        commentary__scorecard__deleted_at=None,
        file__sha256=sha256,
    ).exclude(commentary__scorecard__status=Scorecard.State.DRAFT)
    return shown.select_related("file").order_by("-pk").first()
