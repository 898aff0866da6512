"""Records: read, planned, applied through the services, and taken back."""

import copy
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.models import KPI
from kpis.services.library import define_kpi
from organizations.models import Person, Unit
from organizations.services.people import create_organization
from scorecards.models import Edition, Scorecard
from scorecards.selectors.records import ALL_KINDS, KINDS, records_of
from scorecards.services.records import (
    Deed,
    NotApplied,
    apply,
    apply_sound,
    packed,
    plan,
    rehearsed,
    undo,
    undoing,
    unpacked,
)
from scorecards.services.records.shapes import OCCASION
from tests.scorecards.records_world import (
    KEY,
    LAB,
    TIE,
    Everything,
    closed,
    everything,
    furnished,
    of,
    operator,
    record,
)
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def both_databases(test: Any) -> Any:
    return pytest.mark.both_databases(test)


def statements(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as caught:
        act()
    return len(caught)


# --- Whole organizations


@both_databases
def test_what_is_read_makes_the_same_elsewhere_and_nothing_the_second_time(acme: World) -> None:
    before = everything(furnished(acme).organization)
    assert all(before[kind] for kind in ALL_KINDS)
    for kind, records in before.items():
        for each in records:
            for field in ALL_KINDS[kind].fields:
                assert field.read(field.write(each[field.name])) == each[field.name], (kind, each)
    elsewhere = create_organization(code="elsewhere", name="Elsewhere")
    wanted = plan(operator(elsewhere), before, removes=True)
    assert not wanted.refused
    assert rehearsed(operator(elsewhere), wanted) == wanted
    assert not everything(elsewhere)["units"]  # a rehearsal leaves nothing
    apply(operator(elsewhere), wanted)
    assert everything(elsewhere) == before
    again = plan(operator(elsewhere), before, removes=True)
    assert not again.changes
    assert again.unchanged == {kind: len(records) for kind, records in before.items()}
    active = Scorecard.objects.get(organization=elsewhere, code="sales_scorecard")
    (edition,) = Edition.objects.filter(scorecard=active, superseded_at=None)
    assert edition.valid_from == dt.date(2026, 1, 1)


def changed_everywhere(records: Everything) -> Everything:
    """Something added, changed and removed of nearly every kind."""
    after = copy.deepcopy(records)
    by_key = {kind: {ALL_KINDS[kind].key_of(r): r for r in after[kind]} for kind in after}
    after["settings"][0]["mission"] = "Serve."
    after["people"].append({"code": "zoe", "name": "Zoe", "email": "zoe@example.org"})
    by_key["people"]["ada",]["name"] = "Ada Lovelace"
    after["roles"].append({"person": "zoe", "unit": "lab", "role": "viewer"})
    by_key["roles"]["bob", "sales"]["role"] = "contributor"
    after["units"].append({"code": "bench", "name": "Bench", "kind": "team", "parent": "lab"})
    after["units"].append({"code": "lab", "name": "Lab", "kind": "department", "parent": "apac"})
    by_key["units"]["apac",] |= {"parent": "emea", "name": "Asia"}
    by_key["kpis"]["revenue",] |= {"owner": "zoe", "question_owned": "yes", "name": "Turnover"}
    after["kpis"].append({"code": "profit", "name": "Profit", "formula": "margin * 2"})
    for code in ("spare", "other", "third"):
        after["kpis"].append({"code": code, "name": code.title()})
    after["assignments"].append({"kpi": "profit", "unit": "sales", "responsible": "zoe"})
    by_key["assignments"]["rating", "sales"]["ends_on"] = dt.date(2027, 1, 1)
    after["assignments"].remove(by_key["assignments"]["certified", "sales"])
    after["targets"].append(
        {"kpi": "nps", "unit": "sales", "valid_from": "2026-07-15", "target": 50}
    )
    by_key["targets"]["defects", "sales", "2026-01"]["target"] = 4
    after["targets"].remove(by_key["targets"]["moisture", "sales", "2026-06"])
    by_key["process_changes"]["revenue", "sales", "2026-03"]["note"] = "Newer tills"
    after["process_changes"].append(
        {"kpi": "nps", "unit": "sales", "changed_from": "2026-02-10", "note": " Asked\n by mail "}
    )
    by_key["map_places"]["sales_scorecard", "improve"]["place"] = 1
    by_key["scorecards"]["apac_next",] |= {"status": "active", "name": "APAC"}
    by_key["perspectives"]["sales_scorecard", "financial"]["weight"] = 50
    by_key["objectives"]["sales_scorecard", "grow"] |= {"theme": "", "description": "More."}
    after["themes"].remove(by_key["themes"]["sales_scorecard", "trust"])
    by_key["objective_kpis"]["sales_scorecard", "grow", "nps"]["weight"] = 2
    after["objective_kpis"].append(
        {"scorecard": "apac_next", "objective": "learn", "kpi": "spare", "weight": 1}
    )
    after["alignments"].remove(
        by_key["alignments"]["sales_scorecard", "improve", "emea_scorecard", "improve"]
    )
    by_key["initiatives"]["circle",] |= {"objectives": [], "budget_spent": Decimal("10.00")}
    by_key["milestones"]["circle", "Review", 2]["done_on"] = dt.date(2026, 9, 3)
    after["milestones"].append({"initiative": "circle", "name": "End", "due_on": NOW.date()})
    return after


@both_databases
def test_a_mixed_plan_is_applied_as_said_and_taken_back_whole(acme: World) -> None:
    before = everything(furnished(acme).organization)
    wanted = plan(of(acme, "root"), changed_everywhere(before), removes=True)
    assert not wanted.refused
    assert {deed: wanted.counts()[deed] > 3 for deed in Deed} == dict.fromkeys(Deed, True)
    told: list[tuple[int, int]] = []
    done = apply(of(acme, "root"), wanted, tell=lambda at, total: told.append((at, total))).done
    assert told[-1] == (len(wanted.changes),) * 2
    after = everything(acme.organization)
    assert record(acme.organization, "targets", "nps", "sales", "2026-Q3")["target"] == 50  # type: ignore[index]
    assert record(acme.organization, "scorecards", "apac_next")["starts_on"]  # type: ignore[index]
    declared = {tuple(each.values()) for each in after["process_changes"]}
    assert ("revenue", "sales", "2026-03", "Newer tills") in declared
    assert ("nps", "sales", "2026-Q1", "Asked by mail") in declared
    assert not plan(of(acme, "root"), {"process_changes": after["process_changes"]}).changes
    # What a formula reads came along, and is told.
    assert ("assignments", ("spare", "apac")) in {change.place for change in done}
    for code in ("revenue", "spare"):  # changed, and stored with others
        told_of = KPI.history.filter(code=code).latest("history_id")
        assert told_of.history_user == acme.users["root"]
        assert told_of.history_change_reason == OCCASION
    keys_before = list(Person.objects.live().values_list("pk", flat=True))
    undo(of(acme, "root"), unpacked(packed(done)))
    assert everything(acme.organization) == before
    assert after != before
    assert set(Person.objects.live().values_list("pk", flat=True)) < set(keys_before)


@both_databases
def test_what_was_removed_comes_back_as_the_same_row(acme: World) -> None:
    """A KPI, which others may point at by its id, and whose history goes on."""
    define_kpi(organization=acme.organization, code="spare", name="Spare", formula="revenue + 1")
    spare = KPI.objects.get(code="spare")
    kept = [r for r in records_of(of(acme, "root"), "kpis") if r["code"] != "spare"]
    done = apply(of(acme, "root"), plan(of(acme, "root"), {"kpis": kept}, removes=True)).done
    assert [(c.deed, c.key) for c in done] == [(Deed.REMOVED, ("spare",))]
    undo(of(acme, "root"), done)
    back = KPI.objects.live().get(code="spare")
    assert back.pk == spare.pk
    assert [each.input.code for each in back.inputs.all()] == ["revenue"]


# --- What overtook a plan, and what cannot be


@both_databases
def test_nothing_overtaken_is_overwritten(acme: World) -> None:
    access = of(acme, "root")
    changes = [
        {"code": "sales", "name": "Sales team"},
        {"code": "apac", "name": "Asia"},
    ]
    wanted = plan(access, {"units": changes})
    Unit.objects.filter(code="sales", organization=acme.organization).update(name="Vendors")
    with pytest.raises(NotApplied) as refused:
        apply(access, wanted)
    assert [change.key for change in refused.value.plan.refused] == [("sales",)]
    assert "meanwhile" in refused.value.plan.refused[0].problems[0].text
    assert record(acme.organization, "units", "apac")["name"] == "APAC"  # type: ignore[index]
    partly = apply_sound(access, wanted)
    assert [change.key for change in partly.done] == [("apac",)]
    assert [change.key for change in partly.refused] == [("sales",)]
    Unit.objects.filter(code="apac", organization=acme.organization).update(name="Orient")
    with pytest.raises(NotApplied):
        undo(access, partly.done)
    assert apply_sound(access, undoing(access, partly.done)).refused


@both_databases
def test_good_records_are_applied_without_the_bad_and_what_needs_them(acme: World) -> None:
    given = {
        "units": [
            {"code": "lab", "name": "Lab", "kind": "team", "parent": "acme"},
            {"code": "new", "name": "No word for it", "kind": "team", "parent": "acme"},
            {"code": "bench", "name": "Bench", "kind": "team", "parent": "new"},
            {"code": "desk", "name": "Desk", "kind": "team", "parent": "lab"},
        ]
    }
    found = apply_sound(of(acme, "root"), plan(of(acme, "root"), given))
    assert {change.key[0] for change in found.done} == {"lab", "desk"}
    assert {change.key[0] for change in found.refused} == {"new", "bench"}


def test_a_refused_period_refuses_all_of_its_scorecard_and_nothing_else(acme: World) -> None:
    closed(acme, "emea", "2026-01")
    given = {
        "objectives": [{"scorecard": "sales_scorecard", "code": "grow", "name": "Grow more"}],
        "units": [{"code": "apac", "name": "Asia"}],
    }
    access = of(acme, "root")
    wanted = plan(access, given, valid_from=dt.date(2026, 1, 1))
    found = apply_sound(access, wanted)
    assert [change.kind for change in found.done] == ["units"]
    assert "closed" in found.refused[0].problems[0].text
    # Without a period it is valid from the running one.
    assert apply(access, plan(access, {"objectives": given["objectives"]})).done


# --- Who may


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "unit of sales": ("units", {"code": "sales", "name": "S"}),
    "unit beneath emea": ("units", LAB | {"parent": "emea"}),
    "move apac to sales": ("units", {"code": "apac", "parent": "sales"}),
    "person": ("people", {"code": "ada", "name": "A"}),
    "role": ("roles", {"person": "bob", "unit": "sales", "role": "manager"}),
    "kpi of sales": ("kpis", {"code": "nps", "name": "N"}),
    "kpi new": ("kpis", {"code": "k", "name": "K"}),
    "target of sales": ("targets", KEY | {"valid_from": "2026-02", "target": 90}),
    "assign at apac": ("assignments", {"kpi": "nps", "unit": "apac"}),
    "objective of acme": (
        "objectives",
        {"scorecard": "acme_scorecard", "code": "grow", "name": "G"},
    ),
    "weight of support": (
        "alignments",
        TIE | {"supported_scorecard": "emea_scorecard", "weight": 0.5},
    ),
    "initiative at acme": ("initiatives", {"code": "i", "name": "I", "unit": "acme"}),
    "settings": ("settings", {"mission": "M"}),
}
MAY = {
    "root": set(CHANGES),
    "alice": {
        *("kpi of sales", "kpi new", "target of sales", "weight of support"),
    },
    "carol": set(),
    "bob": set(),
}


