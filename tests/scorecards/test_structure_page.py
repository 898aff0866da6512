"""The page of a scorecard's structure: what it shows, to whom, and what becomes of a save."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from calculations.rollup import RollUpRule
from kpis.models import Target
from kpis.services.library import define_kpi
from organizations.access import user_access
from organizations.models import ClosedPeriod
from scorecards.models import (
    Contribution,
    Edition,
    EditionContent,
    KpiLink,
    ObjectiveNode,
    Perspective,
    PerspectiveNode,
    ScoreSheet,
)
from scorecards.selectors.editions.changes import Names, edition_changes, weight_text
from scorecards.selectors.structure.page import structure_page
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    align,
    create_scorecard,
    link_kpi,
)
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/units/sales/scorecard/structure/"
ABOVE = "/acme/units/emea/scorecard/structure/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World, client: Client) -> Client:
    client.force_login(acme.users["alice"])
    return client


@pytest.fixture
def bob(acme: World) -> Client:
    client = Client()
    client.force_login(acme.users["bob"])
    return client


def shown(client: Client, address: str = PAGE) -> dict[str, str]:
    """Every field of the page as a browser would send it back untouched."""
    return fields_of(client.get(address).content.decode())


def fields_of(page: str) -> dict[str, str]:
    form = page[page.index('<form method="post" class="stack"') :]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        is_sent = attributes.get("type") != "checkbox" or " checked" in tag
        if is_sent and "name" in attributes:
            fields[attributes["name"]] = attributes["value"]
    for name, options in re.findall(r'<select\s+name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]+)"\s+selected', options)
        fields[name] = chosen.group(1) if chosen else ""
    return fields


def starts(world: World, unit: str = "sales") -> list[str]:
    current = world.scorecards[unit].editions.filter(superseded_at=None)
    return sorted(str(edition.valid_from) for edition in current)


def financial(world: World, unit: str = "sales") -> Perspective:
    found: Perspective = Perspective.objects.get(scorecard=world.scorecards[unit], code="financial")
    return found


# --- Reading


def test_a_reader_sees_weights_rules_and_since_when(acme: World, bob: Client) -> None:
    page = bob.get(PAGE).content.decode()
    for told in ("60 % of the scorecard", "75 % of the objective", "weighted mean", "From 2026-01"):
        assert told in page
    assert "The first structure." in page
    assert '<form method="post" class="stack"' not in page
    assert "Save and publish" not in page


def test_the_board_leads_to_it(acme: World, bob: Client) -> None:
    board = bob.get("/acme/units/sales/scorecard/").content.decode()
    assert f'<a href="{PAGE}">since 2026-01</a>' in board


def test_a_unit_without_a_scorecard_says_so(acme: World, alice: Client) -> None:
    answer = alice.get("/acme/units/apac/scorecard/structure/")
    assert "has no scorecard yet" in answer.content.decode()


def test_the_current_period_is_the_default(acme: World, alice: Client) -> None:
    assert shown(alice)["valid_from"] == "2026-05"
    page = alice.get(PAGE).content.decode()
    labels = re.findall(r'<option value="(2\d{3}-[^"]+)"', page)
    assert labels == ["2026-06", "2026-05", "2026-04", "2026-03", "2026-02", "2026-01"]
    assert "computed again for 2026-05, 2026-Q2 and 2026, here and above" in page


def test_another_period_says_what_it_means(acme: World, alice: Client) -> None:
    close(acme, "emea", "2026-01-01")
    page = alice.get(
        PAGE,
        {"valid_from": "2026-02"},
        headers={"hx-request": "true", "hx-target": "consequences"},
    ).content.decode()
    assert "<html" not in page
    assert "Replaces" not in page
    assert "Up to 2026-03-31 everything is closed and keeps its structure." in page
    page = alice.get(PAGE).content.decode()
    assert re.findall(r'<option value="(2\d{3}-[^"]+)"', page) == ["2026-06", "2026-05", "2026-04"]
    ClosedPeriod.objects.all().delete()
    page = alice.get(PAGE, {"valid_from": "2026-01"}).content.decode()
    assert "Replaces the structure valid from 2026-01." in page
    # A quarter shows the structure of its last day, which lies in the next month.
    page = alice.get(PAGE, {"valid_from": "2026-06"}).content.decode()
    assert "computed again for 2026-Q2 and 2026, here" in page
    assert "is closed" not in page


def close(world: World, unit: str, start: str) -> None:
    ClosedPeriod.objects.create(
        organization=world.organization,
        unit=world.units[unit],
        frequency="quarter",
        period_start=dt.date.fromisoformat(start),
        closed_at=timezone.now(),
    )


def test_contributions_of_unseen_units_are_not_named(acme: World, bob: Client) -> None:
    """Ada's own scorecard supports her team's; Bob may not see it."""
    own = create_scorecard(unit=acme.units["ada"], code="ada_scorecard", name="Ada's")
    own_perspective = Perspective.objects.create(
        organization=acme.organization, scorecard=own, code="p", name="P"
    )
    secret = add_objective(perspective=own_perspective, code="learn", name="Ada's secret plan")
    align(objective=secret, supported=acme.objectives["sales", "grow"], weight=1)
    activate_scorecard(scorecard=own)
    page = bob.get(PAGE).content.decode()
    assert "secret plan" not in page
    assert page.count("objective that you may not see") == 2  # in the table, in the edition
    bob.force_login(acme.users["alice"])
    assert bob.get(PAGE).content.decode().count("Ada&#x27;s secret plan") >= 2


# --- Saving


def test_nothing_changed_publishes_nothing(acme: World, alice: Client) -> None:
    answer = alice.post(PAGE, shown(alice), follow=True)
    assert "Nothing differs from the structure valid from 2026-05." in answer.content.decode()
    assert starts(acme) == ["2026-01-01"]
    assert financial(acme).version == 1


def test_a_save_says_what_changed_and_the_board_follows(acme: World, alice: Client) -> None:
    fields = shown(alice) | {
        "perspective.financial.weight": "20",
        "perspective.financial.name": "Money",
        "objective.grow.rule": "worst",
        "objective.grow.is_capped": "on",
    }
    page = alice.post(PAGE, fields, follow=True).content.decode()
    told = "Valid from 2026-05: “Financial” renamed “Money”; weight of “Money” 60 → 20; roll-up of"
    assert told in page
    assert "weighted mean → worst, capped at 100" in page
    assert "Published 2026-05-04 12:00 by Alice" in page
    edition = Edition.objects.get(scorecard=acme.scorecards["sales"], valid_from="2026-05-01")
    assert edition.created_by == acme.users["alice"]
    board = alice.get("/acme/units/sales/scorecard/", {"period": "2026-05"}).content.decode()
    assert "Money" in board
    assert "since 2026-05" in board


def test_a_box_that_is_no_longer_ticked_is_saved(acme: World, alice: Client) -> None:
    alice.post(PAGE, shown(alice) | {"objective.grow.is_capped": "on"})
    fields = shown(alice)
    assert fields.pop("objective.grow.is_capped") == "on"
    alice.post(PAGE, fields)
    objective = acme.objectives["sales", "grow"]
    objective.refresh_from_db()
    assert (objective.is_capped, objective.version) == (False, 3)


def test_an_earlier_period_replaces_later_editions(acme: World, alice: Client) -> None:
    alice.post(PAGE, shown(alice) | {"perspective.financial.weight": "50"})
    page = alice.get(PAGE, {"valid_from": "2026-02"}).content.decode()
    assert "Replaces the structure valid from 2026-05." in page
    fields = shown(alice) | {"perspective.financial.weight": "30", "valid_from": "2026-02"}
    page = alice.post(PAGE, fields, follow=True).content.decode()
    assert starts(acme) == ["2026-01-01", "2026-02-01"]
    assert "1 replaced edition</summary>" in page
    assert "weight of “Financial” 60 → 50" in page


def test_sheets_of_last_year_stay_untouched_when_valid_from_now(acme: World, alice: Client) -> None:
    Edition.objects.filter(organization=acme.organization).update(valid_from="2025-01-01")
    Target.objects.filter(organization=acme.organization).update(valid_from="2025-01-01")
    acme.record("revenue", "sales", {"2025-12-01": 90, "2026-05-01": 90})
    acme.record("defects", "sales", {"2025-12-01": 5, "2026-05-01": 5})
    refresh_scores(organization_id=acme.organization.pk)
    sheets = ScoreSheet.objects.filter(scorecard=acme.scorecards["sales"])
    before = list(sheets.filter(period_start__lt="2026-01-01").order_by("pk").values())
    assert any(sheet["score"] is not None for sheet in before)
    alice.post(PAGE, shown(alice) | {"perspective.process.weight": "60"})
    marked = sheets.filter(is_stale=True).values_list("frequency", "period_start")
    assert {(f, str(day)) for f, day in marked} == {
        ("month", "2026-05-01"),
        ("quarter", "2026-04-01"),
        ("year", "2026-01-01"),
    }
    refresh_scores(organization_id=acme.organization.pk)
    assert list(sheets.filter(period_start__lt="2026-01-01").order_by("pk").values()) == before


@pytest.mark.parametrize("weight", ["", "abc", "-1", "1_000", "1e3", "nan", "1000001", "२"])
def test_a_bad_weight_gets_the_page_back_as_typed(acme: World, alice: Client, weight: str) -> None:
    fields = shown(alice) | {
        "perspective.financial.weight": weight,
        "objective.grow.name": "Grow more",
        "valid_from": "2026-03",
    }
    answer = alice.post(PAGE, fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "from 0 to 1,000,000" in page
    assert 'aria-invalid="true"' in page
    again = fields_of(page)
    for name in ("perspective.financial.weight", "objective.grow.name", "valid_from"):
        assert again[name] == fields[name]
    assert financial(acme).weight == 60
    assert starts(acme) == ["2026-01-01"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"objective.grow.name": " "}, "cannot be blank"),
        ({"objective.grow.rule": "median"}, "is not a valid choice"),
        ({"objective.grow.weight": "0"}, "Leave a weight above 0"),
        ({"valid_from": "1999-01"}, "Choose one of these periods."),
        ({"valid_from": ""}, "Choose one of these periods."),
    ],
)
def test_what_is_wrong_is_said(
    acme: World, alice: Client, changed: dict[str, str], told: str
) -> None:
    answer = alice.post(PAGE, shown(alice) | changed)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert starts(acme) == ["2026-01-01"]


def test_both_versions_are_shown_and_nothing_typed_is_lost(acme: World, alice: Client) -> None:
    mine = shown(alice) | {"perspective.financial.weight": "30", "objective.grow.name": "Mine"}
    other = Client()
    other.force_login(acme.users["root"])
    theirs = {"perspective.financial.weight": "45", "perspective.process.weight": "55"}
    other.post(PAGE, shown(other) | theirs)
    answer = alice.post(PAGE, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else saved this structure" in page
    assert "meanwhile: <b>45</b>" in page
    again = fields_of(page)
    assert again["perspective.financial.weight"] == "30"
    assert again["perspective.process.weight"] == "55"  # not typed into: theirs
    assert again["objective.grow.name"] == "Mine"
    assert alice.post(PAGE, again).status_code == 302
    weights = acme.scorecards["sales"].perspectives.values_list("code", "weight")
    assert dict(weights) == {"financial": 30, "process": 55}


def test_fields_left_alone_do_not_take_back_what_another_saved(acme: World, alice: Client) -> None:
    mine = shown(alice) | {"objective.grow.name": "Mine"}
    other = Client()
    other.force_login(acme.users["root"])
    other.post(PAGE, shown(other) | {"perspective.financial.weight": "45"})
    assert alice.post(PAGE, mine).status_code == 302
    assert financial(acme).weight == 45


def test_without_scripts_a_button_shows_what_a_period_means(acme: World, alice: Client) -> None:
    fields = shown(alice) | {
        "perspective.financial.weight": "30",
        "valid_from": "2026-02",
        "look": "1",
    }
    answer = alice.post(PAGE, fields)
    assert answer.status_code == 200
    assert "2026-02 to 2026-05" in answer.content.decode()
    assert "43 % of the scorecard" in answer.content.decode()  # 30 of 70, as typed
    assert financial(acme).weight == 60


def test_a_contribution_that_would_count_twice_is_refused_beside_its_weight(
    acme: World, alice: Client
) -> None:
    key = "contribution.grow.sales_scorecard.grow.weight"
    alice.post(ABOVE, shown(alice, ABOVE) | {key: "0"})
    assert "context only" in alice.get(ABOVE).content.decode()
    acme.kpis["revenue"].unit_rule = "sum"
    acme.kpis["revenue"].save()
    answer = alice.post(ABOVE, shown(alice, ABOVE) | {key: "1"})
    assert answer.status_code == 422
    assert f'id="{key}-said"' in answer.content.decode()
    assert "already rolls up into “Revenue”" in answer.content.decode()


def test_readers_may_not_save(acme: World, bob: Client, alice: Client) -> None:
    fields = shown(alice) | {"perspective.financial.weight": "1"}
    assert bob.post(PAGE, fields).status_code == 403
    assert alice.post("/acme/units/acme/scorecard/structure/", fields).status_code == 403
    assert financial(acme).weight == 60


def test_rows_edited_elsewhere_are_told_as_unpublished(acme: World, bob: Client) -> None:
    row = financial(acme)
    row.weight = 33
    row.save()
    page = bob.get(PAGE).content.decode()
    assert "Edited, not published yet" in page
    assert "weight of “Financial” 60 → 33" in page


@pytest.mark.parametrize("more", [0, 20])
def test_the_page_takes_as_many_statements_however_large(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries, more: int
) -> None:
    perspective = financial(acme)
    for number in range(more):
        objective = add_objective(perspective=perspective, code=f"o{number}", name=f"O {number}")
        kpi = define_kpi(organization=acme.organization, code=f"k{number}", name=f"K {number}")
        link_kpi(objective=objective, kpi=kpi)
    for day in range(1, 1 + more):
        perspective.weight = day
        perspective.save()
        publish_edition(scorecard=acme.scorecards["sales"], valid_from=dt.date(2026, 4, 1))
    access = user_access(acme.users["alice"], "acme")
    assert access is not None
    node = access.tree.by_code["sales"]
    assert access.visible_unit_ids
    with django_assert_num_queries(14):
        page = structure_page(access, node, acme.scorecards["sales"])
    assert len(page.rows) == 8 + 2 * more


# --- What changed between two editions

GROW = ObjectiveNode(
    code="grow",
    name="Grow",
    weight=1,
    rule=RollUpRule.WEIGHTED_MEAN,
    is_capped=False,
    kpis=(KpiLink(1, "nps", 2.0), KpiLink(2, "sales", 1.0)),
)


def content(**objective: Any) -> EditionContent:
    return scorecard(
        perspective("financial", "Financial", msgspec.structs.replace(GROW, **objective))
    )


def perspective(code: str, name: str, *nodes: ObjectiveNode, weight: float = 1) -> PerspectiveNode:
    return PerspectiveNode(code, name, weight, RollUpRule.WEIGHTED_MEAN, False, nodes)


def scorecard(*perspectives: PerspectiveNode, name: str = "Card") -> EditionContent:
    return EditionContent(name, RollUpRule.WEIGHTED_MEAN, False, perspectives)


NAMES = Names(kpis={1: "NPS"}, objectives={(7, "sell"): "“Sell” (Sales)"})
SELL = Contribution(7, "sell", 2.0)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (content(), content(), ()),
        (content(), content(weight=2.5), ("weight of “Grow” 1 → 2.5",)),
        (content(), content(name="Grow share"), ("“Grow” renamed “Grow share”",)),
        (
            content(),
            content(rule=RollUpRule.WORST, is_capped=True),
            ("roll-up of “Grow” weighted mean → worst, capped at 100",),
        ),
        (content(), content(owner="Ada"), ("owner of “Grow” nobody → Ada",)),
        (content(), content(theme="Care"), ("theme of “Grow” none → Care",)),
        (content(), content(description="x"), ("description of “Grow” changed",)),
        (
            content(),
            content(kpis=(KpiLink(1, "nps", 5.0), KpiLink(3, "new", 1.0))),
            (
                "weight of “NPS” in “Grow” 2 → 5",
                "“new” in “Grow” added",
                "“sales” in “Grow” removed",
            ),
        ),
        (
            content(),
            content(kpis=(KpiLink(2, "sales", 1.0), KpiLink(1, "nps", 2.0))),
            ("order within “Grow” changed",),
        ),
        (
            content(),
            content(contributions=(SELL,)),
            ("“Sell” (Sales) as contribution to “Grow” added",),
        ),
        (
            content(contributions=(SELL,)),
            content(supported_by=(Contribution(7, "sell", 0.0),)),
            ("weight of “Sell” (Sales) as contribution to “Grow” 2 → 0",),
        ),
        (
            content(),
            content(supports=(Contribution(8, "x", 1.0),)),
            ("“Grow” as contribution to an objective that you may not see added",),
        ),
        (content(), scorecard(), ("“Financial” removed",)),
        (scorecard(), content(), ("“Financial” added",)),
        (
            scorecard(perspective("financial", "Financial", GROW), perspective("people", "People")),
            scorecard(perspective("financial", "Financial"), perspective("people", "People", GROW)),
            ("“Grow” moved to “People”",),
        ),
        (
            scorecard(perspective("a", "A"), perspective("b", "B")),
            scorecard(perspective("b", "B"), perspective("a", "A"), name="Plan"),
            ("“Card” renamed “Plan”", "order within the scorecard changed"),
        ),
    ],
)
def test_what_changed_is_told_in_words(
    before: EditionContent, after: EditionContent, told: tuple[str, ...]
) -> None:
    assert edition_changes(before, after, NAMES) == told


@pytest.mark.parametrize(
    ("weight", "text"),
    [(30.0, "30"), (2.5, "2.5"), (1e6, "1000000"), (0.1, "0.1"), (1e-7, "0.0000001")],
)
def test_weights_are_written_with_all_their_digits(weight: float, text: str) -> None:
    assert weight_text(weight) == text
    assert float(text) == weight
