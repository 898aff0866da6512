"""Tokens on their page and over the API: made, seen and revoked by whoever may."""

import datetime as dt
import json
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from organizations.models import ApiToken, Role, is_well_formed
from organizations.services.people import grant_role
from organizations.services.tokens import revoke_token
from tests.scorecards.api_client import Api, problem
from tests.worlds import World

pytestmark = pytest.mark.django_db

WEEK = dt.timedelta(days=7)
PAGE = "/acme/tokens/"
FORM = {"do": "make", "name": "billing", "scopes": ["measurements:write"], "unit": "", "days": "90"}
SECRET = re.compile(r"los_[0-9A-Za-z]{46}")


def signed_in(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


# --- The page


@pytest.mark.both_databases
def test_a_contributor_makes_a_token_uses_it_and_revokes_it(acme: World) -> None:
    carol = signed_in(acme, "carol")
    assert "You have no token yet" in text(carol.get(PAGE))
    form = text(carol.get(f"{PAGE}?add=1"))
    assert 'value="measurements:write"' in form
    assert 'value="structure:write"' not in form
    assert "Your role does not allow: change structure." in form
    made = carol.post(PAGE, FORM | {"name": "  billing ", "unit": "sales", "days": "7"})
    assert made["Cache-Control"] == "no-store"
    (secret,) = set(SECRET.findall(text(made)))
    assert is_well_formed(secret)
    assert "http://testserver/api/v1/acme/units" in text(made)
    value = {"kpi": "revenue", "unit": "sales", "period": "2026-01", "value": 91}
    assert Api(secret).push([value]).json()["created"] == 1
    token = ApiToken.objects.get(name="billing")
    assert token.created_by == acme.users["carol"]
    assert token.unit == acme.units["sales"]
    assert dt.timedelta(days=6) < token.expires_at - timezone.now() <= dt.timedelta(days=7)
    page = text(carol.get(PAGE))
    assert secret not in page
    assert "billing ends within 14 days" in page
    assert "Whatever uses it is refused from its next request on" in text(
        carol.get(f"{PAGE}?revoke=billing")
    )
    gone = carol.post(PAGE, {"do": "revoke", "token": "billing"}, follow=True)
    assert "“billing” is revoked" in text(gone)
    assert problem(Api(secret).push([value])) == (401, "invalid_token")
    # Its name is free again, and what happened is kept.
    assert carol.post(PAGE, FORM).status_code == 200
    assert 'href="/api/docs"' in text(carol.get(PAGE))
    assert [row.history_user.name for row in token.history.all()] == ["Carol", "Carol"]


def test_nobody_has_more_than_fifty_tokens_in_force(acme: World) -> None:
    carol, api = signed_in(acme, "carol"), Api.signed_in(acme, "carol")
    whole = {"organization": acme.organization, "created_by": acme.users["carol"]}
    about = {**whole, "scopes": ["measurements:read"], "expires_at": timezone.now() + WEEK}
    ApiToken.objects.bulk_create(
        ApiToken(name=f"t{number}", digest=f"{number:064}", **about) for number in range(50)
    )
    said = "You have 50 tokens already: revoke one that nothing uses any more."
    page = carol.post(PAGE, FORM)
    assert (page.status_code, said in text(page)) == (422, True)
    refused = api.post("tokens", {"name": "x", "scopes": ["measurements:read"]})
    assert problem(refused) == (422, "invalid_body")
    assert refused.json()["errors"][0]["detail"] == said
    revoke_token(token=ApiToken.objects.get(name="t0"), by=acme.users["carol"])
    assert carol.post(PAGE, FORM).status_code == 200


@pytest.mark.parametrize(
    ("name", "sent", "field", "said"),
    [
        ("carol", {"name": "", "scopes": []}, "name", "Write what uses it"),
        ("carol", {"name": "x" * 101}, "name", "at most 100"),
        ("carol", {"name": "taken"}, "name", "There is a token of this name already"),
        ("carol", {"name": "a\x00b"}, "name", "a character that cannot be stored"),
        ("carol", {"name": "a\nb"}, "name", "on one line"),
        ("carol", {"scopes": []}, "scopes", "Choose what the token may do."),
        ("carol", {"scopes": ["everything"]}, "scopes", "Choose among"),
        ("carol", {"scopes": ["structure:write"]}, "scopes", "does not allow structure:write."),
        ("bob", {}, "scopes", "does not allow measurements:write."),
        ("carol", {"unit": "apac"}, "scopes", "not allow measurements:write at APAC or beneath."),
        ("carol", {"unit": "ada"}, "unit", "There is no such unit"),
        ("carol", {"unit": "nowhere"}, "unit", "There is no such unit"),
        ("carol", {"days": "0"}, "days", "from 1 to 365"),
        ("carol", {"days": "366"}, "days", "from 1 to 365"),
        ("carol", {"days": "soon"}, "days", "from 1 to 365"),
    ],
)
def test_what_cannot_be_made_is_said_beside_the_field(
    acme: World, name: str, sent: dict[str, Any], field: str, said: str
) -> None:
    acme.token(name="taken")
    before = ApiToken.objects.count()
    answer = signed_in(acme, name).post(PAGE, FORM | sent)
    assert answer.status_code == 422
    problems = re.findall(r'id="said-(\w+)">\s*(.*?)\s*</span>', text(answer), re.DOTALL)
    assert any(at == field and said in words for at, words in problems), problems
    assert ApiToken.objects.count() == before
    if sent.get("name", "") in ("", "taken"):
        assert f'value="{(FORM | sent)["name"]}"' in text(answer)


READING = {"measurements:read", "structure:read"}


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("bob", READING),
        ("carol", {*READING, "measurements:write"}),
        ("alice", {*READING, "measurements:write", "structure:write"}),
    ],
)
def test_the_form_offers_what_the_role_allows(acme: World, name: str, scopes: set[str]) -> None:
    form = text(signed_in(acme, name).get(f"{PAGE}?add=1"))
    assert set(re.findall(r'value="(\w+:\w+)"', form)) == scopes


