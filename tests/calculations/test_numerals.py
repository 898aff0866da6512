"""Numbers as people type and paste them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculations.display import display_number
from calculations.numerals import InvalidNumber, parsed_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0),
        ("12", 12.0),
        ("+12", 12.0),
        ("-3.5", -3.5),
        ("−3.5", -3.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1,234,567.89", 1234567.89),
        ("1 234,5", 1234.5),
        ("1 234 567", 1234567.0),
        ("1'234.5", 1234.5),
        ("1,234", 1234.0),
        ("0,123", 0.123),
        ("0.123", 0.123),
        ("1234,567", 1234.567),
        (",5", 0.5),
        ("5,", 5.0),
        ("12 %", 12.0),
        ("12%", 12.0),
        ("12,5 %", 12.5),
        ("  7  ", 7.0),
        ("3 k€", 3.0),
        ("k€ 3", 3.0),
    ],
)
def test_both_ways_of_writing_are_read(text: str, number: float) -> None:
    assert parsed_number(text, unit_of_measure="k€") == number


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", ".", ",", "abc", "1_000", "1e5", "NaN", "inf", "Infinity", "0x10"),
        *("1.23.456", "1,23,456", "1.2345.678", "1,234.5,6", "1.234,5.6", "12 13 a", "(12)", "--1"),
        *("1,2345,6", "٣", "1" * 61, "9" * 20, "12 %%", "1-2", "\x00", "0.123.456"),
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumber):
        parsed_number(text)


def test_what_could_be_two_numbers_is_refused_with_both() -> None:
    with pytest.raises(InvalidNumber, match=r'"1\.234" could be 1234 or 1\.2340'):
        parsed_number("1.234", decimals=2)
    with pytest.raises(InvalidNumber, match="could be 1234 or"):
        parsed_number("1,234", decimals=3)
    assert parsed_number("1.234", decimals=3) == 1.234


def test_minus_zero_is_zero() -> None:
    assert math.copysign(1, parsed_number("-0")) == 1


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_what_a_page_shows_is_read_back(value: float, decimals: int) -> None:
    shown = display_number(value, decimals)
    whole, point, rest = shown.lstrip("-").partition(".")
    grouped = f"{'−' if shown.startswith('-') else ''}{int(whole):,}{point}{rest}"
    assert parsed_number(grouped, decimals) == float(shown)


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    try:
        number = parsed_number(text)
    except InvalidNumber:
        return
    assert math.isfinite(number)
