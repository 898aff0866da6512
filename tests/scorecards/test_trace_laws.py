"""The law of traces: what an answer tells of a score is enough to compute it again."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from calculations.aggregation import TimeRule, aggregate
from calculations.formulas.evaluation import evaluate
from calculations.formulas.expressions import inputs
from calculations.formulas.parsing import parsed
from calculations.periods import Frequency, Period
from calculations.polylines import score
from calculations.rollup import ROLL_UP_RULES, RollUpRule, roll_up
from kpis.services.targets import set_target
from organizations.access import Access, user_access
from organizations.models import Organization, Role, Unit, User
from organizations.services.people import create_person, grant_role
from organizations.services.structure import create_unit
from scorecards.api.answers import trace_answer
from scorecards.models import Objective, Scorecard, ScoreSheet
from scorecards.selectors.boards.board_data import active_scorecard, board_data
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
from tests.scorecards import random_world
from tests.scorecards.api_client import Api
from tests.scorecards.random_changes import Scores
from tests.scorecards.random_world import START, TODAY, everything
from tests.worlds import PASSWORD

pytestmark = pytest.mark.django_db

NAN = math.nan
MID_BAND = {"critical": 25, "below_target": 75, "on_target": 125}
Answer = Any  # what the API answers, or a document read back


def same(again: float, told: float | None) -> bool:
    if told is None or math.isnan(again):
        return told is None and math.isnan(again)
    return math.isclose(again, told, rel_tol=1e-9, abs_tol=1e-9)


def number(told: float | None) -> float:
    return NAN if told is None else told


# Values


def check_value(step: Answer) -> None:
    """The value follows from what stands beneath it, and so does each beneath that."""
    beneath = [*step.get("children", ()), *step.get("inputs", {}).values()]
    for each in beneath:
        check_value(each)
    if beneath or "parts" in step:
        assert same(VALUES[step["kind"]](step), step["value"]), step


def measured(step: Answer) -> float:
    counted = [part["value"] for part in step["parts"] if part["state"] in ("known", "carried")]
    return float(aggregate(counted, [0] * len(counted), 1, TimeRule(step["rule"]))[0][0])


def rolled_up(step: Answer) -> float:
    counted = [each for each in step["children"] if each["weight"] > 0]
    if not counted:
        return NAN
    total = sum(each["weight"] * each["value"] for each in counted)
    return float(total if step["rule"] == "sum" else total / sum(c["weight"] for c in counted))


def computed(step: Answer) -> float:
    formula = parsed(step["formula"])
    read = {str(each): each for each in inputs(formula)}
    known = {read[name]: [number(told["value"])] for name, told in step["inputs"].items()}
    return float(evaluate(formula, known, (1,)).values[0])  # type: ignore[arg-type]


VALUES = {"measured": measured, "rolled_up": rolled_up, "computed": computed}

# Scores


def check_score(node: Answer) -> None:
    """The score follows from what stands beneath it; an assessed one is what was said."""
    for child in node.get("children", ()):
        check_score(child)
    told = node["score"]
    if "assessed" in node:
        assert told == MID_BAND[node["assessed"]["status"]]
        told = node["assessed"]["computed"]["score"]
    if node["kind"] == "kpi":
        check_kpi(node, told)
    elif node["kind"] not in ("contribution", "hidden"):
        check_parent(node, told)


def check_kpi(node: Answer, told: float | None) -> None:
    if node["step"] is None:
        assert node["value"] is None
    else:
        check_value(node["step"])
        assert node["value"] == node["step"]["value"]
    again = NAN
    if node["polyline"]:
        x, y = zip(*node["polyline"], strict=True)
        again = float(score([number(node["value"])], [x], [y])[0])
    assert same(again, told), node


def check_parent(node: Answer, told: float | None) -> None:
    children = node["children"]
    scores = [number(child["score"]) for child in children]
    highest = 100 if node["is_capped"] else 150
    shares = [child["effective_share"] or 0 for child in children]
    if any(shares):
        pairs = zip(shares, scores, strict=True)
        again = sum(share * min(s, highest) for share, s in pairs if share)
        assert same(again, told), node
    # Hidden children are one line: enough for a mean, but not to be counted one by one.
    if node["rule"] == "most_frequent" and any(child["kind"] == "hidden" for child in children):
        return
    rolled = roll_up(
        scores,
        [1.0] * len(scores),
        [child["weight"] for child in children],
        [0] * len(scores),
        1,
        [ROLL_UP_RULES.index(RollUpRule(node["rule"]))],
        [node["is_capped"]],
    )
    assert same(float(rolled.scores[0]), told), node


# Worlds


def traces(access: Access, unit: str | None = None) -> Iterator[Answer]:
    """The answers for every board, or for that of one unit, in all its periods."""
    for node in access.tree.by_id.values():
        scorecard = active_scorecard(node)
        if scorecard is None or not access.sees(node.id) or unit not in (None, node.code):
            continue
        for sheet in scorecard.sheets.all():
            data = board_data(access, node, scorecard, period_of(access.organization, sheet))
            if data is not None:
                root = trace(data, "scorecard")
                assert root
                yield trace_answer(root)


def period_of(organization: Organization, sheet: ScoreSheet) -> Period:
    return organization.calendar.period(Frequency(sheet.frequency), sheet.period_start)


def reader(organization: Organization, role: str = Role.VIEWER) -> User:
    """Somebody at the top who may not see the individuals' units."""
    user = User.objects.create_user("rea@example.org", PASSWORD, name="Rea")
    grant_role(user=user, unit=Unit.objects.get(organization=organization, code="top"), role=role)
    return user


