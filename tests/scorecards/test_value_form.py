"""The form on a KPI's page: one value recorded, corrected, restated, taken back."""

import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import Assignment, Measurement, MeasurementRevision, Restatement
from kpis.services.library import assign_kpi, define_kpi
from organizations.models import ClosedPeriod
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PAGE = "/acme/kpis/revenue/"
FORM = "/acme/kpis/revenue/values/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def signed_in(acme: World) -> Callable[[str], Client]:
    def client(name: str) -> Client:
        found = Client()
        found.force_login(acme.users[name])
        return found

    return client


@pytest.fixture
def carol(signed_in: Callable[[str], Client]) -> Client:
    """Contributor of Sales."""
    return signed_in("carol")


@pytest.fixture
def alice(signed_in: Callable[[str], Client]) -> Client:
    """Manager of EMEA, and so of Sales."""
    return signed_in("alice")


@pytest.fixture
def closed(acme: World) -> ClosedPeriod:
    """The first quarter, closed at EMEA and all beneath, with 90 in January."""
    acme.record("revenue", "sales", {"2026-01-01": 90}, user=acme.users["carol"])
    return ClosedPeriod.objects.create(
        organization=acme.organization,
        unit=acme.units["emea"],
        frequency="quarter",
        period_start=START,
        closed_at=NOW,
        closed_by=acme.users["alice"],
    )


def sent(client: Client, kpi: str = "revenue", **fields: str) -> Any:
    """What the form answers, in the end; a value of April unless another is given."""
    body = {"unit": "sales", "period": "2026-04", "value": "", "note": ""} | fields
    return client.post(f"/acme/kpis/{kpi}/values/", body, follow=True)


