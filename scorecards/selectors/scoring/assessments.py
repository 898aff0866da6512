"""Reads of assessments: what managers say of nodes, in place of their computed scores."""

import datetime as dt
import zoneinfo
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from calculations.periods import Frequency, Period
from calculations.scoring import ASSESSED_SCORES, Status, statuses
from organizations.models import Organization
from organizations.statements import as_date, fetched, in_periods
from scorecards.models import Assessment, ScoreSheet
from scorecards.selectors.formats import score_text, scored
from scorecards.selectors.shapes import Assessed, Score

from .layout import NodeKey


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
    said: dict[Period, dict[NodeKey, Status]] = defaultdict(dict)
    for frequency, start, *key, status in _said(organization, list(periods), as_of):
        scorecard_id, node, code = key
        period = Period(Frequency(frequency), as_date(start))
        said[period][scorecard_id, node, code] = Status[status.upper()]
    return dict(said)


SAID = """
SELECT frequency, period_start, scorecard_id, node, code, status FROM scorecards_assessment
WHERE organization_id = %(organization)s AND superseded_at IS NULL AND """


def _said(
    organization: Organization, periods: Sequence[Period], as_of: dt.datetime | None
) -> Iterable[tuple[Any, ...]]:
    if as_of is not None or not periods:
        rows = assessments_in(organization, periods, as_of)
        return rows.values_list(
            "frequency", "period_start", "scorecard_id", "node", "code", "status"
        )
    in_these, parameters = in_periods(periods)
    return fetched(SAID + in_these, organization=organization.pk, **parameters)


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


def scorecard_assessments(
    organization: Organization, period: Period, as_of: dt.datetime | None = None
) -> dict[int, Assessment]:
    """What was said of whole scorecards in the period, by the scorecard's id."""
    rows = assessments_in(organization, [period], as_of).filter(node=Assessment.Node.SCORECARD)
    return {row.scorecard_id: row for row in rows.select_related("said_by")}


def stored_score(
    organization: Organization, stored: Mapping[str, Any] | None, assessment: Assessment | None
) -> Score:
    """A node's score from a sheet's detail, and what is said of it; None: not computed yet.

    What is said now counts at once, though the sheet may not have heard of it, or of its removal.
    """
    if stored is None or stored["status"] is None:
        return assessed_score(
            organization, scored(None, None, Status.NO_DATA, organization), assessment
        )
    score, coverage, status = stored["score"], stored["coverage"], stored["status"]
    if "computed" in stored:
        score = stored["computed"]
        known = np.array([score, coverage], np.float64)  # None becomes nan
        status = int(statuses(known[:1], known[1:], organization.minimum_coverage)[0])
    computed = scored(score, coverage, status, organization, stored.get("counts"))
    return assessed_score(organization, computed, assessment)


def sheet_score(
    organization: Organization, sheet: ScoreSheet | None, assessment: Assessment | None
) -> Score:
    """The score of a whole scorecard, as `stored_score` tells that of a node."""
    stored = None if sheet is None else sheet_node(sheet)
    return stored_score(organization, stored, assessment)


def sheet_node(sheet: ScoreSheet) -> dict[str, Any]:
    """The columns of a sheet in the form of a node of its detail."""
    counts = (
        *(sheet.critical, sheet.below_target, sheet.on_target),
        *(sheet.no_data, sheet.insufficient_data),
    )
    return {
        "score": sheet.score,
        "coverage": sheet.coverage,
        "status": sheet.status,
        "counts": counts,
        **sheet.detail.get("scorecard", {}),
    }


def assessed_score(
    organization: Organization, computed: Score, assessment: Assessment | None
) -> Score:
    """What is said in place of the computed score: mid-band; coverage and counts stay."""
    if assessment is None:
        return computed
    status = Status[assessment.status.upper()]
    said = ASSESSED_SCORES[status]
    return replace(
        computed,
        value=said,
        text=score_text(said, organization),
        status=assessment.status,
        assessed=assessed(organization, assessment, computed),
    )


def assessed(organization: Organization, assessment: Assessment, computed: Score) -> Assessed:
    """An assessment as people read it, at the organization's place."""
    at = assessment.said_at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    return Assessed(
        status=assessment.status,
        reason=assessment.reason,
        by=str(assessment.said_by or "the system"),
        at=at,
        at_text=f"{at:%Y-%m-%d %H:%M}",
        computed=computed,
    )


def assessed_sentence(score: Score) -> str:
    """Who said what of it, and what that replaces; nothing where the score is the computed one."""
    said = score.assessed
    if said is None:
        return ""
    status = said.status.replace("_", " ")
    return (
        f"Assessed as {status} by {said.by} on {said.at:%Y-%m-%d}, in place of the computed"
        f" {said.computed.text}: “{said.reason}” "
    )
