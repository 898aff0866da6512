"""Starters: scorecards of examples that an organization begins with, and makes its own.

Each is a file beneath scorecards/starters/. They hold objectives and KPIs, never targets or values:
those would look as if they were the organization's.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from calculations.aggregation import TimeRule
from calculations.periods import Frequency
from organizations.access import Access, Action
from organizations.models import Unit
from scorecards.models import Scorecard

FOLDER = Path(__file__).resolve().parent.parent / "starters"


class StarterKPI(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A KPI as it will be defined; the fields are those of the model."""

    code: str
    name: str
    description: str
    frequency: Frequency
    time_rule: TimeRule
    direction: Literal["higher", "lower", "range"] = "higher"
    timing: Literal["lead", "lag"] = "lag"
    unit_of_measure: str
    decimals: int = 0
    natural_minimum: float | None = None
    natural_maximum: float | None = None


class StarterObjective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An objective as an example; `hint` asks for the organization's own."""

    code: str
    name: str
    description: str
    hint: str
    kpis: tuple[StarterKPI, ...]


class StarterPerspective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    name: str
    objectives: tuple[StarterObjective, ...] = ()


class Starter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scorecard; `position` is its place among the choices."""

    name: str
    about: str
    position: int
    perspectives: tuple[StarterPerspective, ...]

    @property
    def objectives(self) -> tuple[StarterObjective, ...]:
        return tuple(each for one in self.perspectives for each in one.objectives)

    @property
    def kpis(self) -> tuple[StarterKPI, ...]:
        return tuple(kpi for objective in self.objectives for kpi in objective.kpis)


@cache
def starters() -> dict[str, Starter]:
    """All starters by the names of their files, in the order in which they are offered."""
    found = {
        path.stem: msgspec.toml.decode(path.read_bytes(), type=Starter)
        for path in FOLDER.glob("*.toml")
    }
    return dict(sorted(found.items(), key=lambda each: each[1].position))


def has_scorecard(unit_id: int) -> bool:
    """Whether the unit has a scorecard that is kept or being drafted."""
    live = Scorecard.objects.live().filter(unit_id=unit_id)
    return live.exclude(status=Scorecard.State.ARCHIVED).exists()


def may_start_from(access: Access, unit_id: int) -> bool:
    """Whether the reader may begin the unit's scorecard with a starter: at the root alone."""
    is_root = any(node.id == unit_id for node in access.tree.children(None))
    return is_root and access.can(Action.ADMINISTER, unit_id) and not has_scorecard(unit_id)


def root_unit(access: Access) -> Unit | None:
    """The organization's root unit; None where it has no units yet."""
    roots = access.tree.children(None)
    return Unit.objects.get(pk=roots[0].id) if roots else None
