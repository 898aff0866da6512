"""The tree of units for administrators: adding, renaming, moving and retiring them."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kpis.services.units import move_unit
from organizations.access import Access, Action
from organizations.models import Person, Unit
from organizations.selectors import UnitNode
from organizations.services.structure import (
    InUse,
    StaleVersion,
    change_unit,
    create_unit,
    restore_structure,
    retire_structure,
)
from scorecards.links import units_href
from scorecards.selectors.administration.choices import (
    chosen_person,
    chosen_unit,
    having_words,
    person_options,
    suggested,
)
from scorecards.selectors.administration.rights import (
    administers_any,
    may_change_unit,
    may_hang_beneath,
)
from scorecards.selectors.administration.tree import Shown, level_beneath, next_position
from scorecards.selectors.administration.units import (
    Asked,
    destinations,
    parents,
    people_without_unit,
    units_page,
)
from scorecards.selectors.kpis.texts import suggested_code
from scorecards.services.using import seen_in_use

from .notices import say_with_undo
from .sent import refused_fields, whole_number
from .shell import member_form, shell, unit_of

LONGEST_WORDS = 100


@member_form
def units(request: HttpRequest, access: Access) -> HttpResponse:
    """The tree one level at a time, beside it the chosen unit; every change is posted here."""
    if not administers_any(access):
        raise PermissionDenied
    if request.method == "POST":
        return _posted(request, access)
    if "suggest" in request.GET:
        return _suggestions(request, access)
    if "beneath" in request.GET:
        return _level(request, access)
    return _page(request, access, _asked(request, access))


# --- Showing


def _asked(request: HttpRequest, access: Access) -> Asked:
    """What the address asks for."""
    said = request.GET
    shown = Shown(said.get("unit", ""), said.get("at", ""), _most(request))
    for code in filter(None, (shown.selected, shown.at)):
        unit_of(access, code)
    asked = Asked(shown, said.get("q", "")[:LONGEST_WORDS].strip(), "add" in said, said.get("to"))
    if asked.to is not None and not asked.adds:
        node = unit_of(access, shown.selected)
        try:
            asked = replace(asked, to=_destination(access, node, asked.to).code)
        except ValidationError as refusal:
            asked = replace(asked, problems=refused_fields(refusal))
    return asked


def _most(request: HttpRequest) -> int:
    return max(whole_number(request.GET.get("shown", "")), Shown().most)


def _page(
    request: HttpRequest, access: Access, asked: Asked, status: int | None = None
) -> HttpResponse:
    page = units_page(access, asked)
    status = status or (422 if page.has_problems else 200)
    context: dict[str, Any] = {"page": page}
    if getattr(request, "htmx", None) and request.htmx.target == "panel":  # type: ignore[attr-defined]
        context |= {"organization": access.organization}
        return render(request, "scorecards/_unit_panel.html", context, status=status)
    return render(
        request, "scorecards/units.html", shell(request, access, "") | context, status=status
    )


def _level(request: HttpRequest, access: Access) -> HttpResponse:
    """The units directly beneath one, to be put into the tree."""
    node = unit_of(access, request.GET.get("beneath", ""))
    level = level_beneath(access, node, Shown(at=node.code, most=_most(request)))
    return render(request, "scorecards/_unit_level.html", {"level": level})


def _suggestions(request: HttpRequest, access: Access) -> HttpResponse:
    """Choices for a field whose list would be too long, by the words that are typed into it."""
    field = request.GET["suggest"]
    words = request.GET.get(field, "")[:LONGEST_WORDS]
    if field == "person":
        options, _ = person_options(people_without_unit(access).filter(having_words(words)))
    elif field == "to":
        node = unit_of(access, request.GET.get("unit", ""))
        options = tuple(suggested(words, (each for each, _ in destinations(access, node))))
    else:
        options = tuple(suggested(words, (each for each, _ in parents(access))))
    return render(request, "scorecards/_suggestions.html", {"options": options})


# --- Changing


def _posted(request: HttpRequest, access: Access) -> HttpResponse:
    """What was asked for, or the page again with what was typed and what is wrong."""
    do = DEEDS.get(request.POST.get("do", ""))
    try:
        if do is None:
            raise ValidationError("Choose what to do.")
        return redirect(do(request, access))
    except StaleVersion as stale:
        return _page(request, access, _beside(request, stale.current), 409)
    except InUse as used:
        said = ValidationError(str(seen_in_use(access, used)))
        return _page(request, access, _refused(request, said), 409)
    except ValidationError as refusal:
        return _page(request, access, _refused(request, refusal), 422)


def _refused(request: HttpRequest, refusal: ValidationError) -> Asked:
    typed = request.POST.dict()
    adds = typed.get("do") == "add"
    selected = typed.get("parent" if adds else "unit", "")
    return Asked(
        Shown(selected),
        adds=adds,
        to=typed.get("to"),
        typed=typed,
        problems=refused_fields(refusal),
    )


def _beside(request: HttpRequest, current: Any) -> Asked:
    """What was typed over the unit as somebody else has saved it meanwhile."""
    typed = request.POST.dict()
    now = {"name": current.name, "kind": current.get_kind_display()}
    same = {"name": current.name, "kind": current.kind}
    other = {name: text for name, text in now.items() if typed.get(name, same[name]) != same[name]}
    said = (
        f"Nothing is saved yet: somebody else has changed “{current}” meanwhile. Look at it again."
    )
    return Asked(
        Shown(current.code), to=typed.get("to"), typed=typed, problems={"": said}, meanwhile=other
    )


def _add(request: HttpRequest, access: Access) -> str:
    parent, person = _places(request, access)
    kind = Unit.Kind.INDIVIDUAL if person else request.POST.get("kind", "")
    name = request.POST.get("name", "").strip() or (person.name if person else "")
    above = _row(parent)
    unit = create_unit(
        organization=access.organization,
        code=_code(access, request.POST.get("code", "").strip(), name),
        name=name,
        kind=kind,
        parent=above,
        person=person,
        position=next_position(above),
    )
    undo = {"do": "retire", "unit": unit.code, "version": str(unit.version)}
    _say(request, access, f"Added “{unit}” beneath “{above}”.", undo)
    return _home(access, unit.code)


def _places(request: HttpRequest, access: Access) -> tuple[UnitNode, Person | None]:
    """The unit above the new one, and the person of an individual's."""
    above, whose = request.POST.get("parent", ""), request.POST.get("person", "")
    node = access.visible_unit(above)
    if node is not None and not access.can(Action.ADMINISTER, node.id):
        raise PermissionDenied
    parent = chosen_unit(above, _nodes(parents(access)), "parent")
    if not whose and request.POST.get("kind") != Unit.Kind.INDIVIDUAL:
        return parent, None
    return parent, chosen_person(whose, people_without_unit(access), "person")


