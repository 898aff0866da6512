"""The list of people: their roles, what they own, and whether they can sign in."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from organizations.access import Access
from organizations.models import Membership, Organization, Person, Role
from organizations.selectors import signed_in_at, with_sign_in
from scorecards.links import people_href, person_href, units_href
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField

from .choices import Choice, having_words, unit_options
from .owned import OWNED, counted_text
from .rights import administered_units
from .units import CODE_HINT, Asked

PAGE = 100
NO_SIGN_IN, NO_ROLE, SIGNS_IN = "no sign-in", "no role", "signs in"
INVITED = "not signed in yet"
ROLES = tuple(Option(value, label) for value, label in Role.choices)


@dataclass(frozen=True)
class SignIn:
    """Whether somebody can sign in: a few words, and when they last did."""

    state: str
    detail: str = ""


@dataclass(frozen=True)
class PersonRow:
    code: str
    name: str
    email: str
    href: str
    roles: tuple[str, ...]
    owns: str
    sign_in: SignIn


@dataclass(frozen=True)
class PersonForm:
    """The form of somebody new, or of an invitation."""

    fields: tuple[FormField, ...]
    unit: Choice


@dataclass(frozen=True)
class PeoplePage:
    rows: tuple[PersonRow, ...]
    total: int
    words: str
    first: int
    last: int
    previous_href: str
    next_href: str
    add: PersonForm | None
    problem: str
    has_problems: bool


def people_page(access: Access, words: str, number: int, asked: Asked) -> PeoplePage:
    """A fixed number of statements, whatever the number of people; number: of the page, from 1."""
    found = _with_counts(people_of(access.organization).filter(having_words(words)))
    total = found.count()
    start = min(max(number - 1, 0), max(total - 1, 0) // PAGE) * PAGE
    people = list(with_sign_in(found).order_by("name", "pk")[start : start + PAGE])
    held = roles_of(access.organization, {person.user_id for person in people})
    code = access.organization.code

    def page_href(at: int) -> str:
        return people_href(code, q=words, page=str(at // PAGE + 1))

    return PeoplePage(
        rows=tuple(_row(access, person, held.get(person.user_id, [])) for person in people),
        total=total,
        words=words,
        first=start + 1 if people else 0,
        last=start + len(people),
        previous_href=page_href(start - PAGE) if start else "",
        next_href=page_href(start + PAGE) if start + PAGE < total else "",
        add=_add_form(access, asked) if asked.adds else None,
        problem=asked.problem(""),
        has_problems=bool(asked.problems),
    )


def people_of(organization: Organization) -> QuerySet[Person]:
    people: QuerySet[Person] = Person.objects.live().filter(organization=organization)
    return people


def roles_of(
    organization: Organization, user_ids: Collection[int | None]
) -> dict[int | None, list[Membership]]:
    """The roles that hold in the organization, by user, by one statement."""
    held: dict[int | None, list[Membership]] = defaultdict(list)
    rows = Membership.objects.live().filter(
        organization=organization, user_id__in=[pk for pk in user_ids if pk]
    )
    for membership in rows.order_by("pk"):
        held[membership.user_id].append(membership)
    return held


def sign_in(person: Person, held: Iterable[Membership]) -> SignIn:
    """Of a person read by `with_sign_in`.

    What is told of an invited person is the same whether they have signed in elsewhere or not.
    """
    if person.user is None:
        return SignIn(NO_SIGN_IN)
    last = signed_in_at(person)
    detail = f"last {last:%Y-%m-%d}" if last else ""
    if not list(held):
        return SignIn(NO_ROLE, detail)
    if last is None:
        return SignIn(INVITED)
    if not person.user.is_active:
        return SignIn(NO_ROLE, "switched off by an operator")
    return SignIn(SIGNS_IN, detail)


def address_of(person: Person) -> str:
    """What they sign in with, or else what is known of them."""
    return person.user.email if person.user else person.email


def role_text(access: Access, membership: Membership) -> str:
    """As in "Manager of EMEA"."""
    return f"{membership.get_role_display()} of {access.tree.by_id[membership.unit_id].name}"


def _with_counts(people: QuerySet[Person]) -> QuerySet[Person]:
    return people.annotate(**{f"{kind}_count": _count(kind) for kind in OWNED})


def _count(kind: str) -> Any:
    model, field = OWNED[kind]
    owned = model.objects.live().filter(**{field: OuterRef("pk")}).order_by()
    if kind == "objectives":
        owned = owned.filter(scorecard__deleted_at=None)
    return Coalesce(Subquery(owned.values(field).annotate(n=Count("pk")).values("n")), 0)


def _row(access: Access, person: Person, held: list[Membership]) -> PersonRow:
    return PersonRow(
        code=person.code,
        name=person.name,
        email=address_of(person),
        href=person_href(access.organization.code, person.code),
        roles=tuple(role_text(access, each) for each in held if access.sees(each.unit_id)),
        owns=counted_text((kind, getattr(person, f"{kind}_count")) for kind in OWNED),
        sign_in=sign_in(person, held),
    )


# --- Somebody new, and invitations


def _add_form(access: Access, asked: Asked) -> PersonForm:
    return PersonForm(
        fields=(
            text_field("name", "Name", "As they are called at work.", asked),
            text_field("code", "Code", f"{CODE_HINT} the name.", asked),
            text_field("email", "E-mail", "Needed only for somebody who shall sign in.", asked),
            role_field(asked, "None: they own things, but do not sign in"),
        ),
        unit=unit_choice(access, asked),
    )


def text_field(name: str, label: str, hint: str, asked: Asked, stored: str = "") -> FormField:
    return FormField(
        name=name,
        label=label,
        hint=hint,
        kind="text",
        most=254,
        text=asked.text(name, stored),
        problem=asked.problem(name),
        meanwhile=(asked.meanwhile or {}).get(name, ""),
    )


def role_field(asked: Asked, nothing: str = "") -> FormField:
    options = (Option("", nothing), *ROLES) if nothing else ROLES
    return FormField(
        name="role",
        label="Role",
        hint="",
        kind="select",
        most=0,
        text=asked.text("role", ""),
        problem=asked.problem("role"),
        options=options,
    )


def unit_choice(access: Access, asked: Asked) -> Choice:
    """At which unit a role shall hold."""
    units = administered_units(access)
    options, is_long = unit_options(units)
    return Choice(
        name="unit",
        label="At",
        hint="The role holds there and at all units beneath.",
        text=asked.text("unit", units[0][0].code if units else ""),
        options=options,
        is_long=is_long,
        problem=asked.problem("unit"),
        suggest_href=units_href(access.organization.code, suggest="unit"),
    )
