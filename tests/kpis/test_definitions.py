"""Definitions with formulas: what a library refuses, and what a change reaches."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kpis.models import KPI, Assignment, Change, KPIInput
from kpis.selectors.graph import dependency_chain, kpi_edges
from kpis.services.changes import EARLIEST
from kpis.services.definitions import MAX_LAYERS, MAX_READINGS, chain_sentence
from kpis.services.library import assign_kpi, change_kpi, define_kpi, delete_kpi
from organizations.services.structure import InUse, StaleVersion, delete_structure
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def define(world: World, code: str, formula: str = "", **fields: Any) -> KPI:
    world.kpis[code] = define_kpi(
        organization=world.organization, code=code, name=code.title(), formula=formula, **fields
    )
    return world.kpis[code]


def refusal(world: World, code: str = "x", **fields: Any) -> dict[str, str]:
    """The sentence by field with which the definition, or its change, is refused."""
    kpi = world.kpis.get(code)
    with pytest.raises(ValidationError) as refused:
        _ = change_kpi(kpi=kpi, **fields) if kpi else define(world, code, **fields)
    errors = {name: " ".join(said) for name, said in refused.value.message_dict.items()}
    assert all(sentence.endswith((".", "?")) for sentence in errors.values())
    return errors


def inputs(world: World, code: str) -> set[str]:
    rows = KPIInput.objects.filter(kpi=world.kpis[code])
    return set(rows.values_list("input__code", flat=True))


def noted(world: World) -> set[tuple[str, str]]:
    """KPI and unit of every open change since the first period."""
    rows = Change.objects.filter(organization=world.organization)
    assert all((row.first_start, row.last_start) == (EARLIEST, None) for row in rows)
    return set(rows.values_list("assignment__kpi__code", "assignment__unit__code"))


@pytest.fixture
def quiet(acme: World) -> World:
    Change.objects.all().delete()
    return acme


# --- Formulas


def test_a_formula_is_stored_with_what_it_reads(acme: World) -> None:
    margin = define(acme, "margin", " (revenue - defects) / revenue ", unit_of_measure="%")
    assert margin.formula == "(revenue - defects) / revenue"
    assert inputs(acme, "margin") == {"revenue", "defects"}
    row = KPIInput.objects.filter(kpi=margin).first()
    assert row is not None
    assert row.organization == acme.organization


def test_a_formula_follows_its_text(acme: World) -> None:
    define(acme, "margin", "revenue - defects")
    change_kpi(kpi=acme.kpis["margin"], formula="revenue + share")
    assert inputs(acme, "margin") == {"revenue", "share"}
    change_kpi(kpi=acme.kpis["margin"], formula="")
    assert inputs(acme, "margin") == set()


def test_a_weighting_is_read_too(acme: World) -> None:
    weighted = define(acme, "wait", unit_rule="mean", weighting=acme.kpis["revenue"])
    assert inputs(acme, "wait") == {"revenue"}
    change_kpi(kpi=weighted, weighting=None)
    assert inputs(acme, "wait") == set()


def test_codes_are_looked_for_in_the_own_organization(acme: World, rival: World) -> None:
    assert refusal(acme, formula="revenu / 2")["formula"].startswith("`revenu` is not a KPI here")
    assert "revenue" in refusal(acme, formula="revenu / 2")["formula"]
    assert "secret_sauce" in refusal(acme, formula="secret_sauce")["formula"]
    delete_structure(row=define(acme, "gone"))
    assert "not a KPI here" in refusal(acme, formula="gone")["formula"]


@pytest.mark.parametrize("formula", ["revenue +", "revenue(", "import os", "1; 2"])
def test_a_text_that_is_no_formula(acme: World, formula: str) -> None:
    assert list(refusal(acme, formula=formula)) == ["formula"]
    assert not KPI.objects.filter(code="x").exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"formula": "revenue", "value_kind": "yes_no"}, "formula"),
        (
            {"formula": "revenue", "value_kind": "graded", "grades": [["A", 2], ["B", 1]]},
            "formula",
        ),
        ({"unit_rule": "formula"}, "unit_rule"),
        ({"formula": "nps", "frequency": "month"}, "frequency"),
        ({"carry_forward": 61}, "__all__"),
    ],
)
def test_definitions_that_contradict_themselves(
    acme: World, fields: dict[str, Any], field: str
) -> None:
    assert list(refusal(acme, **fields)) == [field]


def test_weightings_that_make_no_sense(acme: World, rival: World) -> None:
    revenue, rating = acme.kpis["revenue"], acme.kpis["rating"]
    assert list(refusal(acme, unit_rule="sum", weighting=revenue)) == ["weighting"]
    assert "not a number" in refusal(acme, unit_rule="mean", weighting=rating)["weighting"]
    with pytest.raises(ValidationError, match="no such KPI"):
        define(acme, "x", unit_rule="mean", weighting=rival.kpis["secret_sauce"])
    own = refusal(acme, "share", unit_rule="mean", weighting=acme.kpis["share"])
    assert "by itself" in own["weighting"]


def test_what_weighs_another_kpi_stays_a_number(acme: World) -> None:
    heads = define(acme, "heads")
    define(acme, "wait", unit_rule="mean", weighting=heads)
    assert "`wait`" in refusal(acme, "heads", value_kind="yes_no")["value_kind"]


def test_a_formula_is_never_finer_than_what_it_reads(acme: World) -> None:
    sentence = refusal(acme, formula="revenue / nps")["frequency"]
    assert sentence == (
        "The formula reads `nps`, which is measured by quarter; choose quarter or a longer period."
    )
    define(acme, "cost")
    define(acme, "margin", "revenue - cost")
    assert "`margin`" in refusal(acme, "cost", frequency="quarter")["frequency"]
    change_kpi(kpi=acme.kpis["cost"], frequency="week")


# --- Cycles and layers


def test_a_cycle_is_told_by_its_path(acme: World) -> None:
    define(acme, "profit", "revenue")
    define(acme, "margin", "profit / revenue")
    assert refusal(acme, "profit", formula="margin * 2") == {
        "formula": "A KPI cannot need itself: `profit` needs `margin`, which needs `profit`."
    }
    own = refusal(acme, "margin", formula="prev(margin) + 1")
    assert own == {"formula": "A KPI cannot need itself: `margin` needs `margin`."}
    assert "`novel` needs `novel`" in refusal(acme, "novel", formula="novel + 1")["formula"]
    assert inputs(acme, "profit") == {"revenue"}


def test_a_cycle_through_a_weighting(acme: World) -> None:
    mean = define(acme, "wait", unit_rule="mean")
    define(acme, "load", "wait * 2")
    sentence = refusal(acme, "wait", weighting=acme.kpis["load"])["weighting"]
    assert "`wait` needs `load`, which needs `wait`" in sentence
    mean.refresh_from_db()
    assert mean.weighting is None


def test_layers_are_bounded(acme: World) -> None:
    before = "revenue"
    for layer in range(1, MAX_LAYERS + 1):
        define(acme, f"layer_{layer}", before)
        before = f"layer_{layer}"
    assert "`layer_11` would have 11" in refusal(acme, "layer_11", formula=before)["formula"]
    define(acme, "base", "defects")
    sentence = refusal(acme, "layer_1", formula="base")["formula"]
    assert f"`layer_{MAX_LAYERS}` would have {MAX_LAYERS + 1}" in sentence


def windows(code: str, count: int) -> str:
    return " + ".join(f"rolling({code}, {n})" for n in range(1, count + 1))


def test_formulas_unfold_into_a_bounded_number_of_readings(acme: World) -> None:
    """Ten layers of ten windows each would be read ten thousand million times."""
    define(acme, "single", windows("revenue", 60))
    define(acme, "seven", windows("revenue", 7))
    define(acme, "squared", windows("seven", 7))
    sentence = refusal(acme, "cubed", formula=windows("squared", 7))["formula"]
    assert f"`cubed` would read more than {MAX_READINGS} figures" in sentence
    define(acme, "above", "squared + prev(squared)")
    sentence = refusal(acme, "seven", formula=windows("revenue", 45))["formula"]
    assert "`squared` would read" in sentence
    define(acme, "doubled", "seven * 2 + single")


def test_the_chain_of_a_kpi(acme: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    define(acme, "profit", "revenue - defects")
    define(acme, "margin", "profit / revenue")
    define(acme, "trend", "margin - prev(margin)")
    with django_assert_num_queries(2):
        chain = dependency_chain(acme.kpis["margin"])
    assert [(link.code, link.distance, link.layer) for link in chain.needs] == [
        ("profit", 1, 1),
        ("revenue", 1, 0),
        ("defects", 2, 0),
    ]
    (above,) = chain.needed_by
    assert (above.code, above.formula, above.layer) == ("trend", "margin - prev(margin)", 3)


def test_the_edges_are_read_once(
    acme: World, rival: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    profit = define(acme, "profit", "revenue - defects")
    with django_assert_num_queries(1):
        edges = kpi_edges(acme.organization)
    assert set(edges.inputs[profit.pk]) == {acme.kpis["revenue"].pk, acme.kpis["defects"].pk}
    assert edges.feeds[acme.kpis["revenue"].pk] == (profit.pk,)
    assert not kpi_edges(rival.organization).inputs
    assert chain_sentence(["a", "b"]) == "`a` needs `b`"


# --- Deleting


def test_a_kpi_that_a_formula_reads_stays(acme: World) -> None:
    cost = define(acme, "cost")
    margin = define(acme, "margin", "revenue - cost")
    with pytest.raises(InUse) as refused:
        delete_structure(row=cost)
    assert refused.value.users == ["formula “Margin”"]
    with pytest.raises(InUse):
        delete_kpi(kpi=cost)
    delete_kpi(kpi=margin)
    delete_kpi(kpi=cost)
    assert not KPI.objects.live().filter(code__in=("cost", "margin")).exists()


def test_a_kpi_that_is_measured_stays_with_its_formula(acme: World) -> None:
    margin = define(acme, "margin", "revenue")
    assign_kpi(kpi=margin, unit=acme.units["apac"])
    with pytest.raises(InUse):
        delete_kpi(kpi=margin)
    assert inputs(acme, "margin") == {"revenue"}


# --- Changing


def test_a_change_counts_the_version_and_keeps_the_history(acme: World) -> None:
    alice = acme.users["alice"]
    share = change_kpi(kpi=acme.kpis["share"], by=alice, version=1, name="Market share")
    assert (share.name, share.version) == ("Market share", 2)
    assert share.history.first().history_user == alice
    assert change_kpi(kpi=share, name="Market share").version == 2


def test_a_stale_version_is_told_with_what_stands(acme: World) -> None:
    change_kpi(kpi=acme.kpis["share"], version=1, name="Share of market")
    with pytest.raises(StaleVersion) as refused:
        change_kpi(kpi=acme.kpis["share"], version=1, name="Portion")
    assert str(refused.value.current) == "Share of market"


def test_what_never_changes(acme: World, rival: World) -> None:
    share = acme.kpis["share"]
    for fields in ({"code": "portion"}, {"organization": rival.organization}, {"deleted_at": None}):
        with pytest.raises(ValidationError, match="cannot be changed"):
            change_kpi(kpi=share, **fields)
    share.mark_deleted()
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        change_kpi(kpi=share, name="Portion")


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_frequency_and_kind_are_fixed_by_values(acme: World, is_taken_back: bool) -> None:
    change_kpi(kpi=acme.kpis["share"], frequency="quarter")
    change_kpi(kpi=acme.kpis["share"], frequency="month")
    acme.record("share", "sales", {"2026-01-01": 1})
    if is_taken_back:
        acme.record("share", "sales", {"2026-01-01": 2})
        acme.assignment("share", "sales").measurements.all().delete()
    fields = {"frequency": "quarter", "value_kind": "yes_no"}
    errors = refusal(acme, "share", **fields)
    assert set(errors) == set(fields)
    assert "Values are recorded already" in errors["frequency"]
    change_kpi(kpi=acme.kpis["share"], grace_days=3)


def test_a_target_that_would_not_fit_keeps_the_direction(acme: World) -> None:
    with pytest.raises(ValidationError, match="“Sales” from 2026-01-01 would not fit"):
        change_kpi(kpi=acme.kpis["defects"], direction="higher")


# --- What a change reaches


def test_a_change_of_figures_is_noted_wherever_it_is_measured(quiet: World) -> None:
    change_kpi(kpi=quiet.kpis["revenue"], unit_rule="sum")
    assert noted(quiet) == {("revenue", unit) for unit in ("emea", "sales", "ada")}


@pytest.mark.parametrize(
    "fields",
    [{"name": "Turnover"}, {"decimals": 2}, {"is_input": True}, {"unit_rule": "own"}, {}],
)
def test_a_change_of_words_is_not_noted(quiet: World, fields: dict[str, Any]) -> None:
    change_kpi(kpi=quiet.kpis["revenue"], **fields)
    assert not noted(quiet)


def test_a_refused_change_leaves_nothing(quiet: World) -> None:
    refusal(quiet, "share", formula="nothing")
    assert not noted(quiet)
    assert KPI.objects.get(pk=quiet.kpis["share"].pk).version == 1


def test_a_formula_kpi_brings_its_inputs_along(quiet: World) -> None:
    define(quiet, "cost")
    define(quiet, "profit", "revenue - cost")
    define(quiet, "margin", "profit / revenue", frequency="quarter")
    assign_kpi(kpi=quiet.kpis["margin"], unit=quiet.units["sales"])
    measured = Assignment.objects.live().filter(unit=quiet.units["sales"])
    assert {"margin", "profit", "cost"} <= set(measured.values_list("kpi__code", flat=True))
    cost = quiet.assignment("cost", "sales")
    assert (cost.starts_on, cost.ends_on, cost.history.count()) == (None, None, 1)
    assert noted(quiet) == {(code, "sales") for code in ("margin", "profit", "cost")}


def test_a_new_formula_brings_its_inputs_to_every_unit(
    quiet: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    define(quiet, "cost")
    with CaptureQueriesContext(connection) as at_one_unit:
        change_kpi(kpi=quiet.kpis["share"], formula="cost * 2")
    assert noted(quiet) == {("cost", "sales"), ("share", "sales")}
    with django_assert_num_queries(len(at_one_unit)):
        change_kpi(kpi=quiet.kpis["revenue"], formula="cost * 2")
    cost = Assignment.objects.live().filter(kpi=quiet.kpis["cost"])
    assert set(cost.values_list("unit__code", flat=True)) == {"emea", "sales", "ada"}
    reached = {(kpi, unit) for kpi in ("cost", "revenue") for unit in ("emea", "sales", "ada")}
    assert noted(quiet) == {("share", "sales"), *reached}


def test_a_weighted_mean_brings_its_weight_along(quiet: World) -> None:
    define(quiet, "heads")
    define(quiet, "wait", unit_rule="mean", weighting=quiet.kpis["heads"])
    assign_kpi(kpi=quiet.kpis["wait"], unit=quiet.units["apac"], starts_on=dt.date(2026, 1, 1))
    assert quiet.assignment("heads", "apac").starts_on is None