def _code(access: Access, code: str, name: str) -> str:
    """The code that was typed, or one made of the name."""
    taken = list(access.tree.by_code)
    if code in taken:
        raise ValidationError({"code": f"There is a unit `{code}` already; choose another code."})
    if not name:
        raise ValidationError({"name": "Write a name, as people say it."})
    code = code or suggested_code(name, taken)
    if not code:
        said = "The name has no letter from a to z to make a code of; write one."
        raise ValidationError({"code": said})
    return code


def _change(request: HttpRequest, access: Access) -> str:
    node = _changeable(request, access)
    kind = request.POST.get("kind", node.kind)
    name = request.POST.get("name", node.name).strip()
    unit = change_unit(
        unit=_row(node), by=access.user, version=_version(request), name=name, kind=kind
    )
    if (unit.name, unit.kind) == (node.name, node.kind):
        messages.info(request, f"Nothing was changed in “{unit}”.")
        return _home(access, unit.code)
    undo = {"do": "change", "name": node.name, "kind": node.kind}
    undo |= {"unit": unit.code, "version": str(unit.version)}
    _say(request, access, f"“{unit}” is saved.", undo)
    return _home(access, unit.code)


def _move(request: HttpRequest, access: Access) -> str:
    node = _changeable(request, access)
    if node.parent_id is None:
        raise ValidationError("The topmost unit cannot be moved.")
    above = access.tree.by_id[node.parent_id]
    to = _destination(access, node, request.POST.get("to", ""))
    unit = move_unit(unit=_row(node), parent=_row(to), by=access.user, version=_version(request))
    said = (
        f"“{unit}” is beneath “{to.name}” now. Scores of open periods are being computed again;"
        " closed periods keep what was reported."
    )
    undo = {"do": "move", "unit": unit.code, "to": above.code, "version": str(unit.version)}
    _say(request, access, said, undo if access.can(Action.ADMINISTER, above.id) else None)
    return _home(access, unit.code)


