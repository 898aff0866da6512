"""The page of tokens: what each may do, where, until when, and whose it is."""

import datetime as dt
import math
import zoneinfo
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone

from organizations.access import Access, Action, scopes_of
from organizations.models import SCOPES, ApiToken, Person
from scorecards.links import tokens_href
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField

from .choices import Choice, unit_options

SOON = 14  # days
MOST, MOST_REVOKED = 200, 20
DEFAULT_DAYS = 90
SCOPE_WORDS = {
    "measurements:read": Option(
        "measurements:read", "Read values", "and scorecards, with what explains them, and charts"
    ),
    "measurements:write": Option(
        "measurements:write", "Record values", "correct them and take them back"
    ),
    "structure:read": Option(
        "structure:read",
        "Read structure",
        "scorecards, targets and initiatives",
    ),
    "structure:write": Option(
        "structure:write",
        "Change structure",
        "scorecards, KPIs, targets and initiatives; with values, restate closed ones",
    ),
}


@dataclass(frozen=True)
class Asked:
    """What the page is asked to show, and what was typed with what is wrong, by field."""

    adds: bool = False
    revokes: str = ""
    typed: Mapping[str, str] | None = None
    scopes: Collection[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        return default if self.typed is None else self.typed.get(name, default)


@dataclass(frozen=True)
class TokenRow:
    name: str
    allows: str
    where: str
    by: str
    used_text: str
    ends_text: str
    is_ending: bool  # so soon that somebody should look
    is_over: bool
    revoke_href: str
    revoked_text: str = ""


@dataclass(frozen=True)
class TokenForm:
    name: FormField
    scopes: FormField  # its options are those that the reader's role allows
    chosen: Collection[str]
    withheld: str  # what it does not allow
    unit: Choice
    days: FormField


@dataclass(frozen=True)
class Made:
    """A new token: its secret, told this once, and a line that uses it."""

    name: str
    secret: str
    command: str
    writes: bool


@dataclass(frozen=True)
class TokensPage:
    rows: tuple[TokenRow, ...]
    revoked: tuple[TokenRow, ...]
    has_more: bool
    ending: tuple[str, ...]  # names of the reader's own that end soon
    sees_all: bool
    add: TokenForm | None
    revoking: TokenRow | None
    made: Made | None
    problem: str
    has_problems: bool


def sees_all_tokens(access: Access) -> bool:
    """Administrators of the root unit see everybody's, and revoke any."""
    return any(access.can(Action.ADMINISTER, node.id) for node in access.tree.children(None))


def seen_tokens(access: Access) -> QuerySet[ApiToken]:
    """A token sees itself; people see their own, administrators of the root unit all."""
    # Authors of sources are no tokens that anybody has.
    tokens = ApiToken.objects.filter(organization=access.organization, source=None)
    if access.token is not None:
        return tokens.filter(pk=access.token.pk)
    return tokens if sees_all_tokens(access) else tokens.filter(created_by=access.user)


def standing_token(access: Access, name: str) -> ApiToken | None:
    """The token of that name that is not revoked, if the reader sees it."""
    if "\x00" in name:
        return None
    return seen_tokens(access).filter(name=name, revoked_at=None).first()


def tokens_page(access: Access, asked: Asked, made: Made | None = None) -> TokensPage:
    """A fixed number of statements, whatever the number of tokens."""
    seen = seen_tokens(access).select_related("unit", "created_by")
    standing = list(seen.filter(revoked_at=None).order_by("name", "pk")[: MOST + 1])
    revoked = list(seen.exclude(revoked_at=None).order_by("-revoked_at", "-pk")[:MOST_REVOKED])
    rows = _rows(access, [*standing[:MOST], *revoked])
    own = {token.name for token in standing if token.created_by == access.user}
    current = rows[: len(standing[:MOST])]
    return TokensPage(
        rows=current,
        revoked=rows[len(current) :],
        has_more=len(standing) > MOST,
        ending=tuple(row.name for row in current if row.is_ending and row.name in own),
        sees_all=sees_all_tokens(access),
        add=_form(access, asked) if asked.adds else None,
        revoking=next((row for row in current if row.name == asked.revokes), None),
        made=made,
        problem=asked.problems.get("", ""),
        has_problems=bool(asked.problems),
    )


def _rows(access: Access, tokens: Iterable[ApiToken]) -> tuple[TokenRow, ...]:
    tokens = list(tokens)
    makers = Person.objects.filter(
        organization=access.organization, user_id__in={token.created_by_id for token in tokens}
    )
    names = {person.user_id: person.name for person in makers.order_by("pk")}
    return tuple(_row(access, token, names) for token in tokens)


def _row(access: Access, token: ApiToken, names: Mapping[int | None, str]) -> TokenRow:
    now = timezone.now()
    is_over = not token.is_valid_at(now)
    maker = names.get(token.created_by_id) or str(token.created_by or "An operator")
    return TokenRow(
        name=token.name,
        allows=_listed(each for each in SCOPES if each in token.scopes),
        where=f"{token.unit.name} and beneath" if token.unit else "",
        by="You" if token.created_by and token.created_by == access.user else maker,
        used_text=_moment(access, token.last_used_at) if token.last_used_at else "never",
        ends_text=_ends_text(access, token, now),
        is_ending=not is_over and token.expires_at - now <= dt.timedelta(days=SOON),
        is_over=is_over,
        revoke_href=tokens_href(access.organization.code, revoke=token.name),
        revoked_text=_moment(access, token.revoked_at) if token.revoked_at else "",
    )


def _listed(scopes: Iterable[str]) -> str:
    """As in "Read values, record values"."""
    return ", ".join(SCOPE_WORDS[each].label for each in scopes).capitalize()


def _ends_text(access: Access, token: ApiToken, now: dt.datetime) -> str:
    day = _moment(access, token.expires_at)[:10]
    left = math.ceil((token.expires_at - now) / dt.timedelta(days=1))
    if left <= 0:
        return f"ended {day}"
    if left > SOON:
        return day
    return f"{day}, in {left} day{'' if left == 1 else 's'}"


def _moment(access: Access, moment: dt.datetime) -> str:
    zone = zoneinfo.ZoneInfo(access.organization.time_zone)
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _form(access: Access, asked: Asked) -> TokenForm:
    allowed = scopes_of(access)
    problems = asked.problems
    return TokenForm(
        name=FormField(
            *("name", "Name", "What uses it, such as “billing export”.", "text", 100),
            text=asked.text("name"),
            problem=problems.get("name", ""),
        ),
        scopes=FormField(
            *("scopes", "It may", "", "boxes", 0, ""),
            problem=problems.get("scopes", ""),
            options=tuple(SCOPE_WORDS[each] for each in SCOPES if each in allowed),
        ),
        chosen=asked.scopes,
        withheld=_listed(each for each in SCOPES if each not in allowed).lower(),
        unit=_unit_choice(access, asked),
        days=FormField(
            *("days", "Days until it ends", "From 1 to 365.", "whole", 3),
            text=asked.text("days", str(DEFAULT_DAYS)),
            problem=problems.get("days", ""),
        ),
    )


def _unit_choice(access: Access, asked: Asked) -> Choice:
    tree = access.tree
    units = [(node, depth) for node, depth in tree.depth_first() if access.sees(node.id)]
    options, is_long = unit_options(units)
    return Choice(
        *("unit", "Confined to", asked.text("unit"), options, is_long),
        hint="It then sees and changes nothing outside that unit and those beneath.",
        problem=asked.problems.get("unit", ""),
        nothing="All that you may see",
        suggest_href=tokens_href(access.organization.code, suggest="unit"),
    )


def made_token(token: ApiToken, secret: str, units_url: str) -> Made:
    """What is said of a new token; units_url: an address that every token may read."""
    command = f"curl '{units_url}' \\\n  -H 'Authorization: Bearer {secret}'"
    return Made(token.name, secret, command, "measurements:write" in token.scopes)
