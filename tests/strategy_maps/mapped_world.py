"""The small world with a strategy map: Sales trains, fixes, improves and grows."""

from itertools import combinations
from typing import Any

from scorecards.models import Objective
from scorecards.services.structure import add_objective, add_perspective
from strategy_maps.models import CausalLink
from strategy_maps.services.links import add_link
from tests.worlds import World


def mapped(world: World, unit: str = "sales") -> World:
    """With two more objectives, and train → fix → improve → grow."""
    scorecard = world.scorecards[unit]
    learning = add_perspective(scorecard=scorecard, code="learning", name="Learning", position=2)
    for code, name in (("train", "Train technicians"), ("fix", "First-time fix")):
        world.objectives[unit, code] = add_objective(perspective=learning, code=code, name=name)
    link(world, "train", "fix", unit, lag_from=6, lag_to=6)
    link(world, "fix", "improve", unit, strength=3)
    link(world, "improve", "grow", unit, is_inverse=True, lag_from=2, lag_to=4)
    return world


def link(world: World, cause: str, effect: str, unit: str = "sales", **fields: Any) -> CausalLink:
    return add_link(cause=of(world, cause, unit), effect=of(world, effect, unit), **fields)


def crowded(world: World, count: int) -> World:
    """A mapped world with so many links of Sales in all: of each of 21 objectives to later ones."""
    fix = of(world, "fix")
    made = Objective.objects.bulk_create(
        Objective(
            organization=world.organization,
            scorecard=fix.scorecard,
            perspective=fix.perspective,
            code=f"o{number}",
            name=f"O{number}",
        )
        for number in range(21)
    )
    ends = list(combinations(made, 2))[: count - len(pairs())]
    CausalLink.objects.bulk_create(
        CausalLink(organization=world.organization, cause=cause, effect=effect)
        for cause, effect in ends
    )
    return world


def of(world: World, code: str, unit: str = "sales") -> Objective:
    return world.objectives[unit, code]


def pairs(unit: str = "sales") -> set[tuple[str, str]]:
    """Which live objectives live links lead from and to."""
    rows = CausalLink.objects.live().filter(cause__scorecard__unit__code=unit)
    return set(rows.values_list("cause__code", "effect__code"))
