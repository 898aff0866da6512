"""The form of a KPI: defining, changing, refusing with nothing lost, and what a formula yields."""

import html
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, change_kpi, define_kpi, remove_assignment
from organizations.services.people import create_person
from organizations.services.structure import create_unit
from scorecards.selectors.kpis.texts import applying, stored_texts, suggested_code
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db

NEW = "/acme/kpis/new/"
LOOK = "/acme/formulas/"
TYPED = {
    "name": "Margin",
    "value_kind": "number",
    "direction": "higher",
    "frequency": "month",
    "time_rule": "mean",
    "unit_rule": "own",
    "timing": "lag",
    "decimals": "2",
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


@pytest.fixture
def priced(acme: World) -> World:
    """Costs beside the revenue of Sales, in the months of the first quarter and April."""
    acme.kpis["cost"] = define_kpi(organization=acme.organization, code="cost", name="Cost")
    assign_kpi(kpi=acme.kpis["cost"], unit=acme.units["sales"])
    for code, values in (("revenue", (120, 0, 90, 100)), ("cost", (30, 5, None, 25))):
        for month, value in enumerate(values, start=1):
            if value is not None:
                acme.record(code, "sales", {f"2026-{month:02}-01": value})
    return acme


def said(answer: Any) -> str:
    """What the page says, without its tags."""
    page = re.sub(r"<(?=(dt|dd|td|th|li|option|p|label)\b)", " <", answer.content.decode())
    return " ".join(strip_tags(page).split())


def edit_of(code: str) -> str:
    return f"/acme/kpis/{code}/edit/"


def form_of(kpi: KPI, **changes: Any) -> dict[str, Any]:
    """What a browser sends when the form is opened and these fields are changed."""
    texts = stored_texts(kpi)
    grades = {
        "grade_label": [label for label, _ in texts.grades],
        "grade_value": [value for _, value in texts.grades],
    }
    return {**texts.fields, **grades, "version": kpi.version, "kpi": kpi.code, **changes}


def wrong_at(answer: Any, name: str) -> str:
    """The sentence beside the field."""
    found = re.search(
        rf'<span class="wrong" id="said-{name}">(.*?)</span>', answer.content.decode(), re.DOTALL
    )
    return " ".join(strip_tags(found[1]).split()) if found else ""


# --- Defining


@pytest.mark.both_databases
def test_defined_kpis_are_measured_at_the_chosen_units(acme: World, alice: Client) -> None:
    answer = alice.post(
        NEW,
        {
            **TYPED,
            "name": "Délai moyen",
            "description": "From order\r\nto delivery",
            "unit_of_measure": "days",
            "natural_minimum": "0",
            "natural_maximum": "1.234,5",
            "grace_days": "10",
            "carry_forward": "2",
            "owner": "alice",
            "units": ["emea", "sales"],
        },
    )
    assert answer.status_code == 302
    assert answer["location"] == "/acme/kpis/delai_moyen/?unit=emea"
    kpi = KPI.objects.get(organization=acme.organization, code="delai_moyen")
    assert (kpi.name, kpi.description) == ("Délai moyen", "From order\nto delivery")
    assert (kpi.natural_minimum, kpi.natural_maximum) == (0, 1234.5)
    assert (kpi.grace_days, kpi.carry_forward, kpi.decimals) == (10, 2, 2)
    assert kpi.owner == acme.people["alice"]
    measured = Assignment.objects.filter(kpi=kpi).values_list("unit__code", flat=True)
    assert sorted(measured) == ["emea", "sales"]
    assert "“Délai moyen” is defined." in said(alice.get(answer["location"]))


def test_graded_kpi_has_its_grades_in_their_order(acme: World, alice: Client) -> None:
    grades = {"grade_label": ["Gold", "", "Tin"], "grade_value": ["2", "", "1"]}
    typed = {**TYPED, "value_kind": "graded", **grades, "formula": "what (does not apply"}
    assert alice.post(NEW, typed).status_code == 302
    kpi = KPI.objects.get(organization=acme.organization, code="margin")
    assert kpi.grades == [["Gold", 2], ["Tin", 1]]
    assert kpi.formula == ""


def test_library_item_is_measured_nowhere_and_stays_within_reach(
    acme: World, alice: Client
) -> None:
    answer = alice.post(NEW, TYPED)
    assert answer["location"] == "/acme/kpis/?q=margin"
    assert f'href="{edit_of("margin")}"' in alice.get(answer["location"]).content.decode()
    assert edit_of("margin") not in signed_in(acme, "bob").get("/acme/kpis/").content.decode()
    added = form_of(KPI.objects.get(organization=acme.organization, code="margin"), units="sales")
    assert alice.post(edit_of("margin"), added)["location"] == "/acme/kpis/margin/?unit=sales"


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Write a name, as people say it."),
        ({"code": "revenue"}, "code", "There is a KPI `revenue` already; choose another code."),
        ({"code": "Bad code"}, "code", "A code starts with a letter and has at most 50"),
        ({"code": "new"}, "code", '"new" is a word of the system; choose another code.'),
        ({"name": "北"}, "code", "The name has no letter from a to z to make a code of"),
        ({"decimals": "2.5"}, "decimals", "Write a whole number from 0 to 9."),
        ({"grace_days": "-1"}, "grace_days", "Write a whole number from 0 to 3650."),
        ({"carry_forward": "61"}, "carry_forward", "Write a whole number from 0 to 60."),
        ({"natural_minimum": "none"}, "natural_minimum", "is not a number; write it like 1234.5."),
        (
            {"natural_minimum": "5", "natural_maximum": "5"},
            "natural_maximum",
            "Write a number above the natural minimum.",
        ),
        ({"direction": ""}, "direction", "Choose one of these."),
        ({"value_kind": "colour"}, "value_kind", "Choose one of these."),
        ({"owner": "charlie"}, "owner", "There is no such choice here; choose another."),
        (
            {"unit_rule": "mean", "weighting": "secret_sauce"},
            "weighting",
            "There is no such choice here; choose another.",
        ),
        ({"unit_rule": "formula"}, "unit_rule", "Rolling up by the formula needs a formula"),
        (
            {"value_kind": "graded", "grade_label": ["A", "B"], "grade_value": ["1", "1"]},
            "grades",
            "Give at least two grades, each label and each value once.",
        ),
        (
            {"value_kind": "graded", "grade_label": ["A"], "grade_value": [""]},
            "grades",
            "Write both a grade and its value; “A” stands alone.",
        ),
        ({"units": ["apac"]}, "units", "Choose units of this list"),
        (
            {"formula": "revnue - 1"},
            "formula",
            "`revnue` is not a KPI here; did you mean `revenue`?",
        ),
        ({"formula": "secret_sauce"}, "formula", "`secret_sauce` is not a KPI here."),
        ({"formula": "nps", "frequency": "month"}, "frequency", "The formula reads `nps`"),
        ({"formula": "margin + 1", "code": "margin"}, "formula", "A KPI cannot need itself"),
        ({"formula": "1+" * 1500 + "1"}, "formula", "may have at most 2000 characters"),
        ({"name": "x" * 201}, "name", "at most 200 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_all_is_kept(
    acme: World, rival: World, alice: Client, typed: dict[str, Any], field: str, sentence: str
) -> None:
    kept = {"description": "A description that took an hour", "why_it_matters": "<b>Because</b>"}
    answer = alice.post(NEW, {**TYPED, **kept, **typed})
    assert answer.status_code == 422
    assert sentence in wrong_at(answer, field).replace("&quot;", '"')
    page = answer.content.decode()
    assert "A description that took an hour" in page
    assert "&lt;b&gt;Because&lt;/b&gt;" in page
    assert f'href="#id-{field}"' in page
    assert CANARY not in page
    for name, text in typed.items():
        if name in ("decimals", "grace_days", "natural_minimum", "natural_maximum", "code"):
            assert f'value="{text}"' in page, name
    assert not KPI.objects.filter(organization=acme.organization, name="Margin").exists()


def test_text_that_cannot_be_stored_is_refused(acme: World, alice: Client) -> None:
    answer = alice.post(NEW, {**TYPED, "description": "a\x00b"})
    assert answer.status_code == 422
    assert "a character that cannot be stored" in said(answer)


def test_what_does_not_apply_is_left_out_without_a_word() -> None:
    texts = stored_texts(KPI(value_kind="yes_no"))
    assert not applying(texts) & {"formula", "grades", "decimals", "weighting"}
    assert "inherits_target" in applying(texts)
    assert "inherits_target" not in applying(stored_texts(KPI(unit_rule="mean")))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("On-time delivery", "on_time_delivery"),
        ("7 days", "days"),
        ("Sum", "sum_2"),
        ("Revenue", "revenue_2"),
        ("北", ""),
    ],
)
def test_code_follows_the_name(name: str, code: str) -> None:
    assert suggested_code(name, ["revenue"]) == code


