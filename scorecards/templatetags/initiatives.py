"""What stands of initiatives beside the objectives that they serve."""

from collections.abc import Iterable
from typing import Any

from django import template

from calculations.money import Money, equal_share
from scorecards.selectors.boards.shapes import InitiativeChip
from scorecards.selectors.initiatives.costs import CostAmount, cost_amounts

register = template.Library()


@register.filter
def objective_costs(chips: Iterable[InitiativeChip]) -> tuple[CostAmount, ...]:
    """What an objective costs by currency: its equal share of every initiative that serves it."""
    return cost_amounts(_share(chip) for chip in chips if chip.n_served)


def _share(chip: InitiativeChip) -> Money:
    return equal_share(chip.planned, chip.spent, chip.currency, chip.n_served)


@register.inclusion_tag("scorecards/_chip_signs.html")
def chip_signs(chips: Iterable[InitiativeChip]) -> dict[str, Any]:
    """How many of the initiatives are late, and over budget."""
    chips = list(chips)
    return {
        "late": sum(chip.is_late for chip in chips),
        "overspent": sum(chip.is_overspent for chip in chips),
    }
