"""The life of scorecards: what holds when, and that nothing before or after is touched."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from calculations.periods import Period
from kpis.models import Assignment
from organizations.access import Access
from organizations.selectors import unit_tree
from organizations.services.structure import StaleVersion
from scorecards.models import Alignment, Objective, ReportedSheet, Scorecard, ScoreSheet
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.editions.reading import content_at
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.services.closing import close_period
from scorecards.services.duplicating import delete_draft, duplicate_scorecard, restore_draft
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.lifecycle import (
    archive_scorecard,
    bring_back_scorecard,
    replace_scorecard,
    undo_replacement,
    withdraw_scorecard,
)
from scorecards.services.refresh import rebuild_scores, refresh_scores
from scorecards.services.structure import create_scorecard
from scorecards.services.verification import verify_scores
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MARCH, APRIL, MAY, JUNE = (dt.date(2026, month, 1) for month in (3, 4, 5, 6))
Sheets = dict[tuple[str, str, str], tuple[Any, ...]]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def world(acme: World) -> World:
    """Acme with values in every month so far."""
    months = [f"2026-0{month}-01" for month in range(1, 5)]
    for place, month in enumerate(months):
        acme.record("revenue", "sales", {month: 84 + 4 * place})
        acme.record("defects", "sales", {month: 9 - place})
        acme.record("revenue", "emea", {month: 1000 - 30 * place})
    return refreshed(acme)


def refreshed(world: World) -> World:
    refresh_scores(organization_id=world.organization.pk)
    return world


def sheets(world: World) -> Sheets:
    """Every sheet, by scorecard, frequency and start; without what a mere refresh changes."""
    rows = ScoreSheet.objects.filter(organization=world.organization).select_related("scorecard")
    return {
        (row.scorecard.code, row.frequency, str(row.period_start)): (
            *(row.score, row.coverage, row.status, row.is_stale),
            *(row.on_target, row.below_target, row.critical, row.detail),
        )
        for row in rows
    }


def assert_incremental_is_full(world: World) -> None:
    """What was refreshed step by step is what is computed anew, and nothing is missing."""
    incremental = sheets(refreshed(world))
    rebuild_scores(organization_id=world.organization.pk)
    assert sheets(world) == incremental
    verified = verify_scores(organization_id=world.organization.pk)
    assert not verified.differences
    assert not verified.stale


def changed(before: Sheets, after: Sheets) -> set[tuple[str, str, str]]:
    return {key for key in before | after if before.get(key) != after.get(key)}


def contributors(world: World, unit: str, day: dt.date) -> int:
    content = content_at(world.scorecards[unit], day)
    assert content is not None
    return sum(len(node.contributions) for p in content.perspectives for node in p.objectives)


def shown(world: World, label: str, at: dt.datetime | None = None, unit: str = "sales") -> str:
    access = Access(organization=world.organization, roles={}, is_unbound=True)
    node = unit_tree(world.organization).by_code[unit]
    period = world.organization.calendar.parse_label(label)
    scorecard = shown_scorecard(access, node, period, at=at)
    return scorecard.code if scorecard else ""


def next_cycle(world: World, unit: str = "sales") -> Scorecard:
    running = world.scorecards[unit]
    return duplicate_scorecard(
        scorecard=running, unit=world.units[unit], code=f"{unit}_next", name="Next"
    )


def test_an_archived_scorecard_counts_before_its_end_and_no_more_after(world: World) -> None:
    before, sales = sheets(world), world.scorecards["sales"]
    archive_scorecard(scorecard=sales, ends_on=dt.date(2026, 4, 17), by=world.users["alice"])
    assert (sales.status, sales.ends_on) == ("archived", APRIL)
    assert contributors(world, "emea", MARCH) == 2
    assert contributors(world, "emea", APRIL) == 0
    after = sheets(refreshed(world))
    differing = changed(before, after)
    assert {start for _, _, start in differing if start < "2026-04-01"} == {"2026-01-01"}
    assert {frequency for _, frequency, start in differing if start < "2026-04-01"} == {"year"}
    assert not {key for key in after if key[0] == sales.code and key[2] >= "2026-04-01"}
    assert ("sales_scorecard", "quarter", "2026-01-01") in after
    assert_incremental_is_full(world)

    world.record("revenue", "sales", {"2026-02-01": 60})
    corrected = changed(after, sheets(refreshed(world)))
    assert ("sales_scorecard", "month", "2026-02-01") in corrected
    assert ("emea_scorecard", "month", "2026-02-01") in corrected
    assert_incremental_is_full(world)


def test_what_is_brought_back_is_as_if_it_had_never_gone(world: World) -> None:
    before, sales = sheets(world), world.scorecards["sales"]
    archive_scorecard(scorecard=sales, ends_on=MARCH)
    refreshed(world)
    assert shown(world, "2026-04") == "sales_scorecard"  # to say when it ended
    bring_back_scorecard(scorecard=sales)
    assert changed(before, sheets(refreshed(world))) == set()
    assert contributors(world, "emea", APRIL) == 2
    assert_incremental_is_full(world)
    archive_scorecard(scorecard=sales, ends_on=APRIL)
    assert_incremental_is_full(world)


def test_a_new_cycle_takes_the_place_of_the_old_one_and_back(world: World) -> None:
    before, running = sheets(world), world.scorecards["sales"]
    draft = next_cycle(world)
    assert contributors(world, "emea", MAY) == 2  # the draft counts nowhere yet
    then = timezone.now()
    replace_scorecard(running=running, draft=draft, valid_from=APRIL)
    after = sheets(refreshed(world))
    assert [shown(world, label) for label in ("2026-03", "2026-Q1")] == [running.code] * 2
    assert [shown(world, label) for label in ("2026-04", "2026")] == [draft.code] * 2
    assert shown(world, "2026-04", at=then) == running.code
    old, new = (before, running.code), (after, draft.code)
    months = [(sheets[code, "month", "2026-04-01"][0]) for sheets, code in (old, new)]
    assert months[0] == months[1] is not None
    assert contributors(world, "emea", MAY) == 2
    assert_incremental_is_full(world)

    undo_replacement(draft=draft, replaced=running)
    assert (draft.status, draft.starts_on) == ("draft", None)
    assert changed(before, sheets(refreshed(world))) == set()
    assert_incremental_is_full(world)


def test_an_end_to_come_outlasts_what_is_published_before_it(world: World) -> None:
    """EMEA is published anew after Sales' end was decided; from June on Sales still is no part."""
    archive_scorecard(scorecard=world.scorecards["sales"], ends_on=JUNE)
    world.scorecards["emea"].is_capped = True
    world.scorecards["emea"].save()
    publish_edition(scorecard=world.scorecards["emea"], valid_from=MARCH)
    days = (dt.date(2026, 2, 1), MARCH, MAY, JUNE)
    assert [contributors(world, "emea", day) for day in days] == [2, 2, 2, 0]
    assert publish_edition(scorecard=world.scorecards["emea"], valid_from=MARCH) is None
    assert shown(world, "2026-05") == "sales_scorecard"
    assert_incremental_is_full(world)
    with time_machine.travel(dt.datetime(2026, 7, 20, 12, tzinfo=dt.UTC), tick=True):
        refreshed(world)
        months = {key[2] for key in sheets(world) if key[:2] == ("sales_scorecard", "month")}
        assert max(months) == "2026-05-01"
        assert_incremental_is_full(world)


