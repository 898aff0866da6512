"""Causal links come, go and are told of as the scorecards that they belong to."""

import copy
import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.services.library import remove_assignment
from organizations.services.people import create_organization
from scorecards.models import Scorecard
from scorecards.selectors.documents.places import give_places
from scorecards.selectors.documents.reading import read_document
from scorecards.selectors.documents.writing import organization_text
from scorecards.selectors.exports.records import scorecard_tables
from scorecards.selectors.exports.shapes import Wanted
from scorecards.selectors.history.latest import latest_saves
from scorecards.selectors.history.parts import PARTS
from scorecards.selectors.history.reading import newest
from scorecards.selectors.records import records_of
from scorecards.services.arranging import remove_node, restore_nodes
from scorecards.services.duplicating import delete_draft, duplicate_scorecard, restore_draft
from scorecards.services.lifecycle import archive_scorecard
from scorecards.services.records import NotApplied, Plan, apply, plan, removal, undo
from scorecards.services.restoring.deeds import restore
from scorecards.services.restoring.wishes import Wish
from scorecards.services.structure import add_objective
from strategy_maps.models import CausalLink, Position
from strategy_maps.services.links import change_link, remove_link
from strategy_maps.services.places import place_objective
from tests.scorecards.records_world import of as access_of
from tests.scorecards.records_world import operator
from tests.scorecards.test_history import client_of, first_way_back, form_of, text_of
from tests.strategy_maps.mapped_world import link, mapped, of, pairs
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ALL = {("train", "fix"), ("fix", "improve"), ("improve", "grow")}


def test_links_go_and_come_back_with_their_objectives(acme: World) -> None:
    sales = mapped(acme).scorecards["sales"]
    gone = remove_node(scorecard=sales, key="objective.fix", by=acme.users["alice"])
    assert pairs() == {("improve", "grow")}
    other = link(acme, "improve", "train")
    with pytest.raises(ValidationError, match="would close a circle"):
        restore_nodes(scorecard=sales, removed_at=gone)
    assert pairs() == {("improve", "grow"), ("improve", "train")}
    remove_link(link=other)
    restore_nodes(scorecard=sales, removed_at=gone, by=acme.users["alice"])
    assert pairs() == ALL
    lone = remove_node(scorecard=sales, key="perspective.learning")
    assert pairs() == {("improve", "grow")}
    restore_nodes(scorecard=sales, removed_at=lone)
    assert pairs() == ALL


def test_a_copy_of_a_scorecard_leads_as_the_original_does(acme: World) -> None:
    mapped(acme)
    link(acme, "train", "grow", cause_kpi=acme.kpis["share"], effect_kpi=acme.kpis["revenue"])
    place_objective(objective=of(acme, "fix"), x=0.3)
    sales = acme.scorecards["sales"]
    duplicate_scorecard(scorecard=sales, unit=sales.unit, code="sales_next", name="Next")
    draft = duplicate_scorecard(
        scorecard=sales, unit=acme.units["apac"], code="apac_scorecard", name="APAC"
    )
    copies = CausalLink.objects.live().filter(cause__scorecard=draft)
    assert pairs("apac") == {*ALL, ("train", "grow")}
    row = copies.get(cause__code="improve")
    assert (row.is_inverse, row.lag_from, row.lag_to, row.version) == (True, 2, 4, 1)
    row = copies.get(cause__code="train", effect__code="grow")
    assert (row.cause_kpi, row.effect_kpi) == (None, acme.kpis["revenue"])  # APAC has no share
    kept = CausalLink.objects.get(
        cause__scorecard__code="sales_next", effect__code="grow", cause__code="train"
    )
    assert kept.cause_kpi == acme.kpis["share"]
    assert Position.objects.get(objective__scorecard=draft).x == 0.3
    gone = delete_draft(scorecard=draft)
    assert not pairs("apac")
    restore_draft(scorecard=draft, removed_at=gone)
    assert pairs("apac") == {*ALL, ("train", "grow")}


def test_the_text_makes_the_same_links_elsewhere_and_nothing_the_second_time(acme: World) -> None:
    mapped(acme)
    link(acme, "train", "grow", note="So:\n- it is", cause_kpi=acme.kpis["defects"], strength=1)
    link(acme, "train", "improve", effect_kpi=acme.kpis["share"])
    remove_assignment(assignment=acme.assignment("share", "sales"))  # it compares nothing now
    text = organization_text(operator(acme.organization))
    assert "            leads_to:\n              fix:\n                lag_from: 6\n" in text
    elsewhere = operator(create_organization(code="elsewhere", name="Acme"))
    document = read_document(text)
    assert not document.problems
    give_places(document.records, {})
    apply(elsewhere, plan(elsewhere, document.records, removes=True))
    elsewhere = operator(elsewhere.organization)
    assert organization_text(elsewhere) == text
    assert not plan(elsewhere, document.records, removes=True).changes


