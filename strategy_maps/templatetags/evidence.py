"""Tags for what stands on a causal link's page as a picture."""

from typing import Any

from django import template

from strategy_maps.drawing.lag_bars import lag_bar

register = template.Library()


@register.inclusion_tag("strategy_maps/_lag_bar.svg")
def association_bar(association: float) -> dict[str, Any]:
    """An association as a bar to the right of nothing, or to its left; the number is beside it."""
    return {"bar": lag_bar(association)}
