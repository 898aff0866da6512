"""Addresses of pages and of the API. Codes in addresses are immutable; pages end in a slash."""

from django.urls import include, path

from .views import (
    assessments,
    boards,
    closing,
    editor,
    entry,
    handing_over,
    history,
    initiative_forms,
    initiatives,
    kpi_forms,
    kpis,
    lifecycle,
    organization,
    people,
    places,
    settings,
    start,
    structure,
    targets,
    units,
    values,
)

urlpatterns = [
    path("", organization.home, name="home"),
    path("start/", start.start, name="start"),
    path("api/v1/", include("scorecards.api_urls")),
    path("<slug:organization>/", organization.organization, name="organization"),
    path("<slug:organization>/settings/", settings.settings, name="settings"),
    path("<slug:organization>/starter/", start.starter, name="starter"),
    path("<slug:organization>/changes/", history.changes, name="changes"),
    path(
        "<slug:organization>/history/<slug:kind>/<slug:code>/", history.history, name="history"
    ),
    path("<slug:organization>/search/", organization.search, name="search"),
    path("<slug:organization>/switcher/", organization.switcher, name="switcher"),
    path("<slug:organization>/kpis/", kpis.kpi_list, name="kpis"),
    path("<slug:organization>/kpis/new/", kpi_forms.create, name="kpi-new"),
    path("<slug:organization>/kpis/<slug:kpi>/", kpis.kpi, name="kpi"),
    path("<slug:organization>/kpis/<slug:kpi>/edit/", kpi_forms.edit, name="kpi-edit"),
    path("<slug:organization>/kpis/<slug:kpi>/places/", places.places, name="kpi-places"),
    path("<slug:organization>/kpis/<slug:kpi>/delete/", kpi_forms.delete, name="kpi-delete"),
    path("<slug:organization>/kpis/<slug:kpi>/restore/", kpi_forms.restore, name="kpi-restore"),
    path("<slug:organization>/kpis/<slug:kpi>/values/", values.values, name="kpi-values"),
    path("<slug:organization>/values/", entry.due, name="values-due"),
    path("<slug:organization>/formulas/", kpi_forms.preview, name="formulas"),
    path("<slug:organization>/look/", kpi_forms.look, name="kpi-look"),
    path("<slug:organization>/people/", people.people, name="people"),
    path("<slug:organization>/people/<slug:person>/", people.person, name="person"),
    path(
        "<slug:organization>/people/<slug:person>/hand-over/",
        handing_over.handing_over,
        name="hand-over",
    ),
    path("<slug:organization>/units/", units.units, name="units"),
    path("<slug:organization>/initiatives/", initiatives.initiatives, name="initiatives"),
    path("<slug:organization>/initiatives/new/", initiative_forms.create, name="initiative-new"),
    path(
        "<slug:organization>/initiatives/<slug:initiative>/",
        initiatives.initiative,
        name="initiative",
    ),
    path(
        "<slug:organization>/initiatives/<slug:initiative>/edit/",
        initiative_forms.edit,
        name="initiative-edit",
    ),
    path(
        "<slug:organization>/initiatives/<slug:initiative>/delete/",
        initiative_forms.delete,
        name="initiative-delete",
    ),
    path(
        "<slug:organization>/initiatives/<slug:initiative>/restore/",
        initiative_forms.restore,
        name="initiative-restore",
    ),
    path("<slug:organization>/timeline/", initiatives.timeline, name="timeline"),
    path("<slug:organization>/units/<slug:unit>/", boards.unit, name="unit"),
    path("<slug:organization>/units/<slug:unit>/scorecard/", boards.board, name="board"),
    path("<slug:organization>/units/<slug:unit>/scorecard/edit/", editor.editor, name="editor"),
    path("<slug:organization>/scorecards/", lifecycle.all_scorecards, name="all-scorecards"),
    path(
        "<slug:organization>/units/<slug:unit>/scorecards/",
        lifecycle.scorecards,
        name="scorecards",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecards/activate/",
        lifecycle.activate,
        name="scorecard-activate",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecards/archive/",
        lifecycle.archive,
        name="scorecard-archive",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecards/duplicate/",
        lifecycle.duplicate,
        name="scorecard-duplicate",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecards/<slug:deed>/",
        lifecycle.deed,
        name="scorecard-deed",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecard/structure/",
        structure.structure,
        name="structure",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecard/assessments/",
        assessments.create,
        name="assessments",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/scorecard/assessments/remove/",
        assessments.remove,
        name="assessment-remove",
    ),
    path("<slug:organization>/units/<slug:unit>/closing/", closing.closing, name="closing"),
    path("<slug:organization>/units/<slug:unit>/values/", entry.entry, name="entry"),
    path("<slug:organization>/units/<slug:unit>/targets/", targets.targets, name="targets"),
    path(
        "<slug:organization>/units/<slug:unit>/targets/roll-over/",
        targets.roll_over,
        name="target-roll-over",
    ),
    path(
        "<slug:organization>/units/<slug:unit>/targets/<slug:kpi>/", targets.target, name="target"
    ),
    path(
        "<slug:organization>/units/<slug:unit>/targets/<slug:kpi>/split/",
        targets.split,
        name="target-split",
    ),
]
