"""Numbers as people type and paste them, whichever marks their country uses."""

import re
from decimal import Decimal

LONGEST = 60  # characters; 1e18 with all marks has fewer
LIMIT = 1e18

_QUOTED = 30  # characters of a refused text that its message repeats
_MINUS = str.maketrans({"−": "-", "–": "-"})
_SPACES = re.compile(r"[\s'’]")
_DIGITS = re.compile(r"[+-]?[0-9.,]*[0-9][0-9.,]*")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}")


class InvalidNumber(ValueError):
    """A text that is no number, or that could be two; the message says what to write instead."""


def parsed_number(text: str, decimals: int = 0, unit_of_measure: str = "") -> float:
    """The number that the text says: with either decimal mark, thousands apart, a % sign or unit.

    Of two different marks the last is the decimal one, and a mark that repeats parts thousands. One
    comma before exactly three digits parts thousands, as on our own pages. One point before exactly
    three digits could be either, so it is read as decimal where the KPI has that many decimals,
    and refused otherwise; so is such a comma there. Raises InvalidNumber.

    >>> [parsed_number(text) for text in ("1.234,5", "1,234.5", "12 %", "−0,5", "1 234 567")]
    [1234.5, 1234.5, 12.0, -0.5, 1234567.0]
    >>> parsed_number("1,234"), parsed_number("1.234", decimals=3)
    (1234.0, 1.234)
    >>> parsed_number("1.234")
    Traceback (most recent call last):
        ...
    calculations.numerals.InvalidNumber: "1.234" could be 1234 or 1.2340; write it like one of these
    """
    number = float(_read(text, decimals, unit_of_measure))
    if abs(number) > LIMIT:
        raise InvalidNumber(f"{_quoted(text)} is too large; the limit is 1e18")
    return number + 0.0


def parsed_amount(text: str, currency: str = "") -> Decimal:
    """The amount of money that the text says, exactly; read as `parsed_number` does.

    >>> parsed_amount("1.234.567,89 EUR", "EUR"), parsed_amount("250 000")
    (Decimal('1234567.89'), Decimal('250000'))
    """
    return Decimal(_read(text, 0, currency))


def _read(text: str, decimals: int, unit_of_measure: str) -> str:
    """The digits with a decimal point at most."""
    bare = _without_unit(text.strip().translate(_MINUS), unit_of_measure)
    digits = _SPACES.sub("", bare)
    if len(digits) > LONGEST or not _DIGITS.fullmatch(digits):
        raise InvalidNumber(f"{_quoted(text)} is not a number; write it like 1234.5")
    return _plain(digits, decimals, text)


def _without_unit(text: str, unit_of_measure: str) -> str:
    for sign in (unit_of_measure, "%"):
        if sign:
            text = text.removesuffix(sign).removeprefix(sign).strip()
    return text


def _plain(digits: str, decimals: int, text: str) -> str:
    """The digits with a decimal point at most; text: as it was typed, for the refusal."""
    marks = [sign for sign in digits if sign in ".,"]
    if not marks:
        return digits
    kinds = set(marks)
    if len(kinds) == 1 and len(marks) > 1:
        return _joined(digits, marks[0], text)
    if len(kinds) == 1:
        return _with_one_mark(digits, marks[0], decimals, text)
    decimal = marks[-1]
    whole, _, fraction = digits.rpartition(decimal)
    thousands = (kinds - {decimal}).pop()
    if decimal in whole:
        raise InvalidNumber(f"{_quoted(text)} is not a number; write it like 1234.5")
    return f"{_joined(whole, thousands, text)}.{fraction}"


def _with_one_mark(digits: str, mark: str, decimals: int, text: str) -> str:
    whole, _, rest = digits.partition(mark)
    could_part = len(rest) == 3 and _THOUSANDS.fullmatch(whole.lstrip("+-"))
    is_decimal = not could_part or (mark == "." and decimals >= 3)
    if is_decimal:
        return f"{whole}.{rest}"
    if mark == "," and decimals < 3:
        return whole + rest
    raise InvalidNumber(
        f"{_quoted(text)} could be {whole}{rest} or {whole}.{rest}0; write it like one of these"
    )


def _joined(digits: str, mark: str, text: str) -> str:
    """Thousands put together, which must be in threes: 1.23.456 is a slip, not a number."""
    first, *rest = digits.split(mark)
    if not _THOUSANDS.fullmatch(first.lstrip("+-")) or any(len(part) != 3 for part in rest):
        raise InvalidNumber(f"{_quoted(text)} is not a number; write it like 1234.5")
    return first + "".join(rest)


def _quoted(text: str) -> str:
    text = text.strip()
    shown = text[:_QUOTED] + ("…" if len(text) > _QUOTED else "")
    return f'"{shown if shown.isprintable() else ascii(shown)[1:-1]}"'
