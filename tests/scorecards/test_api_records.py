"""Records over HTTP: typed values in and out, versions, rights, and what is refused."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from scorecards.api.records.values import Pairs, answered, said
from scorecards.models import Objective
from scorecards.selectors.records import ALL_KINDS
from tests.scorecards.api_client import Api, problem
from tests.scorecards.records_world import furnished
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SALES = "scorecards/sales_scorecard"


@pytest.fixture
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def token(world: World, *scopes: str, by: str = "root") -> Api:
    scopes = scopes or ("structure:read", "structure:write")
    return Api(world.token(*scopes, name=f"of {by}", created_by=world.users[by])[1])


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
    from tests.scorecards.records_world import everything

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
    assert {row.history_change_reason for row in history} == {"API token “of root”"}
    assert [row.history_user for row in history] == [acme.users["root"]] * len(history)
