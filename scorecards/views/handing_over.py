"""Handing over what somebody owns to others."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access
from organizations.models import Person
from scorecards.links import hand_over_href, people_href, person_href
from scorecards.selectors.administration.choices import (
    chosen_person,
    having_words,
    person_options,
)
from scorecards.selectors.administration.owned import OWNED, handed_over, owned_things
from scorecards.selectors.administration.people import people_of
from scorecards.selectors.administration.person import hand_over_page
from scorecards.selectors.administration.units import Asked
from scorecards.selectors.shapes import Link
from scorecards.services.handing_over import hand_over, take_back

from .notices import say_with_undo
from .people import person_of
from .sent import refused_fields
from .shell import member_form, shell

LONGEST_WORDS = 100


@member_form
def handing_over(request: HttpRequest, access: Access, person: str) -> HttpResponse:
    """What the person owns, and the form that gives it to others in one step."""
    found = person_of(access, person)
    if "suggest" in request.GET:
        return _suggestions(request, access, found)
    if request.method != "POST":
        return _page(request, access, found, Asked())
    give = _take_back if request.POST.get("do") == "take_back" else _hand_over
    try:
        give(request, access, found)
    except ValidationError as refusal:
        asked = Asked(typed=request.POST.dict(), problems=refused_fields(refusal))
        return _page(request, access, found, asked, 422)
    return redirect(person_href(access.organization.code, found.code))


def _page(
    request: HttpRequest, access: Access, found: Person, asked: Asked, status: int = 200
) -> HttpResponse:
    code = access.organization.code
    crumbs = (
        Link("People", people_href(code)),
        Link(found.name, person_href(code, found.code)),
        Link("Hand over", None),
    )
    page = hand_over_page(access, found, asked)
    context = shell(request, access, "") | {"page": page, "breadcrumbs": crumbs}
    return render(request, "scorecards/hand_over.html", context, status=status)


def _suggestions(request: HttpRequest, access: Access, found: Person) -> HttpResponse:
    words = request.GET.get(request.GET["suggest"], "")[:LONGEST_WORDS]
    others = people_of(access.organization).exclude(pk=found.pk)
    options, _ = person_options(others.filter(having_words(words)))
    return render(request, "scorecards/_suggestions.html", {"options": options})


def _hand_over(request: HttpRequest, access: Access, found: Person) -> None:
    owned = owned_things(access, found)
    things = {kind: [each.id for each in owned[kind] if each.may_hand_over] for kind in OWNED}
    to = _heirs(request, access, found, [kind for kind in OWNED if things[kind]])
    occasion, count = hand_over(person=found, things=things, to=to, by=access.user)
    names = ", ".join(sorted({str(heir) for heir in to.values()}))
    said = f"Handed over {count} from {found} to {names}."
    action = hand_over_href(access.organization.code, found.code)
    say_with_undo(request, said, action, {"do": "take_back", "occasion": occasion})


def _heirs(
    request: HttpRequest, access: Access, found: Person, kinds: list[str]
) -> dict[str, Person]:
    """Who gets what, by kind; raises ValidationError, by field."""
    others = people_of(access.organization).exclude(pk=found.pk)
    chosen: dict[str, Person] = {}
    problems: dict[str, str] = {}
    for name in ("all", *kinds):
        text = request.POST.get(name, "")
        if not text:
            continue
        try:
            chosen[name] = chosen_person(text, others, name)
        except ValidationError as refusal:
            problems |= refused_fields(refusal)
    if problems:
        raise ValidationError(problems)
    if not chosen:
        raise ValidationError({"all": "Choose who gets it."})
    return {
        kind: chosen.get(kind) or chosen["all"] for kind in kinds if {kind, "all"} & set(chosen)
    }


def _take_back(request: HttpRequest, access: Access, found: Person) -> None:
    things = handed_over(access, request.POST.get("occasion", ""))
    returned, stayed = take_back(person=found, things=things, by=access.user)
    said = f"{found} owns {returned} again."
    if stayed:
        said += f" {stayed} stay where they are, since they were changed meanwhile."
    messages.success(request, said)
