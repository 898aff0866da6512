"""KPIs, targets and values for operators to look at; services write them."""

from django.contrib import admin

from organizations.admin import ReadOnlyAdmin, ReadOnlyHistoryAdmin

from .models import (
    KPI,
    Assignment,
    Change,
    KPIInput,
    Measurement,
    MeasurementRevision,
    ProcessChange,
    Restatement,
    Source,
    SourceFeed,
    SourceRun,
    SourceSecret,
    Target,
    TargetRevision,
)

PLACE = ("organization", "assignment__kpi", "assignment__unit")
PLACE_SEARCH = ("assignment__kpi__code", "assignment__unit__code")


@admin.register(KPI)
class KpiAdmin(ReadOnlyHistoryAdmin):
    """The libraries of KPIs."""

    list_display = ("code", "name", "organization", "frequency", "direction", "deleted_at")
    list_filter = ("organization", "frequency")
    list_select_related = ("organization",)
    search_fields = ("code", "name")


@admin.register(KPIInput)
class KPIInputAdmin(ReadOnlyAdmin):
    """Which KPIs the formulas and the weightings of others read."""

    list_display = ("kpi", "input", "organization")
    list_filter = ("organization",)
    list_select_related = ("kpi", "input", "organization")
    search_fields = ("kpi__code", "input__code")


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyHistoryAdmin):
    """Where KPIs are measured."""

    list_display = ("kpi", "unit", "organization", "responsible", "starts_on", "ends_on")
    list_filter = ("organization",)
    list_select_related = ("kpi", "unit", "organization", "responsible")
    search_fields = ("kpi__code", "unit__code")


@admin.register(Target)
class TargetAdmin(ReadOnlyHistoryAdmin):
    """Targets as they are wanted now."""

    list_display = ("assignment", "valid_from", "target", "organization", "said_at", "deleted_at")
    list_filter = ("organization",)
    list_select_related = PLACE
    search_fields = PLACE_SEARCH


@admin.register(TargetRevision)
class TargetRevisionAdmin(ReadOnlyAdmin):
    """What targets said before."""

    list_display = (
        "assignment",
        "valid_from",
        "target",
        "organization",
        "said_at",
        "superseded_at",
    )
    list_filter = ("organization",)
    list_select_related = PLACE
    search_fields = PLACE_SEARCH


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    """Values as they stand."""

    list_display = ("assignment", "period_start", "value", "recorded_at", "user", "token")
    list_filter = ("organization",)
    list_select_related = (*PLACE, "user", "token")
    search_fields = PLACE_SEARCH


@admin.register(MeasurementRevision)
class MeasurementRevisionAdmin(ReadOnlyAdmin):
    """What values said before."""

    list_display = ("assignment", "period_start", "value", "recorded_at", "superseded_at", "reason")
    list_filter = ("organization", "reason")
    list_select_related = PLACE
    search_fields = PLACE_SEARCH


@admin.register(ProcessChange)
class ProcessChangeAdmin(ReadOnlyHistoryAdmin):
    """From when on KPIs are measured of another process."""

    list_display = ("assignment", "period_start", "note", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = PLACE
    search_fields = PLACE_SEARCH


@admin.register(Restatement)
class RestatementAdmin(ReadOnlyAdmin):
    """Why values and targets of closed periods were changed after all."""

    list_display = ("assignment", "period_start", "subject", "reason", "at", "user", "token")
    list_filter = ("organization", "subject")
    list_select_related = (*PLACE, "user", "token")
    search_fields = PLACE_SEARCH


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """What waits to enter the scores; an old one means that no worker runs."""

    list_display = ("assignment", "first_start", "last_start", "created_at", "organization")
    list_filter = ("organization",)
    list_select_related = PLACE
    ordering = ("created_at",)


@admin.register(Source)
class SourceAdmin(ReadOnlyHistoryAdmin):
    """Where values come from by themselves."""

    list_display = ("code", "name", "kind", "organization", "is_paused", "deleted_at")
    list_filter = ("organization", "kind")
    list_select_related = ("organization",)
    search_fields = ("code", "name")


@admin.register(SourceSecret)
class SourceSecretAdmin(ReadOnlyAdmin):
    """That a source has secrets; never what they are."""

    fields = ("organization", "source")
    list_display = ("source", "organization")
    list_filter = ("organization",)
    list_select_related = ("source", "organization")
    search_fields = ("source__code",)


@admin.register(SourceRun)
class SourceRunAdmin(ReadOnlyAdmin):
    """What became of each refresh."""

    list_display = ("source", "organization", "started_at", "state", "created", "refused", "said")
    list_filter = ("organization", "state")
    list_select_related = ("source", "organization")
    search_fields = ("source__code",)


@admin.register(SourceFeed)
class SourceFeedAdmin(ReadOnlyAdmin):
    """Which KPIs the sources bring values for."""

    list_display = ("source", "assignment", "organization")
    list_filter = ("organization",)
    list_select_related = ("source", "organization", *PLACE)
    search_fields = ("source__code", *PLACE_SEARCH)
