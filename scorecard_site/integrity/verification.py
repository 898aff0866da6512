"""Every check, in the order in which they are made. None changes a row but marks what is due."""

from organizations.models import Organization
from scorecards.services.verification import verify_scores

from .background import background
from .borders import borders, references
from .findings import NAMED, Check, Finding, Looked
from .graphs import graphs
from .keeping import closings, files, reports
from .versions import histories, revisions, unique_keys


def scores(organizations: list[Organization]) -> Looked:
    """Stored scores equal a full recomputation, bit for bit."""
    compared, found = 0, list[Finding]()
    for organization in organizations:
        verified = verify_scores(organization_id=organization.pk)
        compared += verified.compared
        for difference in verified.differences[:NAMED]:
            said = f'The score sheet {difference} of "{organization.code}" differs from'
            found.append(Finding("score-differs", f"{said} a recomputation."))
    return Looked.over("score sheets", found, count=compared)


# What waits comes first: comparing scores marks what is due.
CHECKS: tuple[Check, ...] = (
    *(background, borders, references, graphs, unique_keys, revisions, histories),
    *(closings, reports, files, scores),
)
