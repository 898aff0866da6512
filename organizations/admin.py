"""What operators see and do at /operators/.

The admin bypasses services, so operators edit only users, organizations and roles (the way in for
an organization's first administrator); everything else can be looked at.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from .models import (
    AccessStamp,
    ApiToken,
    ClosedPeriod,
    IdempotencyKey,
    Job,
    Membership,
    Organization,
    Person,
    Slot,
    Unit,
    User,
)
from .services.people import grant_role

# Of an organization that is there: its administrators change these on the page of its settings.
SERVED = (
    *("code", "fiscal_month", "fiscal_year_named_by", "time_zone", "minimum_coverage"),
    "reporting_frequencies",
)

admin.site.site_header = "Line of Sight: operators"
admin.site.site_title = "Line of Sight"
admin.site.unregister(Group)


class HistoryAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """Shows what a row said before. Reverting would bypass the services, so nothing is saved."""

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Looking only: the library would save for everybody who may look."""
        if request.method != "GET":
            raise PermissionDenied
        answer: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return answer

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is no button either."""
        return True


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows everything and changes nothing."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyHistoryAdmin(ReadOnlyAdmin, HistoryAdmin):
    """Shows everything, what it said before too, and changes nothing."""


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new sign-in: e-mail and password."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        """In the form in which it is stored."""
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    """Who may sign in. Nobody is deleted: their name stands at what they recorded."""

    add_form = UserCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    list_per_page = 50
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(HistoryAdmin):
    """Tenants, and the settings under which their scores are computed."""

    list_display = ("code", "name", "time_zone", "fiscal_month", "openness", "unit_count")
    search_fields = ("code", "name")
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of units, by the same statement."""
        units = Unit.objects.live().filter(organization=OuterRef("pk")).order_by()
        counts = units.values("organization").annotate(count=Count("pk")).values("count")
        found: QuerySet[Any] = super().get_queryset(request).annotate(unit_count=Subquery(counts))
        return found

    @admin.display(description="units", empty_value="0")
    def unit_count(self, organization: Any) -> int | None:
        """How many units it has."""
        count: int | None = organization.unit_count
        return count

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What addresses, stored values and scores depend on is changed by services alone."""
        return SERVED if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Count the version, as every edit does."""
        obj.version += bool(change)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(HistoryAdmin):
    """Roles, written by the services; taken back ones stay in the list."""

    list_display = ("user", "organization", "unit", "role", "is_live")
    list_filter = ("role", "organization")
    list_select_related = ("user", "organization", "unit")
    search_fields = ("user__email", "user__name", "unit__code", "organization__code")
    autocomplete_fields = ("user", "unit")
    fields = ("user", "unit", "role")
    actions = None

    @admin.display(boolean=True, description="holds")
    def is_live(self, membership: Any) -> bool:
        """Whether the role still holds."""
        return membership.deleted_at is None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A role is another one for another person or place."""
        return ("user", "unit") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A role that was taken back can only be granted anew."""
        permitted: bool = super().has_change_permission(request, obj)
        return permitted and (obj is None or obj.deleted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        permitted: bool = super().has_delete_permission(request, obj)
        return permitted and (obj is None or obj.deleted_at is None)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Grant the role at its unit; one that the user has there is replaced."""
        obj.pk = grant_role(user=obj.user, unit=obj.unit, role=obj.role).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take the role back."""
        obj.mark_deleted()


@admin.register(Unit)
class UnitAdmin(ReadOnlyHistoryAdmin):
    """The trees of units."""

    list_display = ("code", "name", "kind", "parent", "organization", "deleted_at")
    list_filter = ("kind", "organization")
    list_select_related = ("parent", "organization")
    search_fields = ("code", "name", "organization__code")


@admin.register(Person)
class PersonAdmin(ReadOnlyHistoryAdmin):
    """People, with and without a sign-in."""

    list_display = ("code", "name", "email", "user", "organization", "deleted_at")
    list_filter = ("organization",)
    list_select_related = ("user", "organization")
    search_fields = ("code", "name", "email")


@admin.register(AccessStamp)
class AccessStampAdmin(ReadOnlyAdmin):
    """What changes with every write that decides on access."""

    list_display = ("organization", "stamp")
    list_select_related = ("organization",)
    search_fields = ("organization__code",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyHistoryAdmin):
    """Tokens: what they may do and when they were used; never the secret."""

    list_display = (
        *("name", "organization", "scopes", "unit", "created_by"),
        *("expires_at", "revoked_at", "last_used_at"),
    )
    list_filter = ("organization",)
    list_select_related = ("organization", "unit", "created_by")
    search_fields = ("name", "organization__code")
    exclude = ("digest",)


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(ReadOnlyAdmin):
    """Closed periods, and those that were opened again."""

    list_display = (
        *("unit", "frequency", "period_start", "organization"),
        *("closed_at", "closed_by", "reopened_at", "reopened_by"),
    )
    list_filter = ("organization", "frequency")
    list_select_related = ("unit", "organization", "closed_by", "reopened_by")
    search_fields = ("unit__code", "unit__name")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Background work: what waits, runs, or has ended, and why it failed."""

    list_display = (
        *("kind", "about", "organization", "state", "tries", "reason"),
        *("due_at", "started_at", "finished_at"),
    )
    list_filter = ("organization", "state", "kind")
    list_select_related = ("organization",)
    search_fields = ("about", "key")


@admin.register(Slot)
class SlotAdmin(ReadOnlyAdmin):
    """The moments at which schedules have fired."""

    list_display = ("what", "at", "claimed_at", "organization")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("what",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Requests that may be sent again; never what they were answered."""

    list_display = ("key", "organization", "token", "user", "status", "created_at")
    list_filter = ("organization",)
    list_select_related = ("organization", "token", "user")
    exclude = ("digest", "headers", "body")