# --- Changing


def test_form_shows_what_is_stored_and_saves_what_was_changed(acme: World, alice: Client) -> None:
    page = alice.get(edit_of("rating")).content.decode()
    assert 'value="A"' in page
    assert 'name="code"' not in page
    answer = alice.post(edit_of("rating"), form_of(acme.kpis["rating"], name="Credit rating"))
    assert answer["location"] == "/acme/kpis/rating/?unit=sales"
    kpi = KPI.objects.get(pk=acme.kpis["rating"].pk)
    assert (kpi.name, kpi.version) == ("Credit rating", 2)
    assert kpi.grades == acme.kpis["rating"].grades
    assert kpi.history.get(version=2).history_user == acme.users["alice"]
    assert "being computed again" not in said(alice.get(answer["location"]))


@pytest.mark.both_databases
def test_form_sent_back_as_it_came_changes_nothing(acme: World, alice: Client) -> None:
    for code, kpi in acme.kpis.items():
        answer = alice.post(edit_of(code), form_of(kpi))
        assert answer.status_code == 302, code
        assert KPI.objects.get(pk=kpi.pk).version == kpi.version
    assert "Nothing was changed" in said(alice.get("/acme/kpis/"))


def test_saving_says_from_when_on_scores_are_computed_again(priced: World, alice: Client) -> None:
    kpi = priced.kpis["revenue"]
    answer = alice.post(edit_of("revenue"), form_of(kpi, time_rule="mean"), follow=True)
    told = "“Revenue” is saved. Scores of open periods from 2026-01 on are being computed again."
    assert told in said(answer)


