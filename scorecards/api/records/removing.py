"""Kinds whose records go with all beneath them, by a service of their own."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from organizations.access import Access
from scorecards.api_errors import Problem
from scorecards.models import Scorecard
from scorecards.selectors.records import Key
from scorecards.services.duplicating import delete_draft


def _remove_scorecard(access: Access, key: Key) -> None:
    """A draft, as on the page: with its perspectives, objectives and ties."""
    row = Scorecard.objects.live().get(organization=access.organization, code=key[0])
    try:
        delete_draft(scorecard=row, by=access.user)
    except ValidationError as refusal:
        raise Problem("conflict", " ".join(refusal.messages)) from None


REMOVERS: dict[str, Callable[[Access, Key], None]] = {"scorecards": _remove_scorecard}
