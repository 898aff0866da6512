"""Publishing boards, and taking them back."""

import datetime as dt
import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency, Period
from organizations.models import Unit, User
from organizations.services.structure import created, locked
from scorecards.models import PublicLink
from scorecards.models.public_link import made_secret, secret_digest

LONGEST_DAYS = 365
LARGEST_SMALLEST = 100
MOST = 20


@transaction.atomic
def publish_board(
    *,
    unit: Unit,
    frequency: Frequency,
    days: int,
    smallest: int,
    period: Period | None = None,
    by: User | None = None,
    nonce: str = "",
) -> PublicLink:
    """An address at which anybody reads the unit's board; period: None, the latest.

    Raises ValidationError, by field: days, smallest.
    """
    unit = locked(unit)
    _require(unit, days, smallest)
    if PublicLink.objects.in_force().filter(unit=unit).count() >= MOST:
        raise ValidationError(f"This board has {MOST} public addresses already: revoke one first.")
    nonce = nonce or secrets.token_hex(16)
    return created(
        PublicLink(
            organization_id=unit.organization_id,
            unit=unit,
            nonce=nonce,
            digest=secret_digest(made_secret(nonce)),
            frequency=frequency,
            period_start=period.start if period else None,
            smallest=smallest,
            created_by=by,
            expires_at=timezone.now() + dt.timedelta(days=days),
        )
    )


def _require(unit: Unit, days: int, smallest: int) -> None:
    if unit.kind == Unit.Kind.INDIVIDUAL:
        raise ValidationError("A person’s board cannot be published.")
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": f"Write a number of days from 1 to {LONGEST_DAYS}."})
    if not 0 <= smallest <= LARGEST_SMALLEST:
        raise ValidationError({"smallest": f"Write a number from 0 to {LARGEST_SMALLEST}."})


@transaction.atomic
def revoke_public_link(*, link: PublicLink, by: User | None = None) -> PublicLink:
    """The address answers as if there had never been one, for good."""
    row: PublicLink = PublicLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if row.revoked_at is not None:
        return row
    row.revoked_at = timezone.now()
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=["revoked_at"])
    return row
