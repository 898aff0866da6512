"""Causal links: what may be expected of two objectives, and what not."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.services.structure import StaleVersion
from scorecards.models import Objective
from scorecards.services.arranging import remove_node, restore_nodes
from scorecards.services.lifecycle import archive_scorecard
from scorecards.services.records import NotApplied, apply, plan
from strategy_maps.models import MOST_LINKS, CausalLink, Evidence, Position
from strategy_maps.services.links import (
    TOO_MANY,
    add_link,
    change_link,
    remove_link,
    restore_link,
)
from strategy_maps.services.places import (
    place_objective,
    unplace_objective,
)
from tests.constraints import altered, assert_refused, constraint_names, copied
from tests.scorecards.records_world import operator
from tests.strategy_maps.mapped_world import crowded, link, mapped, of, pairs
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def said(refusal: Any) -> dict[str, str]:
    return {name: " ".join(texts) for name, texts in refusal.value.message_dict.items()}


def evidence(row: CausalLink, **about: Any) -> Evidence:
    told = {"verdict": "confirmed", "lag": 2, "association": 0.5, "p_value": 0.01, "n": 20}
    of_row = {"organization_id": row.organization_id, "link": row, "frequency": "month"}
    return Evidence.objects.create(**of_row, computed_at=timezone.now(), **(told | about))


def test_a_link_is_added_changed_removed_and_brought_back(acme: World) -> None:
    alice = acme.users["alice"]
    row = link(acme, "improve", "grow", by=alice, strength=3, lag_from=2, lag_to=4, note="So.")
    assert (row.version, row.history.first().history_user) == (1, alice)
    assert str(row) == "Improve Sales → Grow Sales"
    evidence(row)
    same = change_link(link=row, by=alice, version=1, strength=3)
    assert same.version == 1
    told = change_link(link=row, by=alice, version=1, note="Since.", strength=1)
    assert (told.version, told.strength, told.lag_to) == (2, 1, 4)
    assert Evidence.objects.filter(link=row).exists()  # it expects the same of the figures
    changed = change_link(link=row, by=alice, lag_to=6, cause_kpi=acme.kpis["defects"])
    assert not Evidence.objects.filter(link=row).exists()
    with pytest.raises(StaleVersion):
        change_link(link=row, version=2, note="Otherwise.")
    with pytest.raises(StaleVersion):
        remove_link(link=row, version=2)
    moment = remove_link(link=row, by=alice, version=changed.version)
    row.refresh_from_db()
    assert (row.deleted_at, pairs()) == (moment, set())
    restored = restore_link(link=row, by=alice)
    assert (restored.deleted_at, restored.cause_kpi) == (None, acme.kpis["defects"])
    assert restored.version == row.version + 1 == restored.history.count()


REFUSED: list[tuple[Callable[[World], object], str, str]] = [
    (lambda w: link(w, "grow", "grow"), "effect", "does not lead to itself"),
    (lambda w: link(w, "fix", "improve"), "effect", "“First-time fix” leads to “Improve Sales”"),
    (
        lambda w: add_link(cause=of(w, "grow"), effect=of(w, "grow", "emea")),
        "effect",
        "of two scorecards",
    ),
    (
        lambda w: link(w, "grow", "train"),
        "effect",
        "close a circle: Grow Sales → Train technicians → First-time fix → Improve Sales →"
        " Grow Sales.",
    ),
    (lambda w: link(w, "improve", "fix"), "effect", "Improve Sales → First-time fix → Improve"),
    (lambda w: link(w, "train", "grow", lag_from=5, lag_to=4), "lag_to", "write 5 or more"),
    (lambda w: link(w, "train", "grow", lag_to=37), "lag_to", "from 0 to 36"),
    (lambda w: link(w, "train", "grow", lag_from=-1), "lag_from", "from 0 to 36"),
    (lambda w: link(w, "train", "grow", lag_to=True), "lag_to", "whole months"),
    (lambda w: link(w, "train", "grow", strength=4), "strength", "not a valid choice"),
    (
        lambda w: add_link(
            cause=of(w, "grow", "emea"),
            effect=of(w, "improve", "emea"),
            effect_kpi=w.kpis["nps"],
        ),
        "effect_kpi",
        "“Nps” is not measured at “EMEA”",
    ),
    (lambda w: place_objective(objective=of(w, "grow"), x=1.01), "x", "from 0 to 1"),
    (lambda w: place_objective(objective=of(w, "grow"), x=float("nan")), "x", "from 0 to 1"),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_what_cannot_be_is_refused_with_what_to_do(acme: World, case: int) -> None:
    deed, field, text = REFUSED[case]
    mapped(acme)
    before = CausalLink.objects.count()
    with pytest.raises(ValidationError) as refusal:
        deed(acme)
    assert text in said(refusal)[field]
    assert (CausalLink.objects.count(), Position.objects.count()) == (before, 0)


def test_what_comes_back_closes_no_circle(acme: World) -> None:
    row = link(acme, "improve", "grow")
    remove_link(link=row)
    back = link(acme, "grow", "improve")
    with pytest.raises(ValidationError, match="close a circle"):
        restore_link(link=row)
    remove_link(link=back)
    restore_link(link=row)
    with pytest.raises(ValidationError, match="close a circle"):
        restore_link(link=back)


def test_no_way_leads_to_more_links_than_a_map_can_hold(acme: World) -> None:
    crowded(mapped(acme), MOST_LINKS - 2)
    sales, access = acme.scorecards["sales"], operator(acme.organization)
    new = [
        {"scorecard": "sales_scorecard", "cause": cause, "effect": "grow"}
        for cause in ("train", "fix", "o20")
    ]
    with pytest.raises(NotApplied) as refused:  # stored at once, and then one by one
        apply(access, plan(access, {"causal_links": new}))
    told = [[p.text for p in change.problems] for change in refused.value.plan.changes]
    assert told == [[], [], [TOO_MANY]]
    assert len(pairs()) == MOST_LINKS - 2
    row = CausalLink.objects.get(cause__code="train")
    remove_link(link=row)
    gone = remove_node(scorecard=sales, key="objective.fix")
    assert len(pairs()) == MOST_LINKS - 4
    others = Objective.objects.filter(code__in=("train", "o18", "o19", "o20"))
    for cause in others:
        add_link(cause=cause, effect=of(acme, "grow"))
    for deed in (
        lambda: link(acme, "train", "improve"),
        lambda: restore_nodes(scorecard=sales, removed_at=gone),
    ):
        with pytest.raises(ValidationError) as refusal:
            deed()
        assert refusal.value.messages == [TOO_MANY]
    last = CausalLink.objects.live().get(cause__code="o20", effect__code="grow")
    change_link(link=last, note="What stands is changed as ever.")
    remove_link(link=last)
    link(acme, "train", "improve")
    with pytest.raises(ValidationError, match="at most 200 causal links"):
        restore_link(link=last)
    assert len(pairs()) == MOST_LINKS


def test_each_deed_holds_the_lock_of_the_organization(acme: World) -> None:
    """Else two of them could close a circle together. SQLite's writers are alone anyway."""
    row = link(acme, "improve", "grow")
    deeds: list[Callable[[], object]] = [
        lambda: change_link(link=row, note="So."),
        lambda: remove_link(link=row),
        lambda: restore_link(link=row),
        lambda: place_objective(objective=of(acme, "grow"), x=0.5),
        lambda: unplace_objective(objective=of(acme, "grow")),
    ]
    for deed in deeds:
        with CaptureQueriesContext(connection) as caught:
            deed()
        first = next(each["sql"] for each in caught if each["sql"].startswith("SELECT"))
        assert "organizations_organization" in first
        assert "FOR NO KEY UPDATE" in first or connection.vendor == "sqlite"


