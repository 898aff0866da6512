"""Loading the demonstration company, whole or not at all."""

from collections.abc import Callable

from django.db import transaction

from organizations.models import Organization
from scorecards.services.refresh import rebuild_scores

from .load_company import load_company
from .load_scorecards import load_initiatives, load_scorecards


def load_demo(*, say: Callable[[str], None]) -> Organization:
    """Store everything in one transaction, then compute the scores."""
    with transaction.atomic():
        loaded = load_company(say=say)
        objectives = load_scorecards(loaded)
        initiatives = load_initiatives(loaded, objectives)
        say(f"{len(objectives)} objectives, {initiatives} initiatives")
    count = rebuild_scores(organization_id=loaded.organization.pk)
    say(f"{count} score sheets")
    return loaded.organization