def test_files_of_whole_scorecards_hold_their_links(acme: World) -> None:
    mapped(acme)
    tables = {t.name: t for t in scorecard_tables(access_of(acme, "bob"), Wanted(unit="sales"))}
    table = tables["causal_links"]
    assert tuple(table.header[:3]) == ("scorecard", "cause", "effect")
    rows = [tuple(row) for row in table.rows]
    assert rows[0] == ("sales_scorecard", "fix", "improve", "no", "strong", 0, 0, "", "", "")
    assert len(rows) == 3


def test_places_by_hand_are_brought_in_and_taken_back_by_who_edits_the_scorecard(
    acme: World,
) -> None:
    mapped(acme)
    of_sales = {"scorecard": "sales_scorecard"}
    codes = ("fix", "improve", "train")
    wanted: list[dict[str, Any]] = [{**of_sales, "objective": c, "place": 0.5} for c in codes]
    wanted[1]["place"] = 0.1 + 0.2
    alice, bob = access_of(acme, "alice"), access_of(acme, "bob")
    apply(alice, plan(alice, {"map_places": wanted}))
    assert records_of(bob, "map_places") == wanted
    assert not plan(alice, {"map_places": wanted}, removes=True).changes
    text = organization_text(operator(acme.organization))
    assert "    map_places:\n      fix: 0.5\n      improve: 0.30000000000000004\n" in text
    after = [wanted[1] | {"place": 1}, {**of_sales, "objective": "grow", "place": 0}]
    for access in (bob, access_of(acme, "carol")):
        refused = plan(access, {"map_places": after}).refused
        assert {p.code for change in refused for p in change.problems} <= {
            "not_permitted",
            "unknown_reference",
        }
        assert len(refused) == 2
    done = apply(alice, plan(alice, {"map_places": after}, removes=True)).done
    assert [change.deed.value for change in done] == ["removed", "removed", "changed", "added"]
    stored = set(Position.objects.values_list("objective__code", "x"))
    assert stored == {("improve", 1), ("grow", 0)}
    undo(alice, done)
    assert records_of(bob, "map_places") == wanted
    archive_scorecard(
        scorecard=Scorecard.objects.get(code="sales_scorecard"), ends_on=dt.date(2026, 4, 1)
    )
    for places in ([each | {"place": 0} for each in wanted], after[:1]):
        with pytest.raises(NotApplied, match="An archived scorecard stays as it was"):
            apply(alice, plan(alice, {"map_places": places}))


def given(world: World) -> list[dict[str, Any]]:
    return records_of(operator(world.organization), "causal_links")


def test_a_plan_turns_links_around_and_is_undone(acme: World) -> None:
    mapped(acme)
    access, before = operator(acme.organization), given(acme)
    after = copy.deepcopy(before)
    turned = next(each for each in after if each["cause"] == "train")
    turned |= {"cause": "fix", "effect": "train", "strength": "weak"}
    next(each for each in after if each["cause"] == "improve")["note"] = "Since."
    wanted = plan(access, {"causal_links": after}, removes=True)
    assert [change.deed.value for change in wanted.changes] == ["removed", "changed", "added"]
    done = apply(access, wanted).done
    assert pairs() == {("fix", "train"), ("fix", "improve"), ("improve", "grow")}
    undo(operator(acme.organization), done)
    assert given(acme) == before


def test_many_links_are_added_by_few_statements_and_none_closes_a_circle(acme: World) -> None:
    mapped(acme)
    of_sales = {"scorecard": "sales_scorecard"}
    for number in range(20):
        add_objective(perspective=of(acme, "fix").perspective, code=f"o{number}", name="O")
    chain = [of_sales | {"cause": f"o{n}", "effect": f"o{n + 1}"} for n in range(19)]
    counts = []
    for part in (chain[:4], chain[4:]):
        access = operator(acme.organization)
        wanted = plan(access, {"causal_links": part})
        with CaptureQueriesContext(connection) as caught:
            apply(access, wanted)
        counts.append(len(caught))
    assert counts[0] == counts[1]
    row = CausalLink.objects.get(cause__code="o4")
    assert (row.version, row.history.get().history_change_reason) == (1, "import of records")
    ring = [("train", "o0"), ("o19", "train"), ("improve", "o1")]
    rows: list[dict[str, Any]] = [of_sales | {"cause": a, "effect": b} for a, b in ring]
    rows.append(of_sales | {"cause": "fix", "effect": "o2", "lag_from": 2})
    with pytest.raises(NotApplied) as refusal:
        apply(access, plan(access, {"causal_links": rows}))
    assert [len(change.problems) for change in refusal.value.plan.changes] == [0, 1, 0, 1]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"cause": "trains", "effect": "grow"}, "cause", "did you mean “train”?"),
    ({"cause": "grow", "effect": "train"}, "effect", "This would close a circle: Grow Sales →"),
    ({"cause": "grow", "effect": "grow"}, "effect", "does not lead to itself"),
    ({"cause": "train", "effect": "grow", "lag_from": 3}, "lag_to", "write 3 or more"),
    ({"cause": "train", "effect": "grow", "lag_to": 99}, "lag_to", "from 0 to 36"),
    ({"cause": "train", "effect": "grow", "strength": "huge"}, "strength", "weak, moderate"),
    ({"cause": "train", "effect": "grow", "cause_kpi": "nothing"}, "cause_kpi", "no KPI"),
    ({"cause": "train", "effect": "grow", "scorecard": "secret"}, "scorecard", "no scorecard"),
]