def test_frequency_stays_once_values_are_recorded(priced: World, alice: Client) -> None:
    changed = form_of(priced.kpis["revenue"], frequency="quarter")
    answer = alice.post(edit_of("revenue"), changed)
    assert answer.status_code == 422
    assert "Values are recorded already" in wrong_at(answer, "frequency")


@pytest.mark.both_databases
def test_both_versions_are_shown_when_somebody_else_has_saved(acme: World, alice: Client) -> None:
    opened = acme.kpis["revenue"]
    change_kpi(kpi=opened, by=acme.users["root"], name="Sales", description="Invoiced", decimals=1)
    mine = form_of(opened, name="Turnover", grace_days="5", why_it_matters="It pays us")
    answer = alice.post(edit_of("revenue"), mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Root saved this KPI while you were editing it." in said(answer)
    assert wrong_at(answer, "name") == "Saved meanwhile: Sales"
    assert 'value="Turnover"' in page
    assert "It pays us" in page
    assert "Invoiced" in page  # not typed into: theirs
    assert wrong_at(answer, "decimals") == ""
    assert 'name="version" value="2"' in re.sub(r"\s+", " ", page)
    assert KPI.objects.get(pk=opened.pk).name == "Sales"
    # What the page now holds, sent again, keeps theirs and mine.
    now = form_of(KPI.objects.get(pk=opened.pk), name="Turnover", grace_days="5")
    assert alice.post(edit_of("revenue"), now).status_code == 302
    kpi = KPI.objects.get(pk=opened.pk)
    assert (kpi.name, kpi.description, kpi.decimals, kpi.grace_days) == (
        "Turnover", "Invoiced", 1, 5,
    )  # fmt: skip


def test_grades_and_choices_of_both_are_shown(acme: World, alice: Client) -> None:
    opened = acme.kpis["rating"]
    change_kpi(kpi=opened, by=None, grades=[["A", 9], ["B", 2]], direction="lower", is_input=True)
    grades = {"grade_label": ["A", "B"], "grade_value": ["8", "2"]}
    answer = alice.post(edit_of("rating"), form_of(opened, direction="range", **grades))
    assert answer.status_code == 409
    assert "Somebody saved this KPI" in said(answer)
    assert wrong_at(answer, "direction") == "Saved meanwhile: Lower is better"
    assert wrong_at(answer, "grades") == "Saved meanwhile: A = 9, B = 2"


@pytest.mark.parametrize("version", ["", "0", "99999999999", "x"])
def test_form_without_a_version_never_overwrites(acme: World, alice: Client, version: str) -> None:
    answer = alice.post(
        edit_of("revenue"), form_of(acme.kpis["revenue"], version=version, name="X")
    )
    assert answer.status_code == 409
    assert KPI.objects.get(pk=acme.kpis["revenue"].pk).name == "Revenue"


# --- Who


def test_only_who_manages_all_its_units_changes_a_kpi(acme: World, alice: Client) -> None:
    assign_kpi(kpi=acme.kpis["revenue"], unit=acme.units["apac"])
    for answer in (alice.get(edit_of("revenue")), alice.post(edit_of("revenue"), {"name": "X"})):
        assert answer.status_code == 403
        assert "only those who manage all units that measure it may change it" in said(answer)
    assert signed_in(acme, "root").get(edit_of("revenue")).status_code == 200
    assert edit_of("revenue") not in alice.get("/acme/kpis/revenue/").content.decode()
    assert edit_of("nps") in alice.get("/acme/kpis/nps/").content.decode()


def test_form_leads_back_to_the_unit_and_the_period_it_was_opened_from(
    acme: World, alice: Client
) -> None:
    at = "?unit=sales&period=2026-02"
    page = alice.get(f"/acme/kpis/revenue/{at}").content.decode()
    address = html.unescape(re.findall(r'href="([^"]+/edit/[^"]*)"', page)[0])
    assert address == edit_of("revenue") + at
    form = alice.get(address)
    assert form.context["form"].cancel_href == f"/acme/kpis/revenue/{at}"
    refused = alice.post(address, form_of(acme.kpis["revenue"], name=""))
    assert refused.context["form"].cancel_href == f"/acme/kpis/revenue/{at}"
    saved = alice.post(address, form_of(acme.kpis["revenue"], name="Turnover"))
    assert saved["Location"] == f"/acme/kpis/revenue/{at}"
    elsewhere = alice.get(edit_of("revenue") + "?unit=apac&period=2026-02")
    assert elsewhere.context["form"].cancel_href == "/acme/kpis/revenue/?unit=emea&period=2026-02"


def test_only_those_who_may_are_offered_a_new_kpi(acme: World, alice: Client) -> None:
    assert NEW in alice.get("/acme/kpis/").content.decode()
    assert NEW not in signed_in(acme, "carol").get("/acme/kpis/").content.decode()


def test_kpi_at_unseen_units_only_does_not_exist(acme: World, rival: World) -> None:
    diary = define_kpi(organization=acme.organization, code="diary", name="Diary")
    assign_kpi(kpi=diary, unit=acme.units["ada"])
    bob = signed_in(acme, "bob")
    assert bob.get(edit_of("diary")).status_code == 404
    assert bob.get(edit_of("secret_sauce")).status_code == 404
    assert signed_in(acme, "alice").post(LOOK, {"kpi": "secret_sauce"}).status_code == 404
    offered = signed_in(acme, "alice").get(NEW).content.decode()
    assert CANARY not in offered
    assert "secret_sauce" not in offered


# --- What a formula yields


def looked(client: Client, formula: str, **typed: Any) -> Any:
    return client.post(LOOK, {**TYPED, "units": "sales", **typed, "formula": formula})


def test_preview_shows_values_with_the_numbers_that_went_in(priced: World, alice: Client) -> None:
    answer = looked(alice, "(revenue - cost) / revenue")
    assert answer.status_code == 200
    text = said(answer)
    assert "2026-04 0.75 (100 − 25) / 100 = 0.75" in text
    assert "2026-03 – (90 − cost) / 90 no value of `cost` in 2026-03" in text
    assert "2026-02 – (0 − 5) / 0 division by zero" in text
    assert "Needs Cost, Revenue" in text
    assert not KPI.objects.filter(organization=priced.organization, code="margin").exists()


@pytest.mark.both_databases
def test_preview_counts_the_parts_that_went_in(priced: World, alice: Client) -> None:
    text = said(looked(alice, "revenue / cost", frequency="quarter"))
    # January and February: March has no cost.
    assert "2026-Q1 3.43 120 / 35 = 3.43 2 of 3 months" in text


def test_preview_writes_numbers_as_the_trace_does(priced: World, alice: Client) -> None:
    change_kpi(kpi=priced.kpis["cost"], unit_of_measure="k€")
    priced.record("revenue", "sales", {"2026-04-01": 1_234_567.84})
    typed = {**TYPED, "formula": "revenue - cost", "units": "sales", "unit_of_measure": "k€"}
    preview = said(alice.post(LOOK, typed))
    assert "1,234,568 − 25 = 1,234,542.84" in preview
    assert "With revenue in k€, cost in k€." in preview
    alice.post(NEW, typed)
    page = said(alice.get("/acme/kpis/margin/?unit=sales&period=2026-04"))
    assert "1,234,568 − 25 = 1,234,542.84 k€" in page


def test_preview_marks_what_is_wrong(priced: World, alice: Client) -> None:
    page = looked(alice, "revnue - cost").content.decode()
    assert "<mark>revnue</mark> - cost" in page
    assert "`revnue` is not a KPI here; did you mean `revenue`?" in said(looked(alice, "revnue"))
    assert "<script>" not in looked(alice, "<script>alert(1)</script>").content.decode()
    assert "at most 2000 characters" in said(looked(alice, "1+" * 100_000))
    assert "The formula reads `nps`, which is measured by quarter" in said(looked(alice, "nps"))


def test_preview_equals_what_the_page_shows_after_saving(priced: World, alice: Client) -> None:
    typed = {**TYPED, "formula": "100 * (revenue - cost) / revenue", "units": "sales"}
    preview = said(alice.post(LOOK, typed))
    assert "2026-04 75.00" in preview
    assert alice.post(NEW, typed).status_code == 302
    page = said(alice.get("/acme/kpis/margin/?unit=sales&period=2026-04"))
    assert re.search(r"\b75\.00\b", page)
    again = said(alice.post(LOOK, {**typed, "kpi": "margin"}))
    assert again == preview


@pytest.mark.both_databases
def test_preview_sees_what_saving_would_let_be_measured(priced: World, alice: Client) -> None:
    """EMEA measures no costs yet; saving the formula there rolls them up from Sales."""
    remove_assignment(assignment=priced.assignment("revenue", "ada"))
    for code in ("revenue", "cost"):
        change_kpi(kpi=priced.kpis[code], unit_rule="sum")
    typed = {**TYPED, "formula": "revenue - cost", "unit_rule": "formula", "units": "emea"}
    preview = said(alice.post(LOOK, typed))
    assert "2026-04 75.00 100 − 25 = 75.00" in preview
    assert alice.post(NEW, typed).status_code == 302
    assert "75.00" in said(alice.get("/acme/kpis/margin/?unit=emea&period=2026-04"))


def test_preview_of_a_rolled_up_kpi_counts_the_units_beneath(priced: World, alice: Client) -> None:
    typed = {"unit_rule": "mean", "units": ["emea", "sales"], "preview_unit": "emea"}
    text = said(looked(alice, "revenue - cost", **typed))
    assert "2026-04 75.00 1 of 1" in text
    assert "no unit beneath has a value" in text
    assert "100 − 25" in said(looked(alice, "revenue - cost", **typed | {"preview_unit": "sales"}))


def test_preview_of_a_change_shows_what_needs_the_kpi(priced: World, alice: Client) -> None:
    organization = priced.organization
    define_kpi(organization=organization, code="profit", name="Profit", formula="revenue - cost")
    define_kpi(organization=organization, code="tax", name="Tax", formula="profit * 0.2")
    text = said(looked(alice, "defects * 10", kpi="cost", preview_unit="sales"))
    assert "Needs Defects" in text
    assert "Needed by Profit and so by Tax" in text
    refused = said(looked(alice, "tax + 1", kpi="cost"))
    assert "A KPI cannot need itself: `cost` needs `tax`" in refused


def test_preview_offers_only_units_that_the_reader_sees(priced: World) -> None:
    priced.organization.openness = "line"
    priced.organization.save()
    assign_kpi(kpi=priced.kpis["cost"], unit=priced.units["apac"])
    page = looked(signed_in(priced, "alice"), "cost", preview_unit="apac").content.decode()
    assert 'value="sales"' in page
    assert "apac" not in page
    assert 'value="apac"' in looked(signed_in(priced, "root"), "cost").content.decode()


def test_preview_tells_nothing_of_individuals_that_the_reader_does_not_see(acme: World) -> None:
    """A sum over one person beneath would be that person's value."""
    organization = acme.organization
    acme.people["zed"] = create_person(organization=organization, code="zed", name="Zed")
    zed = create_unit(
        organization=organization,
        code="zed",
        name="Zed",
        kind="individual",
        parent=acme.units["apac"],
        person=acme.people["zed"],
    )
    assign_kpi(kpi=acme.kpis["revenue"], unit=zed)
    assign_kpi(kpi=acme.kpis["defects"], unit=acme.units["apac"])
    change_kpi(kpi=acme.kpis["revenue"], unit_rule="sum")
    acme.record("revenue", "zed", {"2026-04-01": 4711})
    acme.record("defects", "apac", {"2026-04-01": 1})
    formula, about = "revenue + 0 * defects", {"preview_unit": "apac"}
    seen = looked(signed_in(acme, "alice"), formula, **about).content.decode()
    assert 'value="sales"' in seen
    assert "apac" not in seen
    assert "4,711" not in seen
    assert "4,711" in said(looked(signed_in(acme, "root"), formula, **about))


@pytest.mark.both_databases
def test_preview_of_a_change_is_for_those_who_may_make_it(priced: World, alice: Client) -> None:
    assert looked(alice, "revenue", kpi="cost").status_code == 200
    assign_kpi(kpi=priced.kpis["cost"], unit=priced.units["apac"])
    assert looked(alice, "revenue", kpi="cost").status_code == 403


@pytest.mark.both_databases
@pytest.mark.parametrize("address", [NEW, edit_of("cost")])
def test_choices_and_grades_that_cannot_be_stored_are_refused(
    priced: World, alice: Client, address: str
) -> None:
    hostile = {"owner": "\x00", "weighting": "a\x00b", "unit_rule": "mean", "units": "\x00"}
    graded = {"value_kind": "graded", "grade_label": ["A\x00", "B"], "grade_value": ["1", "2"]}
    for sent in (hostile, graded):
        assert alice.post(address, {**TYPED, **sent}).status_code == 422
        assert alice.post(LOOK, {**TYPED, **sent, "formula": "revenue"}).status_code == 200
    assert alice.post(LOOK, {**TYPED, "kpi": "\x00"}).status_code == 404


def test_without_scripts_a_button_shows_the_same(priced: World, alice: Client) -> None:
    answer = alice.post(NEW, {**TYPED, "formula": "revenue - cost", "units": "sales", "check": "1"})
    assert answer.status_code == 200
    assert "2026-04 75.00 100 − 25 = 75.00" in said(answer)
    assert 'value="Margin"' in answer.content.decode()
    assert not KPI.objects.filter(organization=priced.organization, code="margin").exists()


def test_looking_takes_as_many_statements_for_few_units_as_for_many(
    priced: World, alice: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    change_kpi(kpi=priced.kpis["revenue"], unit_rule="sum")
    typed = {"units": ["emea", "sales", "ada"], "unit_rule": "sum", "preview_unit": "emea"}
    looked(alice, "revenue - cost", **typed)
    with django_assert_num_queries(18):
        looked(alice, "revenue", units="sales")
    with django_assert_num_queries(18):
        looked(alice, "revenue - cost + defects", **typed)


def test_form_takes_a_fixed_number_of_statements(
    priced: World, alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        define_kpi(organization=priced.organization, code=f"more_{number}", name=f"More {number}")
    with django_assert_max_num_queries(16):
        assert alice.get(edit_of("revenue")).status_code == 200


# --- The KPI's page


def test_page_of_a_kpi_tells_what_its_values_follow_from(priced: World, alice: Client) -> None:
    define_kpi(
        organization=priced.organization,
        code="profit",
        name="Profit",
        formula="revenue - cost",
        carry_forward=2,
        unit_rule="mean",
        weighting=priced.kpis["defects"],
    )
    profit = KPI.objects.get(organization=priced.organization, code="profit")
    assign_kpi(kpi=profit, unit=priced.units["sales"])
    answer = alice.get("/acme/kpis/profit/?unit=sales")
    page = answer.content.decode()
    assert '<a href="/acme/kpis/revenue/?unit=sales" title="Revenue">revenue</a> - ' in page
    text = said(answer)
    assert "Over units the mean of the units beneath" in text
    assert "Weighted by Defects" in text
    assert "the last value holds for 2 months more" in text
    assert "Needed by Profit" in said(alice.get("/acme/kpis/cost/?unit=sales"))
