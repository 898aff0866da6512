"""Publishing boards, strategy maps and charts, and taking them back."""

import datetime as dt
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment
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
    about = {"kind": PublicLink.Kind.BOARD, "frequency": frequency}
    return _published(unit, days, by, nonce, period, smallest=smallest, **about)


@transaction.atomic
def publish_map(
    *,
    unit: Unit,
    frequency: Frequency,
    days: int,
    smallest: int,
    period: Period | None = None,
    by: User | None = None,
    nonce: str = "",
) -> PublicLink:
    """An address at which anybody reads the map of the unit's scorecard; see `publish_board`."""
    unit = locked(unit)
    _require(unit, days, smallest)
    about = {"kind": PublicLink.Kind.MAP, "frequency": frequency}
    return _published(unit, days, by, nonce, period, smallest=smallest, **about)


@transaction.atomic
def publish_chart(
    *,
    kpi: KPI,
    unit: Unit,
    days: int,
    smallest: int,
    period: Period | None = None,
    by: User | None = None,
    nonce: str = "",
) -> PublicLink:
    """An address at which anybody reads the KPI's chart there; period: its last, None: the latest.

    Raises ValidationError, by field: days, smallest.
    """
    unit = locked(unit)
    _require(unit, days, smallest)
    if not Assignment.objects.live().filter(kpi=kpi, unit=unit).exists():
        raise ValidationError(f"“{kpi}” is not measured at {unit} any more.")
    about = {"kind": PublicLink.Kind.CHART, "kpi": kpi, "frequency": kpi.frequency}
    return _published(unit, days, by, nonce, period, smallest=smallest, **about)


def _published(
    unit: Unit, days: int, by: User | None, nonce: str, period: Period | None, **about: Any
) -> PublicLink:
    kpi = about.get("kpi")
    _require_room(about["kind"], unit.pk, kpi.pk if kpi else None)
    nonce = nonce or secrets.token_hex(16)
    return created(
        PublicLink(
            organization_id=unit.organization_id,
            unit=unit,
            nonce=nonce,
            digest=secret_digest(made_secret(nonce)),
            period_start=period.start if period else None,
            created_by=by,
            expires_at=timezone.now() + dt.timedelta(days=days),
            **about,
        )
    )


def _require(unit: Unit, days: int, smallest: int) -> None:
    if unit.kind == Unit.Kind.INDIVIDUAL:
        raise ValidationError("What belongs to one person cannot be published.")
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": f"Write a number of days from 1 to {LONGEST_DAYS}."})
    if not 0 <= smallest <= LARGEST_SMALLEST:
        raise ValidationError({"smallest": f"Write a number from 0 to {LARGEST_SMALLEST}."})


def _require_room(kind: str, unit_id: int, kpi_id: int | None) -> None:
    if PublicLink.objects.in_force().showing(kind, unit_id, kpi_id).count() >= MOST:
        said = f"There are {MOST} public addresses of this already: revoke one first."
        raise ValidationError(said, code="conflict")


@transaction.atomic
def revoke_public_link(*, link: PublicLink, by: User | None = None) -> PublicLink:
    """The address answers as if there had never been one, from the next request on."""
    row = _locked_link(link)
    if row.revoked_at is not None:
        return row
    row.revoked_at = timezone.now()
    return _saved(row, by)


@transaction.atomic
def restore_public_link(*, link: PublicLink, by: User | None = None) -> PublicLink:
    """The address works again, until it ends.

    Raises ValidationError where it has ended, or others have taken its place.
    """
    locked(link.unit)
    row = _locked_link(link)
    if row.revoked_at is None:
        return row
    if row.expires_at <= timezone.now():
        raise ValidationError("This address has ended meanwhile: make a new one.")
    _require_room(row.kind, row.unit_id, row.kpi_id)
    row.revoked_at = None
    return _saved(row, by)


def _locked_link(link: PublicLink) -> PublicLink:
    row: PublicLink = PublicLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    return row


def _saved(row: PublicLink, by: User | None) -> PublicLink:
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=["revoked_at"])
    return row
