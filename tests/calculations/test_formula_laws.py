"""Laws of formulas: all cells at once equal one cell in plain Python; any text has an answer."""

import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calculations.arrays import FloatArray
from calculations.formulas.evaluation import Reason, evaluate
from calculations.formulas.expressions import (
    Call,
    Expression,
    Function,
    Input,
    Negative,
    Number,
    Operation,
    Operator,
    Reference,
    Window,
    WindowKind,
    filled_in,
    inputs,
    required_inputs,
)
from calculations.formulas.parsing import InvalidFormula, parsed

NAN = math.nan
law = settings(max_examples=100, deadline=None)

PREV_A = Input("a", Window(WindowKind.PREV, 1))
A, B = Input("a"), Input("b")


def scalar(expression: Expression, known: Mapping[Input, float]) -> tuple[float, Reason]:
    """What one cell comes to, said once more in plain Python."""
    match expression:
        case Number(value):
            return value, Reason.NONE
        case Reference(input_):
            value = known.get(input_, NAN)
            return value, Reason.MISSING_INPUT if math.isnan(value) else Reason.NONE
        case Negative(operand):
            value, reason = scalar(operand, known)
            return -value, reason
        case Call(Function.IF, (condition, then, otherwise)):
            value, reason = scalar(condition, known)
            return (NAN, reason) if reason else scalar(then if value else otherwise, known)
        case Call(function, arguments):
            return scalar_call(function, [scalar(argument, known) for argument in arguments])
        case Operation(operator, left, right):
            return scalar_operation(operator, scalar(left, known), scalar(right, known))


def scalar_call(function: Function, parts: list[tuple[float, Reason]]) -> tuple[float, Reason]:
    if function == Function.COALESCE:
        return next((part for part in parts if not part[1]), parts[0])
    reason = next((reason for _, reason in parts if reason), None)
    numbers = [value for value, _ in parts]
    if function in (Function.SUM, Function.AVG):
        total = parts[0]
        for part in parts[1:]:
            total = scalar_operation(Operator.PLUS, total, part)
        return (total[0] / len(parts) if function == Function.AVG else total[0]), total[1]
    if reason:
        return NAN, reason
    if function == Function.ROUND:
        return scalar_round(numbers[0], int(numbers[1]) if len(numbers) > 1 else 0), Reason.NONE
    plain: dict[Function, Callable[[list[float]], float]] = {
        Function.ABS: lambda values: abs(values[0]),
        Function.MIN: min,
        Function.MAX: max,
    }
    return plain[function](numbers), Reason.NONE


def scalar_round(value: float, digits: int) -> float:
    power = 10.0 ** abs(digits)
    scaled = abs(value) * power if digits > 0 else abs(value) / power
    if scaled >= 2**52:
        return value
    is_up = scaled % 1 >= 0.5 - min(2 * math.ulp(scaled), 0.001)
    whole = math.floor(scaled) + is_up
    return math.copysign(whole / power if digits > 0 else whole * power, value)


def scalar_operation(
    operator: Operator, left: tuple[float, Reason], right: tuple[float, Reason]
) -> tuple[float, Reason]:
    (a, reason), (b, later) = left, right
    if reason or later:
        return NAN, reason or later
    slack = 1e-9 * max(1.0, abs(b))
    match operator:
        case Operator.PLUS:
            value = a + b
        case Operator.MINUS:
            value = a - b
        case Operator.TIMES:
            value = a * b
        case Operator.DIVIDED if b == 0:
            return NAN, Reason.DIVISION_BY_ZERO
        case Operator.DIVIDED:
            value = a / b
        case _:
            on = b - slack <= a <= b + slack
            held = {
                Operator.EQUAL: on,
                Operator.UNEQUAL: not on,
                Operator.LESS: a < b and not on,
                Operator.AT_MOST: a < b or on,
                Operator.GREATER: a > b and not on,
                Operator.AT_LEAST: a > b or on,
            }
            value = float(held[operator])
    return (value, Reason.NONE) if math.isfinite(value) else (NAN, Reason.NOT_FINITE)


windows = st.one_of(
    st.none(),
    st.builds(Window, st.just(WindowKind.PREV), st.integers(1, 60)),
    st.builds(Window, st.just(WindowKind.ROLLING), st.integers(1, 400)),
    st.just(Window(WindowKind.YTD, 0)),
)
written_numbers = st.one_of(st.integers(0, 20).map(float), st.floats(0, 1e18))
leaves = st.one_of(
    st.builds(Number, written_numbers),
    st.builds(Reference, st.sampled_from([A, B, PREV_A])),
    st.builds(Reference, st.builds(Input, st.sampled_from(["a", "b_2", "x"]), windows)),
)
digits = st.integers(-15, 15).map(lambda n: Number(float(n)))


