"""Saying how an objective goes, in place on the board, and opening the evidence."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access
from scorecards.links import board_href
from scorecards.models import Scorecard
from scorecards.models.commentary import LARGEST_FILE
from scorecards.selectors.boards.commentaries import evidence_of, sayable_objectives
from scorecards.selectors.boards.said_form import SaidForm, TypedSentence, said_form
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.viewing import viewed_period
from scorecards.services.commentaries import (
    StaleCommentary,
    restore_commentary,
    say_commentary,
    take_back_commentary,
)
from scorecards.services.evidence import LARGEST_TEXT, Upload, plain_name

from .notices import say_with_undo
from .shell import member_action, member_form, member_page, shell, unit_of

ANOTHER = "Somebody else has said something else meanwhile. Look at it first."


class Place:
    """The objective and the period of which something is said, and its scorecard."""

    def __init__(self, access: Access, unit: str, said: Any) -> None:
        self.access, self.node = access, unit_of(access, unit)
        self.period = _period(access, said.get("period", ""))
        self.objective: str = said.get("objective", "").replace("\x00", "")
        self.scorecard = self._scorecard()

    def _scorecard(self) -> Scorecard:
        scorecard = shown_scorecard(self.access, self.node, self.period)
        if scorecard is None:
            raise Http404
        sayable = sayable_objectives(self.access, self.node, scorecard, [self.objective])
        if self.objective not in sayable:
            raise PermissionDenied
        if not scorecard.objectives.filter(code=self.objective).exists():
            raise Http404
        return scorecard

    def form(self, typed: TypedSentence | None = None) -> SaidForm:
        about = (self.access, self.node, self.scorecard, self.objective, self.period)
        return said_form(*about, typed)

    @property
    def label(self) -> str:
        return self.access.organization.calendar.label(self.period)

    @property
    def board_href(self) -> str:
        address = board_href(self.access.organization.code, self.node.code, self.label)
        return f"{address}#objective-{self.objective}"

    @property
    def about(self) -> dict[str, Any]:
        """What the services are told."""
        named = {"scorecard": self.scorecard, "objective": self.objective}
        return named | {"period": self.period, "by": self.access.user}

    @property
    def fields(self) -> dict[str, str]:
        """What a form says of it."""
        return {"objective": self.objective, "period": self.label}


@member_form
def commentary(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The form, beneath its objective or as a page; posted, the sentence."""
    said = request.POST if request.method == "POST" else request.GET
    place = Place(access, unit, said)
    if request.method == "POST":
        return _said(request, place)
    return _form_page(request, place, place.form(), 200)


@member_action
def take_back(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Let nothing stand, for as long as nobody undoes it."""
    place = Place(access, unit, request.POST)
    seen = _moment(request.POST.get("seen", ""))
    try:
        gone = take_back_commentary(**place.about, seen=seen)
    except StaleCommentary:
        return _refused(request, place, ANOTHER, 409)
    except ValidationError as refusal:
        return _refused(request, place, " ".join(refusal.messages), 422)
    address = reverse("commentary-restore", args=[access.organization.code, unit])
    undo = place.fields | {"said_at": gone.said_at.isoformat()}
    say_with_undo(request, "Taken back. It stays in the history.", address, undo)
    return redirect(place.board_href)


@member_action
def restore(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """Say again what was taken back."""
    place = Place(access, unit, request.POST)
    said_at = _moment(request.POST.get("said_at", ""))
    try:
        if said_at is None:
            raise ValidationError("Nothing was said then that could come back.")
        restore_commentary(**place.about, said_at=said_at)
    except StaleCommentary:
        return _refused(request, place, ANOTHER, 409)
    except ValidationError as refusal:
        return _refused(request, place, " ".join(refusal.messages), 422)
    messages.success(request, "It stands again.")
    return redirect(place.board_href)


@member_page
def evidence(_request: HttpRequest, access: Access, unit: str, sha256: str) -> HttpResponse:
    """A file, for whoever sees the unit; always as a download, never as a page."""
    found = evidence_of(unit_of(access, unit), sha256)
    if found is None:
        raise Http404
    answer = HttpResponse(bytes(found.file.content), content_type=found.media_type)
    disposition = content_disposition_header(as_attachment=True, filename=found.name)
    answer["Content-Disposition"] = disposition or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _said(request: HttpRequest, place: Place) -> HttpResponse:
    text, kept = request.POST.get("text", ""), request.POST.getlist("kept")
    typed: dict[str, Any] = {"text": text, "kept": kept}
    seen = _moment(request.POST.get("seen", ""))
    try:
        files = [_upload(file) for file in request.FILES.getlist("files")]
        say_commentary(**place.about, text=text, kept=kept, files=files, seen=seen)
    except StaleCommentary:
        return _again(request, place, 409, is_stale=True, **typed)
    except ValidationError as refusal:
        return _again(request, place, 422, problems=_problems(refusal), **typed)
    messages.success(request, f"Said for {place.label}.")
    return redirect(place.board_href)


def _again(request: HttpRequest, place: Place, status: int, **typed: Any) -> HttpResponse:
    """The form with what was typed; files must be chosen again, which it says."""
    if request.FILES:
        typed["lost_files"] = True
    return _form_page(request, place, place.form(TypedSentence(**typed)), status)


def _form_page(request: HttpRequest, place: Place, form: SaidForm, status: int) -> HttpResponse:
    is_part = bool(getattr(request, "htmx", False)) and status == 200
    context = {"form": form, "unit_code": place.node.code, "board_href": place.board_href}
    if is_part:
        context["organization"] = place.access.organization
        return render(request, "scorecards/_said_form_row.html", context)
    context |= shell(request, place.access, "scorecards") | {"breadcrumbs": form.breadcrumbs}
    return render(request, "scorecards/said_form.html", context, status=status)


def _refused(request: HttpRequest, place: Place, why: str, status: int) -> HttpResponse:
    return _form_page(request, place, place.form(TypedSentence(problems={"": why})), status)


def _problems(refusal: ValidationError) -> dict[str, str]:
    if not hasattr(refusal, "error_dict"):
        return {"": " ".join(refusal.messages)}
    return {name: " ".join(texts) for name, texts in refusal.message_dict.items()}


def _upload(file: "UploadedFile[Any]") -> Upload:
    """Larger files are not read into memory: their length is told instead."""
    if (file.size or 0) > LARGEST_FILE:
        name = plain_name(file.name or "")
        raise ValidationError({"files": f"“{name}” is larger than {LARGEST_TEXT}."})
    return Upload(file.name or "", file.read())


def _period(access: Access, text: str) -> Period:
    try:
        return viewed_period(access.organization, text)
    except InvalidPeriod:
        raise Http404 from None


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
