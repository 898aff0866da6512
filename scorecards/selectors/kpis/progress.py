"""How far a KPI has come from where it started."""

import math

from calculations.display import NOTHING, display_number
from calculations.figures import Figures
from calculations.scoring import progress
from calculations.targets import TargetKind
from kpis.models import KPI
from scorecards.selectors.formats import grouped, number_text

TARGET = 2  # among the points


def progress_text(kpi: KPI, figures: Figures, row: int, column: int) -> str:
    """The share of the way, "62 % of the way from 40 to 90"; "–" where the value is missing.

    "" without a baseline or a target, where both are the same, and for ranges and curves.
    """
    baseline = float(figures.baselines[row, column])
    target = float(figures.points[row, column, TARGET])
    is_plain = figures.kinds[row, column] == TargetKind.THRESHOLD
    if not is_plain or math.isnan(baseline) or math.isnan(target) or baseline == target:
        return ""
    share = float(progress([figures.values[row, column]], baseline, target)[0])
    way = f"of the way from {number_text(kpi, baseline)} to {number_text(kpi, target)}"
    if math.isnan(share):
        return f"{NOTHING} {way}"
    text = f"{grouped(display_number(share * 100, 0, 0, 100))} % {way}"
    return f"{text}: further off than at the start" if share < 0 else text
