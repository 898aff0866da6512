"""What changed, by whom and when; and setting things back to what they said."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from organizations.access import Access, Action
from organizations.models import Person
from organizations.services.structure import InUse, StaleVersion
from scorecards.links import history_href
from scorecards.selectors.administration.choices import (
    having_words,
    person_options,
    suggested,
)
from scorecards.selectors.history.names import names_of
from scorecards.selectors.history.pages import Narrowing, changes_page, history_page
from scorecards.selectors.history.reading import Said, entry_of, newest
from scorecards.selectors.history.restoration import (
    SIDES,
    Asked,
    Restoration,
    place_of,
    restoration_of,
)
from scorecards.selectors.history.rights import Rights, may_read, may_read_all
from scorecards.selectors.history.sight import Sight
from scorecards.selectors.history.subjects import Subject, subject_of
from scorecards.selectors.shapes import Link
from scorecards.services.restoring.deeds import restore
from scorecards.services.restoring.wishes import Wish
from scorecards.services.using import seen_in_use

from .notices import say_with_undo, undone_reason
from .sent import whole_number
from .shell import member_form, member_page, shell

LONGEST_REASON = 1000
LONGEST_WORDS = 100


@member_form
def history(request: HttpRequest, access: Access, kind: str, code: str) -> HttpResponse:
    """All that changed in one thing; setting it back is posted here."""
    sight = Sight(access)
    of = request.GET.get("of", "")
    subject = subject_of(sight, kind, code, of)
    if subject is None:
        raise Http404
    if not may_read(sight, kind):
        raise PermissionDenied
    if request.method == "POST":
        return _posted(request, sight, subject)
    asked = _asked_in_address(request)
    found = _restoration(sight, subject, asked) if asked else None
    return _page(request, sight, subject, found)


@member_page
def changes(request: HttpRequest, access: Access) -> HttpResponse:
    """All that changed of what the reader sees, for managers and administrators."""
    sight = Sight(access)
    if not may_read_all(access):
        raise PermissionDenied
    if "suggest" in request.GET:
        return _suggestions(request, sight)
    said = {name: request.GET.get(name, "") for name in ("by", "kind", "unit", "day")}
    page = changes_page(sight, Narrowing(**said), request.GET.get("before", ""))
    context = shell(request, access, "") | {"page": page}
    status = 422 if page.problems else 200
    return render(request, "scorecards/changes.html", context, status=status)


def _suggestions(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Choices for a field whose list would be too long, by the words that are typed into it."""
    access = sight.access
    words = request.GET.get(request.GET["suggest"], "")[:LONGEST_WORDS]
    if request.GET["suggest"] == "by":
        people = Person.objects.live().filter(organization=access.organization)
        options, _ = person_options(people.exclude(user=None).filter(having_words(words)))
    else:
        seen = (node for node, _ in access.tree.depth_first() if access.sees(node.id))
        options = tuple(suggested(words, seen))
    return render(request, "scorecards/_suggestions.html", {"options": options})


def _page(
    request: HttpRequest,
    sight: Sight,
    subject: Subject,
    found: Restoration | None,
    status: int = 200,
) -> HttpResponse:
    start, of = request.GET.get("before", ""), request.GET.get("of", "")
    page = history_page(sight, subject, of, start, found)
    crumbs = (Link(subject.title, subject.href), Link("History", None))
    context = shell(request, sight.access, "") | {"page": page, "breadcrumbs": crumbs}
    return render(request, "scorecards/history.html", context, status=status)


# --- Setting back


def _asked_in_address(request: HttpRequest) -> Asked | None:
    key, side = request.GET.get("entry", ""), request.GET.get("side", "")
    return Asked(key, side if side in SIDES else SIDES[0]) if key else None


def _asked_in_form(request: HttpRequest) -> Asked:
    posted = request.POST
    fields = [name for text in posted.getlist("fields") for name in text.split(",")]
    return Asked(
        key=posted.get("entry", ""),
        side=posted.get("side", "") if posted.get("side") in SIDES else SIDES[0],
        fields=fields,
        valid_from=posted.get("valid_from", ""),
        reason=posted.get("reason", "").strip()[:LONGEST_REASON],
    )


