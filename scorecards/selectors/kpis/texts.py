"""What somebody typed into the form of a KPI, and the definition that it means.

Everything is kept as text until it is checked, so that the form can be shown again with all that
was typed. What does not apply, such as grades of a KPI that is a number, is left out unread.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from calculations.aggregation import TimeRule
from calculations.numerals import InvalidNumber, parsed_number
from calculations.periods import Frequency
from calculations.units import UnitRule
from kpis.models import KPI, MAX_CARRY_FORWARD, NOTE_LENGTH
from kpis.models import QUESTIONS as SEVEN
from organizations.models import Organization, Person
from organizations.models.structure import RESERVED_CODES

PLAIN = (
    *("name", "description", "why_it_matters", "unit_of_measure", "formula", "benchmark_source"),
)
WHOLE = {"decimals": 9, "grace_days": 3650, "carry_forward": MAX_CARRY_FORWARD}
BOUNDS = ("natural_minimum", "natural_maximum")
NUMBERS = (*BOUNDS, "benchmark")
BOXES = ("is_input", "inherits_target")
REFERENCES = ("weighting", "owner")
OPTIONS: dict[str, tuple[str, ...]] = {
    "value_kind": tuple(KPI.ValueKind.values),
    "direction": tuple(KPI.Direction.values),
    "frequency": tuple(Frequency),
    "time_rule": tuple(TimeRule),
    "unit_rule": tuple(UnitRule),
    "timing": tuple(KPI.Timing.values),
}
# The answer and the note to each of the seven questions: fields of their own on the form.
ANSWERS = {f"answer_{name}": name for name in SEVEN}
NOTES = {f"note_{name}": name for name in SEVEN}
DEFINING = (*PLAIN, *WHOLE, *NUMBERS, *BOXES, *REFERENCES, *OPTIONS)
FIELDS = (*DEFINING, *ANSWERS, *NOTES)
# What a field must hold where it does not apply; the others stay as they are.
NEUTRAL: dict[str, Any] = {"grades": None, "weighting": None, "formula": ""}
NEUTRAL |= {"benchmark": None, "benchmark_source": ""}
LONGEST_COPIED = 190  # characters of a name
DIGITS = re.compile(r"[0-9]{1,6}")
Grades = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class KpiTexts:
    """The form's fields as text; a ticked box is "on". `units`: codes, where to measure it."""

    fields: Mapping[str, str]
    grades: Grades = ()
    units: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True)
class KpiValues:
    """The definition that the texts mean, and what is wrong with them, by field."""

    fields: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def typed_kpi(posted: QueryDict) -> KpiTexts:
    """What the form sent; line ends as they are stored."""

    def text(name: str) -> str:
        return posted.get(name, "").replace("\r\n", "\n").strip()

    rows = zip(posted.getlist("grade_label"), posted.getlist("grade_value"), strict=False)
    grades = tuple((label.strip(), value.strip()) for label, value in rows)
    return KpiTexts(
        {name: text(name) for name in (*FIELDS, "code")},
        tuple(row for row in grades if any(row)),
        tuple(posted.getlist("units")),
    )


def stored_texts(kpi: KPI) -> KpiTexts:
    """A definition, stored or not, as the form shows it."""
    texts = {name: str(getattr(kpi, name)) for name in (*PLAIN, *WHOLE, *OPTIONS, "code")}
    texts |= {name: number_text(getattr(kpi, name)) for name in NUMBERS}
    said = {name: kpi.answers.get(name, {}) for name in SEVEN}
    texts |= {field: said[name].get("answer", "") for field, name in ANSWERS.items()}
    texts |= {field: said[name].get("note", "") for field, name in NOTES.items()}
    texts |= {name: "on" if getattr(kpi, name) else "" for name in BOXES}
    texts["weighting"] = kpi.weighting.code if kpi.weighting else ""
    texts["owner"] = kpi.owner.code if kpi.owner else ""
    grades = tuple((str(label), number_text(value)) for label, value in kpi.grades or ())
    return KpiTexts(texts, grades)


def copied_texts(kpi: KPI) -> KpiTexts:
    """The start of another KPI like this one: without its code, and with the questions open."""
    texts = stored_texts(kpi)
    cleared = dict.fromkeys(("code", *ANSWERS, *NOTES), "")
    name = f"{kpi.name[:LONGEST_COPIED]} (copy)"
    return replace(texts, fields={**texts.fields, **cleared, "name": name})


def number_text(number: float | None) -> str:
    """The shortest text that reads back as the same number; "" for none."""
    if number is None:
        return ""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def suggested_code(name: str, taken: Sequence[str] = ()) -> str:
    """A code made of the name, not one of the taken; "" where the name has no letter to begin with.

    >>> suggested_code("Délai à 95 %"), suggested_code("Revenue", ["revenue"])
    ('delai_a_95', 'revenue_2')
    """
    letters = unicodedata.normalize("NFKD", name[:200].lower()).encode("ascii", "ignore").decode()
    code = re.sub(r"[^a-z0-9]+", "_", letters).lstrip("_0123456789")[:40].rstrip("_")
    if not code:
        return ""
    number, found = 2, code
    while found in taken or found in RESERVED_CODES:
        number, found = number + 1, f"{code}_{number}"
    return found


