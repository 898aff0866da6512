"""Text to expression, by the grammar beside this file; whatever is wrong is said in a sentence.

The parser keeps its own stack and the expression's depth is bounded, so no text can exhaust
Python's.
"""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, NoReturn

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken, v_args

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
    references,
)
from calculations.formulas.mistakes import (
    USAGES,
    InvalidFormula,
    at,
    nearest_name,
    quoted,
    refuse,
    refuse_character,
    refuse_end,
    refuse_function,
    refuse_token,
    span,
)

__all__ = [
    "GRAMMAR",
    "MAXIMUM_DEPTH",
    "MAXIMUM_DIGITS",
    "MAXIMUM_LENGTH",
    "MAXIMUM_NODES",
    "MAXIMUM_NUMBER",
    "MAXIMUM_PERIODS",
    "InvalidFormula",
    "check_codes",
    "parsed",
]

MAXIMUM_LENGTH = 2000
MAXIMUM_NODES = 300
MAXIMUM_DEPTH = 40
MAXIMUM_NUMBER = 1e18
MAXIMUM_DIGITS = 15
MAXIMUM_PERIODS = {WindowKind.PREV: 60, WindowKind.ROLLING: 400}

GRAMMAR = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")

_OPERATORS = {
    **{operator.value: operator for operator in Operator},
    "==": Operator.EQUAL,
    "≠": Operator.UNEQUAL,
    "≤": Operator.AT_MOST,
    "≥": Operator.AT_LEAST,
    "−": Operator.MINUS,
    "×": Operator.TIMES,
}
_ARGUMENT_COUNTS = {
    "if": (3, 3),
    "abs": (1, 1),
    "round": (1, 2),
    "coalesce": (2, MAXIMUM_NODES),
    "prev": (1, 2),
    "ytd": (1, 1),
    "rolling": (2, 2),
}


