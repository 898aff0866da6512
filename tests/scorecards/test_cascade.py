"""Handing an objective down: what is shown, what is created in one step, and taking it back."""

import datetime as dt
import html
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from calculations.periods import Frequency, Period
from calculations.units import UnitRule
from kpis.models import Assignment, Target
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.targets import set_target
from organizations.services.people import grant_role
from organizations.services.structure import create_unit
from scorecards.models import Alignment, Edition, Objective, ObjectiveKPI, Scorecard
from scorecards.selectors.cascade.wishes import Wish
from scorecards.services.adding import begin_scorecard
from scorecards.services.cascading import Handed, hand_down, take_back
from scorecards.services.closing import close_period
from scorecards.services.structure import link_kpi
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/units/acme/cascade/grow/"
MAY = dt.date(2026, 5, 1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def sold(acme: World) -> World:
    """Pumps sold add up over units; Acme wants 120 a month, and 150 from July on."""
    kpi = define_kpi(
        organization=acme.organization, code="sold", name="Sold", unit_rule=UnitRule.SUM
    )
    link_kpi(objective=acme.objectives["acme", "grow"], kpi=kpi)
    acme.kpis["sold"] = kpi
    wanted = {START: (60, 120), dt.date(2026, 7, 1): (75, 150)}
    for day, (red_flag, target) in wanted.items():
        set_target(
            assignment=acme.assignment("sold", "acme"),
            valid_from=day,
            red_flag=red_flag,
            target=target,
        )
    return acme


@pytest.fixture
def root(sold: World, client: Client) -> Client:
    client.force_login(sold.users["root"])
    return client


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def hidden(client: Client, page: str = PAGE) -> dict[str, str]:
    """What the form sends besides what is chosen."""
    answer = client.get(page)
    shown = answer.context["page"]
    seen = {f"seen.{row.code}": row.seen for row in shown.rows}
    return {
        "at": shown.at,
        "kpi": shown.about.code,
        "start": shown.start,
        "seen": shown.seen,
        **seen,
    }


def counts() -> tuple[int, ...]:
    models = (Scorecard, Objective, ObjectiveKPI, Assignment, Target, Alignment)
    return tuple(model.objects.live().count() for model in models)


def targets(world: World, kpi: str, unit: str) -> dict[str, tuple[float | None, float | None]]:
    rows = Target.objects.live().filter(assignment=world.assignment(kpi, unit))
    return {
        f"{row.valid_from:%Y-%m}": (row.red_flag, row.target) for row in rows.order_by("valid_from")
    }


def test_the_same_kpi_is_handed_down_split_by_weights_and_taken_back(
    sold: World, root: Client
) -> None:
    before = counts()
    sent = hidden(root) | {"way.emea": "kpi", "share.emea": "2", "way.apac": "kpi"}
    preview = root.post(PAGE, {**sent, "do": "show"})
    assert preview.status_code == 200
    assert counts() == before
    said = text(preview)
    assert "a draft scorecard with the four perspectives" in said
    assert "target 80 from 2026-05, and 1 later in proportion" in said
    assert "The targets add up to the whole: 120 of 120." in said

    done = root.post(PAGE, {**sent, "do": "create"})
    page = text(root.get(done["Location"]))
    assert "1 draft scorecard, 2 objectives, 2 KPIs, 4 targets, 2 supports" in page
    assert targets(sold, "sold", "emea") == {"2026-05": (40, 80), "2026-07": (50, 100)}
    assert targets(sold, "sold", "apac") == {"2026-05": (20, 40), "2026-07": (25, 50)}
    ties = Alignment.objects.live().filter(supported=sold.objectives["acme", "grow"])
    told = {(tie.objective.scorecard.unit.code, tie.objective.name, tie.weight) for tie in ties}
    # What counts in Acme's objective already is left alone: the KPI would count twice.
    assert told == {("emea", "Grow EMEA", 1), ("emea", "Grow Acme", 0), ("apac", "Grow Acme", 0)}
    drafted = Scorecard.objects.live().get(unit=sold.units["apac"])
    assert drafted.status == Scorecard.State.DRAFT
    own = sold.scorecards["emea"].editions.filter(superseded_at=None, valid_from=MAY)
    assert own.count() == 1

    back = root.post(PAGE, undo(page))
    assert "Taken back" in text(root.get(back["Location"]))
    assert counts() == before
    again = root.post(PAGE, undo(page))
    assert "cannot be undone here any more" in text(root.get(again["Location"]))


def test_typed_targets_stand_and_the_rest_is_split(sold: World, root: Client) -> None:
    assign_kpi(kpi=sold.kpis["sold"], unit=sold.units["emea"])
    set_target(assignment=sold.assignment("sold", "emea"), valid_from=START, target=50)
    sent = hidden(root) | {"way.apac": "kpi", "do": "show"}
    said = text(root.post(PAGE, sent))
    assert "target 70 from 2026-05" in said  # what EMEA wants already is its part
    assert "The targets add up to the whole" in said
    again = text(root.post(PAGE, sent | {"way.emea": "kpi"}))
    assert "target 50 from" not in again  # it stands already
    typed = sent | {"way.emea": "kpi", "target.emea": "130"}
    answer = root.post(PAGE, typed)
    assert answer.status_code == 422
    assert "leave nothing of the whole" in text(answer)
    more = text(root.post(PAGE, typed | {"target.apac": "10"}))
    assert "The targets add up to 140 of 120: 20 more than the whole." in more


def test_supporting_objectives_of_their_own(sold: World, root: Client) -> None:
    sent = hidden(root) | {
        "way.emea": "objective", "objective.emea": "improve", "counts.emea": "3",
        "way.apac": "objective", "name.apac": "Open three shops", "do": "create",
    }  # fmt: skip
    assert root.post(PAGE, sent).status_code == 302
    ties = Alignment.objects.live().filter(supported=sold.objectives["acme", "grow"])
    told = {(tie.objective.name, tie.weight) for tie in ties}
    assert told == {("Grow EMEA", 1), ("Improve EMEA", 3), ("Open three shops", 0)}


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "Choose for at least one unit"),
    ({"way.emea": "objective"}, "Name the objective."),
    ({"way.emea": "objective", "name.emea": "x" * 201}, "at most 200 characters"),
    ({"way.emea": "objective", "objective.emea": "grow"}, "This one supports it already."),
    ({"way.emea": "objective", "objective.emea": "gone"}, "no such objective any more"),
    ({"way.emea": "objective", "name.emea": "x", "perspective.emea": "z"}, "one of its persp"),
    ({"way.emea": "objective", "name.emea": "x", "counts.emea": "-1"}, "a number from 0"),
    ({"way.emea": "kpi", "target.emea": "many"}, "is not a number"),
    ({"way.emea": "kpi", "share.emea": "?"}, "a number from 0"),
    ({"way.emea": "kpi", "share.emea": "0"}, "a weight above 0"),
)


