"""Asking that the figures of causal links be looked at; light, since every process imports it."""

from organizations.services.jobs.queue import Wish, enqueue_all
from scorecards.models import Scorecard

KIND = "refresh_evidence"


def ask_for_evidence(scorecard: Scorecard) -> None:
    """Let a worker test the scorecard's links soon; asked twice, it is done once."""
    args = {"scorecard": scorecard.pk}
    key, about = evidence_key(scorecard.pk), scorecard.name
    enqueue_all([Wish(KIND, scorecard.organization, args, key=key, about=about)])


def evidence_key(scorecard_id: int) -> str:
    """Under which a scorecard's links are tested once at a time."""
    return f"evidence {scorecard_id}"
