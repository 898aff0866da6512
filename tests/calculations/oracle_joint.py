"""Joint parts said once more: where the inputs of a formula, seen through one window, meet."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calculations.periods import Period
from calculations.series import Span

if TYPE_CHECKING:
    from tests.calculations.oracle import Part, World

Key = tuple[int, Period]


@dataclass
class Joint:
    """One period, and one unit where units tell: the parts there of each input."""

    period: Period
    parts: dict[int, list["Part"]] = field(default_factory=dict)


class Meeting:
    """The inputs (series, whether indispensable) that a formula sees through the same window."""

    def __init__(self, world: "World", atoms: Mapping[int, bool], span: Span) -> None:
        self.world = world
        self.leaves = {at: sorted(world.leaves(at)) for at in atoms}
        self.required = [at for at, is_required in atoms.items() if is_required and self.leaves[at]]
        units = [{world.series[leaf].unit for leaf in self.leaves[at]} for at in self.required]
        self.is_by_unit = bool(units) and all(each == units[0] for each in units)
        self.units = units[0] if self.is_by_unit else set()
        self.grain = max((world.series[at].frequency for at in atoms), key=lambda each: each.rank)
        self.joints: dict[Key, Joint] = {}
        for at, leaves in self.leaves.items():
            for leaf in leaves:
                for part in world.parts(leaf, span):
                    key = self.key(leaf, part.start)
                    joint = self.joints.setdefault(key, Joint(key[1]))
                    joint.parts.setdefault(at, []).append(part)
        self.complete = {key for key, joint in self.joints.items() if self.is_complete(joint)}

    @property
    def has_parts(self) -> bool:
        return any(self.leaves.values())

    def key(self, leaf: int, start: dt.date) -> Key:
        """The unit (-1 where units do not tell) and the coarsest input's period around a part."""
        one, calendar = self.world.series[leaf], self.world.calendar
        day = calendar.anchor(Period(one.frequency, start))
        return one.unit if self.is_by_unit else -1, calendar.period(self.grain, day)

    def is_complete(self, joint: Joint) -> bool:
        there = {at for at, parts in joint.parts.items() if any(p.value is not None for p in parts)}
        return there.issuperset(self.required) if self.required else bool(there)

    def allows(self, leaf: int, start: dt.date) -> bool:
        """Whether a part of an input counts: where all required inputs exist.

        An optional input of other units than the required ones has no joint parts of its own: it
        counts in the periods in which any joint part is complete.
        """
        key = self.key(leaf, start)
        if self.is_by_unit and key[0] not in self.units:
            return any(period == key[1] for _, period in self.complete)
        return key in self.complete

    def expected_and_waiting(self) -> tuple[list[Joint], list[Joint]]:
        """The joint parts that can be complete: those that are or should be, and the others."""
        expected: list[Joint] = []
        waiting: list[Joint] = []
        for key, joint in self.joints.items():
            if not set(joint.parts).issuperset(self.required):
                continue
            is_early = key in self.complete and all(
                any(part.is_recorded for part in parts) for parts in self.decisive(joint)
            )
            is_due = all(part.is_due for parts in self.decisive(joint) for part in parts)
            (expected if is_due or is_early else waiting).append(joint)
        return expected, waiting

    def decisive(self, joint: Joint) -> list[list["Part"]]:
        """The parts that a joint part waits for: of each required input, or of all together."""
        if self.required:
            return [joint.parts[at] for at in self.required]
        return [[part for parts in joint.parts.values() for part in parts]]