def test_what_cannot_be_is_said_beside_it_and_kept(sold: World, root: Client) -> None:
    before, sent = counts(), hidden(root)
    for chosen, why in WRONG:
        answer = root.post(PAGE, {**sent, **chosen, "do": "create"})
        assert (answer.status_code, why in text(answer)) == (422, True), chosen
    assert 'value="many"' in text(root.post(PAGE, {**sent, **WRONG[7][0]}))
    assert counts() == before


def test_a_change_meanwhile_is_shown_beside_what_was_seen(sold: World, root: Client) -> None:
    sent = hidden(root) | {"way.apac": "kpi", "way.emea": "kpi", "target.apac": "7", "do": "create"}
    begin_scorecard(unit=sold.units["apac"])
    set_target(assignment=sold.assignment("sold", "acme"), valid_from=MAY, target=90)
    answer = root.post(PAGE, sent)
    said = text(answer)
    assert answer.status_code == 409
    assert "You saw: no scorecard yet." in said
    assert "“APAC scorecard”, a draft" in said
    assert "You saw “Grow Acme”; Sold: 120; now it is “Grow Acme”; Sold: 90." in said
    assert 'value="7"' in said
    assert root.post(PAGE, sent | hidden(root)).status_code == 302


def test_who_may_hand_down_where(sold: World, client: Client) -> None:
    """Alice manages EMEA: it is hers to choose, APAC is not, and nothing counts above."""
    client.force_login(sold.users["alice"])
    shown = text(client.get(PAGE))
    assert 'name="way.emea"' in shown
    assert 'name="way.apac"' not in shown
    assert "You may not edit this unit: its managers choose." in shown
    assert "Contributes with" not in shown
    for chosen, why in (
        ({"way.apac": "kpi"}, "You may not edit the scorecard of this unit."),
        ({"way.emea": "objective", "name.emea": "x", "counts.emea": "1"}, "for those who edit"),
    ):
        answer = client.post(PAGE, {**hidden(client), **chosen, "do": "create"})
        assert (answer.status_code, why in text(answer)) == (422, True)
    sent = hidden(client) | {"way.emea": "kpi", "target.emea": "70", "do": "create"}
    page = text(client.get(client.post(PAGE, sent)["Location"]))
    grant_role(user=sold.users["alice"], unit=sold.units["emea"], role="viewer")
    assert client.post(PAGE, undo(page)).status_code == 403


