"""Loading the strategy map: what is believed of the corporate objectives, and what the data say."""

from strategy_maps.models import CausalLink
from strategy_maps.services.evidence import refresh_evidence

from .dates import reweighted_on
from .hypotheses import HYPOTHESES
from .load_company import Company, morning, stored
from .load_scorecards import Objectives

MAP_OF = "corporate"


def load_map(loaded: Company, objectives: Objectives) -> int:
    """The links, drawn when the strategy was last weighed; returns how many there are."""
    rows = [
        CausalLink(
            organization=loaded.organization,
            cause=objectives[MAP_OF, plan.cause],
            effect=objectives[MAP_OF, plan.effect],
            is_inverse=plan.is_inverse,
            strength=plan.strength,
            lag_from=plan.months[0],
            lag_to=plan.months[1],
            cause_kpi=loaded.kpis.get(plan.cause_kpi),
            effect_kpi=loaded.kpis.get(plan.effect_kpi),
            note=plan.note,
        )
        for plan in HYPOTHESES
    ]
    return len(stored(rows, morning(reweighted_on(loaded.today), loaded.now)))


def load_evidence(objectives: Objectives) -> int:
    """What the data say of the links by now; returns of how many."""
    return refresh_evidence(scorecard=objectives[MAP_OF, HYPOTHESES[0].cause].scorecard)
