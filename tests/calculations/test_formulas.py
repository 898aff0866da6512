"""The formula language: what it accepts and refuses, what it computes, how it is written out."""

import doctest
import math

import numpy as np
import pytest

from calculations.formulas import evaluation, expressions, mistakes, parsing
from calculations.formulas.evaluation import Evaluated, Reason, evaluate
from calculations.formulas.expressions import (
    Input,
    Operation,
    Reference,
    Window,
    WindowKind,
    codes,
    filled_in,
    inputs,
    required_inputs,
)
from calculations.formulas.parsing import InvalidFormula, check_codes, parsed

NAN = math.nan
PREV_A = Input("a", Window(WindowKind.PREV, 1))
A, B = Input("a"), Input("b")


@pytest.mark.parametrize("module", [evaluation, expressions, mistakes, parsing])
def test_examples_in_the_modules_hold(module: object) -> None:
    failed, _ = doctest.testmod(module)  # type: ignore[arg-type]

    assert failed == 0


def result(text: str, **values: float) -> tuple[float, Reason]:
    known = {Input(code): np.array(value) for code, value in values.items()}
    evaluated = evaluate(parsed(text), known, ())
    return float(evaluated.values), Reason(int(evaluated.reasons))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 / 4 / 2", 1),
        ("8 - 4 - 2", 2),
        ("-2 * 3", -6),
        ("2 * -3", -6),
        ("2 - -3", 5),
        ("- - 2", 2),
        (".5 + 1. + 2.5e1 + 1E-1", 26.6),
        ("6 − 2 × 2", 2),
        ("\ta\n+ 1\u00a0", 11),
        ("1 + 1 = 2", 1),
        ("1 + 1 == 2", 1),
        ("2 != 2", 0),
        ("3 ≠ 2", 1),
        ("a > 10", 0),
        ("a >= 10", 1),
        ("a ≤ 10", 1),
        ("a < 10", 0),
        ("(1 < 2) + (2 < 3)", 2),
        ("0.1 + 0.2 = 0.3", 1),
        ("0.1 + 0.2 > 0.3", 0),
        ("0.3 - 5e-10 >= 0.3", 1),
        ("0.3 - 2e-9 >= 0.3", 0),
        ("1e12 + 900 <= 1e12", 1),
        ("1e12 + 1100 <= 1e12", 0),
        ("if(a > 5, 1, 2)", 1),
        ("if(a < 5, 1, 2)", 2),
        ("if(-1, 1, 2)", 1),
        ("if(0, 1, 2)", 2),
        ("sum(1, 2, a)", 13),
        ("avg(1, 2, 6)", 3),
        ("avg(4)", 4),
        ("min(3, a, -1)", -1),
        ("max(3, a, -1)", 10),
        ("abs(-3) + abs(3)", 6),
        ("round(2.5) + round(-2.5)", 0),
        ("round(-2.5)", -3),
        ("round(1.005, 2)", 1.01),
        ("round(1250, -2)", 1300),
        ("round(1e18, 15) - 1e18", 0),
        ("coalesce(a, 1)", 10),
        ("coalesce(nothing, a, 1)", 10),
        ("coalesce(1 / 0, 4)", 4),
        ("if(1, 2, nothing)", 2),
        ("if(0, 1 / 0, 2)", 2),
    ],
)
def test_value(text: str, expected: float) -> None:
    assert result(text, a=10) == (expected, Reason.NONE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nothing + 1", Reason.MISSING_INPUT),
        ("nothing > 1", Reason.MISSING_INPUT),
        ("1 = nothing", Reason.MISSING_INPUT),
        ("a / 0", Reason.DIVISION_BY_ZERO),
        ("0 / 0", Reason.DIVISION_BY_ZERO),
        ("a / (1 - 1)", Reason.DIVISION_BY_ZERO),
        ("a / 0 = a / 0", Reason.DIVISION_BY_ZERO),
        # Nothing is divided where there is nothing to divide.
        ("nothing / 0", Reason.MISSING_INPUT),
        ("large * large", Reason.NOT_FINITE),
        ("1 / (large * large)", Reason.NOT_FINITE),
        ("large / 1e-18", Reason.NOT_FINITE),
        ("large * large - large * large", Reason.NOT_FINITE),
        ("avg(1e18, large, large) * large", Reason.NOT_FINITE),
        # The first reason in the order of the text.
        ("a / 0 + nothing", Reason.DIVISION_BY_ZERO),
        ("nothing + a / 0", Reason.MISSING_INPUT),
        ("max(a, nothing)", Reason.MISSING_INPUT),
        ("round(nothing, 1)", Reason.MISSING_INPUT),
        ("if(nothing, 1, 2)", Reason.MISSING_INPUT),
        ("if(nothing, 1 / 0, 2)", Reason.MISSING_INPUT),
        ("if(1, 1 / 0, 2)", Reason.DIVISION_BY_ZERO),
        ("if(0, 1, nothing)", Reason.MISSING_INPUT),
        ("coalesce(1 / 0, nothing)", Reason.DIVISION_BY_ZERO),
        ("coalesce(nothing, 1 / 0)", Reason.MISSING_INPUT),
        ("prev(a)", Reason.MISSING_INPUT),
    ],
)
def test_missing_result_has_a_reason(text: str, reason: Reason) -> None:
    value, why = result(text, a=10, nothing=NAN, large=1e300)

    assert math.isnan(value)
    assert why == reason


