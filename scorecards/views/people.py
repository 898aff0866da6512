"""People for administrators: adding and inviting them, their roles, and their leaving."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from organizations.access import Access, Action, user_access
from organizations.models import Person, Unit
from organizations.selectors import roles_held
from organizations.services.invitations import add_person, invite_person
from organizations.services.people import change_person
from organizations.services.roles import (
    deactivate_person,
    give_role,
    reactivate_person,
    take_role,
)
from organizations.services.structure import (
    InUse,
    StaleVersion,
    restore_structure,
    retire_structure,
)
from scorecards.links import hand_over_href, people_href, person_href
from scorecards.selectors.administration.choices import chosen_unit
from scorecards.selectors.administration.owned import owned_things
from scorecards.selectors.administration.people import (
    INVITED,
    address_of,
    people_of,
    people_page,
    sign_in,
)
from scorecards.selectors.administration.person import (
    person_page,
    returning_roles,
    visible_person,
)
from scorecards.selectors.administration.rights import (
    administered_units,
    administers_any,
    may_change_person,
)
from scorecards.selectors.administration.units import Asked
from scorecards.selectors.kpis.texts import suggested_code
from scorecards.selectors.shapes import Link
from scorecards.services.using import seen_in_use

from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_form, shell

LONGEST_WORDS = 100


@member_form
def people(request: HttpRequest, access: Access) -> HttpResponse:
    """Who there is, and the form of somebody new."""
    if not administers_any(access):
        raise PermissionDenied
    if request.method != "POST":
        return _list(request, access, Asked(adds="add" in request.GET))
    deed = {"add": _add, "restore": _restore}.get(request.POST.get("do", ""))
    try:
        if deed is None:
            raise ValidationError("Choose what to do.")
        return redirect(deed(request, access))
    except ValidationError as refusal:
        typed, problems = request.POST.dict(), refused_fields(refusal)
        adds = request.POST.get("do") == "add"
        return _list(request, access, Asked(adds=adds, typed=typed, problems=problems), 422)


@member_form
def person(request: HttpRequest, access: Access, person: str) -> HttpResponse:
    """Somebody's sign-in, roles and what they own; every change is posted here."""
    found = person_of(access, person)
    if request.method != "POST":
        return _page(request, access, found, Asked())
    deed = DEEDS.get(request.POST.get("do", ""))
    try:
        if deed is None:
            raise ValidationError("Choose what to do.")
        return redirect(deed(request, access, found))
    except StaleVersion as stale:
        return _page(request, access, person_of(access, person), _beside(request, stale), 409)
    except (ValidationError, InUse) as found:
        refusal = seen_in_use(access, found) if isinstance(found, InUse) else found
        return _page(request, access, person_of(access, person), _refused(request, refusal), 422)


def person_of(access: Access, code: str) -> Person:
    """The person of that code; forbidden to those who administer nothing."""
    found = visible_person(access, code)
    if found is None:
        raise Http404
    if not administers_any(access):
        raise PermissionDenied
    return found


# --- Answering


def _list(request: HttpRequest, access: Access, asked: Asked, status: int = 200) -> HttpResponse:
    words = request.GET.get("q", "")[:LONGEST_WORDS].strip()
    page = people_page(access, words, whole_number(request.GET.get("page", "")), asked)
    context = shell(request, access, "") | {"page": page}
    return render(request, "scorecards/people.html", context, status=status)


def _page(
    request: HttpRequest, access: Access, found: Person, asked: Asked, status: int = 200
) -> HttpResponse:
    page = person_page(access, found, asked)
    crumbs = (Link("People", people_href(access.organization.code)), Link(found.name, None))
    context = shell(request, access, "") | {"page": page, "breadcrumbs": crumbs}
    return render(request, "scorecards/person.html", context, status=status)


def _refused(request: HttpRequest, refusal: Exception) -> Asked:
    if not isinstance(refusal, ValidationError):
        refusal = ValidationError(str(refusal))
    problems = refused_fields(refusal)
    if request.POST.get("do") == "invite" and "email" in problems:
        problems["invited"] = problems.pop("email")
    return Asked(typed=request.POST.dict(), problems=problems)


