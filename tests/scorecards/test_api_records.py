"""Records over HTTP: typed values in and out, versions, rights, and what is refused."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scorecards.api.records.values import Pairs, answered, said
from scorecards.models import Objective, Scorecard
from scorecards.selectors.records import ALL_KINDS
from tests.scorecards.api_client import Api, problem
from tests.scorecards.records_world import closed, everything, furnished
from tests.scorecards.test_api_concurrency import together
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SALES = "scorecards/sales_scorecard"


@pytest.fixture
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def token(world: World, *scopes: str, by: str = "root") -> Api:
    scopes = scopes or ("structure:read", "structure:write")
    name = f"{' '.join(scopes)} of {by}"
    return Api(world.token(*scopes, name=name, created_by=world.users[by])[1])


# --- Values


READ: list[tuple[str, str, Any, Any]] = [
    ("kpis", "decimals", 2, 2),
    ("kpis", "decimals", 2.0, 2),
    ("kpis", "natural_minimum", 1, 1.0),
    ("kpis", "natural_minimum", None, None),
    ("kpis", "owner", None, ""),
    ("kpis", "is_input", True, True),
    ("kpis", "grades", [["A", 3], ["B", 1.5]], [["A", 3.0], ["B", 1.5]]),
    ("kpis", "question_owned", None, ""),
    ("targets", "curve", [[0, 50], [10, 100]], [[0.0, 50.0], [10.0, 100.0]]),
    ("assignments", "starts_on", "2026-01-31", dt.date(2026, 1, 31)),
    ("initiatives", "budget_spent", "1200.5", Decimal("1200.50")),
    ("initiatives", "budget_spent", 1200, Decimal("1200.00")),
    ("initiatives", "objectives", ["s.b", "s.a"], ["s.a", "s.b"]),
    ("settings", "reporting_frequencies", ["year", "month"], ["month", "year"]),
]
WRONG: list[tuple[str, str, Any]] = [
    ("kpis", "name", 7),
    ("kpis", "name", ""),
    ("kpis", "name", None),
    ("kpis", "decimals", "2"),
    ("kpis", "decimals", True),
    ("kpis", "decimals", 1.5),
    ("kpis", "natural_minimum", "1_000"),
    ("kpis", "natural_minimum", 1e19),
    ("kpis", "natural_minimum", float("inf")),
    ("kpis", "owner", ["ada"]),
    ("kpis", "is_input", 1),
    ("kpis", "direction", "sideways"),
    ("kpis", "direction", Pairs()),
    ("kpis", "grades", [["A", "3"]]),
    ("kpis", "grades", [["A", True]]),
    ("kpis", "grades", "A=3"),
    ("targets", "curve", [[0]]),
    ("assignments", "starts_on", "31.1.2026"),
    ("assignments", "starts_on", "2026-02-30"),
    ("initiatives", "budget_spent", True),
    ("initiatives", "budget_spent", "1e3"),
    ("initiatives", "objectives", "s.a"),
    ("initiatives", "objectives", [["s.a"]]),
    ("settings", "reporting_frequencies", [["month"]]),
]


def test_values_are_typed() -> None:
    for kind, name, value, expected in READ:
        record, errors = said(ALL_KINDS[kind], Pairs([(name, value)]), {})
        assert (record, errors) == ({name: expected}, []), (name, value)
    for kind, name, value in WRONG:
        _, errors = said(ALL_KINDS[kind], Pairs([(name, value)]), {})
        assert [(e.field, e.code) for e in errors] == [(name, "invalid_value")], (name, value)


def test_what_is_answered_can_be_sent_again(acme: World) -> None:
    """Every field of every kind, from the record to JSON and back, changes nothing."""

    furnished(acme)
    for name, records in everything(acme.organization).items():
        kind = ALL_KINDS[name]
        for record in records:
            sent = json.loads(json.dumps(answered(kind, record)))
            again, errors = said(kind, Pairs(sent.items()), {})
            assert not errors, (name, errors)
            assert again == record, name


# --- One record, from its beginning to its end


def test_a_record_is_added_read_changed_and_taken_away(acme: World) -> None:
    api = token(acme)
    added = api.send("POST", f"{SALES}/objectives", {"code": "learn", "name": "Learn",
                                                    "perspective": "process"})  # fmt: skip
    assert added.status_code == 201, added.content
    address = added["Location"].removeprefix(api.base)
    assert address == f"{SALES}/objectives/learn"
    read = api.get(address)
    assert (read.json(), read["ETag"]) == (added.json(), added["ETag"])
    assert read.json()["owner"] is None
    assert read.json()["weight"] == 1

    assert problem(api.send("PATCH", address, {"weight": 2})) == (428, "version_missing")
    changed = api.send("PATCH", address, {"weight": 2, "owner": "ada"}, if_match=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed.json() == read.json() | {"weight": 2, "owner": "ada"}
    stale = api.send("PATCH", address, {"weight": 3}, if_match=read["ETag"])
    assert problem(stale) == (412, "version_stale")
    assert (stale.json()["current"], stale["ETag"]) == (changed.json(), changed["ETag"])

    cleared = api.send("PATCH", address, {"owner": None}, if_match="*")
    assert cleared.json()["owner"] is None
    assert api.send("PATCH", address, {}, if_match=cleared["ETag"]).json() == cleared.json()
    assert problem(api.send("DELETE", address)) == (428, "version_missing")
    assert problem(api.send("DELETE", address, if_match=read["ETag"])) == (412, "version_stale")
    gone = api.send("DELETE", address, if_match=cleared["ETag"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert problem(api.get(address)) == (404, "not_found")
    history = Objective.history.filter(code="learn").order_by("history_id")
    assert {row.history_change_reason for row in history} == {
        "API token “structure:read structure:write of root”"
    }
    assert [row.history_user for row in history] == [acme.users["root"]] * len(history)


# --- Lists


def test_lists_are_narrowed_ordered_and_paged(acme: World) -> None:
    furnished(acme)
    api = token(acme)

    def codes(path: str, name: str = "code") -> list[str]:
        return [row[name] for row in api.get(path).json()["results"]]

    assert codes("scorecards?status=draft") == ["apac_next"]
    assert codes("assignments?unit=sales&responsible=ada", "kpi") == ["margin"]
    assert codes("assignments?unit=nowhere", "kpi") == []
    assert codes("kpis?q=N%20ps") == ["nps"]
    assert codes(f"{SALES}/perspectives?ordering=-position") == ["process", "financial"]
    assert codes(f"{SALES}/objectives/grow/kpis", "kpi") == ["nps", "revenue"]
    milestones = api.get("initiatives/circle/milestones").json()["results"]
    assert [(each["number"], each["done_on"]) for each in milestones] == [
        (1, "2026-03-02"),
        (2, None),
    ]
    assert api.get("initiatives/circle/milestones/Review/2").json() == milestones[1]
    first = api.get("kpis?ordering=name&limit=5").json()
    rest = api.get(f"kpis?ordering=name&limit=5&cursor={first['next']}").json()
    assert sorted(codes("kpis")) == sorted(r["code"] for r in first["results"] + rest["results"])
    assert rest["next"] is None
    for path in ("kpis?direction=up", "kpis?ordering=formula", "kpis?limit=0"):
        assert problem(api.get(path)) == (400, "invalid_parameter")


def test_statements_do_not_grow_with_rows(acme: World) -> None:
    """P16: lists and single reads; a write, with whatever the organization holds beside it."""
    api = token(acme)
    api.get("kpis")  # the token is remembered from now on
    reads = ("kpis", "kpis/nps", "targets", "targets/nps/sales/2026-Q1", "units", f"{SALES}/themes")
    before = {path: statements(api, "GET", path) for path in reads}
    change = statements(api, "PATCH", f"{SALES}/objectives/grow", {"weight": 7})
    small = statements(api, "PATCH", "kpis/nps", {"description": "How likely?"})
    many = [{"code": f"k_{n}", "name": f"K {n}"} for n in range(40)]
    assert api.send("POST", "kpis", many).status_code == 201
    more = [{"kpi": row["code"], "unit": "sales"} for row in many]
    assert api.send("POST", "assignments", more).status_code == 201
    assert {path: statements(api, "GET", path) for path in reads} == before
    assert max(before.values()) <= 3, before
    assert statements(api, "PATCH", f"{SALES}/objectives/grow", {"weight": 8}) == change
    assert statements(api, "PATCH", "kpis/nps", {"description": "How?"}) == small
    assert max(small, change) <= 81, (small, change)


def statements(api: Api, method: str, path: str, body: Any = None) -> int:
    with CaptureQueriesContext(connection) as told:
        answer = api.send(method, path, body, if_match="*")
    assert answer.status_code == 200, answer.content
    return len(told)


# --- What is refused


LAB = {"code": "lab", "name": "Lab", "kind": "team", "parent": "acme"}
REFUSED: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("kpis", [], [("", "empty")]),
    ("kpis", "revenue", [("", "not_an_object")]),
    ("kpis", {"code": "k"}, [("/name", "missing_field")]),
    ("kpis", {"code": "K 1", "name": "K"}, [("/code", "invalid_value")]),
    ("kpis", {"code": "k", "name": "K", "colour/~": 1}, [("/colour~1~0", "unknown_field")]),
    ("kpis", {"code": "k", "name": "K", "owner": "zoe"}, [("/owner", "unknown_reference")]),
    ("kpis", {"code": "k", "name": "K", "units": ["sales"]}, [("/units", "unknown_field")]),
    ("kpis", {"code": "k", "name": "\ud800"}, [("/name", "invalid_value")]),
    ("units", LAB | {"parent": "rival"}, [("/parent", "unknown_reference")]),
    ("units", LAB | {"kind": 3}, [("/kind", "invalid_value")]),
    (
        "units",
        [LAB, LAB | {"name": 1}, LAB | {"code": "lab_2"}],
        [("/1/name", "invalid_value")],
    ),
    ("units", [LAB, LAB | {"parent": "emea"}], [("/1/code", "duplicate")]),
    (
        f"{SALES}/objectives",
        {"code": "o", "name": "O", "perspective": "nothing"},
        [("/perspective", "unknown_reference")],
    ),
    (
        f"{SALES}/themes",
        {"scorecard": "emea_scorecard", "code": "t", "name": "T"},
        [("/scorecard", "fixed")],
    ),
    (
        "targets",
        {"kpi": "rating", "unit": "apac", "valid_from": "2026-01"},
        [("/unit", "unknown_reference")],
    ),
    (
        "targets",
        {"kpi": "nps", "unit": "sales", "valid_from": "soon"},
        [("/valid_from", "invalid_value")],
    ),
]


def test_what_a_body_cannot_say_is_told_by_its_place(acme: World, rival: World) -> None:
    api = Api.signed_in(acme, "root")
    for path, body, expected in REFUSED:
        answer = api.send("POST", path, body)
        assert problem(answer) == (422, "invalid_body"), (path, body, answer.content)
        errors = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
        assert errors == expected, (path, body, errors)
    twice = api.post("kpis", '{"code": "k", "name": "K", "name": "L"}').json()
    assert twice["errors"][0] == {
        "pointer": "/name",
        "code": "duplicate_field",
        "detail": "The object names this twice.",
    }
    deep = "[" * 30 + "]" * 30
    assert problem(api.post("kpis", deep)) == (400, "too_deep")
    assert problem(api.post("kpis", '{"code": NaN}')) == (400, "malformed_json")
    rows = [{"code": f"k{n}", "name": "K"} for n in range(1001)]
    assert problem(api.post("kpis", rows)) == (413, "too_many_rows")


def test_hidden_and_unknown_references_are_refused_alike(acme: World, rival: World) -> None:
    """Bob's colleague manages APAC under the rule that members see their own line only."""
    furnished(acme)
    api = Api.signed_in(acme, "alice")
    tie = {"scorecard": "sales_scorecard", "objective": "grow", "supported_objective": "learn"}
    told = []
    for hidden in ("apac_next", "nowhere_xx"):
        answer = api.send("POST", "alignments", tie | {"supported_scorecard": hidden})
        assert problem(answer) == (422, "invalid_body")
        told.append(answer.content.decode().replace(hidden, "…"))
    assert told[0] == told[1]
    assert problem(api.get("scorecards/apac_next")) == (404, "not_found")
    assert problem(api.get("scorecards/apac_next/objectives")) == (404, "not_found")