def test_drafts_tell_what_they_would_score_and_count_nowhere(world: World) -> None:
    draft = next_cycle(world)
    publish_edition(scorecard=world.scorecards["emea"], valid_from=MARCH)
    assert contributors(world, "emea", MAY) == 2
    access = Access(organization=world.organization, roles={}, is_unbound=True)
    node = unit_tree(world.organization).by_code["sales"]
    march = world.organization.calendar.parse_label("2026-03")
    told = [board_data(access, node, each, march) for each in (draft, world.scorecards["sales"])]
    scores = [data.sheet.score for data in told if data and data.sheet]
    assert scores[0] == scores[1] is not None
    assert not ScoreSheet.objects.filter(scorecard=draft).exists()
    assert not draft.editions.exists()


def test_a_closed_quarter_keeps_its_report_and_refuses_other_lives(world: World) -> None:
    sales = world.scorecards["sales"]
    archive_scorecard(scorecard=sales, ends_on=APRIL)
    draft = next_cycle(world)
    activate_scorecard(scorecard=draft, valid_from=APRIL)
    quarter = Period(world.organization.frequencies[1], dt.date(2026, 1, 1))
    close_period(unit=world.units["acme"], period=quarter)
    reported = dict(ReportedSheet.objects.values_list("pk", "content"))
    by_unit = set(ReportedSheet.objects.values_list("scorecard__code", flat=True))
    assert by_unit == {"acme_scorecard", "emea_scorecard", "sales_scorecard"}
    for attempt in (
        lambda: archive_scorecard(scorecard=world.scorecards["emea"], ends_on=MARCH),
        lambda: publish_edition(scorecard=draft, valid_from=MARCH),
    ):
        with pytest.raises(ValidationError, match="closed"):
            attempt()
    undo_replacement(draft=draft, replaced=sales)
    archive_scorecard(scorecard=world.scorecards["emea"], ends_on=APRIL)
    refreshed(world)
    assert dict(ReportedSheet.objects.values_list("pk", "content")) == reported


