"""Reads of assessments: what managers say of nodes, in place of their computed scores."""

import datetime as dt
import math
import zoneinfo
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from calculations.periods import Frequency, Period
from calculations.scoring import Status, status_codes
from organizations.models import Organization
from scorecards.models import Assessment

from .formats import scored
from .layout import NodeKey
from .shapes import Assessed, Score

# By the id of the scorecard, the kind of the node and its code.
Said = Mapping[NodeKey, Assessment]


def assessments_in(
    organization: Organization, periods: Iterable[Period], as_of: dt.datetime | None = None
) -> QuerySet[Assessment]:
    """The assessments of exactly these periods that stand; as_of: that stood at the moment."""
    starts: dict[Frequency, list[dt.date]] = defaultdict(list)
    for period in periods:
        starts[period.frequency].append(period.start)
    in_periods = Q(pk__in=[])
    for frequency, days in starts.items():
        in_periods |= Q(frequency=frequency, period_start__in=days)
    if as_of is None:
        stands = Q(superseded_at=None)
    else:
        stands = Q(said_at__lte=as_of) & (Q(superseded_at=None) | Q(superseded_at__gt=as_of))
    return Assessment.objects.filter(in_periods & stands, organization=organization)


def assessed_statuses(
    organization: Organization, periods: Iterable[Period], as_of: dt.datetime | None = None
) -> dict[Period, dict[NodeKey, Status]]:
    """By period, the status said of each node; one statement, periods without any left out."""
    rows = assessments_in(organization, periods, as_of).values_list(
        "frequency", "period_start", "scorecard_id", "node", "code", "status"
    )
    said: dict[Period, dict[NodeKey, Status]] = defaultdict(dict)
    for frequency, start, scorecard_id, node, code, status in rows:
        key = scorecard_id, node, code
        said[Period(Frequency(frequency), start)][key] = Status[status.upper()]
    return dict(said)


def said_assessments(
    organization: Organization,
    period: Period,
    scorecard_ids: Collection[int],
    as_of: dt.datetime | None = None,
) -> dict[NodeKey, Assessment]:
    """What was said of the nodes of these scorecards in the period, and by whom."""
    rows = (
        assessments_in(organization, [period], as_of)
        .filter(scorecard_id__in=scorecard_ids)
        .select_related("said_by")
        .order_by("pk")
    )
    return {(row.scorecard_id, row.node, row.code): row for row in rows}


def stored_score(
    organization: Organization, stored: Mapping[str, Any], assessment: Assessment | None = None
) -> Score:
    """A node's score as a sheet's detail holds it, with what was said of it where it is assessed.

    An assessment that the sheet has not heard of yet does not show.
    """
    said = None
    if assessment is not None and "computed" in stored:
        computed = computed_score(organization, stored["computed"], stored["coverage"])
        said = assessed(organization, assessment, computed)
    return scored(
        stored["score"],
        stored["coverage"],
        stored["status"],
        organization,
        stored.get("counts"),
        said,
    )


def computed_score(
    organization: Organization, score: float | None, coverage: float | None
) -> Score:
    """The score that an assessment replaces; its status is that of the score alone."""
    code = status_codes([math.nan if score is None else score])[0]
    return scored(score, coverage, int(code), organization)


def assessed(organization: Organization, assessment: Assessment, computed: Score) -> Assessed:
    """An assessment as people read it, at the organization's place."""
    at = assessment.said_at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    return Assessed(
        status=assessment.status,
        reason=assessment.reason,
        by=str(assessment.said_by or "the system"),
        at=assessment.said_at,
        at_text=f"{at:%Y-%m-%d %H:%M}",
        computed=computed,
    )
