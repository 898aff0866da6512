"""Scorecards and stored scores for operators to look at; services write them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from organizations.admin import ReadOnlyAdmin, ReadOnlyHistoryAdmin

from .models import (
    Alignment,
    Assessment,
    Book,
    Commentary,
    Dashboard,
    Edition,
    Evidence,
    EvidenceFile,
    Import,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    ObjectiveKPI,
    Panel,
    Perspective,
    PublicLink,
    ReminderChoice,
    ReportedSheet,
    Scorecard,
    ScoreSheet,
    Theme,
    Webhook,
    WebhookChannel,
    WebhookDelivery,
)


@admin.register(Scorecard)
class ScorecardAdmin(ReadOnlyHistoryAdmin):
    """The scorecards of all units."""

    list_display = ("code", "name", "unit", "status", "organization", "deleted_at")
    list_filter = ("organization", "status")
    list_select_related = ("unit", "organization")
    search_fields = ("code", "name")


@admin.register(Perspective, Theme)
class PartAdmin(ReadOnlyHistoryAdmin):
    """What a scorecard is divided into."""

    list_display = ("code", "name", "scorecard", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("scorecard", "organization")
    search_fields = ("code", "name", "scorecard__code")


@admin.register(Objective)
class ObjectiveAdmin(ReadOnlyHistoryAdmin):
    """Strategic objectives."""

    list_display = ("code", "name", "perspective", "scorecard", "weight", "owner", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("perspective", "scorecard", "owner")
    search_fields = ("code", "name", "scorecard__code")


@admin.register(ObjectiveKPI)
class ObjectiveKpiAdmin(ReadOnlyHistoryAdmin):
    """Which KPIs tell how objectives go."""

    list_display = ("objective", "kpi", "weight", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("objective", "kpi", "organization")
    search_fields = ("objective__code", "kpi__code")


@admin.register(Alignment)
class AlignmentAdmin(ReadOnlyHistoryAdmin):
    """Which objectives support which."""

    list_display = ("objective", "supported", "weight", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("objective", "supported", "organization")
    search_fields = ("objective__code", "supported__code")


@admin.register(Initiative)
class InitiativeAdmin(ReadOnlyHistoryAdmin):
    """What is done about it."""

    list_display = ("code", "name", "unit", "owner", "status", "percent_done", "ends_on")
    list_filter = ("organization", "status")
    list_select_related = ("unit", "owner")
    search_fields = ("code", "name")


@admin.register(InitiativeObjective)
class InitiativeObjectiveAdmin(ReadOnlyHistoryAdmin):
    """Which objectives initiatives serve."""

    list_display = ("initiative", "objective", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("initiative", "objective", "organization")


@admin.register(Milestone)
class MilestoneAdmin(ReadOnlyHistoryAdmin):
    """Dated steps of initiatives."""

    list_display = ("name", "initiative", "due_on", "done_on", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("initiative", "organization")
    ordering = ("due_on",)


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    """Structures as they were published."""

    list_display = ("scorecard", "valid_from", "created_at", "created_by", "superseded_at")
    list_filter = ("organization",)
    list_select_related = ("scorecard", "created_by")
    search_fields = ("scorecard__code",)


@admin.register(ScoreSheet)
class ScoreSheetAdmin(ReadOnlyAdmin):
    """Stored scores: computed, never edited."""

    list_display = (
        *("scorecard", "frequency", "period_start", "score", "coverage"),
        *("is_stale", "version", "refreshed_at"),
    )
    list_filter = ("organization", "frequency", "is_stale")
    list_select_related = ("scorecard",)
    search_fields = ("scorecard__code",)


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin):
    """What managers said in place of computed scores, with what replaced or removed it."""

    list_display = (
        *("scorecard", "node", "code", "frequency", "period_start", "status"),
        *("said_at", "said_by", "superseded_at"),
    )
    list_filter = ("organization", "node", "status")
    list_select_related = ("scorecard", "said_by")
    search_fields = ("scorecard__code", "code")


@admin.register(Commentary)
class CommentaryAdmin(ReadOnlyAdmin):
    """What was said of how objectives go, with what replaced it."""

    list_display = (
        *("scorecard", "objective", "frequency", "period_start", "text"),
        *("said_at", "said_by", "superseded_at"),
    )
    list_filter = ("organization",)
    list_select_related = ("scorecard", "said_by")
    search_fields = ("scorecard__code", "objective", "text")


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    """The files that show what was said."""

    list_display = ("name", "media_type", "commentary", "organization")
    list_filter = ("organization",)
    list_select_related = ("commentary", "organization")
    search_fields = ("name",)
    fields = ("organization", "commentary", "name", "media_type", "position")


@admin.register(EvidenceFile)
class EvidenceFileAdmin(ReadOnlyAdmin):
    """How large the stored files are; their bytes are read where they are said to belong."""

    list_display = ("sha256", "size", "organization")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("sha256",)
    exclude = ("content",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the bytes."""
        return super().get_queryset(request).defer("content")