def test_records_that_cannot_be_are_refused_by_field(acme: World) -> None:
    mapped(acme)
    access = access_of(acme, "alice")
    for said, field, text in REFUSED:
        wanted = plan(access, {"causal_links": [{"scorecard": "sales_scorecard", **said}]})
        try:
            apply(access, wanted)
        except NotApplied as refusal:
            (change,) = refusal.plan.changes
            problem = change.problems[0]
            assert (problem.field, text in problem.text) == (field, True), problem
        else:
            pytest.fail(f"{said} was applied")
    assert pairs() == ALL


def test_only_who_edits_the_scorecard_writes_its_links(acme: World) -> None:
    mapped(acme)
    key = ("sales_scorecard", "train", "fix")

    def is_permitted(wanted: Plan) -> bool:
        return not any(p.code == "not_permitted" for c in wanted.changes for p in c.problems)

    new = {"scorecard": "sales_scorecard", "cause": "train", "effect": "grow"}
    for name, may in {"alice": True, "root": True, "bob": False, "carol": False}.items():
        access = access_of(acme, name)
        assert is_permitted(plan(access, {"causal_links": [new]})) is may
        assert is_permitted(removal(access, "causal_links", key)) is may
        assert len(records_of(access, "causal_links")) == 3
    sales = operator(acme.organization)
    with pytest.raises(NotApplied, match="Train technicians → First-time fix"):
        apply(sales, removal(sales, "objectives", ("sales_scorecard", "train")))


def test_the_history_tells_of_links_and_sets_them_back(acme: World) -> None:
    mapped(acme)
    alice, access = acme.users["alice"], access_of(acme, "alice")
    row = CausalLink.objects.get(cause__code="train")
    change_link(link=row, by=alice, lag_from=1, lag_to=2, strength=3, is_inverse=True)
    saves, _ = latest_saves(access, "scorecard", "sales_scorecard")
    assert saves[0].by == "Alice"
    assert {
        line.replace("Causal link “Train technicians → First-time fix”: ", "")
        for line in saves[0].lines
    } == {
        "Lowers the effect: no → yes",
        "Expected strength: Moderate → Strong",
        "Months at least: 6 → 1",
        "Months at most: 6 → 2",
    }

    def wished(version: int, **about: Any) -> Wish:
        said = newest(PARTS["causal"], row, version)
        assert said is not None
        then = {"then": said.before, **about}["then"]
        stands = CausalLink.objects.get(pk=row.pk)
        fields = ("lag_from", "lag_to", "strength")
        return Wish(stands, then, fields, stands.version, "set back", by=alice)

    restore(part="causal", wish=wished(2))
    row.refresh_from_db()
    assert (row.lag_from, row.strength, row.is_inverse, row.version) == (6, 2, True, 3)
    restore(part="causal", wish=wished(1))  # before it was there
    assert pairs() == ALL - {("train", "fix")}
    restore(part="causal", wish=wished(4))
    assert pairs() == ALL
    saves, _ = latest_saves(access, "scorecard", "sales_scorecard")
    assert saves[0].lines == ("Causal link “Train technicians → First-time fix” back again",)


def test_the_page_of_the_history_brings_a_link_back(acme: World) -> None:
    mapped(acme)
    alice = acme.users["alice"]
    remove_link(link=CausalLink.objects.get(cause__code="train"), by=alice)
    address, client = "/acme/history/scorecard/sales_scorecard/", client_of(acme, "alice")
    page = client.get(f"{address}?of=objective.fix")
    assert "Causal link Train technicians → First-time fix" in text_of(page)
    panel = client.get(first_way_back(page.content.decode()))
    assert "valid_from" not in form_of(panel.content.decode())  # it holds from no period on
    assert client.post(address, form_of(panel.content.decode())).status_code == 302
    assert pairs() == ALL
    assert "log-back" not in client_of(acme, "bob").get(address).content.decode()
    remove_node(scorecard=acme.scorecards["sales"], key="objective.fix", by=alice)
    panel = client.get(first_way_back(client.get(address).content.decode()))
    assert pairs() == {("improve", "grow")}
    assert client.post(address, form_of(panel.content.decode())).status_code == 302
    assert pairs() == ALL  # with their objective
