"""Refreshing every score against the same arithmetic without the database."""

from collections.abc import Iterator

from django.db import transaction

from organizations.models import Organization
from scorecards.models import Scorecard
from scorecards.selectors.scoring.computation import scored_sheets, sheet_facts
from scorecards.services.refresh import rebuild_scores, stale_periods
from scorecards.services.staleness import mark_everything

from .measuring import Contender, Count, Finding, Ratio, timed_rounds


def refresh_findings(organization: Organization, rounds: int) -> Iterator[Finding]:
    """All sheets of the organization: marked, read, computed and written."""
    scorecards = list(
        Scorecard.objects.active().filter(organization=organization).values_list("pk", flat=True)
    )
    with transaction.atomic():
        mark_everything(organization)
    facts = sheet_facts(organization, list(stale_periods(organization)), scorecards)
    sheets = len(scored_sheets(facts))
    samples = timed_rounds(
        [
            Contender("refresh", {"run": lambda: rebuild_scores(organization_id=organization.pk)}),
            Contender("arithmetic", {"run": lambda: scored_sheets(facts)}),
        ],
        rounds,
    )
    refresh, arithmetic = samples["refresh", "run"], samples["arithmetic", "run"]
    yield Ratio("", f"rebuild {sheets:,} score sheets", refresh, arithmetic, "arithmetic alone")
    yield Count("", "microseconds a sheet", round(refresh.median / sheets * 1e6))
