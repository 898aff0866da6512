"""The page of a person: their sign-in, their roles, what they own."""

from dataclasses import dataclass

from organizations.access import Access, Action
from organizations.models import Membership, Person
from organizations.selectors import last_roles, roles_held, with_sign_in
from scorecards.links import board_href, hand_over_href, units_href
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link

from .choices import Choice, person_options
from .owned import TITLES, Thing, counted_text, owned_things
from .people import (
    INVITED,
    ROLES,
    PersonForm,
    SignIn,
    address_of,
    people_of,
    role_field,
    role_text,
    sign_in,
    text_field,
    unit_choice,
)
from .rights import administers_any, may_change_person
from .units import Asked

MOST_THINGS = 100  # of one kind on a person's page


@dataclass(frozen=True)
class RoleRow:
    unit: Link
    unit_code: str
    role: str
    label: str
    version: int
    may_change: bool


@dataclass(frozen=True)
class OwnedGroup:
    """What the person owns of one kind."""

    kind: str
    title: str
    count: int
    things: tuple[Thing, ...]
    more: int


@dataclass(frozen=True)
class PersonPage:
    """What may not be done is None, or empty."""

    code: str
    name: str
    email: str
    version: int
    sign_in: SignIn
    unit: Link | None
    may_change: bool
    fields: tuple[FormField, ...]
    roles: tuple[RoleRow, ...]
    role_options: tuple[Option, ...]
    give: PersonForm | None
    invite: PersonForm | None
    readdress: FormField | None
    may_deactivate: bool
    returning: str  # the roles that come back when the person is reactivated
    owned: tuple[OwnedGroup, ...]
    owns: str
    hand_over_href: str
    may_remove: bool
    problem: str
    has_problems: bool


def visible_person(access: Access, code: str) -> Person | None:
    """The person of that code, with `invited_at`."""
    people = people_of(access.organization).select_related("organization")
    return None if "\x00" in code else with_sign_in(people).filter(code=code).first()


def person_page(access: Access, person: Person, asked: Asked) -> PersonPage:
    """A fixed number of statements, whatever they own."""
    held = list(roles_held(person))
    state = sign_in(person, held)
    may_change = may_change_person(access, person, [each.unit_id for each in held])
    owned = _groups(access, person)
    is_invited = may_change and state.state == INVITED
    unit = person.units.filter(deleted_at=None).first()
    returning = [] if held or not may_change else returning_roles(access, person)
    return PersonPage(
        code=person.code,
        name=person.name,
        email=address_of(person),
        version=person.version,
        sign_in=state,
        unit=_unit_link(access, unit.pk) if unit else None,
        may_change=may_change,
        fields=_change_fields(person, asked) if may_change else (),
        roles=tuple(_role(access, each) for each in held if access.sees(each.unit_id)),
        role_options=ROLES,
        give=_give_form(access, asked) if person.user_id else None,
        invite=_invite_form(access, person, asked) if may_change and not person.user_id else None,
        readdress=_address(person, asked) if is_invited else None,
        may_deactivate=may_change and bool(held),
        returning=", ".join(role_text(access, each) for each in returning),
        owned=owned,
        owns=counted_text((group.kind, group.count) for group in owned),
        hand_over_href=hand_over_href(access.organization.code, person.code) if owned else "",
        may_remove=may_change and not held and not owned and unit is None,
        problem=asked.problem(""),
        has_problems=bool(asked.problems or asked.meanwhile),
    )


def returning_roles(access: Access, person: Person) -> list[Membership]:
    """The roles that the reader can give back; none unless all of them."""
    roles = last_roles(person)
    mine = all(access.can(Action.ADMINISTER, each.unit_id) for each in roles)
    return roles if mine and administers_any(access) else []


def _unit_link(access: Access, unit_id: int) -> Link | None:
    if not access.sees(unit_id):
        return None
    node = access.tree.by_id[unit_id]
    return Link(node.name, units_href(access.organization.code, unit=node.code))


def _role(access: Access, membership: Membership) -> RoleRow:
    node = access.tree.by_id[membership.unit_id]
    return RoleRow(
        unit=Link(node.name, board_href(access.organization.code, node.code)),
        unit_code=node.code,
        role=membership.role,
        label=membership.get_role_display(),
        version=membership.version,
        may_change=access.can(Action.ADMINISTER, node.id),
    )


def _change_fields(person: Person, asked: Asked) -> tuple[FormField, ...]:
    name = text_field("name", "Name", "", asked, person.name)
    if person.user_id:
        return (name,)
    return (name, text_field("email", "E-mail", "", asked, person.email))


def _invite_form(access: Access, person: Person, asked: Asked) -> PersonForm:
    hint = "The invitation goes there, and it is what they sign in with."
    email = text_field("invited", "E-mail", hint, asked, person.email)
    return PersonForm((email, role_field(asked)), unit_choice(access, asked))


def _address(person: Person, asked: Asked) -> FormField:
    hint = "As long as they have not signed in; their roles go with it."
    return text_field("invited", "Another address", hint, asked, address_of(person))


def _give_form(access: Access, asked: Asked) -> PersonForm:
    return PersonForm((role_field(asked),), unit_choice(access, asked))


def _groups(access: Access, person: Person) -> tuple[OwnedGroup, ...]:
    return tuple(
        OwnedGroup(
            kind=kind,
            title=TITLES[kind],
            count=len(things),
            things=tuple(things[:MOST_THINGS]),
            more=max(0, len(things) - MOST_THINGS),
        )
        for kind, things in owned_things(access, person).items()
        if things
    )


# --- Handing over


@dataclass(frozen=True)
class HandOverGroup:
    """What of one kind can be handed over, and to whom; kept: how many the reader may not give."""

    kind: str
    title: str
    things: tuple[Thing, ...]
    kept: int
    to: Choice


@dataclass(frozen=True)
class HandOverPage:
    code: str
    name: str
    total: int
    all: Choice
    groups: tuple[HandOverGroup, ...]
    problem: str


def hand_over_page(access: Access, person: Person, asked: Asked) -> HandOverPage:
    """A fixed number of statements, whatever they own."""
    options, is_long = person_options(people_of(access.organization).exclude(pk=person.pk))
    href = hand_over_href(access.organization.code, person.code)

    def choice(name: str, label: str, nothing: str) -> Choice:
        return Choice(
            name=name,
            label=label,
            text=asked.text(name, ""),
            options=options,
            is_long=is_long,
            problem=asked.problem(name),
            nothing=nothing,
            suggest_href=f"{href}?suggest={name}",
        )

    groups = []
    for kind, things in owned_things(access, person).items():
        given = tuple(each for each in things if each.may_hand_over)
        if things:
            to = choice(kind, f"{TITLES[kind]} to", "As above")
            groups.append(HandOverGroup(kind, TITLES[kind], given, len(things) - len(given), to))
    return HandOverPage(
        code=person.code,
        name=person.name,
        total=sum(len(group.things) for group in groups),
        all=choice("all", "Everything to", "As chosen below"),
        groups=tuple(groups),
        problem=asked.problem(""),
    )
