"""What a kind of source is: what it asks of whoever sets one up, and how it fetches rows."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from calculations.periods import Frequency

MOST_ROWS = 10_000
EXCERPT = 2000  # characters of an answer that are shown
VARIABLES = ("period", "start", "end", "year", "month")
_VARIABLE = re.compile(r"\{(\w*)\}")


class NothingFetched(Exception):
    """With what was asked and answered before, as far as it may be shown."""

    request = ""
    answer = ""


class SourceFailed(NothingFetched):
    """Nothing could be fetched, and trying again would not help; the message says why."""


class SourceAway(NothingFetched):
    """Nothing could be fetched now; it may go well later. The message says why."""


class Unreadable(SourceFailed):
    """Secrets that no key at hand opens; the message says what to do."""


@contextmanager
def showing(request: str, answer: str = "") -> Iterator[None]:
    """Let what goes wrong within tell what was asked, and what was answered."""
    try:
        yield
    except NothingFetched as reason:
        reason.request = reason.request or request
        reason.answer = reason.answer or answer
        raise


class Field(NamedTuple):
    """A field of the form: kind is text, area, select, whole or password.

    What is_secret is encrypted and never shown. options: (value, label) of a select.
    """

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    most: int = 200
    options: tuple[tuple[str, str], ...] = ()
    is_required: bool = False
    is_secret: bool = False
    default: str = ""


@dataclass(frozen=True)
class Window:
    """The period that is asked for; end: its last day."""

    label: str
    start: dt.date
    end: dt.date

    @property
    def variables(self) -> dict[str, str]:
        """What stands for {period}, {start}, {end}, {year} and {month}."""
        return {
            "period": self.label,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "year": f"{self.start.year:04}",
            "month": f"{self.start.month:02}",
        }


@dataclass(frozen=True)
class Config:
    """A source as it is about to be asked: seconds are what is left of its time."""

    organization: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    window: Window
    seconds: float


class RawRow(NamedTuple):
    """What a source says, as it says it; None where it does not."""

    kpi: Any
    unit: Any
    period: Any
    value: Any


@dataclass(frozen=True)
class Fetched:
    """What was asked and answered, as far as it may be shown, and the rows found in it."""

    request: str
    answer: str
    rows: Sequence[RawRow]


Settings = Mapping[str, str]


# What every kind asks besides: for rows that do not say it themselves.
MOST_PERIODS = 24
COMMON = (
    Field("kpi", "KPI of all rows", "Its code, for rows that name none.", "code", 50),
    Field("unit", "Unit of all rows", "Its code, for rows that name none.", "code", 50),
    Field(
        "frequency",
        "Period asked for",
        "Stands in the variables, and for rows that name none.",
        "select",
        options=tuple((str(each), str(each).capitalize()) for each in Frequency),
        default=str(Frequency.MONTH),
    ),
    Field(
        "periods",
        "Periods",
        f"How many are asked for, the running one included: 1 to {MOST_PERIODS}.",
        "whole",
        2,
        is_required=True,
        default="2",
    ),
)


def no_problems(settings: Settings) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Kind:
    """A way to ask for values. Each module of `kinds` that has a KIND is one.

    fetch raises SourceFailed or SourceAway. check: what is wrong with the settings, by field. aim:
    whom they ask as whom: where it changes, secrets are forgotten. asks_by_period: whether the
    settings name a period, so that each one is asked for by itself.
    """

    code: str
    name: str
    hint: str
    fields: tuple[Field, ...]
    fetch: Callable[[Config], Fetched]
    aim: Callable[[Settings], str]
    asks_by_period: Callable[[Settings], bool]
    check: Callable[[Settings], dict[str, str]] = no_problems


def filled(text: str, window: Window, quote: Callable[[str], str] = str) -> str:
    """The text with the period in the place of its variables.

    >>> month = Window("2026-03", dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    >>> filled("/figures/{year}/{month}?until={end}", month)
    '/figures/2026/03?until=2026-03-31'
    """
    values = window.variables
    return _VARIABLE.sub(lambda found: quote(values.get(found[1], found[0])), text)


def has_variables(text: str) -> bool:
    return any(name in VARIABLES for name in _VARIABLE.findall(text))


def unknown_variables(text: str) -> str:
    """What is wrong with the variables of a text; "" if nothing is."""
    unknown = [name for name in _VARIABLE.findall(text) if name not in VARIABLES]
    if not unknown:
        return ""
    known = ", ".join(f"{{{name}}}" for name in VARIABLES)
    return f"There is no {{{unknown[0]}}}; what can stand in braces is {known}."