def _retire(request: HttpRequest, access: Access) -> str:
    node = _changeable(request, access)
    above = access.tree.by_id.get(node.parent_id or 0)
    unit = retire_structure(row=_row(node), by=access.user, version=_version(request))
    undo = {"do": "restore", "unit": unit.code}
    _say(request, access, f"“{unit}” is retired; its history is kept.", undo)
    return _home(access, above.code if above else None)


def _restore(request: HttpRequest, access: Access) -> str:
    """The unit of that code that was retired last; only where its place may be administered."""
    code = request.POST.get("unit", "").replace("\x00", "")
    retired = Unit.objects.filter(organization=access.organization, code=code)
    unit = retired.exclude(deleted_at=None).order_by("-deleted_at").first()
    above = access.tree.by_id.get(unit.parent_id or 0) if unit else None
    if unit is None or above is None or not access.sees(above.id):
        raise Http404
    if not may_hang_beneath(access, above):
        raise PermissionDenied
    restore_structure(row=unit, by=access.user)
    messages.success(request, f"“{unit}” stands again.")
    return _home(access, unit.code)


DEEDS = {"add": _add, "change": _change, "move": _move, "retire": _retire, "restore": _restore}


# --- What deeds share


def _changeable(request: HttpRequest, access: Access) -> UnitNode:
    node = unit_of(access, request.POST.get("unit", ""))
    if not may_change_unit(access, node):
        raise PermissionDenied
    return node


def _destination(access: Access, node: UnitNode, text: str) -> UnitNode:
    """Where the unit may be hung; forbidden where the reader sees a unit that is not theirs."""
    to = access.visible_unit(text)
    if to is not None and not access.can(Action.ADMINISTER, to.id):
        raise PermissionDenied
    if to is not None and to in access.tree.beneath(node.id):
        said = f"“{to.name}” lies beneath “{node.name}”, or is the unit itself: choose another."
        raise ValidationError({"to": said})
    if to is not None and to.id == node.parent_id:
        raise ValidationError({"to": f"“{node.name}” is beneath “{to.name}” already."})
    return chosen_unit(text, _nodes(destinations(access, node)), "to")


def _nodes(units: list[tuple[UnitNode, int]]) -> list[UnitNode]:
    return [node for node, _ in units]


def _row(node: UnitNode) -> Unit:
    unit: Unit | None = (
        Unit.objects.live().filter(pk=node.id).select_related("organization").first()
    )
    if unit is None:
        raise Http404
    return unit


def _version(request: HttpRequest) -> int:
    """The version that the sender has seen; 0, which no row has, where it says none."""
    return whole_number(request.POST.get("version", ""))


def _home(access: Access, unit: str | None) -> str:
    return units_href(access.organization.code, unit=unit)


def _say(request: HttpRequest, access: Access, said: str, undo: dict[str, str] | None) -> None:
    if undo is None:
        messages.success(request, said)
        return
    say_with_undo(request, said, units_href(access.organization.code), undo)
