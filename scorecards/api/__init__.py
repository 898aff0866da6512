"""HTTP for machines: values in, values and scores out."""

from .deeds import deed_urls
from .measurements import MeasurementsView
from .reading import ChartView, ScorecardView
from .records import record_urls
from .tokens import TokensView, TokenView

__all__ = [
    "ChartView",
    "MeasurementsView",
    "ScorecardView",
    "TokenView",
    "TokensView",
    "deed_urls",
    "record_urls",
]
