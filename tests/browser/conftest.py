"""A real Chromium on the real pages: whatever the browser complains about fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = 1440, 390
# Playwright's loop runs in the thread of the tests, and Django takes that for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session: CHROMIUM, the system's, or Playwright's own."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def live_app(live_server: LiveServer) -> LiveServer:
    """The site on a port of its own, with its static files."""
    return live_server


@pytest.fixture
def open_page(browser: Browser, live_app: LiveServer) -> Iterator[OpenPage]:
    """Opens pages: open_page(width=390, color_scheme="dark", user=alice), addresses relative."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(*, width: int = WIDE, color_scheme: Any = "light", user: Any = None) -> Page:
        context = browser.new_context(
            base_url=live_app.url,
            viewport={"width": width, "height": 900},
            color_scheme=color_scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_app.url)])
        return watched(context.new_page(), complaints, live_app.url)

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A wide, light page of someone who has not signed in."""
    return open_page()


@pytest.fixture(params=[(WIDE, "light"), (NARROW, "dark")])
def every_page(request: pytest.FixtureRequest, open_page: OpenPage) -> OpenPage:
    """Like open_page, and the test runs twice: wide and light, narrow and dark."""
    width, color_scheme = request.param
    return lambda **options: open_page(width=width, color_scheme=color_scheme, **options)


# What htmx calls errors when a request gives way to a newer one; of others it tells a third.
GIVING_WAY = ("htmx:sendAbort", "htmx:afterRequest")


def watched(page: Page, complaints: list[str], origin: str) -> Page:
    """Collect console errors (violations of the content policy are some) and foreign requests."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(GIVING_WAY):
            complaints.append(f"{page.url}: {message.type}: {message.text}")

    def on_request(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc != urlsplit(origin).netloc:
            complaints.append(f"{page.url} asked for {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    return page


def session_cookie(user: Any, url: str) -> Any:
    """The cookie of a user who has signed in."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
