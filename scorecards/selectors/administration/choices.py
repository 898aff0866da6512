"""Choosing a unit or a person: from a list where that is short, else by typing a name or a code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from organizations.models import Person
from organizations.selectors import UnitNode
from scorecards.selectors.kpis.form_words import Option

Named = TypeVar("Named", UnitNode, Person)
SHORT = 200
MOST_SUGGESTED = 30
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Choice:
    """A field for one of many; of too many for a list, options are the first suggestions.

    Without a label for nothing something must be chosen.
    """

    name: str
    label: str
    text: str = ""
    options: tuple[Option, ...] = ()
    is_long: bool = False
    hint: str = ""
    problem: str = ""
    nothing: str = ""
    suggest_href: str = ""


def unit_options(units: Sequence[tuple[UnitNode, int]]) -> tuple[tuple[Option, ...], bool]:
    """The units with their depth drawn in; whether there are too many for a list."""
    is_long = len(units) > SHORT
    shown = units[:MOST_SUGGESTED] if is_long else units
    if is_long:
        return tuple(Option(node.code, node.name) for node, _ in shown), True
    return tuple(Option(node.code, "\u2003" * depth + node.name) for node, depth in shown), False


def person_options(people: QuerySet[Person]) -> tuple[tuple[Option, ...], bool]:
    """The people by name; whether there are too many for a list. One statement."""
    rows = list(people.order_by("name", "pk").values_list("code", "name")[: SHORT + 1])
    is_long = len(rows) > SHORT
    shown = rows[:MOST_SUGGESTED] if is_long else rows
    return tuple(Option(code, name) for code, name in shown), is_long


def chosen_unit(text: str, units: Iterable[UnitNode], field: str) -> UnitNode:
    """The unit that the text names by its code, or by its name where only one has it."""
    wanted = text.strip()[:LONGEST_TEXT]
    found = [node for node in units if wanted in (node.code, node.name)]
    exact = [node for node in found if node.code == wanted]
    return _only(exact or found, wanted, field, "unit")


def chosen_person(text: str, people: QuerySet[Person], field: str) -> Person:
    """The person whom the text names by their code, or by a name that only they have."""
    wanted = text.strip()[:LONGEST_TEXT]
    # PostgreSQL cannot even be asked for a text with this character.
    found = [] if "\x00" in wanted else list(people.filter(Q(code=wanted) | Q(name=wanted))[:5])
    exact = [person for person in found if person.code == wanted]
    return _only(exact or found, wanted, field, "person")


def _only(found: Sequence[Named], wanted: str, field: str, what: str) -> Named:
    if len(found) == 1:
        return found[0]
    if not wanted:
        said = f"Choose a {what}."
    elif found:
        codes = ", ".join(each.code for each in found[:5])
        said = f"Several have that name: write the code, one of {codes}."
    else:
        said = f"There is no such {what} that you may choose here; choose another."
    raise ValidationError({field: said})


def suggested(words: str, units: Iterable[UnitNode]) -> list[Option]:
    """The first units whose name or code has the words."""
    wanted = words.lower().split()
    found = (
        Option(node.code, node.name)
        for node in units
        if all(word in f"{node.name} {node.code}".lower() for word in wanted)
    )
    return [option for option, _ in zip(found, range(MOST_SUGGESTED), strict=False)]


def having_words(text: str) -> Q:
    """People whose name, code or address has all of the words."""
    condition = Q()
    for word in text.replace("\x00", "").split():
        named = Q(name__icontains=word) | Q(code__icontains=word)
        condition &= named | Q(email__icontains=word) | Q(user__email__icontains=word)
    return condition
