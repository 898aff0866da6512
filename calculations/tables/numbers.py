"""Numbers in files: written so that they read back the same, read by the file's decimal mark."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal

from calculations.numerals import LIMIT, InvalidNumber, parsed_amount, parsed_number

POINT, COMMA, UNKNOWN = "point", "comma", ""

CERTAIN = "0000"  # after a decimal point: so many decimals are never thousands
_EXPONENT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_DECIMAL = {
    POINT: re.compile(r"[+\-−]?([1-9][0-9]{0,2}([,\s'’][0-9]{3})+|[0-9]+)?(\.[0-9]*)?"),
    COMMA: re.compile(r"[+\-−]?([1-9][0-9]{0,2}([.\s'’][0-9]{3})+|[0-9]+)?(,[0-9]*)?"),
}
# One mark before exactly three digits tells nothing: it may part thousands.
_EITHER = re.compile(r"[+\-−]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_MARKED = re.compile(r"[+\-−]?[0-9.,\s'’]*[.,][0-9.,\s'’]*")


def number_text(number: float) -> str:
    """The shortest text that says exactly this number, without an exponent where it can.

    A zero is added where three decimals could be taken for thousands.

    >>> number_text(1234.5), number_text(12.0), number_text(1.234), number_text(1e18)
    ('1234.5', '12', '1.2340', '1000000000000000000')
    """
    if number.is_integer() and abs(number) <= LIMIT:
        return str(int(number))
    text = repr(number)
    if "e" in text:
        plain = format(Decimal(text), "f")
        text = plain if len(plain) <= 40 else text
    return f"{text}0" if _EITHER.fullmatch(text) else text


def decimal_mark(texts: Iterable[str]) -> str:
    """Which decimal mark the texts use; "" where nothing tells, or both are used.

    >>> decimal_mark(["12,5", "1.234"]), decimal_mark(["1,234.5"]), decimal_mark(["1,234", "7"])
    ('comma', 'point', '')
    """
    told = {POINT: False, COMMA: False}
    for text in (each.strip().rstrip("%").strip() for each in texts):
        if not _MARKED.fullmatch(text) or _EITHER.fullmatch(text):
            continue
        fits = [mark for mark, pattern in _DECIMAL.items() if pattern.fullmatch(text)]
        if len(fits) == 1:
            told[fits[0]] = True
    found = [mark for mark, is_told in told.items() if is_told]
    return found[0] if len(found) == 1 else UNKNOWN


def read_number(text: str, mark: str, decimals: int = 0, unit_of_measure: str = "") -> float:
    """The number that a cell says, where the file's decimal mark is known or not.

    Raises InvalidNumber; so does what could be two numbers where the mark is not known.

    >>> read_number("1.234", POINT), read_number("1.234", COMMA), read_number("1e-9", UNKNOWN)
    (1.234, 1234.0, 1e-09)
    """
    text = text.strip()
    if _EXPONENT.fullmatch(text):
        return _within_limit(float(text), text)
    if mark == UNKNOWN:
        return parsed_number(text, decimals, unit_of_measure)
    return parsed_number(_with_point(text, mark, unit_of_measure), 0, unit_of_measure)


def plain_number(text: str, mark: str) -> str:
    """The digits of an amount as a program reads them: with a decimal point, nothing else.

    Raises InvalidNumber.

    >>> plain_number("1.234,50", COMMA), plain_number("1,234.5", UNKNOWN), plain_number("7", POINT)
    ('1234.50', '1234.5', '7')
    """
    text = text.strip()
    if _EXPONENT.fullmatch(text):
        return text
    if mark == UNKNOWN:
        return format(parsed_amount(text), "f")
    bare = _with_point(text, mark, "").replace("−", "-")
    digits = re.sub(r"[\s'’%]", "", bare)
    return digits.removesuffix(CERTAIN) if "." in digits else digits


def _with_point(text: str, mark: str, unit_of_measure: str) -> str:
    """The text with a decimal point and no mark for thousands, and so that it is not ambiguous."""
    bare = text
    for sign in (unit_of_measure, "%"):
        if sign:
            bare = bare.removesuffix(sign).removeprefix(sign).strip()
    if not _DECIMAL[mark].fullmatch(bare) or not any(sign.isdigit() for sign in bare):
        said = "12.5" if mark == POINT else "12,5"
        raise InvalidNumber(f'"{text[:30]}" is not a number; write it like {said}')
    thousands, decimal = (",", ".") if mark == POINT else (".", ",")
    plain = bare.replace(thousands, "").replace(decimal, ".")
    return f"{plain}{CERTAIN}" if "." in plain else plain


def _within_limit(number: float, text: str) -> float:
    if not math.isfinite(number) or abs(number) > LIMIT:
        raise InvalidNumber(f'"{text}" is too large; the limit is 1e18')
    return number + 0.0
