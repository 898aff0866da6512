"""HTTP for machines: values in, values and scores out."""

from .dashboards import DashboardsView, DashboardView, UnitDashboardView
from .deeds import deed_urls
from .heat_map import HeatMapView
from .jobs import JobCancelView, JobRetryView, JobsView
from .measurements import MeasurementsView
from .mine import MyPageView
from .panels import DashboardPanelView, UnitDashboardPanelView
from .reading import ChartView, ScorecardView
from .records import record_urls
from .sources import SourceRunView, SourcesView
from .tokens import TokensView, TokenView

__all__ = [
    "ChartView",
    "DashboardPanelView",
    "DashboardView",
    "DashboardsView",
    "HeatMapView",
    "JobCancelView",
    "JobRetryView",
    "JobsView",
    "MeasurementsView",
    "MyPageView",
    "ScorecardView",
    "SourceRunView",
    "SourcesView",
    "TokenView",
    "TokensView",
    "UnitDashboardPanelView",
    "UnitDashboardView",
    "deed_urls",
    "record_urls",
]
