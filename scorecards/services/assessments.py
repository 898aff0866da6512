"""Assessing nodes: a manager's status in place of the computed score, in exactly one period."""

import datetime as dt
import unicodedata

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Period
from kpis.services.wake import wake_refresh
from organizations.models import Organization, User
from organizations.selectors import closings, unit_tree
from organizations.services.locks import lock_scores
from scorecards.models import Assessment, Scorecard
from scorecards.selectors.editions.reading import contents, valid_editions
from scorecards.selectors.scoring.layout import codes_of

from .staleness import mark_period


@transaction.atomic
def assess(
    *,
    scorecard: Scorecard,
    node: str,
    code: str,
    period: Period,
    status: str,
    reason: str,
    by: User | None,
) -> Assessment:
    """Say how a node of the scorecard does in the period; an earlier assessment is superseded.

    node: a kind of node; code: empty for the scorecard itself. The node must be one of the
    structure valid then. The same said again by the same person changes nothing.
    """
    organization = scorecard.organization
    lock_scores(organization.pk)
    _require_assessable(scorecard, node, code, period)
    now = timezone.now()
    said = Assessment(
        organization=organization,
        scorecard=scorecard,
        node=node,
        code=code,
        frequency=period.frequency,
        period_start=period.start,
        status=status,
        reason=unicodedata.normalize("NFC", reason.strip()),
        said_at=now,
        said_by=by,
    )
    said.clean_fields(exclude=["organization", "scorecard", "said_by"])
    standing = _standing(said)
    if standing and _says_the_same(standing, said):
        return standing
    if standing:
        _supersede(standing, now, by)
    said.save(force_insert=True)
    _mark(scorecard, period)
    return said


@transaction.atomic
def remove_assessment(*, assessment: Assessment, by: User | None) -> None:
    """Let the computed score stand again; what was said stays in the history."""
    lock_scores(assessment.organization_id)
    _require_open(assessment.scorecard, assessment.period)
    standing = _standing(assessment)
    if standing is None or standing.pk != assessment.pk:
        raise ValidationError("This assessment has been replaced or removed already.")
    _supersede(standing, timezone.now(), by)
    _mark(assessment.scorecard, assessment.period)


def _require_assessable(scorecard: Scorecard, node: str, code: str, period: Period) -> None:
    _require_begun(scorecard.organization, period)
    _require_open(scorecard, period)
    require_node(scorecard, node, code, period)


def _require_begun(organization: Organization, period: Period) -> None:
    label = organization.calendar.label(period)
    if period.frequency not in organization.frequencies:
        named = ", ".join(organization.frequencies)
        raise ValidationError(
            f"{organization} reports by {named}; {label} is a {period.frequency}."
            " Assess one of those."
        )
    if period.start > organization.today():
        raise ValidationError(f"{label} has not begun: there is nothing to assess yet.")


def _require_open(scorecard: Scorecard, period: Period) -> None:
    organization = scorecard.organization
    closed = closings(organization)
    line = unit_tree(organization).line(scorecard.unit_id) if closed else []
    closing = closed.covering(line, period)
    if closing is not None:
        label = organization.calendar.label(closing.period)
        raise ValidationError(f"{label} is closed: reopen it first, then assess.", "period_closed")


def require_node(scorecard: Scorecard, node: str, code: str, period: Period) -> None:
    """Refuse what the structure valid in the period does not have."""
    calendar = scorecard.organization.calendar
    edition = valid_editions([scorecard.pk], calendar.end(period)).get(scorecard.pk)
    content = contents([edition.pk])[edition.pk] if edition else None
    if content is None or code not in codes_of(content).get(node, ()):
        named = f"no {node} “{code}”" if code else f"no such {node}"
        raise ValidationError(
            f"“{scorecard}” has {named} in {calendar.label(period)}. Choose one of its rows."
        )


def _standing(said: Assessment) -> Assessment | None:
    """What stands of the same node and period."""
    return (
        Assessment.objects.standing()
        .filter(
            scorecard_id=said.scorecard_id,
            node=said.node,
            code=said.code,
            frequency=said.frequency,
            period_start=said.period_start,
        )
        .first()
    )


def _says_the_same(standing: Assessment, said: Assessment) -> bool:
    fields = ("status", "reason", "said_by_id")
    return all(getattr(standing, name) == getattr(said, name) for name in fields)


def _supersede(standing: Assessment, at: dt.datetime, by: User | None) -> None:
    standing.superseded_at = max(at, standing.said_at)
    standing.superseded_by = by
    standing.save(update_fields=["superseded_at", "superseded_by"])


def _mark(scorecard: Scorecard, period: Period) -> None:
    mark_period(scorecard.organization, scorecard.pk, period)
    wake_refresh(scorecard.organization_id)