def _beside(request: HttpRequest, stale: StaleVersion) -> Asked:
    """What was typed over what somebody else has saved meanwhile."""
    current: Any = stale.current
    said = "Nothing is saved yet: somebody else has changed this meanwhile. Look again."
    now = {name: getattr(current, name) for name in ("name", "email") if hasattr(current, name)}
    typed = request.POST.dict()
    other = {name: text for name, text in now.items() if typed.get(name, text) != text}
    return Asked(typed=typed, problems={"": said}, meanwhile=other)


# --- Somebody new


def _add(request: HttpRequest, access: Access) -> str:
    posted = request.POST
    name, role = posted.get("name", "").strip(), posted.get("role", "")
    added = add_person(
        organization=access.organization,
        code=_code(access, posted.get("code", "").strip(), name),
        name=name,
        email=posted.get("email", "").strip(),
        unit=_unit(request, access) if role else None,
        role=role,
        by=access.user,
    )
    said = f"Added {added}."
    if role:
        messages.success(request, f"{said} {_sent(access, added)}")
        return person_href(access.organization.code, added.code)
    undo = {"do": "remove", "version": str(added.version)}
    action = person_href(access.organization.code, added.code)
    say_with_undo(request, said, action, undo)
    return action


def _code(access: Access, code: str, name: str) -> str:
    """The code that was typed, or one made of the name."""
    taken = list(people_of(access.organization).values_list("code", flat=True))
    if code in taken:
        raise ValidationError({"code": f"There is a person `{code}` already; choose another."})
    if not name:
        raise ValidationError({"name": "Write their name."})
    code = code or suggested_code(name, taken)
    if not code:
        said = "The name has no letter from a to z to make a code of; write one."
        raise ValidationError({"code": said})
    return code


def _unit(request: HttpRequest, access: Access) -> Unit:
    """The unit that was chosen; forbidden where the reader sees it, but it is not theirs."""
    text = request.POST.get("unit", "")
    node = access.visible_unit(text)
    if node is not None and not access.can(Action.ADMINISTER, node.id):
        raise PermissionDenied
    node = chosen_unit(text, (each for each, _ in administered_units(access)), "unit")
    unit: Unit = Unit.objects.select_related("organization").get(pk=node.id)
    return unit


def _restore(request: HttpRequest, access: Access) -> str:
    """The person of that code who was removed last."""
    code = request.POST.get("person", "").replace("\x00", "")
    removed = Person.objects.filter(organization=access.organization, code=code)
    row = removed.exclude(deleted_at=None).order_by("-deleted_at").first()
    if row is None:
        raise Http404
    restore_structure(row=row, by=access.user)
    messages.success(request, f"{row} is back.")
    return person_href(access.organization.code, row.code)


# --- Invitations


def _sent(access: Access, invited: Person) -> str:
    """Send the invitation; what to say of it, the same whoever they are."""
    invited.refresh_from_db()
    assert access.user is not None
    address = address_of(invited)
    try:
        get_adapter().send_invitation(invited, access.user)
    except OSError:
        return (
            f"The e-mail to {address} could not be sent: look at the mail settings, then"
            " send it again from here."
        )
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return (
            f"No mail server is set up: the invitation for {address} stands in the server’s"
            " log, from where an operator can pass it on."
        )
    return f"An invitation is on its way to {address}."


def _invite(request: HttpRequest, access: Access, found: Person) -> str:
    _require_mine(access, found)
    has_role = roles_held(found).exists()
    invited = invite_person(
        person=found,
        email=request.POST.get("invited", ""),
        unit=None if has_role else _unit(request, access),
        role=request.POST.get("role", ""),
        by=access.user,
        version=whole_number(request.POST.get("version", "")),
    )
    messages.success(request, _sent(access, invited))
    return _home(access, found)


def _resend(request: HttpRequest, access: Access, found: Person) -> str:
    _require_mine(access, found)
    if sign_in(found, roles_held(found)).state != INVITED:
        raise ValidationError(f"There is no open invitation of {found}.")
    messages.success(request, _sent(access, found))
    return _home(access, found)


# --- Names, roles, leaving


