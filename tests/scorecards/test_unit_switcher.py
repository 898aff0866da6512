"""The menu of units: loaded when it is opened, so that no page grows with the organization."""

import re
from typing import Any

import pytest
from django.test import Client

from organizations.models import Unit
from organizations.services.structure import create_unit
from scorecards.selectors.finding import MOST_UNITS
from tests.worlds import World

SWITCHER = "/acme/switcher/"


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


def shown(page: str) -> list[str]:
    return re.findall(r'<a href="/acme/units/(\w+)/', page)


def asked(client: Client, **query: str) -> str:
    return client.get(SWITCHER, query).content.decode()


def test_a_small_tree_is_shown_as_a_whole(alice: Client) -> None:
    page = asked(alice, period="2026-Q1", as_of="2026-05-01")
    assert shown(page)[:3] == ["acme", "emea", "sales"]
    assert page.count("period=2026-Q1&amp;as_of=2026-05-01") == len(shown(page))
    assert "more: type" not in page


def test_typing_finds_units_with_the_line_above_them(alice: Client) -> None:
    page = asked(alice, q="SAL")
    assert shown(page) == ["sales"]
    assert "› EMEA" in page
    assert 'data-query="SAL"' in page
    assert "No unit that you may see" in asked(alice, q="zzz")


def test_what_may_not_be_seen_is_not_found(acme: World, client: Client) -> None:
    client.force_login(acme.users["carol"])
    assert "ada" not in shown(asked(client, q="ada"))
    client.force_login(acme.users["alice"])
    assert "ada" in shown(asked(client, q="ada"))


def test_a_large_tree_shows_its_upper_levels_and_no_page_grows(
    acme: World, alice: Client, django_assert_max_num_queries: Any
) -> None:
    before = len(alice.get("/acme/search/").content)
    for number in range(MOST_UNITS + 5):
        create_unit(
            organization=acme.organization,
            code=f"team_{number}",
            name=f"Team {number}",
            kind=Unit.Kind.TEAM,
            parent=acme.units["sales"],
        )
    page = asked(alice)
    assert shown(page)[0] == "acme"
    assert not any(code.startswith("team_") for code in shown(page))
    assert "more: type a part of the name" in page
    found = asked(alice, q="team")
    assert len(shown(found)) == MOST_UNITS
    assert "And 5 more" in found
    assert abs(len(alice.get("/acme/search/").content) - before) < 200
    with django_assert_max_num_queries(6):
        alice.get(SWITCHER, {"q": "team"})
