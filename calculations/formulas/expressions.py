"""Expressions: what a formula says, which inputs it reads, and how it is written out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias, assert_never


class WindowKind(StrEnum):
    """How an input is read at another time than the viewed period."""

    PREV = "prev"
    """some viewed periods earlier"""
    YTD = "ytd"
    """from the fiscal year's start to the viewed period's end"""
    ROLLING = "rolling"
    """over the last of the KPI's own periods"""


class Window(NamedTuple):
    """The kind and its number of periods, 0 for ytd."""

    kind: WindowKind
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs


class Input(NamedTuple):
    """A KPI that a formula reads, at the viewed period or through a window.

    >>> str(Input("revenue")), str(Input("revenue", Window(WindowKind.ROLLING, 12)))
    ('revenue', 'rolling(revenue, 12)')
    """

    code: str
    window: Window | None = None

    def __str__(self) -> str:
        if self.window is None:
            return self.code
        usual = 1 if self.window.kind == WindowKind.PREV else 0
        count = "" if self.window.count == usual else f", {self.window.count}"
        return f"{self.window.kind}({self.code}{count})"


class Operator(StrEnum):
    """Operators between two operands, as people write them."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIVIDED = "/"
    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


class Function(StrEnum):
    """Functions of values; prev, ytd and rolling are windows of an input instead."""

    IF = "if"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    ABS = "abs"
    ROUND = "round"
    COALESCE = "coalesce"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the formula spells out."""

    value: float


@dataclass(frozen=True, slots=True)
class Reference:
    """An input, and where in the text its code stands."""

    input: Input
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """The operand with the opposite sign."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic or a comparison of two operands."""

    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values; the digits of round, where written, are a Number."""

    function: Function
    arguments: tuple["Expression", ...]


Expression: TypeAlias = Number | Reference | Negative | Operation | Call


def references(expression: Expression) -> Iterator[Reference]:
    """Every mention of an input, in the order of the text."""
    # A stack of its own: nested generators would pass every mention through each level.
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Reference):
            yield part
        waiting.extend(reversed(_operands(part)))


def inputs(expression: Expression) -> tuple[Input, ...]:
    """The distinct inputs, in order of first appearance."""
    return tuple(dict.fromkeys(reference.input for reference in references(expression)))


def codes(expression: Expression) -> tuple[str, ...]:
    """The distinct KPI codes, in order of first appearance."""
    return tuple(dict.fromkeys(input_.code for input_ in inputs(expression)))


def required_inputs(expression: Expression) -> frozenset[Input]:
    """The inputs without which there is no result, whatever the others are.

    What stands inside coalesce or in a branch of if is not required; the condition of if is.
    """
    required = set()
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Reference):
            required.add(part.input)
        waiting.extend(_required_operands(part))
    return frozenset(required)


def filled_in(expression: Expression, texts: Mapping[Input, str]) -> str:
    """The formula with texts in place of its inputs; an input without a text keeps its name.

    Parentheses only where they are needed, or where two signs would stand side by side.

    >>> share = Operation(Operator.MINUS, Reference(Input("revenue")), Reference(Input("cost")))
    >>> filled_in(share, {Input("revenue"): "120", Input("cost"): "−30"})
    '120 − (−30)'
    """
    return _written(expression, texts).text


def _operands(expression: Expression) -> tuple[Expression, ...]:
    match expression:
        case Operation():
            return expression.left, expression.right
        case Negative():
            return (expression.operand,)
        case Call():
            return expression.arguments
        case _:
            return ()


def _required_operands(expression: Expression) -> tuple[Expression, ...]:
    operands = _operands(expression)
    if not isinstance(expression, Call):
        return operands
    kept = {Function.COALESCE: 0, Function.IF: 1}.get(expression.function, len(operands))
    return operands[:kept]


# How tightly the parts of a text hold together: an operand that holds less than its place needs
# stands in parentheses.
_COMPARISON, _SUM, _PRODUCT, _SIGNED, _VALUE = range(5)
_TIGHTNESS = {
    Operator.PLUS: _SUM,
    Operator.MINUS: _SUM,
    Operator.TIMES: _PRODUCT,
    Operator.DIVIDED: _PRODUCT,
}
_SIGNS = {
    Operator.MINUS: "−",
    Operator.TIMES: "×",
    Operator.UNEQUAL: "≠",
    Operator.AT_MOST: "≤",
    Operator.AT_LEAST: "≥",
}


class _Text(NamedTuple):
    text: str
    tightness: int

    def within(self, tightness: int) -> str:
        return self.text if self.tightness >= tightness else f"({self.text})"

    def after_a_sign(self, tightness: int) -> str:
        signed = self.text.startswith(("-", "−"))
        return f"({self.text})" if signed else self.within(tightness)


def _written(expression: Expression, texts: Mapping[Input, str]) -> _Text:
    match expression:
        case Number(value):
            return _Text(_number(value), _VALUE)
        case Reference(input_):
            return _Text(texts.get(input_, str(input_)), _VALUE)
        case Negative(operand):
            return _Text("−" + _written(operand, texts).after_a_sign(_VALUE), _SIGNED)
        case Operation():
            return _written_operation(expression, texts)
        case Call(function, arguments):
            listed = [_written(argument, texts).text for argument in arguments]
            return _Text(f"{function}({', '.join(listed)})", _VALUE)
    assert_never(expression)


def _written_operation(operation: Operation, texts: Mapping[Input, str]) -> _Text:
    left, right = _written(operation.left, texts), _written(operation.right, texts)
    tightness = _TIGHTNESS.get(operation.operator, _COMPARISON)
    sign = _SIGNS.get(operation.operator, operation.operator.value)
    if tightness == _COMPARISON:
        return _Text(f"{left.within(_SUM)} {sign} {right.within(_SUM)}", tightness)
    return _Text(f"{left.within(tightness)} {sign} {right.after_a_sign(tightness + 1)}", tightness)


def _number(value: float) -> str:
    """The shortest text that reads back as the same number.

    >>> [_number(value) for value in (120.0, 0.1, -3.0, 1e18, 1e-07)]
    ['120', '0.1', '−3', '1000000000000000000', '1e-07']
    """
    if value < 0:
        return f"−{_number(-value)}"
    return str(int(value)) if value.is_integer() else repr(value)