def test_levels_are_walked_one_at_a_time(sold: World, root: Client) -> None:
    assign_kpi(kpi=sold.kpis["sold"], unit=sold.units["emea"])
    set_target(assignment=sold.assignment("sold", "emea"), valid_from=START, target=30)
    page = root.get(PAGE, {"at": "emea"}).context["page"]
    assert [row.code for row in page.rows] == ["sales"]
    assert page.about.whole_text == "Target of EMEA in 2026-05"
    assert [link.text for link in page.levels] == ["Acme", "EMEA"]
    sent = hidden(root, f"{PAGE}?at=emea") | {"way.sales": "kpi", "do": "create"}
    root.post(f"{PAGE}?at=emea", sent)
    assert targets(sold, "sold", "sales") == {"2026-05": (None, 30)}
    tie = Alignment.objects.live().get(
        supported=sold.objectives["acme", "grow"], objective__scorecard=sold.scorecards["sales"]
    )
    assert tie.weight == 0
    assert root.get("/acme/units/ada/cascade/grow/").status_code == 404


def wish(world: World, unit: str, **about: Any) -> Wish:
    scorecard = world.scorecards.get(unit)
    about = {"supported": world.objectives["acme", "grow"], "name": "Own", **about}
    node = world.units[unit]
    return Wish(unit_id=node.pk, unit_code=unit, scorecard=scorecard, **about)


def handed(world: World, *wishes: Wish) -> Handed:
    return hand_down(organization=world.organization, wishes=wishes, valid_from=MAY)


def test_one_refusal_takes_all_back(sold: World) -> None:
    """What counts twice, and what begins in a closed period, is told by unit."""
    before, editions = counts(), Edition.objects.count()
    grow = sold.objectives["emea", "grow"]
    twice = wish(sold, "emea", objective=grow, kpi=sold.kpis["sold"])
    with pytest.raises(ValidationError) as refusal:
        handed(sold, wish(sold, "apac"), twice)
    assert "would count twice" in " ".join(refusal.value.message_dict["emea"])
    april = Period(Frequency.MONTH, dt.date(2026, 4, 1))
    close_period(unit=sold.units["emea"], period=april)
    early = wish(sold, "emea", perspective=grow.perspective)
    with pytest.raises(ValidationError) as refusal:
        hand_down(organization=sold.organization, wishes=[early], valid_from=april.start)
    assert "is closed" in " ".join(refusal.value.message_dict["emea"])
    assert (counts(), Edition.objects.count()) == (before, editions)


def test_what_was_changed_since_is_not_taken_back(sold: World) -> None:
    target = ((MAY, {"target": 5.0}),)
    done = handed(sold, wish(sold, "apac", kpi=sold.kpis["sold"], targets=target)).packed()
    sold.record("sold", "apac", {"2026-05-01": 3})
    before = counts()
    for change in ("values", "objective"):
        if change == "objective":
            Objective.objects.filter(pk__in=done["objectives"]).update(version=2)
        with pytest.raises(ValidationError):
            take_back(organization=sold.organization, handed=done)
    assert counts() == before


def test_previous_targets_come_back(sold: World) -> None:
    set_target(assignment=assign_kpi(kpi=sold.kpis["sold"], unit=sold.units["emea"]),
               valid_from=MAY, target=9, red_flag=4)  # fmt: skip
    targets_of = ((MAY, {"target": 5.0}),)
    done = handed(sold, wish(sold, "emea", kpi=sold.kpis["sold"], targets=targets_of))
    assert targets(sold, "sold", "emea") == {"2026-05": (None, 5)}
    take_back(organization=sold.organization, handed=done.packed())
    assert targets(sold, "sold", "emea") == {"2026-05": (4, 9)}


def test_statements_do_not_grow_with_units(
    sold: World, root: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def statements() -> int:
        with django_assert_max_num_queries(40) as captured:
            root.get(PAGE)
        return len(captured)

    few = statements()
    for number in range(6):
        unit = create_unit(
            organization=sold.organization, code=f"u{number}", name=f"U{number}",
            kind="division", parent=sold.units["acme"],
        )  # fmt: skip
        begin_scorecard(unit=unit)
        assign_kpi(kpi=sold.kpis["sold"], unit=unit)
    assert statements() == few
