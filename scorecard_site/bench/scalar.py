"""The CONTROL of formulas: compiled once to small functions, then called cell by cell.

Nothing else may use this. Missing is None. A row holds what the functions read and write, by
number; the functions know the numbers.
"""

import math
from collections.abc import Callable, Mapping
from typing import assert_never

from calculations.formulas.expressions import (
    Call,
    Expression,
    Function,
    Negative,
    Number,
    Operation,
    Operator,
    Reference,
)

Row = list[float | None]
Compiled = Callable[[Row], float | None]
TOLERANCE = 1e-9


def compiled(expression: Expression, places: Mapping[str, int]) -> Compiled:
    """The expression as a function of a row; places: by code of a KPI, its number in the row."""
    match expression:
        case Number(value):
            return lambda _: value
        case Reference(input_):
            place = places[input_.code]
            return lambda row: row[place]
        case Negative(operand):
            return _negative(compiled(operand, places))
        case Operation(operator, left, right):
            return _operation(operator, compiled(left, places), compiled(right, places))
        case Call(function, arguments):
            return _FUNCTIONS[function](*[compiled(argument, places) for argument in arguments])
    assert_never(expression)


def _negative(operand: Compiled) -> Compiled:
    def run(row: Row) -> float | None:
        value = operand(row)
        return None if value is None else -value

    return run


def _operation(operator: Operator, left: Compiled, right: Compiled) -> Compiled:
    apply = _OPERATORS[operator]

    def run(row: Row) -> float | None:
        a = left(row)
        if a is None:
            return None
        b = right(row)
        if b is None:
            return None
        return apply(a, b)

    return run


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _tolerance(boundary: float) -> float:
    return TOLERANCE * max(1.0, abs(boundary))


_OPERATORS: dict[Operator, Callable[[float, float], float | None]] = {
    Operator.PLUS: lambda a, b: _finite(a + b),
    Operator.MINUS: lambda a, b: _finite(a - b),
    Operator.TIMES: lambda a, b: _finite(a * b),
    Operator.DIVIDED: lambda a, b: _finite(a / b) if b else None,
    Operator.LESS: lambda a, b: float(a < b - _tolerance(b)),
    Operator.AT_MOST: lambda a, b: float(a <= b + _tolerance(b)),
    Operator.GREATER: lambda a, b: float(a > b + _tolerance(b)),
    Operator.AT_LEAST: lambda a, b: float(a >= b - _tolerance(b)),
}


def _if(condition: Compiled, then: Compiled, otherwise: Compiled) -> Compiled:
    def run(row: Row) -> float | None:
        holds = condition(row)
        if holds is None:
            return None
        return then(row) if holds else otherwise(row)

    return run


def _coalesce(*parts: Compiled) -> Compiled:
    def run(row: Row) -> float | None:
        for part in parts:
            value = part(row)
            if value is not None:
                return value
        return None

    return run


def _of_all(combine: Callable[[Row], float | None]) -> Callable[..., Compiled]:
    def made(*parts: Compiled) -> Compiled:
        def run(row: Row) -> float | None:
            values = [part(row) for part in parts]
            return None if None in values else combine(values)

        return run

    return made


_FUNCTIONS: dict[Function, Callable[..., Compiled]] = {
    Function.IF: _if,
    Function.COALESCE: _coalesce,
    Function.SUM: _of_all(lambda values: _finite(sum(values))),  # type: ignore[arg-type]
    Function.AVG: _of_all(lambda values: _finite(sum(values) / len(values))),  # type: ignore[arg-type]
    Function.MIN: _of_all(min),  # type: ignore[arg-type]
    Function.MAX: _of_all(max),  # type: ignore[arg-type]
}
