"""Addresses of the API, beneath /api/v1/; none ends in a slash."""

from django.urls import path

from scorecards import api

urlpatterns = [
    path(
        "<slug:organization>/measurements",
        api.MeasurementsView.as_view(),
        name="api-measurements",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecard",
        api.ScorecardView.as_view(),
        name="api-scorecard",
    ),
    path("<slug:organization>/kpis/<slug:kpi>/chart", api.ChartView.as_view(), name="api-chart"),
    path("<slug:organization>/dashboards", api.DashboardsView.as_view(), name="api-dashboards"),
    path(
        "<slug:organization>/dashboards/<slug:dashboard>",
        api.DashboardView.as_view(),
        name="api-dashboard",
    ),
    path(
        "<slug:organization>/dashboards/<slug:dashboard>/panels/<int:panel>",
        api.DashboardPanelView.as_view(),
        name="api-dashboard-panel",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/dashboard",
        api.UnitDashboardView.as_view(),
        name="api-unit-dashboard",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/dashboard/panels/<int:panel>",
        api.UnitDashboardPanelView.as_view(),
        name="api-unit-dashboard-panel",
    ),
    path("<slug:organization>/heat-map", api.HeatMapView.as_view(), name="api-heat-map"),
    path("<slug:organization>/me", api.MyPageView.as_view(), name="api-me"),
    path("<slug:organization>/jobs", api.JobsView.as_view(), name="api-jobs"),
    path(
        "<slug:organization>/jobs/<slug:job>/retry",
        api.JobRetryView.as_view(),
        name="api-job-retry",
    ),
    path(
        "<slug:organization>/jobs/<slug:job>/cancel",
        api.JobCancelView.as_view(),
        name="api-job-cancel",
    ),
    path("<slug:organization>/sources", api.SourcesView.as_view(), name="api-sources"),
    path(
        "<slug:organization>/sources/<slug:source>/run",
        api.SourceRunView.as_view(),
        name="api-source-run",
    ),
    path("<slug:organization>/tokens", api.TokensView.as_view(), name="api-tokens"),
    path("<slug:organization>/tokens/<path:token>", api.TokenView.as_view(), name="api-token"),
    *api.record_urls(),
    *api.deed_urls(),
]
