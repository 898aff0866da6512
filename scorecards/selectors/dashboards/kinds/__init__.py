"""The kinds of panels: what each asks for, and what it shows."""

from scorecards.models import Panel

from .about import About, Kind
from .heat_map import HEAT_MAP
from .initiatives import INITIATIVES
from .kpi_trend import KPI_TREND
from .kpi_units import KPI_UNITS
from .perspectives import PERSPECTIVES
from .score_trend import SCORE_TREND
from .text import TEXT

KINDS: dict[str, Kind] = {
    Panel.Kind.KPI_TREND: KPI_TREND,
    Panel.Kind.KPI_UNITS: KPI_UNITS,
    Panel.Kind.SCORE_TREND: SCORE_TREND,
    Panel.Kind.PERSPECTIVES: PERSPECTIVES,
    Panel.Kind.INITIATIVES: INITIATIVES,
    Panel.Kind.HEAT_MAP: HEAT_MAP,
    Panel.Kind.TEXT: TEXT,
}

__all__ = ["KINDS", "About", "Kind"]
