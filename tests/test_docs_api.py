"""The API's documentation: its examples run, its tables are those of the code."""

import datetime as dt
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern

from organizations.models.token import SCOPES
from scorecards import api_urls
from scorecards.models import Edition
from tests.generated_docs import DOCS, api_page
from tests.worlds import World

BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
SITE = "http://testserver"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


def examples() -> Iterator[tuple[str, Any]]:
    """(curl command, the answer that follows it or None)."""
    blocks = BLOCK.findall((DOCS / "api.md").read_text())
    for (kind, text), (following, answer) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            yield text, json.loads(answer) if following == "json" else None


def curl(command: str, token: str) -> Any:
    """What curl would do, done by the test client."""
    line = command.replace("\\\n", " ").replace("$TOKEN", token).replace("$SITE", SITE)
    words = shlex.split(line)
    assert words.pop(0) == "curl"
    method, body, url, headers = "", "", "", {}
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-d":
                body = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case word:
                url = word
    content_type = headers.pop("Content-Type", "application/x-www-form-urlencoded")
    method = method or ("POST" if body else "GET")
    path = url.removeprefix(SITE)
    return Client().generic(method, path, body, content_type=content_type, headers=headers)


def assert_like(answer: Any, expected: Any) -> None:
    """Equal, where "…" stands for anything."""
    if isinstance(expected, dict):
        assert answer.keys() == expected.keys()
        for key, value in expected.items():
            assert_like(answer[key], value)
    elif isinstance(expected, list):
        assert len(answer) == len(expected)
        for item, value in zip(answer, expected, strict=True):
            assert_like(item, value)
    elif expected != "…":
        assert answer == expected


@pytest.mark.django_db
@pytest.mark.both_databases
def test_every_example_does_what_it_says(acme: World) -> None:
    token = acme.token(*SCOPES, created_by=acme.users["root"])[1]
    # The structure was published some days ago, so that there is a day before to ask about.
    Edition.objects.update(created_at=TODAY - dt.timedelta(days=9))
    found = list(examples())
    assert len(found) >= 9
    for command, expected in found:
        answer = curl(command, token)
        if expected is None:
            assert answer.status_code in (200, 201, 202, 204), (command, answer.content)
        else:
            assert_like(answer.json(), expected)


def test_every_address_is_described() -> None:
    text = (DOCS / "api.md").read_text()
    for pattern in api_urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        route = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        beneath = route.removeprefix("{organization}/")
        assert f"/api/v1/{route}" in text or f"`{beneath}`" in text, route


def test_the_tables_are_those_in_force() -> None:
    stored, expected = api_page()
    assert stored == expected, "Run: python -m tests.generated_docs"
    assert stored.count("<!-- generated:") == 3