def _change(request: HttpRequest, access: Access, found: Person) -> str:
    _require_mine(access, found)
    before = {"name": found.name, "email": found.email}
    typed = {name: request.POST.get(name, text).strip() for name, text in before.items()}
    if found.user_id:
        typed.pop("email")
    version = whole_number(request.POST.get("version", ""))
    saved = change_person(person=found, by=access.user, version=version, **typed)
    if saved.version == version:
        messages.info(request, f"Nothing was changed for {saved}.")
        return _home(access, found)
    undo = {"do": "change", "version": str(saved.version)} | {name: before[name] for name in typed}
    _say(request, access, found, f"{saved} is saved.", undo)
    return _home(access, found)


def _give(request: HttpRequest, access: Access, found: Person) -> str:
    unit, role = _unit(request, access), request.POST.get("role", "")
    held = roles_held(found).filter(unit=unit).first()
    version = request.POST.get("version", "")
    if held is not None and not version:
        said = f"{found} is {held.get_role_display()} there already: change it in the list."
        raise ValidationError({"unit": said})
    given = give_role(
        person=found,
        unit=unit,
        role=role,
        by=access.user,
        version=whole_number(version) if held is not None else None,
    )
    undo = {"do": "take", "unit": unit.code, "version": str(given.version)}
    if held is not None:
        undo |= {"do": "give", "role": held.role}
    said = f"{found} is {given.get_role_display()} of {unit} from now on."
    _say(request, access, found, said, undo)
    return _home(access, found)


def _take(request: HttpRequest, access: Access, found: Person) -> str:
    unit = _unit(request, access)
    version = whole_number(request.POST.get("version", ""))
    role = take_role(person=found, unit=unit, by=access.user, version=version)
    undo = {"do": "give", "unit": unit.code, "role": role}
    _say(request, access, found, f"{found} holds no role at {unit} any more.", undo)
    return _home(access, found)


def _deactivate(request: HttpRequest, access: Access, found: Person) -> str:
    _require_mine(access, found)
    version = whole_number(request.POST.get("version", ""))
    deactivate_person(person=found, by=access.user, version=version)
    said = f"{found} has no role here any more, from the next click on. What they own stays theirs."
    _say(request, access, found, said, {"do": "reactivate"})
    if any(owned_things(access, found).values()) and found.user_id != access.user.pk:  # type: ignore[union-attr]
        return hand_over_href(access.organization.code, found.code)
    return _home(access, found)


def _reactivate(request: HttpRequest, access: Access, found: Person) -> str:
    _require_mine(access, found)
    if not returning_roles(access, found):
        raise PermissionDenied
    returned = reactivate_person(person=found, by=access.user)
    roles = ", ".join(f"{each.get_role_display()} of {each.unit}" for each in returned)
    undo = {"do": "deactivate", "version": str(found.version)}
    _say(request, access, found, f"{found} is {roles} again.", undo)
    return _home(access, found)


def _remove(request: HttpRequest, access: Access, found: Person) -> str:
    _require_mine(access, found)
    if roles_held(found).exists():
        raise ValidationError(f"{found} holds a role: deactivate them first.")
    version = whole_number(request.POST.get("version", ""))
    retire_structure(row=found, by=access.user, version=version)
    action = people_href(access.organization.code)
    undo = {"do": "restore", "person": found.code}
    say_with_undo(request, f"{found} is deleted.", action, undo)
    return action


DEEDS = {
    "change": _change,
    "invite": _invite,
    "resend": _resend,
    "give": _give,
    "take": _take,
    "deactivate": _deactivate,
    "reactivate": _reactivate,
    "remove": _remove,
}


def _require_mine(access: Access, found: Person) -> None:
    if not may_change_person(access, found, roles_held(found).values_list("unit_id", flat=True)):
        raise PermissionDenied


def _home(access: Access, found: Person) -> str:
    """The person's page, unless its reader has just given up the right to see it."""
    assert access.user is not None
    left = user_access(access.user, access.organization.code)
    if left is None or not administers_any(left):
        return reverse("home")
    return person_href(access.organization.code, found.code)


def _say(
    request: HttpRequest, access: Access, found: Person, said: str, undo: dict[str, str]
) -> None:
    """Whoever changed their own roles cannot take that back."""
    if access.user is not None and found.user_id == access.user.pk:
        messages.success(request, said)
        return
    say_with_undo(request, said, person_href(access.organization.code, found.code), undo)
