"""Tables of records from files: told, applied in part, handed back for correction, undone."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from organizations.models import Unit
from scorecards.models import Objective
from tests.scorecards.imports.bringing import (
    access_of,
    applied,
    checked,
    counts,
    map_as,
    read,
    told,
    undone,
)
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

UNITS = """Code,Name,Kind,Parent,Position
night,Night shift,team,sales,1
emea,Europe,division,acme,0
ghost,Ghost,team,nowhere,0
deep,Deeper,team,night,0
odd,Odd,team,emea,first
"""


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def live_units(world: World) -> dict[str, str]:
    rows = Unit.objects.live().filter(organization=world.organization)
    return dict(rows.values_list("code", "name"))


def test_units_come_in_except_the_bad_ones_and_go_again(acme: World, client: Client) -> None:
    root = access_of(acme, "root")
    before = live_units(acme)
    row = checked(root, UNITS)
    assert (row.state, row.kind, counts(row)) == ("ready", "units", (2, 1, 0, 2))
    assert [problem[1:4] for problem in told(row)["problems"]] == [
        [4, "Parent", "nowhere"],
        [6, "Position", "first"],
    ]
    client.force_login(acme.users["root"])
    address = f"/acme/data/imports/{row.number}/refused/"
    waiting = client.get(address).getvalue()
    row = applied(row, "good")
    assert (row.state, counts(row)) == ("done", (2, 1, 0, 2))
    assert live_units(acme) == before | {
        "night": "Night shift", "deep": "Deeper", "emea": "Europe"
    }  # fmt: skip

    refused = client.get(address).getvalue()
    assert refused == waiting
    assert [word in refused for word in (b"Odd", b"Ghost", b"Night")] == [True, True, False]
    again = checked(root, refused.replace(b"nowhere", b"deep").replace(b",first,", b",2,"))
    assert (again.kind, counts(again)) == ("units", (2, 0, 0, 0))

    row = undone(root, row)
    assert (row.state, told(row)["left"], live_units(acme)) == ("undone", [], before)


def test_each_role_brings_in_what_it_may(acme: World) -> None:
    """A row's refusal names what is lacking, and tells nothing of what the reader cannot see."""
    contributor = checked(access_of(acme, "carol"), UNITS)
    assert (contributor.added, contributor.changed, contributor.refused > 0) == (0, 0, True)
    targets = "kpi,unit,valid_from,target\nnps,sales,2026-Q3,50\nrevenue,acme,2026-07,9\n"
    manager = checked(access_of(acme, "alice"), targets)
    assert counts(manager) == (1, 0, 0, 1)
    value = "kpi,unit,period,value\nrevenue,ada,2026-01,1\nrevenue,nobody,2026-01,1\n"
    unseen, unknown = told(checked(access_of(acme, "carol"), value))["problems"]
    assert unseen[4].replace("ada", "…") == unknown[4].replace("nobody", "…")
    assert counts(checked(access_of(acme, "alice"), value))[:2] == (1, 0)


def test_a_scorecard_is_changed_by_a_table(acme: World) -> None:
    content = 'scorecard,code,weight\nsales_scorecard,grow,"2,5"\nsales_scorecard,improve,1\n'
    access = access_of(acme, "alice")
    row = applied(checked(access, content, kind="objectives"))
    assert (row.state, counts(row)) == ("done", (0, 1, 1, 0))
    grow = Objective.objects.get(pk=acme.objectives["sales", "grow"].pk)
    assert grow.weight == 2.5
    undone(access, row)
    grow.refresh_from_db()
    assert grow.weight == 1


def test_what_columns_mean_is_remembered_for_files_like_it(acme: World) -> None:
    content = "what,where,when,how much\nrevenue,sales,2026-01,5\n"
    access = access_of(acme, "carol")
    row = read(access, content, kind="values")
    assert (row.state, row.mapping) == ("mapping", [["", "", "period", ""]])
    map_as(access, row, [["kpi", "unit", "period", "value"]])
    assert read(access, content, kind="values").mapping == [["kpi", "unit", "period", "value"]]
    other = read(access, content.replace("where", "place"), kind="values")
    assert other.mapping == [["", "", "period", ""]]
