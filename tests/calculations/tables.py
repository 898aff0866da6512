"""Small networks for tables: series by name, values by label of period."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np

from calculations.aggregation import TimeRule
from calculations.figures import Figures, figures
from calculations.formulas.expressions import codes
from calculations.formulas.parsing import parsed
from calculations.periods import Calendar, Frequency
from calculations.series import NOWHERE, Series, Span, TargetRow, Values
from calculations.targets import TargetKind

LATE = dt.date(2027, 6, 1)
MONTH, QUARTER = Frequency.MONTH, Frequency.QUARTER
MONTHLY = Series(Frequency.MONTH, TimeRule.SUM, 1)


def span(label: str, calendar: Calendar) -> Span:
    """The labelled period; "ytd " before it makes it the year to date."""
    period = calendar.parse_label(label.removeprefix("ytd "))
    if label.startswith("ytd "):
        start = calendar.fiscal_year_start(calendar.anchor(period))
        return Span(start, calendar.end(period), Frequency.YEAR)
    return Span(period.start, calendar.end(period), period.frequency)


def view(
    series: Sequence[Series],
    values: Mapping[int, Mapping[str, float]],
    labels: Sequence[str],
    targets: Sequence[TargetRow] = (),
    today: dt.date = LATE,
    calendar: Calendar | None = None,
) -> Figures:
    """The figures of the series, by number, through the labelled periods."""
    calendar = calendar or Calendar()
    rows = [
        (number, calendar.parse(label, series[number].frequency).start, value)
        for number, of_series in values.items()
        for label, value in of_series.items()
    ]
    return figures(
        calendar,
        series,
        [span(label, calendar) for label in labels],
        Values(
            np.array([number for number, _, _ in rows], dtype=np.int64),
            np.array([start for _, start, _ in rows], dtype="M8[D]"),
            np.array([value for _, _, value in rows], dtype=np.float64),
        ),
        targets,
        today,
    )


def formula(text: str, frequency: Frequency = MONTH, rule: str = "last", **inputs: int) -> Series:
    """A series computed from others, by their numbers; one not given is measured nowhere."""
    expression = parsed(text)
    at = tuple((code, inputs.get(code, NOWHERE)) for code in codes(expression))
    return Series(frequency, TimeRule(rule), 1, formula=expression, inputs=at)


def target(number: int, wanted: float, red_flag: float = np.nan) -> TargetRow:
    points = (np.nan, red_flag, wanted, np.nan)
    return TargetRow(number, dt.date(2020, 1, 1), TargetKind.THRESHOLD, points)
