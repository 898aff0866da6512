"""The form's look at values, the benchmark, the seven questions, and the way back to an editor."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from kpis.models import KPI, QUESTIONS, Assignment
from kpis.services.library import assign_kpi, change_kpi, define_kpi
from scorecards.models import Edition, ObjectiveKPI
from scorecards.selectors.kpis.seven_questions import WORDS
from scorecards.selectors.kpis.texts import stored_texts
from scorecards.services.structure import add_objective, add_perspective, create_scorecard
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db

NEW, LOOK = "/acme/kpis/new/", "/acme/look/"
TYPED = {
    "name": "Margin",
    "value_kind": "number",
    "direction": "higher",
    "frequency": "month",
    "time_rule": "sum",
    "unit_rule": "own",
    "timing": "lag",
    "decimals": "0",
}


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def alice(acme: World) -> Client:
    return signed_in(acme, "alice")


def signed_in(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


def said(answer: Any) -> str:
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def form_of(kpi: KPI, **changes: Any) -> dict[str, Any]:
    """What a browser sends when the form is opened and these fields are changed."""
    return {**stored_texts(kpi).fields, "version": kpi.version, "kpi": kpi.code, **changes}


def wrong_at(answer: Any, name: str) -> str:
    page = answer.content.decode()
    found = re.search(rf'<span class="wrong"\s+id="said-{name}">(.*?)</span>', page, re.DOTALL)
    return " ".join(strip_tags(found[1]).split()) if found else ""


# --- The look


@pytest.mark.both_databases
def test_last_values_are_scored_on_the_line_of_the_units_target(
    acme: World, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Red flag 80, target 100: 90 is half the way from 50 to 100."""
    acme.record("revenue", "sales", {"2026-01-01": 70, "2026-02-01": 90, "2026-03-01": 110})
    typed = form_of(acme.kpis["revenue"], look_unit="sales", benchmark="95")
    with django_assert_max_num_queries(24):
        answer = alice.post(LOOK, typed)
    page = said(answer)
    for words in (
        "2026-01: 70 k€, score 25.0 critical",
        "2026-02: 90 k€, score 75.0 below target",
        "2026-03: 110 k€, score 125.0 on target",
        "Target at Sales: red flag 80, target 100.",
        "70, 90, 110 give 270 for 2026-Q1, together.",
        "The dashed line is the benchmark, 95 k€.",
        "The value of 2026-04 counts as missing from 2026-05-01 on.",
    ):
        assert words in page
    assert answer.content.decode().count('class="mark fill') == 3
    assert 'class="benchmark"' in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            {"look_red_flag": "100", "look_target": "80"},
            "The target 80 must be above the red flag 100.",
        ),
        ({"look_target": "many"}, 'Target: "many" is not a number'),
        ({"direction": "lower"}, "These figures contradict the direction"),
        ({"look_target": "60", "look_red_flag": "40"}, "Example figures; they are not saved."),
        ({"value_kind": "yes_no"}, "“yes” is wanted and scores 100."),
        ({"value_kind": "yes_no", "direction": "lower"}, "“no” is wanted and scores 100."),
        ({"direction": "range", "look_target_low": "1"}, "a range needs all four points"),
        ({"time_rule": "max"}, "70, 90 give 90 for 2026-Q1, by the highest."),
        ({"time_rule": "mean", "decimals": "1"}, "70.0, 90.0 give 80.0 for 2026-Q1"),
        ({"frequency": "year"}, "A year is the longest period"),
        ({"formula": "nps * 2"}, "The formula is computed again for each longer period."),
        ({"unit_rule": "sum"}, "Three teams with 8, 12, 10 give 30 above them."),
        ({"unit_rule": "mean", "weighting": "nps"}, "weighted 1, 2 and 1 by Nps give 11"),
        ({"unit_rule": "formula"}, "on what its inputs are over the units"),
        ({"grace_days": "10"}, "counts as missing from 2026-05-11 on"),
        ({"carry_forward": "2"}, "that of 2026-03 stands in, for 2 months at most."),
        ({"decimals": "2", "unit_of_measure": "days"}, "shown as 1,234.57 days"),
    ],
)
def test_each_choice_says_what_it_means(
    acme: World, alice: Client, typed: dict[str, str], words: str
) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 70, "2026-02-01": 90})
    answer = alice.post(LOOK, form_of(acme.kpis["revenue"], look_unit="sales", **typed))
    assert answer.status_code == 200
    assert words in html.unescape(said(answer))