def shown(client: Client, kpi: str = "revenue", **query: str) -> Any:
    """The form as it stands on the KPI's page."""
    answer = client.get(f"/acme/kpis/{kpi}/", {"unit": "sales"} | query)
    return answer.context["kpi"].value_form


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def problems(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    found: dict[str, str] = answer.context["form"].problems
    page = html.unescape(answer.content.decode())
    assert all(sentence in page for sentence in found.values())
    return found


def values(world: World, kpi: str = "revenue", unit: str = "sales") -> dict[str, tuple[float, str]]:
    rows = Measurement.objects.filter(assignment=world.assignment(kpi, unit))
    return {f"{row.period_start:%Y-%m}": (row.value, row.note) for row in rows}


# --- Who


def test_who_may_only_read_sees_no_form(signed_in: Callable[[str], Client]) -> None:
    bob = signed_in("bob")
    page = bob.get(PAGE, {"unit": "sales"})
    assert page.context["kpi"].value_form is None
    assert 'id="record"' not in page.content.decode()
    assert "edit=" not in page.content.decode()
    assert bob.get(FORM, {"unit": "sales"}).status_code == 403
    assert sent(bob, value="1").status_code == 403


@pytest.mark.parametrize("name", ["carol", "alice", "root"])
def test_who_may_record_does(acme: World, signed_in: Callable[[str], Client], name: str) -> None:
    answer = sent(signed_in(name), value="41.2", note=" Two late orders ", viewed="2026-Q1")
    assert said(answer) == ["Recorded 41.2 k€ for 2026-04."]
    assert answer.redirect_chain == [(f"{PAGE}?unit=sales&period=2026-Q1", 302)]
    newest = answer.context["kpi"].rows[-1]
    assert (newest.period_label, newest.value.value) == ("2026-04", 41.2)
    assert values(acme) == {"2026-04": (41.2, "Two late orders")}
    row = Measurement.objects.get(assignment=acme.assignment("revenue", "sales"))
    assert row.user == acme.users[name]


def test_a_contributor_of_one_unit_records_nothing_at_another(acme: World, carol: Client) -> None:
    assert carol.get(PAGE, {"unit": "emea"}).context["kpi"].value_form is None
    assert sent(carol, unit="emea", value="1").status_code == 403
    assert values(acme, unit="emea") == {}


@pytest.mark.parametrize("unit", ["ada", "apac", "rival", "nobody"])
def test_a_unit_that_is_unseen_or_unknown_or_does_not_measure_it(
    acme: World, rival: World, carol: Client, unit: str
) -> None:
    assert sent(carol, unit=unit, value="1").status_code == 404
    assert carol.get(FORM, {"unit": unit}).status_code == 404


def test_another_organization_gets_no_answer(acme: World, rival: World) -> None:
    charlie = Client()
    charlie.force_login(rival.users["charlie"])
    assert sent(charlie, value="1").status_code == 404
    assert values(acme) == {}


def test_without_a_unit_the_form_is_of_the_one_where_the_reader_records(carol: Client) -> None:
    assert carol.get(FORM).context["form"].unit_code == "sales"


# --- What becomes of it


def test_a_correction_says_what_stood_before_and_keeps_it(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-04-01": 40})
    answer = sent(carol, value="41.2")
    assert said(answer) == ["Corrected 2026-04 from 40 to 41.2 k€."]
    revision = MeasurementRevision.objects.get()
    assert (revision.value, revision.superseded_by_user) == (40, acme.users["carol"])


def test_the_same_value_changes_nothing(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-04-01": 40})
    assert said(sent(carol, value="40")) == ["Nothing was changed: 2026-04 says 40 k€ already."]
    assert not MeasurementRevision.objects.exists()


def test_a_note_changes_alone_and_can_be_emptied(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-04-01": 40})
    assert said(sent(carol, value="40", note="Estimated")) == ["Changed the note of 2026-04."]
    assert values(acme) == {"2026-04": (40, "Estimated")}
    sent(carol, value="40", note="")
    assert values(acme) == {"2026-04": (40, "")}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,5", 1234.5), ("1,234.5", 1234.5), ("12 %", 12), ("12 k€", 12), ("−0,5", -0.5)],
)
def test_numbers_are_read_as_people_write_them(
    acme: World, carol: Client, text: str, value: float
) -> None:
    sent(carol, value=text)
    assert values(acme) == {"2026-04": (value, "")}


@pytest.mark.parametrize(
    ("kpi", "text", "value"), [("certified", "yes", 1), ("certified", "no", 0), ("rating", "B", 2)]
)
def test_what_is_no_number_is_chosen(
    acme: World, carol: Client, kpi: str, text: str, value: float
) -> None:
    assert text in shown(carol, kpi).choices
    assert said(sent(carol, kpi, value=text)) == [f"Recorded {text} for 2026-04."]
    assert values(acme, kpi) == {"2026-04": (value, "")}
    assert shown(carol, kpi, edit="2026-04").value == text


def test_a_period_is_named_by_any_of_its_days(acme: World, carol: Client) -> None:
    sent(carol, period="2026-03-17", value="7")
    assert values(acme) == {"2026-03": (7, "")}


# --- What is refused


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"value": "a few"}, "value", "is not a number"),
        ({"value": "1.234"}, "value", "could be 1234 or 1.2340"),
        ({"value": ""}, "value", "Write a value"),
        ({"value": "1e400"}, "value", "is not a number"),
        ({"value": "2" * 20}, "value", "too large"),
        ({"value": "1", "period": "soon"}, "period", '"soon" is not a month'),
        ({"value": "1", "period": ""}, "period", "Choose a period"),
        ({"value": "1", "period": "2026-Q1"}, "period", "written like a quarter"),
        ({"value": "1", "period": "2026-06"}, "period", "has not begun"),
        ({"value": "1", "note": "n" * 1001}, "note", "at most 1000"),
        ({"do": "take_back"}, "period", "2026-04 has no value that could be taken back"),
        ({"do": "take_back", "period": "soon"}, "period", '"soon" is not a month'),
    ],
)
def test_what_cannot_be_stored_comes_back_with_a_sentence(
    acme: World, carol: Client, fields: dict[str, str], field: str, words: str
) -> None:
    answer = sent(carol, **{"note": "kept", **fields})
    assert words in problems(answer)[field]
    form = answer.context["form"]
    assert form.value == fields.get("value", "")
    assert form.note == fields.get("note", "kept")
    assert form.period == fields.get("period", "2026-04")
    assert values(acme) == {}


def test_everything_that_is_wrong_is_said_at_once(carol: Client) -> None:
    assert problems(sent(carol, period="soon", value="many")).keys() == {"period", "value"}


@pytest.mark.parametrize(
    ("kpi", "text", "words"),
    [
        ("defects", "-1", "cannot be below 0"),
        ("certified", "perhaps", "yes or no"),
        ("rating", "D", "one of A, B, C"),
        ("rating", "", "Choose a value"),
    ],
)
def test_values_that_the_kpi_does_not_take(carol: Client, kpi: str, text: str, words: str) -> None:
    assert words in problems(sent(carol, kpi, value=text))["value"]


# --- Closed periods