def test_each_record_asks_for_the_right_of_its_page(acme: World) -> None:
    for name, may in MAY.items():
        access = of(acme, name)
        found = {
            title: not plan(access, {kind: [given]}).refused
            for title, (kind, given) in CHANGES.items()
        }
        assert {title for title, is_allowed in found.items() if is_allowed} == may, name


def test_nobody_reads_what_they_do_not_see(acme: World) -> None:
    furnished(acme)
    root, bob = of(acme, "root"), of(acme, "bob")
    assert {r["code"] for r in records_of(root, "units")} - {
        r["code"] for r in records_of(bob, "units")
    } == {"ada"}
    assert not [r for r in records_of(bob, "assignments") if r["unit"] == "ada"]
    assert not records_of(bob, "people")
    assert not records_of(bob, "roles")
    # What is hidden is refused in the words for what is not there.
    given = {"kpi": "nps", "unit": "ada"}
    (change,) = plan(of(acme, "carol"), {"assignments": [given]}).changes
    (other,) = plan(of(acme, "carol"), {"assignments": [given | {"unit": "xyz"}]}).changes
    assert [p.text.replace("xyz", "ada") for p in other.problems] == [
        p.text for p in change.problems
    ]


# --- Size


def test_reading_and_planning_take_a_fixed_number_of_statements(acme: World) -> None:
    access = of(acme, "root")

    def count() -> dict[str, int]:
        fresh = of(acme, "root")
        _ = fresh.visible_unit_ids
        found = {kind: statements(lambda k=kind: records_of(fresh, k)) for kind in ALL_KINDS}  # type: ignore[misc]
        found["plan"] = statements(lambda: plan(fresh, everything_seen, removes=True))
        return found

    everything_seen = everything(acme.organization)
    small = count()
    assert max(small[kind] for kind in KINDS) <= 2
    grow = _grown(30)
    added = statements(lambda: apply(access, plan(access, grow)))
    everything_seen = everything(acme.organization)
    assert not plan(of(acme, "root"), everything_seen, removes=True).changes
    assert count() == small
    # Thirty times as much takes no statement more but for the savepoints of roles and the like.
    again = statements(lambda: apply(of(acme, "root"), plan(of(acme, "root"), _grown(5, "b"))))
    assert added <= again + 10


def _grown(n: int, letter: str = "a") -> dict[str, list[dict[str, Any]]]:
    codes = [f"{letter}{i}" for i in range(n)]
    return {
        "people": [{"code": code, "name": code} for code in codes],
        "units": [LAB | {"code": code} for code in codes],
        "kpis": [{"code": code, "name": code} for code in codes],
        "assignments": [{"kpi": "revenue", "unit": code, "responsible": code} for code in codes],
        "targets": [
            {"kpi": "revenue", "unit": code, "valid_from": "2026-01", "target": 1.5}
            for code in codes
        ],
    }