def larger(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    many = st.sampled_from([Function.SUM, Function.AVG, Function.MIN, Function.MAX])
    return st.one_of(
        st.builds(Negative, smaller),
        st.builds(Operation, st.sampled_from(Operator), smaller, smaller),
        st.builds(Call, many, st.lists(smaller, min_size=1, max_size=3).map(tuple)),
        st.builds(Call, st.just(Function.COALESCE), st.tuples(smaller, smaller)),
        st.builds(Call, st.just(Function.IF), st.tuples(smaller, smaller, smaller)),
        st.builds(Call, st.just(Function.ABS), st.tuples(smaller)),
        st.builds(Call, st.just(Function.ROUND), st.tuples(smaller)),
        st.builds(Call, st.just(Function.ROUND), st.tuples(smaller, digits)),
    )


some_expressions = st.recursive(leaves, larger, max_leaves=12)
cells = st.one_of(
    st.sampled_from([NAN, 0.0, -0.0, 1.0, -1.0, 0.1 + 0.2, 0.3, 2.5, 1e-9, 1e18, 1e200, -1e308]),
    st.floats(-1e18, 1e18),
)


@st.composite
def expressions_and_cells(
    draw: st.DrawFn,
) -> tuple[Expression, dict[Input, FloatArray], tuple[int, int]]:
    expression = draw(some_expressions)
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 9)))
    rows = st.lists(cells, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    known = {input_: np.array(draw(rows)).reshape(shape) for input_ in inputs(expression)}
    return expression, known, shape


def at_place(known: Mapping[Input, FloatArray], place: tuple[int, ...]) -> dict[Input, float]:
    return {input_: float(values[place]) for input_, values in known.items()}


@law
@given(expressions_and_cells())
def test_all_cells_at_once_equal_one_cell_in_plain_python(
    drawn: tuple[Expression, dict[Input, FloatArray], tuple[int, int]],
) -> None:
    expression, known, shape = drawn

    together = evaluate(expression, known, shape)

    for place in np.ndindex(shape):
        value, reason = scalar(expression, at_place(known, place))
        assert together.reasons[place] == reason
        np.testing.assert_equal(together.values[place] + 0.0, NAN if reason else value + 0.0)


@law
@given(expressions_and_cells())
def test_one_cell_alone_has_the_same_bits(
    drawn: tuple[Expression, dict[Input, FloatArray], tuple[int, int]],
) -> None:
    expression, known, shape = drawn

    together = evaluate(expression, known, shape)

    for place in np.ndindex(shape):
        alone = evaluate(expression, {name: v[place] for name, v in known.items()}, ())
        assert alone.values.tobytes() == together.values[place].tobytes()


@law
@given(expressions_and_cells())
def test_what_is_required_is_required(
    drawn: tuple[Expression, dict[Input, FloatArray], tuple[int, int]],
) -> None:
    expression, known, shape = drawn

    for input_ in required_inputs(expression):
        without = {name: values for name, values in known.items() if name != input_}
        assert np.isnan(evaluate(expression, without, shape).values).all()


@law
@given(some_expressions)
def test_what_is_written_out_reads_back_the_same(expression: Expression) -> None:
    assert parsed(filled_in(expression, {})) == expression


def refusal(text: str) -> InvalidFormula | None:
    try:
        parsed(text)
    except InvalidFormula as refused:
        return refused
    return None


@law
@given(st.one_of(st.text(max_size=60), st.text("ab1.5(),+-*/=<>! if", max_size=40)))
@example("a" * 2001)
def test_any_text_is_parsed_or_refused_at_a_place_in_it(text: str) -> None:
    refused = refusal(text)

    if refused is None:
        assert evaluate(parsed(text), {}, (1,)).values.shape == (1,)
    else:
        assert 0 <= refused.start <= refused.end <= len(text)
        assert f"at character {refused.start + 1}" in refused.sentence


@law
@given(st.integers(-(10**7), 10**7), st.integers(0, 5), st.integers(-3, 5))
def test_rounding_is_that_of_the_number_as_written(n: int, decimals: int, places: int) -> None:
    value = n / 10**decimals
    exact = Decimal(n).scaleb(-decimals).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)

    rounded = evaluate(parsed(f"round(a, {places})"), {A: np.array(value)}, ())

    assert float(rounded.values) == float(exact)


def test_cells_beyond_one_block_and_in_any_layout() -> None:
    ratio = parsed("if(a > 0, (a - b) / a, coalesce(prev(a), 0))")
    rng = np.random.default_rng(7)
    values = rng.normal(size=(3, 100, 200)).round(1)
    values[rng.random(values.shape) < 0.2] = NAN
    known = {A: values[0], B: values[1].T.copy().T, PREV_A: values[2]}

    together = evaluate(ratio, known, (100, 200))

    assert {*together.reasons.flat} == {Reason.NONE, Reason.MISSING_INPUT}
    for place in [(0, 0), (40, 191), (40, 192), (81, 183), (81, 184), (99, 199)]:
        value, reason = scalar(ratio, at_place(known, place))
        assert together.reasons[place] == reason
        np.testing.assert_equal(together.values[place], NAN if reason else value)
