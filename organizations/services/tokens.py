"""Making tokens and revoking them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from organizations.access import Access, scopes_of
from organizations.models import (
    SCOPES,
    ApiToken,
    Organization,
    Unit,
    User,
    new_secret,
    secret_digest,
)

from .structure import created, require_same_organization

LONGEST_DAYS = 3650  # for operators, on the command line
LONGEST_OWN_DAYS = 365
NAME_TAKEN = "There is a token of this name already; choose another name, or revoke that one."


@dataclass(frozen=True)
class Wanted:
    """A token as somebody asks for it; unit: the code of the one that limits it, "" for none."""

    name: str
    scopes: Sequence[str]
    unit: str = ""
    days: int = 0


@transaction.atomic
def make_token(*, access: Access, wanted: Wanted) -> tuple[ApiToken, str]:
    """A token of the maker's own, for no more than they may do themselves, and its secret.

    Raises ValidationError, by field: name, scopes, unit, days.
    """
    if access.user is None or access.token is not None:
        raise ValidationError("Tokens are made by people who are signed in.")
    unit = _limit(access, wanted.unit)
    _require_scopes(access, wanted.scopes, unit)
    if not 1 <= wanted.days <= LONGEST_OWN_DAYS:
        said = f"Write a number of days from 1 to {LONGEST_OWN_DAYS}."
        raise ValidationError({"days": said})
    return issue_token(
        organization=access.organization,
        name=wanted.name,
        scopes=wanted.scopes,
        days=wanted.days,
        unit=unit,
        created_by=access.user,
    )


def _limit(access: Access, code: str) -> Unit | None:
    if not code:
        return None
    node = access.visible_unit(code)
    if node is None:
        raise ValidationError({"unit": "There is no such unit that you may see; choose another."})
    unit: Unit = Unit.objects.live().get(pk=node.id)
    return unit


def _require_scopes(access: Access, scopes: Sequence[str], unit: Unit | None) -> None:
    if not scopes:
        raise ValidationError({"scopes": "Choose what the token may do."})
    if set(scopes) - set(SCOPES):
        raise ValidationError({"scopes": f"Choose among {', '.join(SCOPES)}."})
    beyond = set(scopes) - scopes_of(access, unit.pk if unit else None)
    if beyond:
        where = f" at {unit} or beneath" if unit else ""
        named = ", ".join(sorted(beyond))
        raise ValidationError({"scopes": f"Your role does not allow {named}{where}."})


@transaction.atomic
def issue_token(
    *,
    organization: Organization,
    name: str,
    scopes: Sequence[str],
    days: int = 365,
    unit: Unit | None = None,
    created_by: User | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is not stored and cannot be shown again."""
    require_same_organization(organization.pk, unit)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValidationError(f"Choose scopes among {', '.join(SCOPES)}.")
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError(f"A token lasts between 1 and {LONGEST_DAYS} days.")
    _require_free_name(organization, name)
    secret = new_secret()
    token = ApiToken(
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        digest=secret_digest(secret),
        unit=unit,
        created_by=created_by,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    return created(token), secret


def _require_free_name(organization: Organization, name: str) -> None:
    standing = ApiToken.objects.filter(organization=organization, revoked_at=None)
    if "\x00" not in name and standing.filter(name=name).exists():
        raise ValidationError({"name": NAME_TAKEN})


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User | None = None) -> ApiToken:
    """The token stops working with the next request, for good."""
    row: ApiToken = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if row.revoked_at is not None:
        return row
    row.revoked_at = timezone.now()
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=["revoked_at"])
    return row