def test_people_see_their_own_and_administrators_all(
    acme: World, rival: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    acme.token(name="of carol", created_by=acme.users["carol"])
    acme.token(name="of an operator")
    acme.token(name="of alice", created_by=acme.users["alice"])
    rival.token(name="of charlie", created_by=rival.users["charlie"])
    revoke_token(token=ApiToken.objects.get(name="of alice"))
    grant_role(user=acme.users["alice"], unit=acme.units["emea"], role=Role.ADMINISTRATOR)
    carols = text(signed_in(acme, "carol").get(PAGE))
    assert "of carol" in carols
    assert "of an operator" not in carols
    alices = text(signed_in(acme, "alice").get(PAGE))
    assert "of alice" in alices
    assert "of carol" not in alices
    root = text(signed_in(acme, "root").get(PAGE))
    for name in ("of carol", "of an operator", "of alice"):
        assert name in root
    assert "of charlie" not in root
    assert "An operator" in root
    for name in ("of an operator", "of alice", "of charlie"):  # not seen, revoked, elsewhere
        assert signed_in(acme, "carol").get(PAGE, {"revoke": name}).status_code == 404
        refused = signed_in(acme, "carol").post(PAGE, {"do": "revoke", "token": name})
        assert refused.status_code == 404
    signed_in(acme, "root").post(PAGE, {"do": "revoke", "token": "of carol"})
    assert ApiToken.objects.get(name="of carol").revoked_at
    client = signed_in(acme, "root")
    client.get(PAGE)
    counts = []
    for n in (0, 30):
        for i in range(n):
            acme.token(name=f"t{i}", created_by=acme.users["carol"], unit=acme.units["sales"])
        with django_assert_max_num_queries(12) as queries:
            client.get(PAGE)
        counts.append(len(queries.captured_queries))
    assert counts[0] == counts[1]


def test_what_happened_to_tokens_is_told(acme: World) -> None:
    alice = signed_in(acme, "alice")
    alice.post(PAGE, FORM)
    alice.post(PAGE, {"do": "revoke", "token": "billing"})
    acme.token(name="of carol", created_by=acme.users["carol"])
    told = text(alice.get("/acme/changes/?kind=token"))
    assert re.findall(r'log-deed">(\w+)', told) == ["revoked", "added"]
    assert "of carol" not in told
    assert "of carol" in text(signed_in(acme, "root").get("/acme/changes/?kind=token"))
    assert alice.get("/acme/history/token/billing/").status_code == 404


# --- The API


def session(world: World, name: str) -> Api:
    return Api.signed_in(world, name)


@pytest.mark.both_databases
def test_a_person_makes_and_revokes_a_token_over_the_api(acme: World) -> None:
    carol = session(acme, "carol")
    made = carol.post("tokens", {"name": "a b/ö", "scopes": ["measurements:read"], "unit": "sales"})
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    answer = made.json()
    bearer = Api(answer.pop("token"))
    assert answer.keys() == {
        *("name", "scopes", "unit", "created_at", "expires_at", "last_used_at")
    }
    assert bearer.get("tokens/a%20b%2F%C3%B6").json()["unit"] == "sales"
    acme.token(name="another", created_by=acme.users["carol"])
    # A token sees itself, and may end itself; it makes no others.
    assert [row["name"] for row in bearer.get("tokens").json()["results"]] == ["a b/ö"]
    assert [row["name"] for row in carol.get("tokens?limit=1").json()["results"]] == ["a b/ö"]
    assert problem(bearer.get("tokens/another")) == (404, "not_found")
    refused = bearer.post("tokens", {"name": "more", "scopes": ["measurements:read"]})
    assert problem(refused) == (403, "session_required")
    path = "/api/v1/acme/tokens/a b/ö"
    assert bearer.client.delete(path, headers=bearer.headers).status_code == 204
    assert problem(bearer.get("tokens")) == (401, "invalid_token")
    assert problem(carol.get("tokens/a b/ö")) == (404, "not_found")
    (revoked, _) = ApiToken.objects.get(name="a b/ö").history.all()
    assert revoked.history_user == acme.users["carol"]
    assert revoked.history_change_reason == "API token “a b/ö”"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, [""]),
        ({"name": "x"}, [""]),
        ({"name": 7, "scopes": ["measurements:read"]}, ["/name"]),
        ({"name": "x", "scopes": []}, ["/scopes"]),
        ({"name": "x", "scopes": ["measurements:read", 7]}, ["/scopes/1"]),
        ({"name": "x", "scopes": ["everything"]}, ["/scopes"]),
        ({"name": "x", "scopes": ["structure:write"], "days": 366}, ["/days"]),
        ({"name": "taken", "scopes": ["structure:write"]}, ["/name", "/scopes"]),
        ({"name": "x", "scopes": ["measurements:read"], "unit": "ada"}, ["/unit"]),
        ({"name": "x", "scopes": ["measurements:read"], "extra": 1}, [""]),
        ({"name": "", "scopes": ["measurements:read"]}, ["/name"]),
    ],
)
def test_bodies_that_cannot_be(acme: World, body: Any, pointers: list[str]) -> None:
    acme.token(name="taken")
    answer = session(acme, "carol").post("tokens", body)
    assert problem(answer) == (422, "invalid_body")
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


def test_bodies_that_cannot_be_read(acme: World) -> None:
    carol = session(acme, "carol")
    assert problem(carol.post("tokens", "{")) == (400, "malformed_json")
    deep = "[" * 5000
    assert problem(carol.post("tokens", deep))[0] in (400, 422)
    assert json.loads(carol.get("tokens").content)["results"] == []


def test_the_page_warns_in_time(acme: World) -> None:
    acme.token(name="of carol", created_by=acme.users["carol"], days=30)
    carol = signed_in(acme, "carol")
    assert "ends within 14 days" not in text(carol.get(PAGE))
    with time_machine.travel(timezone.now() + dt.timedelta(days=20), tick=True):
        carol.force_login(acme.users["carol"])
        assert ", in 10 days" in text(carol.get(PAGE))
    with time_machine.travel(timezone.now() + dt.timedelta(days=31), tick=True):
        carol.force_login(acme.users["carol"])
        page = text(carol.get(PAGE))
        assert "ended " in page
        assert "ends within 14 days" not in page
