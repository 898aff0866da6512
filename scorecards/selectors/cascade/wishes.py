"""What is to be handed to one unit: plain choices, which the service carries out."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from kpis.models import KPI
from kpis.selectors.held_targets import TargetValues
from scorecards.models import Objective, Perspective, Scorecard


@dataclass(frozen=True)
class Wish:
    """An objective of a unit that shall support one above, perhaps with a KPI and its targets.

    scorecard: None where a draft is to be begun; objective: None for a new one of that name in the
    perspective, which is None where the draft is not there yet; kpi: the one that the objective is
    to count, too; weight: of the contribution, 0 for context only.
    """

    unit_id: int
    unit_code: str
    supported: Objective
    scorecard: Scorecard | None
    objective: Objective | None = None
    name: str = ""
    perspective: Perspective | None = None
    kpi: KPI | None = None
    weight: float = 0
    targets: tuple[tuple[dt.date, TargetValues], ...] = field(default=())


def matching_perspective(
    perspectives: Sequence[Perspective], like: Perspective
) -> Perspective | None:
    """The one that stands for the same: by its code, else its name, else the first."""
    for name in ("code", "name"):
        for each in perspectives:
            if getattr(each, name).casefold() == getattr(like, name).casefold():
                return each
    return perspectives[0] if perspectives else None