def test_rows_of_others_and_archived_scorecards_stay_as_they_are(acme: World, rival: World) -> None:
    row = link(acme, "improve", "grow")
    with pytest.raises(ValidationError, match="no such objective"):
        add_link(cause=of(acme, "grow"), effect=rival.objectives["emea", "grow"])
    with pytest.raises(ValidationError, match="not measured"):
        change_link(link=row, cause_kpi=rival.kpis["secret_sauce"])
    archive_scorecard(scorecard=acme.scorecards["sales"], ends_on=dt.date(2026, 5, 1))
    deeds: list[Callable[[], object]] = [
        lambda: link(acme, "grow", "improve"),
        lambda: change_link(link=row, note="So."),
        lambda: remove_link(link=row),
        lambda: place_objective(objective=of(acme, "grow"), x=0.5),
    ]
    for deed in deeds:
        of(acme, "grow").scorecard.refresh_from_db()
        with pytest.raises(ValidationError, match="An archived scorecard stays"):
            deed()


def test_objectives_are_placed_by_hand_and_by_the_drawing(acme: World) -> None:
    place_objective(objective=of(acme, "grow"), x=0.2)
    place_objective(objective=of(acme, "grow"), x=1)
    place_objective(objective=of(acme, "improve"), x=0)
    assert dict(Position.objects.values_list("objective__code", "x")) == {"grow": 1, "improve": 0}
    unplace_objective(objective=of(acme, "grow"))
    assert Position.objects.get().objective.code == "improve"


def test_the_database_refuses_bad_rows(acme: World) -> None:
    row = link(acme, "improve", "grow")
    found, place = evidence(row), place_objective(objective=of(acme, "grow"), x=0.5)
    bad = {
        "causal_link_once": copied(row),
        "causal_link_not_with_itself": altered(row, effect=row.cause),
        "causal_link_strength_is_known": altered(row, strength=0),
        "causal_link_months_in_order": altered(row, lag_from=1),
        "evidence_verdict_is_known": altered(found, verdict="proven"),
        "evidence_association_within_bounds": altered(found, association=1.1),
        "evidence_p_value_is_a_probability": altered(found, p_value=-0.1),
        "evidence_verdict_has_its_lag": altered(found, lag=None),
        "position_within_its_lane": altered(place, x=1.5),
    }
    assert bad.keys() == constraint_names("strategy_maps")
    for name, bad_row in bad.items():
        assert_refused(name, bad_row)