def test_windows_are_inputs_of_their_own() -> None:
    growth = parsed("(a - prev(a)) / ytd(a) + rolling(a, 12) + prev(a, 60)")
    read = (
        A,
        PREV_A,
        Input("a", Window(WindowKind.YTD, 0)),
        Input("a", Window(WindowKind.ROLLING, 12)),
        Input("a", Window(WindowKind.PREV, 60)),
    )
    known = {input_: np.array([2.0**n, 20.0]) for n, input_ in enumerate(read)}

    assert inputs(growth) == read
    assert codes(growth) == ("a",)
    assert evaluate(growth, known, (2,)).values.tolist() == [-1 / 4 + 8 + 16, 40]


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("a + b * a", {A, B}),
        ("-abs(a) + sum(1, b)", {A, B}),
        ("coalesce(a, b)", set()),
        ("coalesce(a, b) + b", {B}),
        ("if(a > 1, b, coalesce(b, 1))", {A}),
        ("if(1, a, a)", set()),
        ("prev(a) + 1", {PREV_A}),
        ("1", set()),
    ],
)
def test_required_inputs(text: str, required: set[Input]) -> None:
    assert required_inputs(parsed(text)) == required


def test_mentions_know_where_their_codes_stand_but_compare_without() -> None:
    expression = parsed("1 + prev( revenue )")
    assert isinstance(expression, Operation)
    mention = expression.right
    assert isinstance(mention, Reference)

    assert "1 + prev( revenue )"[mention.start : mention.end] == "revenue"
    assert expression == parsed("1+prev(revenue,1)")
    assert hash(expression) == hash(parsed("1+prev(revenue,1)"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("(revenue-cost)/revenue", "(120 − 30) / 120"),
        ("((revenue))-(cost-1)", "120 − (30 − 1)"),
        ("revenue-(cost*2)", "120 − 30 × 2"),
        ("-(revenue+cost)", "−(120 + 30)"),
        ("change*2-change", "−5 × 2 − (−5)"),
        ("1/change", "1 / (−5)"),
        ("-change", "−(−5)"),
        ("1+-change", "1 + (−(−5))"),
        ("max(change,-1)", "max(−5, −1)"),
        ("change>=-5.50", "−5 ≥ −5.5"),
        ("(change!=1)==(1<=2)", "(−5 ≠ 1) = (1 ≤ 2)"),
        ("if(revenue>0,prev(revenue),0)", "if(120 > 0, prev(revenue), 0)"),
        ("prev(cost,2)+ytd(cost)+rolling(cost,12)", "prev(cost, 2) + ytd(cost) + 31"),
        ("round(cost,-2)+round(cost)", "round(30, −2) + round(30)"),
        ("1e18+1e-7", "1000000000000000000 + 1e-07"),
    ],
)
def test_formula_with_its_numbers_filled_in(text: str, written: str) -> None:
    texts = {
        Input("revenue"): "120",
        Input("cost"): "30",
        Input("change"): "−5",
        Input("cost", Window(WindowKind.ROLLING, 12)): "31",
    }

    assert filled_in(parsed(text), texts) == written


