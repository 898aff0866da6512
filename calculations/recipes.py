"""Recipes: how formulas are made up where they are computed, down to what is measured."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from calculations.formulas.expressions import (
    Expression,
    Input,
    Window,
    inputs,
    required_inputs,
)
from calculations.networks import Network
from calculations.periods import Calendar, Frequency
from calculations.series import NOWHERE, Series, Span
from calculations.windows import lifted, through

# The windows that an input is seen through, the outermost first, each with its frequency.
Windows = tuple[tuple[Window, Frequency], ...]


class Atom(NamedTuple):
    """An input that is measured or rolled up."""

    frequency: Frequency


@dataclass(frozen=True, eq=False)
class Recipe:
    """A formula and how its inputs are made up; places that share one are evaluated together.

    inputs: by code; None: not measured at the unit.
    """

    expression: Expression
    frequency: Frequency
    inputs: tuple[tuple[str, "Recipe | Atom | None"], ...]


@dataclass(frozen=True)
class Slot:
    """An atom of a recipe: through which windows it is seen, and whether it is indispensable.

    grain: the coarsest frequency of the atoms seen through the same windows.
    """

    windows: Windows
    code: str
    is_required: bool
    grain: Frequency


class Recipes:
    """The recipes of a network's formulas."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._known: dict[int, Recipe] = {}
        self._distinct: dict[object, Recipe] = {}

    def of(self, number: int) -> Recipe:
        """The recipe of the series: the same object for all that are made up alike."""
        if number not in self._known:
            one = self.network.series[number]
            assert one.formula is not None
            made_of = tuple((code, self._input(at)) for code, at in one.inputs)
            # By identity: comparing whole formulas for every unit would cost more than computing.
            alike = tuple(
                (code, id(made) if isinstance(made, Recipe) else made) for code, made in made_of
            )
            key = id(one.formula), one.frequency, alike
            recipe = self._distinct.setdefault(key, Recipe(one.formula, one.frequency, made_of))
            self._known[number] = recipe
        return self._known[number]

    def _input(self, number: int) -> Recipe | Atom | None:
        if number == NOWHERE:
            return None
        one = self.network.series[number]
        return self.of(number) if one.is_computed else Atom(one.frequency)

    def series_at(self, number: int) -> dict[str, int]:
        """By code, the series of every input of the formula, and of the formulas among them."""
        found: dict[str, int] = {}
        for code, at in self.network.series[number].inputs:
            if at == NOWHERE:
                continue
            found[code] = at
            if self.network.series[at].is_computed:
                found |= self.series_at(at)
        return found


def seen_through(windows: Windows, one: Input, frequency: Frequency) -> Windows:
    """The windows that an input is seen through, within a formula that is itself seen so."""
    return (*windows, (one.window, frequency)) if one.window else windows


def slots_of(recipe: Recipe) -> list[Slot]:
    """Every atom of the recipe once per windows, required if it is so anywhere."""
    found: dict[tuple[Windows, str], Slot] = {}
    grains: dict[Windows, Frequency] = {}
    for windows, code, needed, frequency in _atoms(recipe, (), is_required=True):
        known = found.get((windows, code))
        is_required = needed or (known is not None and known.is_required)
        found[windows, code] = Slot(windows, code, is_required, frequency)
        grain = grains.get(windows, frequency)
        grains[windows] = frequency if grain.is_finer_than(frequency) else grain
    return [replace(slot, grain=grains[slot.windows]) for slot in found.values()]


def _atoms(
    recipe: Recipe, windows: Windows, *, is_required: bool
) -> Iterator[tuple[Windows, str, bool, Frequency]]:
    made_of = dict(recipe.inputs)
    required = required_inputs(recipe.expression)
    for one in inputs(recipe.expression):
        beneath = made_of.get(one.code)
        if beneath is None:
            continue
        seen, needed = (
            seen_through(windows, one, beneath.frequency),
            is_required and one in required,
        )
        if isinstance(beneath, Atom):
            yield seen, one.code, needed, beneath.frequency
        else:
            yield from _atoms(beneath, seen, is_required=needed)


def days_read(
    calendar: Calendar, series: Sequence[Series], spans: Sequence[Span]
) -> tuple[dt.date, dt.date]:
    """First day, and day after the last, of all that is read to view the series in the spans.

    Formulas look back, and those with longer periods than a span look at the period around it.
    """
    seen = list(spans)
    if any(one.formula is not None for one in series):
        recipes = Recipes(Network(tuple(series), np.arange(len(series))))
        distinct = {recipes.of(number) for number, one in enumerate(series) if one.is_computed}
        looks = {
            (recipe.frequency, slot.windows) for recipe in distinct for slot in slots_of(recipe)
        }
        seen += [
            through(calendar, lifted(calendar, span, frequency), windows)
            for frequency, windows in looks
            for span in spans
        ]
    return min(span.first for span in seen), max(span.end for span in seen)
