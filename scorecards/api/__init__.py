"""HTTP for machines: values in, values and scores out."""

from .measurements import MeasurementsView
from .reading import ChartView, KpisView, ScorecardView, UnitsView

__all__ = ["ChartView", "KpisView", "MeasurementsView", "ScorecardView", "UnitsView"]
