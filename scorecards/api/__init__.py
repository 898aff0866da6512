"""HTTP for machines: values in, values and scores out."""

from .measurements import MeasurementsView
from .reading import ChartView, ScorecardView
from .records import record_urls

__all__ = ["ChartView", "MeasurementsView", "ScorecardView", "record_urls"]
