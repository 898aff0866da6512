"""Copies of the inputs of formulas, in which only the parts count where all inputs exist."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from calculations.arrays import IntArray, indices
from calculations.joint import Joint, Masking, joint_parts
from calculations.networks import Context, Layer, Network, cells_of
from calculations.recipes import Slot
from calculations.series import NOWHERE, Series, Span
from calculations.units import Cells


@dataclass(frozen=True)
class Wanted:
    """An input of the formula at a place, and the series that it is there."""

    place: int
    slot: Slot
    number: int


@dataclass(frozen=True)
class Copied:
    """layer: the copies, in which parts without partners are left out; rows: by code, for each
    place the number of its copy (-1 = none).

    has_parts: places with an input that has parts of its own, whether any lie in the spans or not.
    """

    layer: Layer
    rows: dict[str, IntArray]
    joint: Joint
    has_parts: IntArray

    def without_carried(self) -> "Copied":
        """The same without the values that were carried forward."""
        cells = self.layer.cells
        recorded = replace(cells, values=np.where(cells.is_carried, np.nan, cells.values))
        return replace(self, layer=replace(self.layer, cells=recorded))


def copied(
    context: Context,
    spans: Sequence[Span],
    wanted: Sequence[Wanted],
    n_places: int,
    compute: Callable[[IntArray, Sequence[Span]], Cells],
) -> Copied:
    """Copy the wanted series with all that they follow from, and compute them in the spans.

    compute: gives the figures of series of the context's network that formulas compute.
    """
    copier = _Copier(context.network)
    slots = {code: n for n, code in enumerate(dict.fromkeys(w.slot.code for w in wanted))}
    rows = {code: np.full(n_places, NOWHERE) for code in slots}
    for one in wanted:
        rows[one.slot.code][one.place] = copier.copy(
            one.number, _Mark(one.place, slots[one.slot.code], one.slot.is_required)
        )
    network = Network(tuple(copier.series), indices(copier.sources))
    masking = copier.masking(wanted, n_places)
    parts = context.parts(network, spans)
    joint = joint_parts(context.calendar, network.series, parts, masking)
    joint_values = parts.with_values(joint.values)
    cells = cells_of(
        network,
        joint_values,
        lambda numbers: compute(network.sources[numbers], spans),
    )
    measured = [m.place for m, s in zip(copier.marks, copier.series, strict=True) if s.is_measured]
    has_parts = np.unique(indices([place for place in measured if place >= 0]))
    layer = Layer(network, joint_values, cells, parts.values)
    return Copied(layer, rows, joint, has_parts)


@dataclass(frozen=True)
class _Mark:
    """Which input of which formula a copy is; a place of -1: of none, it only weighs."""

    place: int
    slot: int
    is_required: bool


_WEIGHT = _Mark(-1, 0, is_required=False)


@dataclass
class _Copier:
    """Copies series of a network, renumbered."""

    network: Network
    series: list[Series] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)

    def copy(self, number: int, mark: _Mark) -> int:
        one = self.network.series[number]
        if one.is_rolled_up:
            one = replace(
                one,
                children=tuple(self.copy(child, mark) for child in one.children),
                weights=tuple(
                    NOWHERE if weight == NOWHERE else self.copy(weight, _WEIGHT)
                    for weight in one.weights
                ),
                replacement=NOWHERE
                if one.replacement == NOWHERE
                else self.copy(one.replacement, mark),
            )
        self.series.append(one)
        self.sources.append(int(self.network.sources[number]))
        self.marks.append(mark)
        return len(self.series) - 1

    def masking(self, wanted: Sequence[Wanted], n_places: int) -> Masking:
        """What makes parts joint at each place."""
        grains = np.zeros(n_places, dtype=np.int64)
        for one in wanted:
            grains[one.place] = one.slot.grain.rank
        units: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for mark, one_series in zip(self.marks, self.series, strict=True):
            if mark.is_required and one_series.is_measured:
                units[mark.place][mark.slot].add(one_series.unit)
        by_unit = np.zeros(n_places, dtype=np.bool_)
        n_required = np.zeros(n_places, dtype=np.int64)
        for place, of_slots in units.items():
            sets = list(of_slots.values())
            by_unit[place] = all(each == sets[0] for each in sets)
            n_required[place] = len(sets)
        return Masking(
            places=indices([mark.place for mark in self.marks]),
            slots=indices([mark.slot for mark in self.marks]),
            is_required=np.array([mark.is_required for mark in self.marks], dtype=np.bool_),
            by_unit=by_unit,
            grains=grains,
            n_required=n_required,
        )
