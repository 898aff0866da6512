"""Loading the demonstration company, whole or not at all."""

from collections.abc import Callable

from django.db import transaction

from organizations.models import Organization
from scorecards.services.refresh import rebuild_scores, refresh_scores

from .load_company import load_company
from .load_initiatives import load_initiatives
from .load_map import load_evidence, load_map
from .load_public import load_public
from .load_reports import load_assessment, load_closing, load_process_change
from .load_scorecards import load_scorecards
from .load_sentences import load_sentences
from .load_sources import load_sources


@transaction.atomic
def load_demo(*, say: Callable[[str], None]) -> Organization:
    """Store everything in one transaction, in the order in which it could have happened."""
    loaded = load_company(say=say)
    objectives = load_scorecards(loaded)
    initiatives = load_initiatives(loaded, objectives)
    say(f"{len(objectives)} objectives, {initiatives} initiatives")
    say(f"{load_map(loaded, objectives)} links of cause and effect")
    load_assessment(loaded)
    load_process_change(loaded)
    say(f"{load_sentences(loaded)} sentences")
    say(f"{load_sources(loaded)} source")
    organization_id = loaded.organization.pk
    say(f"{rebuild_scores(organization_id=organization_id)} score sheets")
    say(f"{load_closing(loaded)} boards kept as they were reported")
    refresh_scores(organization_id=organization_id)
    load_evidence(objectives)
    load_public(loaded)
    return loaded.organization
