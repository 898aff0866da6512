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
from organizations.models.structure import validate_text

from .structure import created, require_same_organization

LONGEST_DAYS = 3650  # for operators, on the command line
LONGEST_OWN_DAYS = 365
DAYS = f"Write a number of days from 1 to {LONGEST_OWN_DAYS}."
NAME_MISSING = "Write what uses it, such as “billing export”."
NAME_UNPRINTABLE = "Write the name on one line, of characters that show."
MOST_OWN = 50  # that are in force, of one person
TOO_MANY = f"You have {MOST_OWN} tokens already: revoke one that nothing uses any more."
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
    _require_room(access.organization, access.user)
    problems = _problems(access, wanted, unit)
    if problems:
        raise ValidationError(problems)
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


def _require_room(organization: Organization, user: User) -> None:
    """One who makes tokens waits for oneself, so that nobody gets more than these."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    own = ApiToken.objects.in_force().filter(organization=organization, created_by=user)
    if own.count() >= MOST_OWN:
        raise ValidationError({"name": TOO_MANY})


def _problems(access: Access, wanted: Wanted, unit: Unit | None) -> dict[str, str]:
    """All that is wrong, so that it can be put right at once."""
    found = {
        "name": _name_problem(access.organization, wanted.name),
        "scopes": _beyond(access, wanted.scopes, unit),
        "days": "" if 1 <= wanted.days <= LONGEST_OWN_DAYS else DAYS,
    }
    return {name: said for name, said in found.items() if said}


def _name_problem(organization: Organization, name: str) -> str:
    try:
        validate_text(name)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    if not name:
        return NAME_MISSING
    if not name.isprintable():
        return NAME_UNPRINTABLE
    return NAME_TAKEN if _is_taken(organization, name) else ""


def _beyond(access: Access, scopes: Sequence[str], unit: Unit | None) -> str:
    if not scopes:
        return "Choose what the token may do."
    if set(scopes) - set(SCOPES):
        return f"Choose among {', '.join(SCOPES)}."
    beyond = set(scopes) - scopes_of(access, unit.pk if unit else None)
    where = f" at {unit} or beneath" if unit else ""
    named = ", ".join(sorted(beyond))
    return f"Your role does not allow {named}{where}." if beyond else ""


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
    if not name.isprintable():
        raise ValidationError({"name": NAME_UNPRINTABLE})
    if _is_taken(organization, name):
        raise ValidationError({"name": NAME_TAKEN})
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


def _is_taken(organization: Organization, name: str) -> bool:
    standing = ApiToken.objects.filter(organization=organization, revoked_at=None)
    return "\x00" not in name and standing.filter(name=name).exists()


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