@pytest.mark.parametrize(
    ("text", "where", "sentence"),
    [
        ("", (0, 0), "Nothing stands at character 1: write a formula"),
        (" \n", (0, 2), "Nothing stands at character 1"),
        ("a b", (2, 3), "no operator between `a` and `b` at character 3"),
        ("a b %", (2, 3), "no operator between `a` and `b` at character 3"),
        ("2x", (1, 2), "no operator between `2` and `x` at character 2"),
        ("5 (a)", (2, 3), "no operator between `5` and `(` at character 3"),
        ("a +", (2, 3), "After `+` at character 3 something is missing"),
        ("(a +) * 2", (3, 4), "After `+` at character 4 something is missing"),
        ("sum(a, )", (5, 6), "After `,` at character 6 something is missing"),
        ("sum(a,, b)", (6, 7), "Before the comma at character 7 something is missing"),
        ("* a", (0, 1), "Before `*` at character 1 something is missing"),
        ("(= a)", (1, 2), "Before `=` at character 2 something is missing"),
        ("a + * b", (4, 5), "The signs `+` and `*` stand side by side at character 5: remove"),
        ("a <> b", (3, 4), "The signs `<` and `>` stand side by side at character 4: write `!=`."),
        ("a => b", (3, 4), "write `>=`."),
        ("a = b = c", (6, 7), "`=` at character 7 is one comparison too many"),
        ("0 < a <= 5", (6, 8), "`<=` at character 7 is one comparison too many"),
        ("(a * (b + 1)", (0, 1), "The parenthesis opened at character 1 is not closed"),
        ("sum(a", (3, 4), "The parenthesis opened at character 4 is not closed"),
        ("(a))", (3, 4), "The `)` at character 4 closes nothing"),
        ("a + ()", (4, 5), "The parentheses at character 5 are empty"),
        ("1,5", (1, 2), "The comma at character 2 is not between the values of a function"),
        ("sum((1, 5), 2)", (6, 7), "The comma at character 7 is not between"),
        ("1 + Net_Sales", (4, 13), "`Net_Sales` at character 5 has capital letters: write `net_"),
        ("reVenue", (0, 7), "`reVenue` at character 1 has capital letters"),
        ("größe", (0, 5), "`größe` at character 1 is neither a number nor a KPI code"),
        ("é" * 2000, (0, 2000), "`" + "é" * 60 + "…` at character 1 is neither"),
        ("x" * 1000 + " y", (1001, 1002), "between `" + "x" * 60 + "…` and `y` at character 1002"),
        ("1_000", (0, 5), "`1_000` at character 1 is neither a number"),
        ("a * 5%", (5, 6), "The character `%` at character 6 is not part of formulas: write 5 %"),
        ("a # b", (2, 3), "The character `#` at character 3 is not part of formulas; remove it."),
        ("a\x00", (1, 2), "The character U+0000 at character 2"),
        ("\ud800", (0, 1), "The character U+D800 at character 1"),
        ("average(a)", (0, 7), "`average` at character 1 is not a function; did you mean `avg`?"),
        ("1 + rouund(a)", (4, 10), "`rouund` at character 5 is not a function; did you mean `rou"),
        ("foo(a)", (0, 3), "`foo` at character 1 is not a function; there are if, sum, avg"),
        ("__import__(os)", (0, 10), "`__import__` at character 1 is neither"),
        ("sum + 1", (0, 3), "`sum` at character 1 is a function: write it like sum(a, b)."),
        (
            "if(a, b)",
            (0, 2),
            "`if` at character 1 takes 3 values, as in if(condition, a, b), not 2",
        ),
        ("abs(1, 2)", (0, 3), "`abs` at character 1 takes 1 value, as in abs(a), not 2."),
        ("max()", (0, 3), "`max` at character 1 takes 1 or more values"),
        ("coalesce(a)", (0, 8), "`coalesce` at character 1 takes 2 or more values"),
        ("ytd(a, 1)", (0, 3), "`ytd` at character 1 takes 1 value"),
        ("rolling(a)", (0, 7), "`rolling` at character 1 takes 2 values"),
        (
            "prev(a + b)",
            (5, 10),
            "at character 6 stands something else: give that expression a KPI",
        ),
        ("ytd(prev(a))", (4, 11), "give that expression a KPI of its own"),
        ("rolling(5, 2)", (8, 9), "give that expression a KPI of its own"),
        ("prev(a, b)", (8, 9), "periods of `prev` at character 9 must be a whole number from 1"),
        ("prev(a, 1 + 1)", (8, 13), "a whole number from 1 to 60, spelled out"),
        ("prev(a, 1.5)", (8, 11), "a whole number from 1 to 60"),
        ("prev(a, 0)", (8, 9), "a whole number from 1 to 60"),
        ("prev(a, 61)", (8, 10), "a whole number from 1 to 60"),
        ("rolling(a, 401)", (11, 14), "a whole number from 1 to 400"),
        ("rolling(a, -1)", (11, 13), "a whole number from 1 to 400"),
        (
            "round(a, 16)",
            (9, 11),
            "digits of `round` at character 10 must be a whole number from -15",
        ),
        ("1e999", (0, 5), "The number at character 1 is too large"),
        ("2 + 1.1e18", (4, 10), "The number at character 5 is too large"),
        ("(" * 2000, (1999, 2000), "The parenthesis opened at character 2000 is not closed"),
        ("(" * 1000 + ")" * 1000, (999, 1000), "The parentheses at character 1000 are empty"),
        ("-" * 1999 + "a", (1958, 1959), "holds more than 40 levels"),
        ("sum(" * 390 + "a" + ")" * 390, (1396, 1399), "holds more than 40 levels"),
        ("((((" + "a(" * 900, (1803, 1804), "is not closed"),
    ],
)
def test_refused(text: str, where: tuple[int, int], sentence: str) -> None:
    with pytest.raises(InvalidFormula) as refused:
        parsed(text)

    assert sentence in str(refused.value)
    assert refused.value.sentence == str(refused.value)
    assert f"at character {refused.value.start + 1}" in refused.value.sentence
    assert (refused.value.start, refused.value.end) == where


