"""Traces: recomputing from the trace alone gives the same score; hidden parts stay hidden."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from calculations.polylines import score
from calculations.rollup import ROLL_UP_RULES, RollUpRule, roll_up
from organizations.access import user_access
from organizations.models import Role
from organizations.services.people import grant_role
from scorecards.models import Alignment, Objective
from scorecards.selectors.boards.board_data import BoardData, active_scorecard, board_data
from scorecards.selectors.traces.hidden_parts import HiddenPart, hidden_line
from scorecards.selectors.traces.shapes import TraceNode
from scorecards.selectors.traces.trace import trace
from scorecards.services.editions import activate_scorecard, publish_edition
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    align,
    create_scorecard,
    link_kpi,
)
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def data_of(world: World, member: str, unit: str, period: str) -> BoardData:
    access = user_access(world.users[member], "acme")
    assert access
    node = access.visible_unit(unit)
    assert node
    scorecard = active_scorecard(node)
    assert scorecard
    parsed = world.organization.calendar.parse_label(period)
    data = board_data(access, node, scorecard, parsed)
    assert data
    return data


def traced(world: World, member: str, unit: str, period: str, key: str) -> TraceNode:
    node = trace(data_of(world, member, unit, period), key)
    assert node
    return node


def recomputed(node: TraceNode) -> float | None:
    """The node's score from nothing but the node."""
    if node.kind == "kpi":
        if node.actual is None or node.actual.value is None or not node.polyline.points:
            return None
        x, y = zip(*node.polyline.points, strict=True)
        return float(score([node.actual.value], [x], [y])[0])
    if node.kind in ("contribution", "hidden"):
        return node.score.value
    scores = [recomputed(child) for child in node.children]
    rolled = roll_up(
        [float("nan") if s is None else s for s in scores],
        [1.0] * len(scores),
        [child.weight or 0.0 for child in node.children],
        [0] * len(scores),
        1,
        [ROLL_UP_RULES.index(RollUpRule(node.rule))],
        [node.is_capped],
    )
    result = float(rolled.scores[0])
    return None if result != result else result  # noqa: PLR0124


def agrees(node: TraceNode) -> bool:
    """Whether the node and everything beneath explain their scores."""
    again = recomputed(node)
    own = again is node.score.value is None or again == pytest.approx(node.score.value, abs=1e-9)
    return own and all(agrees(child) for child in node.children)


def fill(world: World) -> None:
    world.record("revenue", "sales", {"2026-01-01": 90, "2026-02-01": 130, "2026-03-01": 71})
    world.record("revenue", "emea", {"2026-01-01": 950})
    world.record("defects", "sales", {"2026-02-01": 8})
    world.record("nps", "sales", {"2026-01-01": 33})
    refresh_scores(organization_id=world.organization.pk)


@pytest.mark.parametrize("rule", list(RollUpRule))
@pytest.mark.parametrize("is_capped", [False, True])
def test_recomputing_from_the_trace_gives_the_score(
    acme: World, rule: RollUpRule, is_capped: bool
) -> None:
    for objective in Objective.objects.filter(organization=acme.organization):
        objective.rule, objective.is_capped = rule, is_capped
        objective.save()
    for unit in ("sales", "emea", "acme"):
        publish_edition(scorecard=acme.scorecards[unit], valid_from=START)
    fill(acme)
    for unit in ("sales", "emea", "acme"):
        for period in ("2026-01", "2026-02", "2026-Q1", "2026"):
            node = traced(acme, "root", unit, period, "scorecard")
            assert agrees(node)


def test_a_kpi_lists_its_parts(acme: World) -> None:
    fill(acme)
    node = traced(acme, "alice", "sales", "2026-Q1", "kpi:improve:defects")
    assert node.step
    assert [(part.period_label, part.state) for part in node.step.parts] == [
        ("2026-01", "missing"),
        ("2026-02", "known"),
        ("2026-03", "missing"),
    ]
    assert node.marks == ("1 of 3 months",)
    assert "recorded 2026-05-04" in node.step.parts[1].recorded_text