def names_nobody(answer: Answer) -> bool:
    return not any(name in repr(answer) for name in ("'ann'", "Ann", "'ben'", "Ben"))


class Traces(Scores):
    """After all changes, whatever they were, every trace explains every score."""

    def teardown(self) -> None:
        try:
            refresh_scores(organization_id=self.organization_id)
            for answer in traces(everything(self.organization)):
                check_score(answer)
            access = user_access(reader(self.organization), self.organization.code)
            assert access
            for answer in traces(access):
                check_score(answer)
                assert names_nobody(answer)
        finally:
            self.roll_back()


def test_recomputing_from_the_trace_alone_gives_the_scores() -> None:
    with time_machine.travel(TODAY, tick=False):
        organization = random_world.build()
    run_state_machine_as_test(
        type("Traces", (Traces,), {"organization_id": organization.pk}),
        settings=settings(
            max_examples=3,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )


@pytest.fixture
def law() -> Iterator[Organization]:
    with time_machine.travel(TODAY, tick=False):
        yield random_world.build()


def count_in_ops(organization: Organization, code: str, weight: float) -> None:
    """An individual beneath ops with a scorecard of their own that counts in how ops runs."""
    units = Unit.objects.filter(organization=organization)
    unit = units.filter(code=code).first() or create_unit(
        organization=organization,
        code=code,
        name=f"{code.title()} Example",
        kind="individual",
        parent=units.get(code="desk"),
        person=create_person(organization=organization, code=code, name=f"{code.title()} Example"),
    )
    card = create_scorecard(unit=unit, code=f"{code}_card", name=f"{code.title()}'s plan")
    perspective = add_perspective(scorecard=card, code="own", name=f"{code.title()}'s")
    objective = add_objective(perspective=perspective, code="own", name=f"{code.title()}'s goal")
    staff = random_world.assignment(organization, "staff", "ops")
    assert staff
    link_kpi(objective=objective, kpi=staff.kpi)
    align(objective=objective, supported=ops_runs(organization), weight=weight)
    activate_scorecard(scorecard=card, valid_from=START)


def ops_runs(organization: Organization) -> Objective:
    found: Objective = Objective.objects.get(
        organization=organization, scorecard__code="ops_card", code="run"
    )
    return found


@pytest.fixture
def staffed(law: Organization) -> Organization:
    """Three individuals count in how ops runs; nothing is known of one of them."""
    for code, weight in (("ann", 4), ("ben", 2), ("bess", 1)):
        count_in_ops(law, code, weight)
    random_world.fill(law)
    for code, wanted, value in (("ann", 10, 17), ("ben", 10, 8)):
        place = random_world.assignment(law, "staff", code)
        assert place
        set_target(assignment=place, valid_from=START, red_flag=5, target=wanted)
        random_world.push(law, [("staff", code, START, value)])
    return law


@pytest.mark.parametrize("is_capped", [False, True])
def test_hidden_parts_explain_as_much_as_they_may(staffed: Organization, is_capped: bool) -> None:
    objective, ops = ops_runs(staffed), Scorecard.objects.get(code="ops_card")
    objective.is_capped = is_capped
    access = user_access(reader(staffed), staffed.code)
    assert access
    for rule in RollUpRule:
        objective.rule = rule
        objective.save()
        publish_edition(scorecard=ops, valid_from=START)
        refresh_scores(organization_id=staffed.pk)
        answers = list(traces(access, "ops"))
        for answer in answers:
            check_score(answer)
            assert names_nobody(answer)
        assert "that you may not see" in repr(answers), rule


@pytest.mark.both_databases
def test_an_answer_of_the_api_is_enough(law: Organization) -> None:
    random_world.fill(law)
    refresh_scores(organization_id=law.pk)
    api = Api(base=f"/api/v1/{law.code}/")
    api.client.force_login(reader(law))
    for unit in ("ops", "north", "top"):
        for period in ("2026-02", "2026-Q1", "2026"):
            response = api.get(f"units/{unit}/scorecard?trace=1&period={period}")
            assert response.status_code == 200, response.content
            answer = response.json()
            check_score(answer["trace"])
            assert answer["trace"]["score"] == answer["score"]
            assert names_nobody(answer)
