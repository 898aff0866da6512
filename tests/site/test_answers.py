"""Headers, errors and static files of every answer."""

import json
import logging

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from scorecard_site import urls
from scorecard_site.renderers import OrjsonRenderer

pytestmark = pytest.mark.django_db


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret that stays inside")


handler500 = urls.handler500
urlpatterns = [path("broken", broken), path("api/v1/broken", broken), *urls.urlpatterns]


def policy(client: Client) -> dict[str, str]:
    header = client.get("/accounts/login/")["Content-Security-Policy"]
    return dict(each.strip().split(" ", 1) for each in header.split(";"))


def test_the_content_policy_is_strict(client: Client) -> None:
    directives = policy(client)
    assert directives["default-src"] == directives["script-src"] == "'self'"
    assert directives["img-src"] == "'self' data:"
    assert directives["form-action"] == "'self'"
    for closed in ("object-src", "base-uri", "frame-ancestors"):
        assert directives[closed] == "'none'"
    assert "unsafe" not in " ".join(directives.values())
    assert directives["style-src"].count("'sha256-") == 2


def test_every_answer_has_an_own_request_id(client: Client) -> None:
    first, second = client.get("/healthz"), client.get("/healthz")
    assert len(first["X-Request-ID"]) == 36
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_pages_are_kept_by_the_reader_alone(client: Client) -> None:
    answer = client.get("/accounts/login/")
    assert "private" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_cookies_of_a_public_site_need_https() -> None:
    from scorecard_site import settings as read

    for name in ("SESSION_COOKIE", "CSRF_COOKIE"):
        assert getattr(read, f"{name}_HTTPONLY") is True
        assert getattr(read, f"{name}_SAMESITE") == "Lax"
        assert getattr(read, f"{name}_SECURE") is read.PUBLIC is False


@pytest.mark.urls(__name__)
def test_a_500_page_tells_the_request_id_and_nothing_else(client: Client) -> None:
    client.raise_request_exception = False
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.text
    assert "secret" not in answer.text


@pytest.mark.urls(__name__)
def test_a_500_of_the_api_is_a_problem(client: Client) -> None:
    client.raise_request_exception = False
    answer = client.get("/api/v1/broken")
    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (problem["status"], problem["request_id"]) == (500, answer["X-Request-ID"])
    assert "secret" not in answer.text


@pytest.mark.urls(__name__)
def test_the_log_of_a_failure_has_the_request_id(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        answer = client.get("/broken")
    assert any(answer["X-Request-ID"] in str(record.msg) for record in caplog.records)


def test_an_unknown_api_address_is_a_problem(client: Client) -> None:
    answer = client.get("/api/nothing/of/the/kind")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_an_unknown_page_is_a_page(client: Client) -> None:
    answer = client.get("/a/b/c/d/e/f/g")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_a_form_without_its_token_is_refused() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
    assert answer.status_code == 403
    assert "CSRF" not in answer.text


def test_sign_up_is_closed(client: Client) -> None:
    answer = client.post("/accounts/signup/", {"email": "eve@example.com", "password1": "abc"})
    from organizations.models import User

    assert answer.status_code in {200, 403, 404}
    assert not User.objects.filter(email="eve@example.com").exists()


def test_operators_sign_in_where_everyone_does(client: Client) -> None:
    answer = client.get("/operators/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_plotly_is_served_from_its_package() -> None:
    found = finders.find("vendor/plotly.min.js")
    assert isinstance(found, str)
    assert found.endswith("plotly/package_data/plotly.min.js")
    assert finders.find("vendor/../secrets") is None


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None]}, [], "text", 0])
def test_the_renderer_writes_json(value: object) -> None:
    assert json.loads(OrjsonRenderer().render(value)) == value


def test_the_renderer_writes_nothing_for_nothing(settings: Settings) -> None:
    assert OrjsonRenderer().render(None) == b""
