"""What the history of a scorecard tells of causal links."""

from typing import Any

from scorecards.selectors.history.parts import Part
from strategy_maps.models import CausalLink


def _called(record: Any, names: Any) -> str:
    return f"{names.objective(record.cause_id)} → {names.objective(record.effect_id)}"


LINKS = Part(
    *("causal", "scorecard", "Causal link", CausalLink, "cause__scorecard__unit_id"),
    untold=frozenset({"cause", "effect"}),
    ends=("cause", "effect"),
    is_published=False,
    called=_called,
)
