"""HTTP for machines: values in, values and scores out."""

from .deeds import deed_urls
from .heat_map import HeatMapView
from .jobs import JobCancelView, JobRetryView, JobsView
from .measurements import MeasurementsView
from .reading import ChartView, ScorecardView
from .records import record_urls
from .sources import SourceRunView, SourcesView
from .tokens import TokensView, TokenView

__all__ = [
    "ChartView",
    "HeatMapView",
    "JobCancelView",
    "JobRetryView",
    "JobsView",
    "MeasurementsView",
    "ScorecardView",
    "SourceRunView",
    "SourcesView",
    "TokenView",
    "TokensView",
    "deed_urls",
    "record_urls",
]
