"""Editing the map with plain forms: links, places, what is refused, and what is undone."""

import datetime as dt
import html
import re

import pytest
from django.test import Client

from scorecards.models import Scorecard
from strategy_maps.models import MOST_LINKS, CausalLink, Position
from strategy_maps.services.links import TOO_MANY, change_link
from tests.pages import undo
from tests.strategy_maps.mapped_world import crowded, mapped, of, pairs
from tests.worlds import CANARY, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/units/sales/map/edit/"
LINK = "/acme/units/sales/map/links/train/fix/"
NEW = {"do": "add", "cause": "train", "effect": "grow"}
PANEL = {"HX-Request": "true", "HX-Target": "map-work"}  # of what is wrong, the panel alone
SAID = {"is_inverse": "", "strength": "2", "lag_from": "6", "lag_to": "6", "note": ""}


@pytest.fixture
def alice(acme: World) -> Client:
    """A manager of EMEA; Sales, beneath it, has train → fix → improve → grow."""
    mapped(acme)
    client = Client()
    client.force_login(acme.users["alice"])
    return client


def text(answer: object) -> str:
    return html.unescape(answer.content.decode())  # type: ignore[attr-defined]


def post(client: Client, address: str = PAGE, **fields: object) -> tuple[int, str]:
    """The status, and the page that the answer leads to."""
    answer = client.post(address, fields)
    if answer.status_code != 302:
        return answer.status_code, text(answer)
    return 302, text(client.get(answer["Location"]))


def undone(client: Client, page: str) -> str:
    """The page after its button to undo."""
    (address,) = re.findall(r'<form class="undo"[^>]*action="([^"]+)"', page)
    status, after = post(client, address, **undo(page))
    assert status == 302
    return after


def stored() -> CausalLink:
    found: CausalLink = CausalLink.objects.live().get(cause__code="train", effect__code="fix")
    return found


# --- Links


def test_a_link_is_added_and_taken_back(acme: World, alice: Client) -> None:
    fields = {**NEW, "is_inverse": "on", "strength": "3", "lag_from": "3", "lag_to": "12"}
    fields |= {"cause_kpi": "defects", "effect_kpi": "revenue", "note": " As in 2024. "}
    status, page = post(alice, **fields)
    assert (status, "“Train technicians” leads to “Grow Sales” now" in page) == (302, True)
    added = CausalLink.objects.live().get(cause__code="train", effect__code="grow")
    assert (added.is_inverse, added.strength, added.lag_from, added.lag_to) == (True, 3, 3, 12)
    assert (added.cause_kpi, added.effect_kpi) == (acme.kpis["defects"], acme.kpis["revenue"])
    assert added.note == "As in 2024."
    assert added.history.first().history_user == acme.users["alice"]
    assert "Train technicians</h2>" in page
    assert "leads to “Grow Sales” no more" in undone(alice, page)
    assert ("train", "grow") not in pairs()


def test_a_circle_is_refused_with_its_way(alice: Client) -> None:
    status, page = post(alice, **{**NEW, "cause": "grow", "effect": "train", "lag_to": "7"})
    assert status == 422
    assert (
        "This would close a circle: Grow Sales → Train technicians → First-time fix → Improve Sales"
        " → Grow Sales"
    ) in page
    assert 'value="7"' in page
    assert re.search(r'<option value="train"\s+selected', page)
    for target in ("panel", "map-work"):
        headers = {"HX-Request": "true", "HX-Target": target}
        part = alice.post(PAGE, {**NEW, "cause": "grow", "effect": "train"}, headers=headers)
        assert (part.status_code, part["HX-Retarget"]) == (422, "#panel")
        assert "close a circle" in text(part)
        assert '<svg class="map-picture' not in text(part)


def test_one_link_too_many_is_told_above_what_was_typed(acme: World, alice: Client) -> None:
    crowded(acme, MOST_LINKS)
    status, page = post(alice, **{**NEW, "lag_to": "7"})
    assert (status, TOO_MANY in page, 'value="7"' in page) == (422, True, True)
    assert len(pairs()) == MOST_LINKS


BAD_LINKS: list[tuple[dict[str, str], str]] = [
    ({"cause": ""}, "Choose an objective of this scorecard"),
    ({"effect": "nothing"}, "Choose an objective of this scorecard"),
    ({"effect": "a\x00b"}, "Choose an objective of this scorecard"),
    ({"effect": "train"}, "does not lead to itself"),
    ({"effect": "fix"}, "leads to “First-time fix” already"),
    ({"strength": "9"}, "Choose how strongly"),
    ({"lag_from": "some"}, "Write whole months, from 0 to 36"),
    ({"lag_to": "37"}, "Write whole months, from 0 to 36"),
    ({"lag_from": "4", "lag_to": "2"}, "The most months are no fewer"),
    ({"cause_kpi": "secret_sauce"}, "Choose one of these KPIs"),
    ({"effect_kpi": "share"}, "Choose one of these KPIs"),
    ({"note": "x" * 2001}, "at most 2000 characters"),
    ({"do": "explode"}, "Choose what to do"),
    ({"do": ""}, "Choose what to do"),
]


