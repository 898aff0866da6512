"""Why a text is not a formula: one sentence each, in words of the people who write formulas."""

import difflib
import re
from collections.abc import Collection, Sequence
from typing import NoReturn

from lark import Token

USAGES = {
    "if": "if(condition, a, b)",
    "sum": "sum(a, b)",
    "avg": "avg(a, b)",
    "min": "min(a, b)",
    "max": "max(a, b)",
    "abs": "abs(a)",
    "round": "round(a, digits)",
    "coalesce": "coalesce(a, b)",
    "prev": "prev(kpi, periods)",
    "ytd": "ytd(kpi)",
    "rolling": "rolling(kpi, periods)",
}
"""Every function, and how it is written."""

_OTHER_NAMES = {
    "average": "avg",
    "mean": "avg",
    "total": "sum",
    "minimum": "min",
    "maximum": "max",
    "and": "min",
    "or": "max",
    "iif": "if",
    "ifnull": "coalesce",
    "iferror": "coalesce",
    "previous": "prev",
    "lag": "prev",
}

_OTHER_SIGNS = {
    "%": "write 5 % as 0.05",
    "^": "write a power as a product, such as a * a",
    "÷": "write / instead",
    "–": "write - instead",
    ";": "separate values by a comma",
    "[": "write round parentheses",
    "{": "write round parentheses",
    "'": "a formula holds no text",
    '"': "a formula holds no text",
    "$": "write numbers without their unit",
    "€": "write numbers without their unit",
    "&": "to ask for two conditions at once, write min(a, b)",
    "|": "to ask for one of two conditions, write max(a, b)",
    ".": "decimals are written like 0.5",
    "!": "not equal is written !=",
}

_OTHER_PAIRS = {"<>": "!=", "><": "!=", "=>": ">=", ">=": ">=", "=<": "<=", "<=": "<=", "==": "="}

_LONGEST_QUOTE = 60
_LEFT_OUT = "write a number, a KPI code or a function there"
_OPERATORS = frozenset({"COMPARISON", "PLUS", "MINUS", "TIMES", "DIVIDED"})
_OPENING = frozenset({"LPAR", "COMMA"})


class InvalidFormula(ValueError):
    """A text that is not a formula; the message says what is wrong, where, and what to do.

    start, end: where in the text, counted from 0; the sentence counts characters from 1.
    """

    def __init__(self, sentence: str, start: int, end: int) -> None:
        super().__init__(sentence)
        self.sentence, self.start, self.end = sentence, start, end


def at(start: int) -> str:
    """The place as people count.

    >>> at(0)
    'at character 1'
    """
    return f"at character {start + 1}"


def quoted(text: str) -> str:
    """The text as it is named in a sentence, not at full length where it is very long.

    >>> quoted("revenue")
    '`revenue`'
    """
    return f"`{text}`" if len(text) <= _LONGEST_QUOTE else f"`{text[:_LONGEST_QUOTE]}…`"


def nearest_name(name: str, names: Collection[str]) -> str | None:
    """The one of the names that was probably meant.

    >>> nearest_name("revnue", ["cost", "revenue"]), nearest_name("nps", ["cost", "revenue"])
    ('revenue', None)
    """
    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=0.7)), None)


def refuse(token: Token, sentence: str) -> NoReturn:
    """Refuse the text for a token: its text and place fill `{it}` and `{at}` in the sentence."""
    start, end = span(token)
    filled = sentence.replace("{it}", quoted(token)).replace("{at}", at(start))
    raise InvalidFormula(filled, start, end)


def span(token: Token) -> tuple[int, int]:
    """Where the token stands in the text."""
    start = token.start_pos or 0
    return start, start + len(token)


def refuse_function(name: Token) -> NoReturn:
    """There is no function of this name."""
    meant = _OTHER_NAMES.get(name) or nearest_name(name, USAGES)
    advice = f"did you mean `{meant}`?" if meant else f"there are {', '.join(USAGES)}."
    refuse(name, "{it} {at} is not a function; " + advice)