@pytest.mark.parametrize("key", ["", "nonsense", "objective:", "kpi:grow", "scorecard:x"])
def test_an_unknown_key_explains_nothing(acme: World, key: str) -> None:
    assert trace(data_of(acme, "root", "sales", "2026-Q1"), key) is None


def individual_contribution(world: World) -> None:
    """Ada's own scorecard counts in Sales' growth."""
    scorecard = create_scorecard(
        unit=world.units["ada"], code="ada_scorecard", name="Ada's secret plan"
    )
    perspective = add_perspective(scorecard=scorecard, code="financial", name="Financial")
    objective = add_objective(perspective=perspective, code="sell", name="Ada's secret goal")
    link_kpi(objective=objective, kpi=world.kpis["revenue"])
    align(objective=objective, supported=world.objectives["sales", "grow"], weight=4)
    activate_scorecard(scorecard=scorecard, valid_from=START)
    publish_edition(scorecard=world.scorecards["sales"], valid_from=START)


@pytest.mark.parametrize(("member", "sees"), [("bob", False), ("alice", True), ("root", True)])
def test_an_individual_is_hidden_from_those_who_may_not_see(
    acme: World, member: str, sees: bool
) -> None:
    individual_contribution(acme)
    fill(acme)
    node = traced(acme, member, "sales", "2026-Q1", "objective:grow")
    kinds = [child.kind for child in node.children]
    assert kinds == ["kpi", "kpi", "contribution" if sees else "hidden"]
    hidden = node.children[-1]
    assert hidden.weight == 4
    assert ("Ada" in repr(node)) == sees
    assert agrees(node)


def test_the_person_sees_their_own_scorecard(acme: World) -> None:
    individual_contribution(acme)
    person = acme.people["ada"]
    person.user = acme.users["bob"]
    person.email = "bob@example.org"
    acme.people["bob"].mark_deleted()
    person.save()
    grant_role(user=acme.users["bob"], unit=acme.units["sales"], role=Role.VIEWER)
    access = user_access(acme.users["bob"], "acme")
    assert access
    assert access.visible_unit("ada")


def test_alignments_of_two_levels_are_traced_to_the_lower_board(acme: World) -> None:
    fill(acme)
    node = traced(acme, "root", "acme", "2026-Q1", "objective:grow")
    (child,) = node.children
    assert (child.kind, child.effective_share) == ("contribution", 1.0)
    assert "/acme/units/emea/scorecard/" in (child.href or "")
    assert Alignment.objects.live().filter(organization=acme.organization).count() == 4


def test_dates_are_told_at_the_organizations_place(acme: World) -> None:
    acme.organization.time_zone = "Asia/Tokyo"
    acme.organization.save()
    acme.record(
        "defects", "sales", {"2026-02-01": 8}, at=dt.datetime(2026, 3, 1, 20, tzinfo=dt.UTC)
    )
    node = traced(acme, "root", "sales", "2026-02", "kpi:improve:defects")
    assert node.step
    assert "recorded 2026-03-02 05:00" in node.step.parts[0].recorded_text


def test_hidden_parts_add_up_though_some_have_no_data(acme: World) -> None:
    """Beside a visible child of weight 1 and score 100: (100 + 4 · 50) / 5 = 60."""
    parts = [HiddenPart(50.0, 4, 4 / 7, 0.8), HiddenPart(None, 2, 2 / 7, 0.0)]
    line = hidden_line(acme.organization, parts, is_capped=False)
    assert (line.weight, line.score.value) == (4, 50)
    parts = [HiddenPart(150.0, 1, 0.25, 0.25), HiddenPart(50.0, 1, 0.25, 0.25)]
    assert hidden_line(acme.organization, parts, is_capped=True).score.value == 75
    nothing = hidden_line(acme.organization, [HiddenPart(None, 2, 1, 0)], is_capped=False)
    assert (nothing.weight, nothing.score.value) == (2, None)
