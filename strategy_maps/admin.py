"""Causal links, places and evidence for operators to look at; services write them."""

from django.contrib import admin

from organizations.admin import ReadOnlyAdmin, ReadOnlyHistoryAdmin

from .models import CausalLink, Evidence, Position


@admin.register(CausalLink)
class CausalLinkAdmin(ReadOnlyHistoryAdmin):
    """Which objectives are expected to bring about which."""

    list_display = ("cause", "effect", "is_inverse", "strength", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("cause", "effect", "organization")
    search_fields = ("cause__code", "effect__code")


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    """Where people put objectives on strategy maps."""

    list_display = ("objective", "x", "organization")
    list_filter = ("organization",)
    list_select_related = ("objective", "organization")


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    """What the figures say of causal links."""

    list_display = ("link", "verdict", "association", "n", "computed_at")
    list_filter = ("organization", "verdict")
    list_select_related = ("link__cause", "link__effect")