@pytest.mark.parametrize(
    ("fits", "beyond"),
    [
        ("1" + " " * 1999, "1" + " " * 2000),
        ("+".join("a" * 150), "+".join("a" * 151)),
        ("-" + "+".join("a" * 150), "--" + "+".join("a" * 150)),
        ("sum(" + ",".join("a" * 299) + ")", "sum(" + ",".join("a" * 300) + ")"),
        ("(" * 40 + "a" + ")" * 40, "(" * 41 + "a" + ")" * 41),
        ("-" * 40 + "a", "-" * 41 + "a"),
        ("abs(-" * 20 + "a" + ")" * 20, "-" + "abs(-" * 20 + "a" + ")" * 20),
        ("(" * 40 + "a" + ")" * 39 + "+1)", "(" * 41 + "a" + ")" * 40 + "+1)"),
        ("+".join(["(a)"] * 150), "+".join(["(a)"] * 151)),
        ("1e18", "1.001e18"),
        ("prev(a, 60)", "prev(a, 61)"),
        ("rolling(a, 400)", "rolling(a, 401)"),
        ("round(a, 15)", "round(a, 16)"),
        ("round(a, -15)", "round(a, -16)"),
    ],
)
def test_limits(fits: str, beyond: str) -> None:
    expression = parsed(fits)

    assert hash(expression) == hash(parsed(fits))
    assert filled_in(expression, {})
    assert evaluate(expression, {}, (2,)).values.shape == (2,)
    with pytest.raises(InvalidFormula):
        parsed(beyond)


def test_results_never_share_memory_with_inputs() -> None:
    values = np.array([1.0, NAN])

    evaluate(parsed("a"), {A: values}, (2,)).values[:] = 5

    assert values[0] == 1


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_formula_without_inputs_has_the_shape_asked_for(shape: tuple[int, ...]) -> None:
    evaluated = evaluate(parsed("if(1 > 2, 1, 7)"), {}, shape)

    assert isinstance(evaluated, Evaluated)
    assert evaluated.values.shape == evaluated.reasons.shape == shape
    assert (evaluated.values == 7).all()


@pytest.mark.parametrize(
    ("text", "where", "sentence"),
    [
        ("1 + revnue", (4, 10), "`revnue` is not a KPI here; did you mean `revenue`?"),
        ("cost - prev( xyz, 2) - abc", (13, 16), "`xyz` is not a KPI here."),
    ],
)
def test_unknown_codes(text: str, where: tuple[int, int], sentence: str) -> None:
    with pytest.raises(InvalidFormula) as refused:
        check_codes(text, {"revenue", "cost"})

    assert str(refused.value) == sentence
    assert (refused.value.start, refused.value.end) == where


def test_known_codes_pass() -> None:
    check_codes("revenue - prev(cost)", {"revenue", "cost"})