def refuse_character(text: str, position: int) -> NoReturn:
    """No token starts at this position."""
    for word in re.finditer(r"\w+", text):
        if word.start() <= position < word.end():
            _refuse_word(word[0], word.start(), word.end())
    character = text[position]
    shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
    hint = _OTHER_SIGNS.get(character)
    advice = f": {hint}." if hint else "; remove it."
    raise InvalidFormula(
        f"The character {shown} {at(position)} is not part of formulas{advice}",
        position,
        position + 1,
    )


def _refuse_word(word: str, start: int, end: int) -> NoReturn:
    lower = word.lower()
    if re.fullmatch(r"[a-z][a-z0-9_]*", lower):
        sentence = f"{quoted(word)} {at(start)} has capital letters: write {quoted(lower)}."
    else:
        sentence = (
            f"{quoted(word)} {at(start)} is neither a number nor a KPI code: codes start with a "
            "letter and have only the letters a to z, digits and underscores."
        )
    raise InvalidFormula(sentence, start, end)


def refuse_token(token: Token, tokens: Sequence[Token]) -> NoReturn:
    """The token cannot stand behind these tokens."""
    if token.type == "COMMA":
        _refuse_comma(token, tokens)
    if token.type == "RPAR":
        _refuse_closing(token, tokens)
    if token.type in _OPERATORS:
        _refuse_operator(token, tokens[-1] if tokens else None)
    refuse(
        token, f"There is no operator between {quoted(tokens[-1])} and {{it}} {{at}}: write one."
    )


def refuse_end(tokens: Sequence[Token], text: str) -> NoReturn:
    """The text cannot end behind these tokens."""
    if not tokens:
        sentence = f"Nothing stands {at(0)}: write a formula such as revenue - cost."
        raise InvalidFormula(sentence, 0, len(text))
    if tokens[-1].type in _OPERATORS | {"COMMA"}:
        refuse(tokens[-1], f"After {{it}} {{at}} something is missing: {_LEFT_OUT}.")
    opening = _opened(tokens)[-1][0]
    refuse(opening, "The parenthesis opened {at} is not closed: write the missing `)`.")


def _opened(tokens: Sequence[Token]) -> list[tuple[Token, bool]]:
    """The parentheses that are still open, each with whether it is a function's."""
    opened: list[tuple[Token, bool]] = []
    before = ""
    for token in tokens:
        if token.type == "LPAR":
            opened.append((token, before == "CODE"))
        if token.type == "RPAR":
            opened.pop()
        before = token.type
    return opened


def _refuse_comma(comma: Token, tokens: Sequence[Token]) -> NoReturn:
    opened = _opened(tokens)
    if opened and opened[-1][1]:
        refuse(comma, f"Before the comma {{at}} something is missing: {_LEFT_OUT}.")
    refuse(
        comma,
        "The comma {at} is not between the values of a function: "
        "write decimals with a point (0.5), thousands without a sign (1000).",
    )


def _refuse_closing(closing: Token, tokens: Sequence[Token]) -> NoReturn:
    opened = _opened(tokens)
    if not opened:
        refuse(closing, "The `)` {at} closes nothing: remove it, or write the missing `(`.")
    if tokens[-1].type == "LPAR":
        refuse(opened[-1][0], f"The parentheses {{at}} are empty: {_LEFT_OUT}.")
    refuse(tokens[-1], f"After {{it}} {{at}} something is missing: {_LEFT_OUT}.")


def _refuse_operator(operator: Token, before: Token | None) -> NoReturn:
    if before is None or before.type in _OPENING:
        refuse(operator, f"Before {{it}} {{at}} something is missing: {_LEFT_OUT}.")
    if before.type in _OPERATORS:
        meant = _OTHER_PAIRS.get(before + operator)
        advice = f"write `{meant}`." if meant else "remove one of them."
        refuse(operator, f"The signs `{before}` and {{it}} stand side by side {{at}}: {advice}")
    refuse(
        operator,
        "{it} {at} is one comparison too many: "
        "compare two values at a time, or put one comparison in parentheses.",
    )
