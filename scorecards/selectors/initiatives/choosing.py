"""Choosing the objectives that an initiative serves, among those that somebody may see."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from organizations.access import Access
from organizations.models import StructureQuerySet
from scorecards.models import Objective, Scorecard

MOST_FOUND = 30
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class ObjectiveChoice:
    """An objective with a box to tick; `key`: codes of its scorecard and its own."""

    key: str
    name: str
    unit: str


@dataclass(frozen=True)
class ObjectiveChoices:
    """What is served, and what else was found; `said` tells what the found ones are."""

    chosen: tuple[ObjectiveChoice, ...]
    found: tuple[ObjectiveChoice, ...]
    said: str
    search: str = ""
    problem: str = ""
    meanwhile: str = ""


def objectives_of(
    access: Access, keys: Collection[str], served: Collection[int] = ()
) -> dict[str, Objective]:
    """The objectives of these keys that somebody may choose, by key; one statement.

    They stand in scorecards that are in force at units that they see; served: the ids of those
    that they see as served already, whatever has become of their scorecards.
    """
    codes = [key.split(".") for key in keys if "\x00" not in key and key.count(".") == 1]
    if not codes:
        return {}
    rows = _visible(access, served).filter(
        scorecard__code__in={scorecard for scorecard, _ in codes},
        code__in={code for _, code in codes},
    )
    found = {key_of(row): row for row in rows}
    return {key: found[key] for key in keys if key in found}


def objective_choices(
    access: Access,
    chosen: Iterable[Objective],
    search: str,
    unit: str,
    *,
    problem: str = "",
    meanwhile: str = "",
) -> ObjectiveChoices:
    """The chosen ones, and others: with the words of the search, or of the unit and above."""
    chosen = list(chosen)
    words = search.replace("\x00", "")[:LONGEST_SEARCH].lower().split()
    rows = _visible(access).exclude(pk__in=[each.pk for each in chosen])
    if words:
        rows = rows.filter(_has_all(words)).order_by("name", "pk")
    else:
        rows = rows.filter(scorecard__unit_id__in=_line(access, unit))
    found = list(rows[: MOST_FOUND + 1])
    if not words:
        line = _line(access, unit)
        found.sort(key=lambda each: (-line.index(each.scorecard.unit_id), each.position, each.pk))
    return ObjectiveChoices(
        chosen=tuple(map(_choice, chosen)),
        found=tuple(map(_choice, found[:MOST_FOUND])),
        said=_said(found, search.strip() if words else ""),
        search=search[:LONGEST_SEARCH],
        problem=problem,
        meanwhile=meanwhile,
    )


def key_of(objective: Objective) -> str:
    return f"{objective.scorecard.code}.{objective.code}"


def _visible(access: Access, served: Collection[int] = ()) -> StructureQuerySet:
    in_force = Q(scorecard__status=Scorecard.State.ACTIVE) | Q(pk__in=served)
    return (
        Objective.objects.live()
        .filter(in_force, organization=access.organization, scorecard__deleted_at=None)
        .filter(scorecard__unit_id__in=access.visible_unit_ids)
        .select_related("scorecard__unit")
        .order_by("scorecard_id", "position", "pk")
    )


def _line(access: Access, unit: str) -> list[int]:
    """The unit and those above that the reader sees, from the root down; without one, the root."""
    node = access.visible_unit(unit)
    line = access.tree.line(node.id) if node else access.tree.children(None)
    return [each.id for each in line if access.sees(each.id)]


def _has_all(words: Iterable[str]) -> Q:
    condition = Q()
    for word in words:
        condition &= Q(name__icontains=word) | Q(scorecard__unit__name__icontains=word)
    return condition


def _choice(row: Objective) -> ObjectiveChoice:
    return ObjectiveChoice(key_of(row), row.name, row.scorecard.unit.name)


def _said(found: Sequence[Objective], search: str) -> str:
    if not search:
        return "Of this unit and those above:" if found else "Search for objectives by name."
    if not found:
        return f"No other objective that you may see has “{search}” in its name."
    first = f"The first {MOST_FOUND}" if len(found) > MOST_FOUND else "Found"
    return f"{first} for “{search}”:"
