"""Addresses: operators, accounts, health, and the pages and API of the product."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from scorecard_site import health

# Operators sign in where everyone does: with its limits on attempts and its messages.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "scorecard_site.errors.bad_request"
handler403 = "scorecard_site.errors.permission_denied"
handler404 = "scorecard_site.errors.not_found"
handler500 = "scorecard_site.errors.server_error"

urlpatterns = [
    path("operators/", admin.site.urls),
    path("accounts/", include("scorecard_site.account_urls")),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("", include("strategy_maps.urls")),
    path("api/v1/", include("strategy_maps.api_urls")),
    path("", include("scorecards.urls")),
]