def _restoration(sight: Sight, subject: Subject, asked: Asked) -> Restoration:
    """What is to be set back; only for those who may change it on its own page."""
    said = entry_of(sight, subject.scope, asked.key)
    if said is None:
        raise Http404
    if not Rights(sight, names_of(sight, [said])).may(said):
        raise PermissionDenied
    return restoration_of(sight, said, asked, subject.kind, subject.code)


def _posted(request: HttpRequest, sight: Sight, subject: Subject) -> HttpResponse:
    asked = _asked_in_form(request)
    found = _restoration(sight, subject, asked)
    try:
        _restore(request, sight, subject, found)
    except StaleVersion:
        said = "Nothing is set back yet: somebody changed it meanwhile. “Now” says what they saved."
        return _again(request, sight, subject, asked, said, 409)
    except InUse as used:
        said = str(seen_in_use(sight.access, used))
        return _again(request, sight, subject, asked, said, 409)
    except ValidationError as refusal:
        return _again(request, sight, subject, asked, " ".join(refusal.messages), 422)
    return redirect(history_href(sight.organization.code, subject.kind, subject.code))


def _again(
    request: HttpRequest, sight: Sight, subject: Subject, asked: Asked, problem: str, status: int
) -> HttpResponse:
    """The page with what was chosen, and why nothing is set back."""
    kept: dict[str, Any] = dict(vars(asked)) | {"problem": problem}
    found = _restoration(sight, subject, Asked(**kept))
    return _page(request, sight, subject, found, status)


def _restore(request: HttpRequest, sight: Sight, subject: Subject, found: Restoration) -> None:
    fields = tuple(name for name in found.choosable if name in (found.asked.fields or ()))
    if found.then is not None and not found.is_gone and not fields:
        raise ValidationError("Choose what to set back.")
    wish = Wish(
        row=found.row,
        then=found.then,
        fields=fields,
        version=whole_number(request.POST.get("version", "")),
        occasion=f"Set back to what was said {found.asked.side} {found.at_text}",
        by=sight.access.user,
        valid_from=found.valid_from,
        reason=_reason(sight.access, found),
    )
    row = restore(part=found.part.name, wish=wish)
    _say(request, sight, subject, found, wish, row)


def _reason(access: Access, found: Restoration) -> str | None:
    """Closed periods change with a reason only, and by those who may restate them."""
    unit_id = place_of(found.part, found.row)
    may = unit_id is not None and access.can(Action.RESTATE, unit_id)
    return found.asked.reason or None if found.part.name == "target" and may else None


def _say(
    request: HttpRequest,
    sight: Sight,
    subject: Subject,
    found: Restoration,
    wish: Wish,
    row: Any,
) -> None:
    """What was done, beside a button that does the reverse."""
    done = _done(found, row)
    if done is None:
        messages.info(request, f"“{found.name}” says so already: nothing was changed.")
        return
    undo = {
        "entry": done.key,
        "side": "before",
        "fields": ",".join(wish.fields),
        "version": str(row.version),
        "valid_from": found.period,
        "reason": undone_reason(found.asked.reason),
    }
    action = history_href(sight.organization.code, subject.kind, subject.code)
    say_with_undo(request, _sentence(found, wish), action, undo)


def _done(found: Restoration, row: Any) -> Said | None:
    """The entry by which it was set back; None where nothing differed."""
    row.refresh_from_db()
    if row.pk != found.row.pk:
        return newest(found.part, row, row.version)
    return newest(found.part, row, found.version + 1) if row.version > found.version else None


def _sentence(found: Restoration, wish: Wish) -> str:
    since = f" The structure holds so from {found.period}." if found.period else ""
    if wish.then is None:
        return f"“{found.name}” is taken away again.{since}"
    if found.is_gone:
        more = ", with what was removed with it" if found.brings_more else ""
        return f"“{found.name}” is back{more}.{since}"
    labels = [each.label for each in found.fields if each.name in wish.fields]
    return f"“{found.name}” is set back: {', '.join(labels)}.{since}"