def test_what_cannot_be_added_is_told_beside_what_was_typed(
    acme: World, rival: World, alice: Client
) -> None:
    before = pairs()
    for fields, said in BAD_LINKS:
        sent = {**NEW, "is_inverse": "on", **fields}
        answer = alice.post(PAGE, sent, headers=PANEL)
        page = text(answer)
        assert (answer.status_code, said in page, CANARY in page) == (422, True, False), fields
        assert re.search(r'<option value="on"\s+selected', page)
    assert pairs() == before


def test_a_link_is_changed_removed_and_brought_back(acme: World, alice: Client) -> None:
    status, page = post(alice, LINK, do="save", version=1, **{**SAID, "strength": "3"})
    assert (status, "is saved" in page, stored().strength) == (302, True, 3)
    undone(alice, page)
    assert stored().strength == 2
    status, page = post(alice, LINK, do="save", version=3, **SAID)
    assert (status, "Nothing was changed" in page) == (302, True)
    status, page = post(alice, LINK, do="remove", version=3)
    assert (status, ("train", "fix") in pairs()) == (302, False)
    assert "leads to “First-time fix” again" in undone(alice, page)
    assert ("train", "fix") in pairs()
    for bad in ({"cause": "grow", "effect": "train"}, {"cause": "a\x00", "effect": ""}):
        assert alice.post(PAGE, {"do": "restore", **bad}).status_code == 404


def test_what_another_has_saved_meanwhile_stands_beside(acme: World, alice: Client) -> None:
    change_link(link=stored(), by=acme.users["root"], strength=3, lag_to=9)
    typed = {**SAID, "strength": "1", "note": "As we saw."}
    status, page = post(alice, LINK, do="save", version=1, **typed)
    assert (status, "Root saved this link meanwhile" in page) == (409, True)
    assert "Saved meanwhile: <b>Strong</b>" in page
    assert re.search(r'<option value="1"\s+selected', page)
    assert 'value="9"' in page  # which was not typed into
    assert "As we saw." in page
    assert 'name="version" value="2"' in page
    assert stored().strength == 3
    status, page = post(alice, LINK, do="remove", version=1)
    assert (status, ("train", "fix") in pairs()) == (409, True)
    status, page = post(alice, LINK, do="save", version=2, **{**SAID, "lag_from": "x"})
    assert (status, "Write whole months" in page) == (422, True)


# --- Places


def test_a_node_is_put_somewhere_and_let_go(acme: World, alice: Client) -> None:
    status, page = post(alice, do="place", objective="fix", x="0.2500")
    assert (status, Position.objects.get().x) == (302, 0.25)
    assert re.search(r'data-node="fix"\s+data-share="0.25', page)
    status, page = post(alice, do="place", objective="fix", place="80")
    assert Position.objects.get().x == 0.8
    undone(alice, page)
    assert Position.objects.get().x == 0.25
    status, page = post(alice, do="unplace", objective="fix")
    assert not Position.objects.exists()
    page = undone(alice, page)
    assert Position.objects.get(objective=of(acme, "fix")).x == 0.25
    _, page = post(alice, do="place", objective="train", x="1")
    undone(alice, page)
    assert Position.objects.get().objective == of(acme, "fix")


def test_places_are_within_the_lane(alice: Client) -> None:
    for x in ("", "left", "-0.1", "1.1", "nan", "1e999", "١", "0" * 30):
        sent = {"do": "place", "objective": "fix", "x": x}
        answer = alice.post(PAGE, sent, headers=PANEL)
        assert (answer.status_code, "Write a place from 0" in text(answer)) == (422, True), x
    assert not Position.objects.exists()
    assert post(alice, do="place", objective="nothing", x="0.5")[0] == 422


# --- Who may


def test_only_managers_of_the_unit_edit(acme: World, alice: Client, client: Client) -> None:
    page = text(alice.get("/acme/units/sales/map/"))
    assert "Edit</a>" in page
    assert "Remove the link" in text(alice.get(LINK))
    client.force_login(acme.users["carol"])
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, NEW).status_code == 403
    assert client.post(LINK, {"do": "remove", "version": 1}).status_code == 403
    assert "Remove the link" not in text(client.get(LINK))
    assert alice.post("/acme/units/acme/map/edit/", NEW).status_code == 403


def test_an_archived_map_stays_as_it_was(acme: World, alice: Client) -> None:
    rows = Scorecard.objects.filter(pk=acme.scorecards["sales"].pk)
    rows.update(status="archived", ends_on=dt.date(2026, 4, 1))
    named = {"scorecard": "sales_scorecard"}
    answer = alice.get(PAGE, named)
    assert answer.status_code == 302
    assert "Edit</a>" not in text(alice.get(answer["Location"]))
    status, page = post(alice, f"{PAGE}?scorecard=sales_scorecard", **NEW)
    assert (status, "An archived scorecard stays as it was" in page) == (422, True)
    assert "Remove the link" not in text(alice.get(LINK, named))