@lru_cache(maxsize=4096)
def parsed(text: str) -> Expression:
    """The expression that a formula says; raises InvalidFormula.

    >>> parsed("-prev(cost)")
    Negative(operand=Reference(input=Input(code='cost', \
window=Window(kind=<WindowKind.PREV: 'prev'>, count=1)), start=6, end=10))
    >>> parsed("(revenue - cost) / ")
    Traceback (most recent call last):
    calculations.formulas.mistakes.InvalidFormula: After `/` at character 18 something is \
missing: write a number, a KPI code or a function there.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise InvalidFormula(
            f"The formula goes on {at(MAXIMUM_LENGTH)}, but may have at most {MAXIMUM_LENGTH} "
            "characters: give a part of it a KPI of its own.",
            MAXIMUM_LENGTH,
            len(text),
        )
    try:
        return _PARSER.parse(text).expression  # type: ignore[attr-defined, no-any-return]
    except UnexpectedCharacters as error:
        refuse_character(text, error.pos_in_stream or 0)
    except UnexpectedToken as error:
        _refuse_token(text, error.token)


def check_codes(text: str, known: Collection[str]) -> None:
    """Raise InvalidFormula for the first code in the formula that is not one of the known."""
    for reference in references(parsed(text)):
        code = reference.input.code
        if code not in known:
            meant = nearest_name(code, known)
            advice = f"; did you mean `{meant}`?" if meant else "."
            sentence = f"{quoted(code)} is not a KPI here{advice}"
            raise InvalidFormula(sentence, reference.start, reference.end)


def _refuse_token(text: str, unexpected: Token) -> NoReturn:
    before: list[Token] = []
    # Only up to the token: what follows may hold characters that are no tokens at all.
    for token in _PARSER.lex(text):
        if unexpected.type != "$END" and token.start_pos == unexpected.start_pos:
            refuse_token(token, before)
        before.append(token)
    refuse_end(before, text)


class _Part(NamedTuple):
    """A piece of the expression, where it stands, and how much of the limits it uses."""

    expression: Expression
    start: int
    end: int
    nodes: int = 1
    depth: int = 0


class _Builder(Transformer[Token, _Part]):
    """Builds the expression while the parser reads: a method for each name in the grammar."""

    @v_args(inline=True)
    def number(self, token: Token) -> _Part:
        value = float(token)
        if value > MAXIMUM_NUMBER:
            refuse(token, "The number {at} is too large: the largest is 1e18.")
        return _Part(Number(value), *span(token))

    @v_args(inline=True)
    def kpi(self, token: Token) -> _Part:
        if token in USAGES:
            refuse(token, f"{{it}} {{at}} is a function: write it like {USAGES[token]}.")
        return _Part(Reference(Input(str(token)), *span(token)), *span(token))

    @v_args(inline=True)
    def negative(self, sign: Token, operand: _Part) -> _Part:
        return _around(Negative(operand.expression), sign, operand.end, operand)

    @v_args(inline=True)
    def operation(self, left: _Part, operator: Token, right: _Part) -> _Part:
        expression = Operation(_OPERATORS[operator], left.expression, right.expression)
        nodes = _counted(left.nodes + right.nodes + 1, right)
        return _Part(expression, left.start, right.end, nodes, max(left.depth, right.depth))

    @v_args(inline=True)
    def group(self, opening: Token, content: _Part, closing: Token) -> _Part:
        inside = content._replace(nodes=content.nodes - 1)
        return _around(content.expression, opening, span(closing)[1], inside)

    def arguments(self, children: list[_Part | Token]) -> list[_Part]:
        return [child for child in children if isinstance(child, _Part)]

    @v_args(inline=True)
    def call(
        self, name: Token, opening: Token, arguments: list[_Part] | None, closing: Token
    ) -> _Part:
        values = arguments or []
        _check_call(name, len(values))
        end = span(closing)[1]
        if name in frozenset(WindowKind):
            return _around(_windowed(name, values), name, end, *values)
        if name == Function.ROUND:
            values = [values[0], *(_digits(name, digits) for digits in values[1:])]
        expression = Call(Function(name), tuple(value.expression for value in values))
        return _around(expression, name, end, *values)


def _around(expression: Expression, first: Token, end: int, *inside: _Part) -> _Part:
    """The part that nests others; refused where that is too deep or too much."""
    depth = 1 + max(part.depth for part in inside)
    if depth > MAXIMUM_DEPTH:
        refuse(
            first,
            f"{{it}} {{at}} holds more than {MAXIMUM_DEPTH} levels of parentheses and signs: "
            "give a part of the formula a KPI of its own.",
        )
    nodes = _counted(1 + sum(part.nodes for part in inside), inside[-1])
    return _Part(expression, span(first)[0], end, nodes, depth)


def _counted(nodes: int, last: _Part) -> int:
    if nodes > MAXIMUM_NODES:
        raise InvalidFormula(
            f"The formula has become too long {at(last.start)}: at most {MAXIMUM_NODES} numbers, "
            "codes, signs and functions; give a part of it a KPI of its own.",
            last.start,
            last.end,
        )
    return nodes


def _check_call(name: Token, count: int) -> None:
    if name not in USAGES:
        refuse_function(name)
    fewest, most = _ARGUMENT_COUNTS.get(name, (1, MAXIMUM_NODES))
    if not fewest <= count <= most:
        wanted = f"{fewest} or {most}" if most > fewest else str(fewest)
        wanted = f"{fewest} or more" if most == MAXIMUM_NODES else wanted
        values = "value" if wanted == "1" else "values"
        refuse(name, f"{{it}} {{at}} takes {wanted} {values}, as in {USAGES[name]}, not {count}.")


def _windowed(name: Token, values: list[_Part]) -> Reference:
    kind, (kpi, *counts) = WindowKind(name), values
    reference = kpi.expression
    if not isinstance(reference, Reference) or reference.input.window is not None:
        raise InvalidFormula(
            f"`{name}` works on a KPI code, and {at(kpi.start)} stands something else: "
            "give that expression a KPI of its own.",
            kpi.start,
            kpi.end,
        )
    count = 0 if kind == WindowKind.YTD else 1
    for written in counts:
        count = _whole_number(written, f"periods of `{name}`", 1, MAXIMUM_PERIODS[kind])
    window = Window(kind, count)
    return Reference(Input(reference.input.code, window), reference.start, reference.end)


def _digits(name: Token, written: _Part) -> _Part:
    digits = _whole_number(written, f"digits of `{name}`", -MAXIMUM_DIGITS, MAXIMUM_DIGITS)
    return written._replace(expression=Number(float(digits)))


def _whole_number(written: _Part, what: str, smallest: int, largest: int) -> int:
    expression, sign = written.expression, 1
    if isinstance(expression, Negative):
        expression, sign = expression.operand, -1
    if isinstance(expression, Number) and expression.value.is_integer():
        number = sign * int(expression.value)
        if smallest <= number <= largest:
            return number
    raise InvalidFormula(
        f"The number of {what} {at(written.start)} must be a whole number "
        f"from {smallest} to {largest}, spelled out.",
        written.start,
        written.end,
    )


_PARSER = Lark(
    GRAMMAR,
    start="formula",
    parser="lalr",
    lexer="basic",
    keep_all_tokens=True,
    maybe_placeholders=True,
    transformer=_Builder(),
)
