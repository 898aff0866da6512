"""Adding an initiative, changing it as a whole, deleting it, and taking that back."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from organizations.access import Access, Action
from organizations.services.structure import StaleVersion
from scorecards.links import initiative_href, initiatives_href
from scorecards.models import Initiative, Objective
from scorecards.selectors.initiatives.choosing import LONGEST_SEARCH, objectives_of
from scorecards.selectors.initiatives.conflicts import Typed, beside_current
from scorecards.selectors.initiatives.forms import (
    MORE_ROWS,
    MOST_SPARE,
    PROBLEMS_ELSEWHERE,
    QUESTIONS,
    initiative_form,
    new_texts,
)
from scorecards.selectors.initiatives.lines import may_add
from scorecards.selectors.initiatives.reading import ToldInitiative, told_initiative
from scorecards.selectors.initiatives.texts import (
    InitiativeTexts,
    InitiativeValues,
    initiative_values,
    told_texts,
    typed_initiative,
)
from scorecards.services.initiatives import (
    MilestonePlan,
    add_initiative,
    change_initiative,
    delete_initiative,
    restore_initiative,
)

from .notices import say_with_undo
from .shell import member_action, member_form, shell

GONE = "One of the objectives is not there any more. The others are kept; look at them again."
LONGEST_VERSION = 9  # digits


@member_form
def create(request: HttpRequest, access: Access) -> HttpResponse:
    """A new initiative, for those who may edit structure at any unit."""
    if not may_add(access):
        raise PermissionDenied
    if request.method != "POST":
        asked = request.GET
        texts = new_texts(access, asked.get("unit", ""), asked.get("objective", ""))
        return _page(request, access, None, Typed(texts))
    typed = _typed(request)
    if _only_looks(request):
        return _page(request, access, None, typed)
    try:
        row = _added(access, typed.texts)
    except ValidationError as refusal:
        return _page(request, access, None, _refused(typed, refusal), 422)
    messages.success(request, f"“{row.name}” is added.")
    return redirect(initiative_href(access.organization.code, row.code))


@member_form
def edit(request: HttpRequest, access: Access, initiative: str) -> HttpResponse:
    """All of an initiative, for those who may edit structure at its unit."""
    told = _editable(access, initiative)
    if request.method != "POST":
        return _page(request, access, told, Typed(told_texts(told)))
    typed = _typed(request)
    if _only_looks(request):
        return _page(request, access, told, typed)
    version = _version(request)
    try:
        differs = _changed(access, told, typed.texts, version)
    except StaleVersion:
        now = _editable(access, initiative)
        beside = beside_current(access, now, typed.texts, version)
        return _page(request, access, now, beside, 409)
    except ValidationError as refusal:
        return _page(request, access, told, _refused(typed, refusal), 422)
    said = "is saved" if differs else "is as it was: nothing was changed"
    messages.success(request, f"“{typed.texts['name']}” {said}.")
    return redirect(initiative_href(access.organization.code, told.row.code))


@member_action
def delete(request: HttpRequest, access: Access, initiative: str) -> HttpResponse:
    """Delete it with its milestones, with a way back."""
    row, code = _editable(access, initiative).row, access.organization.code
    try:
        delete_initiative(initiative=row, version=_version(request), by=access.user)
    except StaleVersion:
        messages.error(
            request, f"“{row.name}” was changed meanwhile, and not deleted. Look at it first."
        )
        return redirect(initiative_href(code, row.code))
    again = reverse("initiative-restore", args=[code, row.code])
    say_with_undo(request, f"“{row.name}” is deleted, with its milestones.", again, {})
    return redirect(initiatives_href(code))


@member_action
def restore(request: HttpRequest, access: Access, initiative: str) -> HttpResponse:
    """Take a deletion back."""
    row = _deleted(access, initiative)
    try:
        restore_initiative(initiative=row, by=access.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(initiatives_href(access.organization.code))
    messages.success(request, f"“{row.name}” stands again, with its milestones.")
    return redirect(initiative_href(access.organization.code, row.code))


# --- Which one


def _editable(access: Access, code: str) -> ToldInitiative:
    told = told_initiative(access, code)
    if told is None:
        raise Http404
    if not access.can(Action.EDIT_STRUCTURE, told.unit.id):
        raise PermissionDenied
    return told


def _deleted(access: Access, code: str) -> Initiative:
    """The initiative of that code that was deleted last, or the one that stands again."""
    rows = Initiative.objects.filter(
        organization=access.organization, code=code, unit_id__in=access.visible_unit_ids
    )
    row: Initiative | None = rows.order_by(F("deleted_at").desc(nulls_first=True), "-pk").first()
    if row is None:
        raise Http404
    if not access.can(Action.EDIT_STRUCTURE, row.unit_id):
        raise PermissionDenied
    return row


# --- What was sent


def _typed(request: HttpRequest) -> Typed:
    more = MORE_ROWS if request.POST.get("do") == "more" else 0
    text = request.POST.get("spare", "")
    spare = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
    return Typed(
        typed_initiative(request.POST),
        search=request.POST.get("find", "")[:LONGEST_SEARCH],
        spare=min(spare + more, MOST_SPARE),
    )


def _only_looks(request: HttpRequest) -> bool:
    """Whether the form was sent for more rows or other objectives, not to be saved."""
    return request.POST.get("do") in ("more", "find")


def _version(request: HttpRequest) -> int:
    """The version that the form was filled in for; 0, which no row has, where it says none."""
    text = request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_VERSION
    return int(text) if is_number else 0


# --- Saving


def _checked(
    access: Access, texts: InitiativeTexts, served: set[int]
) -> tuple[InitiativeValues, list[Objective]]:
    """What the texts mean; raises ValidationError, by field."""
    values = initiative_values(access, texts, access.organization.today())
    objectives = objectives_of(access, texts.objectives, served)
    problems = dict(values.problems)
    if len(objectives) < len(texts.objectives):
        problems["objectives"] = GONE
    if problems:
        raise ValidationError(problems)
    return values, list(objectives.values())


def _added(access: Access, texts: InitiativeTexts) -> Initiative:
    values, objectives = _checked(access, texts, set())
    milestones = [(each.name, each.due_on, each.done_on) for each in values.milestones]
    return add_initiative(
        objectives=objectives, milestones=milestones, by=access.user, **values.fields
    )


def _changed(access: Access, told: ToldInitiative, texts: InitiativeTexts, version: int) -> bool:
    """Save all of it; whether anything differs from before."""
    if version != told.row.version:
        raise StaleVersion(told.row)
    served = {each.id for each in told.objectives}
    values, objectives = _checked(access, texts, served)
    ids = {each.pk for each in objectives}
    stored = {place: milestone.pk for place, milestone in enumerate(told.milestones, 1)}
    return change_initiative(
        initiative=told.row,
        version=version,
        added=[each for each in objectives if each.pk not in served],
        dropped=list(Objective.objects.filter(pk__in=served - ids)),
        # A milestone that two rows claim is the first one's.
        milestones=[
            MilestonePlan(each.name, each.due_on, each.done_on, stored.pop(each.place, None))
            for each in values.milestones
        ],
        by=access.user,
        **values.fields,
    )


# --- Answering


def _refused(typed: Typed, refusal: ValidationError) -> Typed:
    """What is wrong by field; under a name of its own what belongs to none."""
    if not hasattr(refusal, "error_dict"):
        return replace(typed, problems={PROBLEMS_ELSEWHERE: " ".join(refusal.messages)})
    found: dict[str, str] = {}
    for name, texts in refusal.message_dict.items():
        is_known = name in {*QUESTIONS, "objectives", "milestones"} or name.startswith("milestone-")
        place = name if is_known else PROBLEMS_ELSEWHERE
        found[place] = " ".join([*filter(None, [found.get(place)]), *texts])
    return replace(typed, problems=found)


def _page(
    request: HttpRequest,
    access: Access,
    told: ToldInitiative | None,
    typed: Typed,
    status: int = 200,
) -> HttpResponse:
    form = initiative_form(access, told, typed)
    asks_for_part = getattr(request, "htmx", None) and request.htmx.target == "objectives"  # type: ignore[attr-defined]
    if asks_for_part:
        context: dict[str, Any] = {"form": form, "organization": access.organization}
        return render(request, "scorecards/_initiative_objectives.html", context)
    context = shell(request, access, "initiatives") | {
        "form": form,
        "breadcrumbs": form.breadcrumbs,
    }
    return render(request, "scorecards/initiative_form.html", context, status=status)