REFUSED: dict[str, tuple[Callable[[World, Scorecard], object], str]] = {
    "activated beside another": (lambda _w, d: activate_scorecard(scorecard=d), "replace it"),
    "archived from its start on": (
        lambda w, _d: archive_scorecard(scorecard=w.scorecards["sales"], ends_on=START),
        "choose a later period",
    ),
    "a draft archived": (lambda _w, d: archive_scorecard(scorecard=d), "Only an active"),
    "an active one brought back": (
        lambda w, _d: bring_back_scorecard(scorecard=w.scorecards["sales"]),
        "not archived",
    ),
    "a draft withdrawn": (lambda _w, d: withdraw_scorecard(scorecard=d), "Only an active"),
    "an active one deleted": (
        lambda w, _d: delete_draft(scorecard=w.scorecards["sales"]),
        "Only a draft",
    ),
    "a draft published": (lambda _w, d: publish_edition(scorecard=d), "when it is activated"),
    "another unit's replaced": (
        lambda w, d: replace_scorecard(running=w.scorecards["emea"], draft=d),
        "its own unit",
    ),
    "brought back behind another": (
        lambda w, d: (
            replace_scorecard(running=w.scorecards["sales"], draft=d, valid_from=APRIL),
            bring_back_scorecard(scorecard=w.scorecards["sales"]),
        ),
        "took its place",
    ),
    "begun before another's end": (
        lambda w, d: (
            archive_scorecard(scorecard=w.scorecards["sales"], ends_on=APRIL),
            activate_scorecard(scorecard=d, valid_from=MARCH),
        ),
        "holds until 2026-03-31",
    ),
    "published behind its end": (
        lambda w, _d: (
            archive_scorecard(scorecard=w.scorecards["sales"], ends_on=APRIL),
            publish_edition(scorecard=w.scorecards["sales"], valid_from=MAY),
        ),
        "ends on",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_lives_that_cannot_be_are_refused(acme: World, case: str) -> None:
    attempt, why = REFUSED[case]
    draft = create_scorecard(unit=acme.units["sales"], code="sales_next", name="Next")
    with pytest.raises(ValidationError, match=why):
        attempt(acme, draft)


def test_who_has_not_seen_the_latest_is_refused(acme: World) -> None:
    sales = acme.scorecards["sales"]
    seen = sales.version
    archive_scorecard(scorecard=sales, ends_on=APRIL, version=seen)
    for deed in (bring_back_scorecard, archive_scorecard, withdraw_scorecard):
        with pytest.raises(StaleVersion):
            deed(scorecard=sales, version=seen)
    said = list(sales.history.order_by("history_id").values_list("status", "ends_on"))
    assert said[-1] == ("archived", APRIL)


def test_a_duplicate_has_the_structure_and_no_values(acme: World) -> None:
    copy = duplicate_scorecard(
        scorecard=acme.scorecards["sales"], unit=acme.units["apac"], code="apac_card", name="APAC"
    )
    keys = {node.key for node in structure_nodes(acme.scorecards["sales"])}
    assert {node.key for node in structure_nodes(copy)} == keys
    assert set(Assignment.objects.filter(unit=acme.units["apac"]).values_list("kpi__code")) == {
        ("revenue",),
        ("nps",),
        ("defects",),
    }
    # EMEA's objectives are not above APAC; those of the next cycle of EMEA keep both sides.
    assert not Alignment.objects.filter(objective__scorecard=copy).exists()
    again = next_cycle(acme, "emea")
    ties = Alignment.objects.filter(objective__scorecard=again)
    beneath = Alignment.objects.filter(supported__scorecard=again)
    assert (ties.count(), beneath.count()) == (2, 2)


def test_a_deleted_draft_comes_back_whole(acme: World) -> None:
    draft = next_cycle(acme)
    before = {node.key for node in structure_nodes(draft)}
    moment = delete_draft(scorecard=draft, by=acme.users["alice"], version=draft.version)
    assert not Objective.objects.live().filter(scorecard=draft).exists()
    assert not Alignment.objects.live().filter(objective__scorecard=draft).exists()
    back = restore_draft(scorecard=draft, removed_at=moment)
    assert {node.key for node in structure_nodes(back)} == before
    with pytest.raises(ValidationError, match="back already"):
        restore_draft(scorecard=draft, removed_at=moment)