@admin.register(ReportedSheet)
class ReportedSheetAdmin(ReadOnlyAdmin):
    """What was reported when periods were closed."""

    list_display = ("scorecard", "frequency", "period_start", "score", "coverage", "reported_at")
    list_filter = ("organization", "frequency")
    list_select_related = ("scorecard",)
    search_fields = ("scorecard__code",)


@admin.register(ReminderChoice)
class ReminderChoiceAdmin(ReadOnlyAdmin):
    """When people want to be reminded of values that are due."""

    list_display = ("user", "organization", "rhythm", "changed_at")
    list_filter = ("organization", "rhythm")
    list_select_related = ("user", "organization")
    search_fields = ("user__email",)


@admin.register(PublicLink)
class PublicLinkAdmin(ReadOnlyHistoryAdmin):
    """Boards and charts that are published; never their addresses."""

    list_display = (
        "unit",
        "kind",
        "kpi",
        "organization",
        "period_start",
        "expires_at",
        "revoked_at",
    )
    list_filter = ("organization",)
    list_select_related = ("unit", "kpi", "organization")
    search_fields = ("unit__code", "organization__code")
    exclude = ("nonce", "digest")


@admin.register(Dashboard)
class DashboardAdmin(ReadOnlyHistoryAdmin):
    """Pages of panels."""

    list_display = ("code", "name", "owner", "unit", "is_shared", "organization", "deleted_at")
    list_filter = ("organization", "is_shared")
    list_select_related = ("owner", "unit", "organization")
    search_fields = ("code", "name")


@admin.register(Panel)
class PanelAdmin(ReadOnlyHistoryAdmin):
    """What dashboards show."""

    list_display = ("dashboard", "number", "kind", "title", "organization", "deleted_at")
    list_filter = ("organization", "kind")
    list_select_related = ("dashboard", "organization")


@admin.register(Book)
class BookAdmin(ReadOnlyAdmin):
    """Files that were made for people."""

    list_display = ("title", "organization", "form", "period", "asked_by", "asked_at", "size")
    list_filter = ("organization", "form")
    list_select_related = ("organization", "asked_by")
    exclude = ("content",)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """The files that people brought in."""

    list_display = ("number", "organization", "kind", "file_name", "state", "created_at")
    list_filter = ("organization", "state")
    list_select_related = ("organization",)
    search_fields = ("file_name",)
    exclude = ("content", "tables", "report", "effect")


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyHistoryAdmin):
    """Other systems that are told what happens."""

    list_display = ("code", "name", "organization", "url", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("code", "name", "url")


@admin.register(WebhookChannel)
class WebhookChannelAdmin(ReadOnlyAdmin):
    """How webhooks go; never their secrets."""

    list_display = ("webhook", "organization", "failing_since", "paused_at", "paused_why")
    list_filter = ("organization",)
    list_select_related = ("webhook", "organization")
    exclude = ("sealed", "former")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What webhooks were told, and what they answered."""

    list_display = ("event", "webhook", "organization", "created_at", "status_code", "answered_at")
    list_filter = ("organization", "event")
    list_select_related = ("webhook", "organization")