def test_a_contributor_is_refused_in_a_closed_period(
    acme: World, carol: Client, closed: ClosedPeriod
) -> None:
    for fields in ({"value": "80"}, {"value": "80", "reason": "Mine"}, {"do": "take_back"}):
        found = problems(sent(carol, period="2026-01", **fields))
        sentence = "2026-01 is closed: only a manager may restate it, or open it again."
        assert found == {"period": sentence}
    assert values(acme) == {"2026-01": (90, "")}
    assert "2026-01" not in shown(carol).edit_hrefs
    page = carol.get(FORM, {"period": "2026-01"}).content.decode()
    assert "2026-Q1 was closed at EMEA on 2026-05-04 by Alice" in page
    assert 'name="reason"' not in page
    assert "take_back" not in page


def test_a_manager_restates_with_a_reason(acme: World, alice: Client, closed: ClosedPeriod) -> None:
    page = html.unescape(alice.get(PAGE, {"unit": "sales", "edit": "2026-01"}).content.decode())
    assert 'name="reason"' in page
    assert "restated" not in page
    answer = sent(alice, period="2026-01", value="95", reason="Booked late", viewed="2026-Q1")
    assert said(answer) == ["Restated 2026-01 from 90 to 95 k€."]
    row = Restatement.objects.get()
    assert (row.reason, row.user, row.subject) == ("Booked late", acme.users["alice"], "value")
    january = answer.context["kpi"].rows[-1]
    assert january.restated == "Booked late (2026-05-04 by Alice)"
    page = answer.content.decode()
    assert (
        page.count('<span class="restated">restated</span>') == 2
    )  # among the values, and in how the quarter came about
    assert "Restated: Booked late" in page


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_manager_must_give_a_reason(
    acme: World, alice: Client, closed: ClosedPeriod, reason: str
) -> None:
    found = problems(sent(alice, period="2026-01", value="95", note="n", reason=reason))
    assert "give a reason" in found["reason"]
    assert values(acme) == {"2026-01": (90, "")}


def test_a_refused_form_of_a_closed_period_asks_for_the_reason(
    alice: Client, closed: ClosedPeriod
) -> None:
    """Without scripts, whoever chooses a closed period has not seen the field yet."""
    answer = sent(alice, period="2026-01", value="95")
    assert 'name="reason"' in answer.content.decode()
    assert answer.context["form"].value == "95"


def test_no_reason_is_asked_for_in_an_open_period(
    acme: World, alice: Client, closed: ClosedPeriod
) -> None:
    assert 'name="reason"' not in alice.get(PAGE, {"unit": "sales"}).content.decode()
    sent(alice, value="1", reason="None is needed")
    assert not Restatement.objects.exists()


# --- Taking back