def applying(texts: KpiTexts) -> set[str]:
    """The fields that mean something beside what else was chosen."""
    names = {*DEFINING, "grades"}
    if texts["value_kind"] != KPI.ValueKind.NUMBER:
        names -= {"unit_of_measure", "decimals", "formula", "benchmark_source", *NUMBERS}
    if texts["value_kind"] != KPI.ValueKind.GRADED:
        names.discard("grades")
    if texts["unit_rule"] != UnitRule.MEAN:
        names.discard("weighting")
    if texts["unit_rule"] in (UnitRule.MEAN, UnitRule.FORMULA):
        names.discard("inherits_target")  # they always do
    return names


def kpi_values(organization: Organization, texts: KpiTexts) -> KpiValues:
    """The definition that was typed, by two statements at most; the code is not part of it."""
    names = applying(texts)
    found = KpiValues({name: value for name, value in NEUTRAL.items() if name not in names})
    for name in names:
        try:
            found.fields[name] = _value(organization, texts, name)
        except _Wrong as wrong:
            found.problems[name] = str(wrong)
    low, high = (found.fields.get(name) for name in BOUNDS)
    if low is not None and high is not None and low >= high:
        found.problems["natural_maximum"] = "Write a number above the natural minimum."
    _check_benchmark(found)
    _take_answers(found, texts)
    return found


def _check_benchmark(found: KpiValues) -> None:
    """Both or neither: a number that nobody vouches for compares with nothing."""
    if {"benchmark", "benchmark_source"} & found.problems.keys():
        return
    number, source = found.fields["benchmark"], found.fields["benchmark_source"]
    if number is not None and not source:
        found.problems["benchmark_source"] = "Say who reports the benchmark, and of when."
    if number is None and source:
        found.problems["benchmark"] = "Write the number, or clear its source."


def _take_answers(found: KpiValues, texts: KpiTexts) -> None:
    """What was answered to the seven questions; what says nothing is left out."""
    answers = {}
    for place, (said, name) in zip(NOTES, ANSWERS.items(), strict=True):
        answer, note = texts[said], unicodedata.normalize("NFC", texts[place])
        if answer not in ("", "yes", "no"):
            found.problems[said] = "Choose one of these."
        if len(note) > NOTE_LENGTH:
            found.problems[place] = f"A note may have at most {NOTE_LENGTH} characters."
        if answer or note:
            answers[name] = {"answer": answer, "note": note}
    if not found.problems.keys() & {*ANSWERS, *NOTES}:
        found.fields["answers"] = answers


class _Wrong(ValueError):
    """A text that a field cannot hold; the message says what to write instead."""


def _value(organization: Organization, texts: KpiTexts, name: str) -> Any:
    if name == "grades":
        return _grades(texts.grades)
    if name in REFERENCES:
        return _referred(organization, KPI if name == "weighting" else Person, texts[name])
    return _plain_value(texts, name)


def _plain_value(texts: KpiTexts, name: str) -> Any:
    text = texts[name]
    if name in OPTIONS:
        return _option(text, name)
    if name in WHOLE:
        return _whole(text or "0", WHOLE[name])
    if name in NUMBERS:
        return _number(text, texts) if text else None
    if name in BOXES:
        return bool(text)
    if name == "name" and not text:
        raise _Wrong("Write a name, as people say it.")
    return text


def _option(text: str, name: str) -> str:
    if text not in OPTIONS[name]:
        raise _Wrong("Choose one of these.")
    return text


def _whole(text: str, largest: int) -> int:
    if not DIGITS.fullmatch(text) or int(text) > largest:
        raise _Wrong(f"Write a whole number from 0 to {largest}.")
    return int(text)


def _number(text: str, texts: KpiTexts) -> float:
    decimals = texts["decimals"]
    try:
        return parsed_number(text, int(decimals) if DIGITS.fullmatch(decimals) else 0)
    except InvalidNumber as refusal:
        raise _Wrong(f"{refusal}.") from None


def _grades(rows: Grades) -> list[list[Any]]:
    found: list[list[Any]] = []
    for label, text in rows:
        if not label or not text:
            raise _Wrong(f"Write both a grade and its value; “{label or text}” stands alone.")
        if "\x00" in label:
            raise _Wrong(f"The grade “{label}” holds a character that cannot be stored; remove it.")
        try:
            found.append([label[:100], parsed_number(text, 3)])
        except InvalidNumber as refusal:
            raise _Wrong(f"The value of “{label}”: {refusal}.") from None
    distinct = {label for label, _ in found}, {value for _, value in found}
    if len(found) < 2 or any(len(each) < len(found) for each in distinct):
        raise _Wrong("Give at least two grades, each label and each value once.")
    return found


def _referred(organization: Organization, model: Any, code: str) -> Any:
    """The row of that code in the organization; None for no code."""
    if not code:
        return None
    live = model.objects.live().filter(organization=organization)
    # PostgreSQL cannot even be asked for a text with this character.
    row = None if "\x00" in code else live.filter(code=code).first()
    if row is None:
        raise _Wrong("There is no such choice here; choose another.")
    return row