def test_roles_scopes_and_states_refuse_with_codes_of_their_own(acme: World) -> None:
    furnished(acme)
    root, alice = token(acme), token(acme, by="alice")
    objective = f"{SALES}/objectives/grow"
    told = {
        "scope": token(acme, "structure:read").send("PATCH", objective, {}, if_match="*"),
        "role": alice.send("PATCH", "scorecards/acme_scorecard", {"name": "X"}, if_match="*"),
        "units": alice.send("POST", "units", LAB),
        "people": root.get("people"),
        "exists": root.send("POST", "kpis", {"code": "nps", "name": "NPS"}),
        "used": root.send("DELETE", "kpis/nps", if_match="*"),
        "held": root.send("DELETE", SALES, if_match="*"),
        "fixed": root.send("PATCH", objective, {"code": "shrink"}, if_match="*"),
        "read": root.send("PATCH", "kpis/nps", {"units": []}, if_match="*"),
    }
    assert {name: problem(answer) for name, answer in told.items()} == {
        "scope": (403, "missing_scope"),
        "role": (403, "not_permitted"),
        "units": (403, "not_permitted"),
        "people": (403, "not_permitted"),
        "exists": (409, "already_exists"),
        "used": (409, "in_use"),
        "held": (409, "conflict"),
        "fixed": (422, "invalid_body"),
        "read": (422, "invalid_body"),
    }
    assert any("Sales" in user for user in told["used"].json()["users"])
    assert root.send("POST", "units", LAB).status_code == 201
    closed(acme, "sales", "2026-04")
    answer = root.send("PATCH", f"{objective}?valid_from=2026-04", {"weight": 9}, if_match="*")
    assert problem(answer) == (409, "period_closed")
    target = {"kpi": "revenue", "unit": "sales", "valid_from": "2026-04", "target": 7}
    assert problem(root.send("POST", "targets", target)) == (409, "period_closed")