def test_a_value_is_taken_back(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-04-01": 40})
    answer = sent(carol, do="take_back", value="anything")
    assert "Took back 40 k€ for 2026-04." in said(answer)[0]
    assert values(acme) == {}
    assert MeasurementRevision.objects.get().reason == "deleted"


def test_what_was_taken_back_stands_again_with_one_click(
    acme: World, alice: Client, closed: ClosedPeriod
) -> None:
    sent(alice, period="2026-04", value="41.25", note="Two <late> orders")
    answer = sent(alice, do="take_back", viewed="2026-Q1")
    assert undo(answer.content.decode()) == {
        "unit": "sales",
        "viewed": "2026-Q1",
        "reason": "",
        "period": "2026-04",
        "value": "41.25",
        "note": "Two <late> orders",
    }
    again = sent(alice, **undo(answer.content.decode()))
    assert said(again) == ["Recorded 41.25 k€ for 2026-04."]
    assert again.redirect_chain == answer.redirect_chain
    assert values(acme)["2026-04"] == (41.25, "Two <late> orders")
    closed_one = sent(alice, period="2026-01", do="take_back", reason="Counted elsewhere")
    assert said(sent(alice, **undo(closed_one.content.decode()))) == ["Restated 90 k€ for 2026-01."]
    assert Restatement.objects.latest("pk").reason == "Undone: Counted elsewhere"


def test_a_closed_value_is_taken_back_with_a_reason(
    acme: World, alice: Client, closed: ClosedPeriod
) -> None:
    assert "reason" in problems(sent(alice, period="2026-01", do="take_back"))
    assert values(acme) == {"2026-01": (90, "")}
    sent(alice, period="2026-01", do="take_back", reason="Counted elsewhere")
    assert values(acme) == {}
    assert Restatement.objects.get().reason == "Counted elsewhere"


# --- What the form offers


def test_the_newest_period_that_is_owed_is_chosen(acme: World, carol: Client) -> None:
    assert shown(carol).period == "2026-04"
    acme.record("revenue", "sales", {"2026-04-01": 1, "2026-02-01": 1})
    assert shown(carol).period == "2026-03"
    acme.record(
        "revenue",
        "sales",
        {f"{year}-{month:02}-01": 1 for year in (2023, 2024, 2025) for month in range(1, 13)},
    )
    acme.record("revenue", "sales", {"2026-01-01": 1, "2026-03-01": 1})
    assert shown(carol).period == "2026-05"


def test_closed_periods_are_not_owed(acme: World, alice: Client, closed: ClosedPeriod) -> None:
    acme.record("revenue", "sales", {"2026-04-01": 1})
    Assignment.objects.filter(kpi__code="revenue", unit__code="sales").update(starts_on=START)
    form = shown(alice)
    assert form.period == "2026-05"
    assert form.periods == (
        ("2026-05", "no value yet"),
        ("2026-04", "1"),
        ("2026-03", "missing, closed"),
        ("2026-02", "missing, closed"),
        ("2026-01", "90, closed"),
    )


def test_each_period_can_be_edited_from_the_table(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-02-01": 1234.5, "2026-03-01": 2})
    sent(carol, period="2026-02", value="1234.5", note="Estimated")
    page = carol.get(PAGE, {"unit": "sales", "period": "2026-Q1"}).content.decode()
    assert f'href="{PAGE}?unit=sales&amp;period=2026-Q1&amp;edit=2026-02#record"' in page
    form = shown(carol, edit="2026-02")
    assert (form.period, form.value, form.note) == ("2026-02", "1,234.5", "Estimated")
    assert "by Carol" in form.standing


def test_an_edited_period_before_the_offered_ones_is_offered_too(
    acme: World, carol: Client
) -> None:
    acme.record("revenue", "sales", {"2019-02-01": 7})
    form = shown(carol, edit="2019-02")
    assert (form.period, form.value, form.periods[0]) == ("2019-02", "7", ("2019-02", "7"))


def test_a_link_to_no_period_says_so(carol: Client) -> None:
    form = shown(carol, edit="soon")
    assert '"soon" is not a month' in form.problems["period"]


def test_another_period_brings_its_value_and_keeps_what_was_typed(
    acme: World, carol: Client
) -> None:
    acme.record("revenue", "sales", {"2026-03-01": 3, "2026-04-01": 4})
    query = {"unit": "sales", "period": "2026-03", "shown_value": "4", "shown_note": ""}
    form = carol.get(FORM, query | {"value": "4", "note": "typed"}).context["form"]
    assert (form.period, form.value, form.note) == ("2026-03", "3", "typed")
    form = carol.get(FORM, query | {"value": "40", "note": ""}).context["form"]
    assert (form.value, form.shown_value) == ("40", "3")


def test_as_of_a_moment_nothing_can_be_recorded(acme: World, alice: Client) -> None:
    acme.record("revenue", "sales", {"2026-04-01": 4})
    page = alice.get(PAGE, {"unit": "sales", "as_of": "2026-05-03"})
    assert page.context["kpi"].value_form is None


# --- Where values are not recorded


def test_a_computed_kpi_says_where_its_values_come_from(acme: World, carol: Client) -> None:
    profit = define_kpi(
        organization=acme.organization, code="profit", name="Profit", formula="revenue - defects"
    )
    assign_kpi(kpi=profit, unit=acme.units["sales"])
    form = shown(carol, "profit")
    assert form.follows.startswith("The values are computed by the formula")
    assert form.edit_hrefs == {}
    page = carol.get("/acme/kpis/profit/", {"unit": "sales"}).content.decode()
    assert form.follows in page
    assert 'name="value"' not in page
    assert "computed by its formula" in problems(sent(carol, "profit", value="1"))["general"]


def test_a_rolled_up_kpi_says_where_its_values_come_from(acme: World, alice: Client) -> None:
    sum_up = define_kpi(
        organization=acme.organization, code="orders", name="Orders", unit_rule="sum"
    )
    for unit in ("emea", "sales"):
        assign_kpi(kpi=sum_up, unit=acme.units[unit])
    assert "units beneath" in shown(alice, "orders", unit="emea").follows
    assert shown(alice, "orders").follows == ""
    refused = sent(alice, "orders", unit="emea", value="1")
    assert "follows from the units beneath" in problems(refused)["general"]


def test_statements_do_not_grow_with_values(
    acme: World,
    alice: Client,
    closed: ClosedPeriod,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    sent(alice, period="2026-01", value="95", reason="Booked late")
    for months in (1, 12):
        acme.record("revenue", "sales", {f"2025-{n:02}-01": n for n in range(1, months + 1)})
        with django_assert_max_num_queries(25):
            alice.get(PAGE, {"unit": "sales", "edit": "2025-01"})
        with django_assert_max_num_queries(16):
            alice.get(FORM, {"unit": "sales", "period": "2025-01"})