def test_units_beneath_show_what_a_roll_up_gives(acme: World, alice: Client) -> None:
    define_kpi(organization=acme.organization, code="visits", name="Visits", unit_rule="sum")
    kpi = KPI.objects.get(code="visits")
    for unit in ("acme", "emea", "apac"):
        assign_kpi(kpi=kpi, unit=acme.units[unit])
    for unit, value in (("emea", 3), ("apac", 4)):
        acme.record("visits", unit, {"2026-04-01": value})
    root = signed_in(acme, "root")
    page = said(root.post(LOOK, form_of(kpi, look_unit="acme")))
    assert "EMEA 3, APAC 4 in 2026-04 give 7 for Acme." in page


def test_new_kpi_is_looked_at_with_examples_and_without_scripts(acme: World, alice: Client) -> None:
    """The button shows it on the whole page, with everything that was typed."""
    answer = alice.post(NEW, {**TYPED, "look": "1", "look_target": "10", "look_red_flag": "5"})
    assert answer.status_code == 200
    page = said(answer)
    assert "3 months with 8, 12, 10 give 30 for the quarter, together." in page
    assert "Example figures; they are not saved." in page
    assert 'value="Margin"' in answer.content.decode()
    assert not KPI.objects.filter(name="Margin").exists()


def test_nobody_looks_at_what_they_may_not_change(acme: World, rival: World, alice: Client) -> None:
    assert signed_in(acme, "carol").post(LOOK, TYPED).status_code == 403
    assert alice.post(LOOK, {**TYPED, "kpi": "secret_sauce"}).status_code == 404
    assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units["apac"])
    assert alice.post(LOOK, form_of(acme.kpis["revenue"])).status_code == 403
    unseen = alice.post(LOOK, form_of(acme.kpis["nps"], look_unit="secret"))
    assert CANARY not in unseen.content.decode()
    assert "Sales" in said(unseen)


# --- Benchmark and questions


@pytest.mark.both_databases
def test_benchmark_is_shown_with_its_source(acme: World, alice: Client) -> None:
    typed = {**TYPED, "benchmark": "12.5", "benchmark_source": "Survey 2025, median"}
    answer = alice.post(NEW, {**typed, "units": "sales", "decimals": "1"})
    kpi = KPI.objects.get(code="margin")
    assert (kpi.benchmark, kpi.benchmark_source) == (12.5, "Survey 2025, median")
    assert "12.5: Survey 2025, median" in said(alice.get(answer["location"]))
    secret = acme.token("measurements:read")[1]
    api = Client(headers={"authorization": f"Bearer {secret}"})
    figure = api.get("/api/v1/acme/kpis/margin/chart?unit=sales").json()
    (line,) = [trace for trace in figure["data"] if trace["meta"]["role"] == "benchmark"]
    assert (line["name"], set(line["y"])) == ("Benchmark: Survey 2025, median", {12.5})
    read = {each["code"]: each for each in api.get("/api/v1/acme/kpis").json()["results"]}
    assert (read["margin"]["benchmark"], read["nps"]["benchmark"]) == (12.5, None)


