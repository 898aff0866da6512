"""Strategy maps over the API: links are edited as other records are, and the map is read whole."""

import pytest

from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import create_scorecard
from strategy_maps.models import MOST_LINKS
from strategy_maps.services.links import TOO_MANY
from strategy_maps.services.places import place_objective
from tests.scorecards.api_client import Api, problem
from tests.strategy_maps.mapped_world import crowded, mapped, of, pairs
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LIST = "scorecards/sales_scorecard/causal-links"


@pytest.fixture
def editor(acme: World) -> Api:
    scopes = ("structure:read", "structure:write")
    _, secret = mapped(acme).token(*scopes, created_by=acme.users["alice"])
    return Api(secret)


def test_a_link_is_added_read_changed_and_taken_away(editor: Api) -> None:
    new = {"cause": "train", "effect": "grow", "strength": "strong", "lag_from": 3, "lag_to": 6}
    answer = editor.send("POST", LIST, new)
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/acme/{LIST}/train/grow"
    one = answer["Location"].removeprefix("/api/v1/acme/")
    assert answer.json() == {
        **new,
        "scorecard": "sales_scorecard",
        "is_inverse": False,
        "note": "",
        "cause_kpi": None,
        "effect_kpi": None,
    }
    etag = editor.get(one)["ETag"]
    assert problem(editor.send("PATCH", one, {"note": "So."})) == (428, "version_missing")
    changed = editor.send("PATCH", one, {"note": "So.", "cause_kpi": "defects"}, etag)
    assert (changed.status_code, changed.json()["cause_kpi"]) == (200, "defects")
    assert problem(editor.send("PATCH", one, {"note": "No."}, etag)) == (412, "version_stale")
    twice = editor.send("POST", LIST, new)
    assert problem(twice) == (409, "already_exists")
    found = editor.get(f"{LIST}?strength=strong").json()["results"]
    assert [each["effect"] for each in found] == ["improve", "grow"]
    assert editor.send("DELETE", one, if_match=changed["ETag"]).status_code == 204
    assert ("train", "grow") not in pairs()
    assert editor.get(one).status_code == 404


def test_a_circle_is_told_and_nothing_is_done(editor: Api) -> None:
    rows = [{"cause": "train", "effect": "grow"}, {"cause": "grow", "effect": "train"}]
    answer = editor.send("POST", LIST, rows)
    assert problem(answer) == (422, "invalid_body")
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/1/effect"
    assert "a circle: Grow Sales → Train technicians → Grow Sales." in error["detail"]
    assert ("train", "grow") not in pairs()


def test_one_link_too_many_is_a_body_that_cannot_be(acme: World) -> None:
    scopes = ("structure:read", "structure:write")
    _, secret = crowded(mapped(acme), MOST_LINKS - 1).token(*scopes, created_by=acme.users["alice"])
    api, new = Api(secret), {"cause": "train", "effect": "grow"}
    both = api.send("POST", LIST, [new, {"cause": "o20", "effect": "grow"}])
    assert problem(both) == (422, "invalid_body")
    assert [error["pointer"] for error in both.json()["errors"]] == ["/1"]
    assert api.send("POST", LIST, new).status_code == 201
    answer = api.send("POST", LIST, {"cause": "o20", "effect": "grow"})
    assert problem(answer) == (422, "invalid_body")
    assert answer.json()["errors"][0]["detail"] == TOO_MANY
    assert len(pairs()) == MOST_LINKS


def test_the_whole_map_is_answered(acme: World, editor: Api) -> None:
    place_objective(objective=of(acme, "fix"), x=0.25)
    acme.record("revenue", "sales", {"2026-02-01": 90})
    refresh_scores(organization_id=acme.organization.pk)
    told = editor.get("units/sales/map?period=2026-02").json()
    assert (told["scorecard"], told["period"], told["score"]) == (
        *("sales_scorecard", "2026-02"),
        75.0,
    )
    assert [lane["objectives"] for lane in told["perspectives"]] == [
        *(["grow"], ["improve"], ["train", "fix"]),
    ]
    grow, _, _, fix = told["objectives"]
    assert (grow["status"], grow["coverage"], fix["score"]) == ("below_target", 0.75, None)
    assert (fix["x"], fix["theme"], fix["perspective"]) == (0.25, None, "learning")
    assert told["causal_links"][0]["hypothesis"] == (
        "If “Improve Sales” improves, then “Grow Sales” worsens after 2–4 months."
    )
    assert told["causal_links"][0]["evidence"] is None
    create_scorecard(unit=acme.units["apac"], code="draft", name="Draft")
    assert problem(editor.get("units/apac/map")) == (404, "no_scorecard")
    assert problem(editor.get("units/sales/map?period=2027")) == (400, "invalid_period")
