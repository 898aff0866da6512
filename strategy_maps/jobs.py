"""What recurs of strategy maps, and the work that it asks for."""

import datetime as dt
from collections.abc import Iterable

from organizations.services.jobs.handlers import Recurring, handles, recurring
from organizations.services.jobs.leases import Work

from .services import evidence
from .services.asking import KIND


@recurring(evidence.WHAT)
def evidence_slots(now: dt.datetime) -> Iterable[Recurring]:
    """Evidence of causal links, every night."""
    return evidence.evidence_slots(now)


@handles(KIND, name="Testing causal links with the data")
def refresh_evidence(work: Work) -> None:
    """Look at the figures of a scorecard's links."""
    evidence.do_evidence(work)