@pytest.mark.both_databases
def test_seven_questions_are_answered_kept_and_counted(acme: World, alice: Client) -> None:
    given = {f"answer_{name}": "yes" for name in QUESTIONS[:5]}
    given |= {"answer_balanced": "no", "note_balanced": "Cheap wins", "note_owned": "Carol"}
    alice.post("/acme/kpis/nps/edit/", form_of(acme.kpis["nps"], **given))
    kpi = KPI.objects.get(pk=acme.kpis["nps"].pk)
    assert kpi.open_questions == ("balanced", "compared")
    assert kpi.answers["owned"] == {"answer": "yes", "note": "Carol"}
    assert "compared" not in kpi.answers
    page = said(alice.get("/acme/kpis/nps/"))
    assert "5 of 7 questions are answered with yes." in page
    assert "No: Is it hard to game, or does another KPI balance it? Cheap wins" in page
    assert "Open: Is there something to compare it with?" in page
    assert kpi.history.get(version=2).answers == kpi.answers
    assert "None of the 7 questions" in said(alice.get("/acme/kpis/share/"))


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"benchmark": "9"}, "benchmark_source", "Say who reports the benchmark, and of when."),
        ({"benchmark_source": "Us"}, "benchmark", "Write the number, or clear its source."),
        ({"benchmark": "x", "benchmark_source": "Us"}, "benchmark", "is not a number"),
        ({"answer_owned": "perhaps"}, "answer_owned", "Choose one of these."),
        ({"note_owned": "x" * 301}, "note_owned", "A note may have at most 300 characters."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    acme: World, alice: Client, typed: dict[str, str], field: str, sentence: str
) -> None:
    answer = alice.post(NEW, {**TYPED, **typed, "description": "An hour of typing"})
    assert answer.status_code == 422
    assert sentence in wrong_at(answer, field)
    assert "An hour of typing" in answer.content.decode()


def test_answers_of_two_people_are_shown_beside_each_other(acme: World, alice: Client) -> None:
    opened = acme.kpis["nps"]
    change_kpi(kpi=opened, answers={"owned": {"answer": "no", "note": "Nobody"}})
    answer = alice.post("/acme/kpis/nps/edit/", form_of(opened, answer_owned="yes"))
    assert answer.status_code == 409
    assert wrong_at(answer, "answer_owned") == "Saved meanwhile: No"
    assert re.search(r'name="note_owned"\s+value="Nobody"', answer.content.decode())


# --- From an editor and back


@pytest.mark.both_databases
def test_kpi_for_an_objective_is_linked_and_leads_back(acme: World, alice: Client) -> None:
    """Of the scorecard in force it counts from the chosen period on; of a draft at once."""
    asked = "?for=improve&unit=sales&valid_from=2026-04"
    assert "For the objective “Improve Sales” of Sales" in said(alice.get(NEW + asked))
    answer = alice.post(NEW + asked, TYPED)
    assert answer.status_code == 302
    assert answer["location"].startswith("/acme/units/sales/scorecard/edit/?")
    kpi = KPI.objects.get(code="margin")
    link = ObjectiveKPI.objects.get(kpi=kpi)
    assert link.objective == acme.objectives["sales", "improve"]
    assert acme.assignment("margin", "sales").kpi == kpi
    edition = Edition.objects.filter(scorecard=acme.scorecards["sales"]).latest("pk")
    assert edition.valid_from.isoformat() == "2026-04-01"
    draft = create_scorecard(unit=acme.units["ada"], code="ada_own", name="Ada")
    growth = add_perspective(scorecard=draft, code="growth", name="Growth")
    add_objective(perspective=growth, code="learn", name="Learn")
    alice.post(f"{NEW}?for=learn&unit=ada", {**TYPED, "name": "Courses"})
    assert ObjectiveKPI.objects.get(kpi__code="courses").objective.scorecard == draft


def test_kpi_for_what_is_not_there_or_not_theirs_is_refused(acme: World, alice: Client) -> None:
    for query, status in (
        ("for=nothing&unit=sales", 404),
        ("for=grow", 404),
        ("for=grow&unit=nowhere", 404),
        ("for=grow&unit=acme", 403),
        ("for=grow&unit=sales&scorecard=other", 404),
    ):
        assert alice.get(f"{NEW}?{query}").status_code == status, query
        assert alice.post(f"{NEW}?{query}", TYPED).status_code == status, query
    assert not Assignment.objects.filter(kpi__name="Margin").exists()


def test_guide_asks_the_same_questions_as_the_form() -> None:
    guide = " ".join((Path(settings.BASE_DIR) / "docs" / "kpis.md").read_text().split())
    for number, words in enumerate(WORDS.values(), start=1):
        assert f"{number}. **{words.question}** {words.hint}" in guide