def test_arrays_are_added_whole_or_not_and_rehearsed(acme: World) -> None:
    api = token(acme)
    good = [{"code": f"k{n}", "name": f"K {n}", "owner": "ada"} for n in range(3)]
    rehearsed = api.send("POST", "kpis?dry_run=1", good)
    assert rehearsed.status_code == 201
    assert problem(api.get("kpis/k0")) == (404, "not_found")
    bad = api.send("POST", "kpis", [*good, {"code": "nps", "name": "Again"}])
    assert problem(bad) == (409, "already_exists")
    assert bad.json()["errors"][0]["pointer"] == "/3/code"
    assert problem(api.get("kpis/k0")) == (404, "not_found")
    added = api.send("POST", "kpis", good)
    assert added.json() == rehearsed.json()
    assert [row["code"] for row in added.json()["results"]] == ["k0", "k1", "k2"]
    gone = api.send("DELETE", "kpis/k0?dry_run=1", if_match="*")
    assert (gone.status_code, api.get("kpis/k0").status_code) == (204, 200)
    draft = {"code": "next", "unit": "apac", "name": "Next"}
    assert api.send("POST", "scorecards", draft).status_code == 201
    part = {"code": "p", "name": "P"}
    assert api.send("POST", "scorecards/next/perspectives", part).status_code == 201
    assert api.send("DELETE", "scorecards/next", if_match="*").status_code == 204
    assert not Scorecard.objects.live().filter(code="next").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_who_have_read_the_same_one_is_told(acme: World) -> None:
    api = token(acme)
    secret = api.headers["authorization"].removeprefix("Bearer ")
    place = f"{SALES}/objectives/grow"
    read = api.get(place)["ETag"]
    told: list[int] = []

    def writer(weight: int) -> Callable[[], None]:
        def write() -> None:
            answer = Api(secret).send("PATCH", place, {"weight": weight}, if_match=read)
            told.append(answer.status_code)

        return write

    together(*(writer(weight) for weight in (2, 3, 4, 5)))
    assert sorted(told) == [200, 412, 412, 412]
