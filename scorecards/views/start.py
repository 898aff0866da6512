"""The first visit of a new installation, and beginning a corporate scorecard with a starter."""

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from organizations.access import Access, Action
from organizations.models import Unit, User
from organizations.services.first_start import (
    AlreadyStarted,
    FirstAdministrator,
    is_new_installation,
)
from scorecards.links import board_href
from scorecards.selectors.settings.start import (
    NO_STARTER,
    TypedStart,
    checked_start,
    start_form,
    starter_choices,
    typed_start,
)
from scorecards.selectors.starters import Starter, has_scorecard, root_unit, starters
from scorecards.services.starters import start_scorecard, start_with

from .shell import member_form, shell
from .structure import refused_fields

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BEGUN = "Here is your scorecard."
EXAMPLES = "Whatever stands on it is an example: open its structure and make it yours."


@csrf_exempt  # the door is looked at first: closed, it answers as an unknown address does
def start(request: HttpRequest) -> HttpResponse:
    """Open until there is a first user, and never again."""
    if not is_new_installation():
        raise Http404
    return _open_start(request)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def _open_start(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, TypedStart())
    typed = typed_start(request.POST)
    try:
        user, root = _started(typed)
    except AlreadyStarted:
        return render(request, "scorecards/start_taken.html", status=409)
    except ValidationError as refusal:
        return _page(request, TypedStart(typed.texts, refused_fields(refusal)), 422)
    login(request, user, backend=BACKEND)
    return _first_look(request, root, starters()[typed["starter"]])


def _first_look(request: HttpRequest, root: Unit, begun_with: Starter) -> HttpResponse:
    """On to the board of the running period: nothing is overdue there yet."""
    messages.success(request, f"{BEGUN} {EXAMPLES}" if begun_with.objectives else BEGUN)
    organization = root.organization
    calendar = organization.calendar
    running = calendar.period(organization.frequencies[0], organization.today())
    return redirect(board_href(organization.code, root.code, calendar.label(running)))


def _started(typed: TypedStart) -> tuple[User, Unit]:
    values = checked_start(typed)
    return start_with(
        administrator=FirstAdministrator(
            values["person_code"], values["name"], values["email"], values["password"]
        ),
        starter=values["starter"],
        code=values["code"],
        name=values["organization"],
        time_zone=values["time_zone"],
        fiscal_month=values["fiscal_month"],
    )


def _page(request: HttpRequest, typed: TypedStart, status: int = 200) -> HttpResponse:
    context = {"form": start_form(typed), "nav": ""}
    return render(request, "scorecards/start.html", context, status=status)


@member_form
def starter(request: HttpRequest, access: Access) -> HttpResponse:
    """The corporate scorecard from a starter, for administrators, as long as there is none."""
    root = _root(access)
    if request.method == "POST" and not has_scorecard(root.pk):
        return _posted_starter(request, access, root)
    if has_scorecard(root.pk):
        messages.info(request, f"{root.name} has a scorecard already: here it is.")
        return redirect(board_href(access.organization.code, root.code))
    return _starters(request, access, root)


def _root(access: Access) -> Unit:
    root = root_unit(access)
    if root is None:
        raise Http404
    if not access.can(Action.ADMINISTER, root.pk):
        raise PermissionDenied
    return root


def _posted_starter(request: HttpRequest, access: Access, root: Unit) -> HttpResponse:
    chosen = starters().get(request.POST.get("starter", ""))
    if chosen is None:
        return _starters(request, access, root, NO_STARTER)
    try:
        start_scorecard(unit=root, starter=chosen, by=access.user)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return redirect(board_href(access.organization.code, root.code))
    return _first_look(request, root, chosen)


def _starters(request: HttpRequest, access: Access, root: Unit, problem: str = "") -> HttpResponse:
    context = {
        "unit_name": root.name,
        "board_href": board_href(access.organization.code, root.code),
        "choices": starter_choices("blank"),
        "starter_problem": problem,
    }
    shown = shell(request, access, "scorecards") | context
    return render(request, "scorecards/starter.html", shown, status=422 if problem else 200)
