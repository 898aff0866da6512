"""Signals and forecasts in words, with the numbers that they rest on."""

import math

from calculations.display import display_number
from calculations.forecasting import FEWEST as FEWEST_FOR_FORECAST
from calculations.forecasting import Ending, Method, Outlook
from calculations.scoring import Status
from calculations.signals import ENOUGH, FEWEST, Limits, Rule, Segment, Signal
from kpis.models import KPI
from scorecards.selectors.formats import grouped, number_text

BETTER, WORSE, OTHER = "better", "worse", "other"
SIDES = {1: "above", -1: "below"}
LIMITS = {1: "upper", -1: "lower"}
MISSED = (Status.CRITICAL, Status.BELOW_TARGET)
# Limits this close to each other, in steps of the last decimal, are told with one decimal more.
NARROW = 50
METHODS = {
    Method.MEAN: "the mean of {count} values",
    Method.TREND: "a straight line through {count} values",
    Method.SEASON: "the same periods of the last cycle",
}


def signal_tone(kpi: KPI, signal: Signal) -> str:
    """Whether the change is for the better; of a KPI that is best within a range nobody knows."""
    if not kpi.sign:
        return OTHER
    return BETTER if kpi.sign == signal.side else WORSE


def limit_text(kpi: KPI, limits: Limits, number: float) -> str:
    """A limit or the centre, without its unit of measure."""
    is_narrow = limits.spread < NARROW * 10.0**-kpi.decimals
    return grouped(display_number(number, kpi.decimals + is_narrow))


def limits_text(kpi: KPI, limits: Limits) -> str:
    """What chance alone explains: "41.2 to 58.9 min"."""
    lower, upper = (limit_text(kpi, limits, each) for each in (limits.lower, limits.upper))
    return _with_unit(kpi, f"{lower} to {upper}")


def signal_text(kpi: KPI, signal: Signal, limits: Limits, period: str) -> str:
    """Why it is a signal: "2026-09 lies below what chance explains (41 to 59 min)"."""
    side = SIDES[signal.side]
    if signal.rule is Rule.BEYOND:
        return f"{period} lies {side} what chance explains ({limits_text(kpi, limits)})"
    if signal.rule is Rule.RUN:
        centre = limit_text(kpi, limits, limits.centre)
        return f"{period} is in a row of 8 or more {side} the centre of {centre}"
    limit = limit_text(kpi, limits, limits.upper if signal.side > 0 else limits.lower)
    return f"{period} is one of 3 in 4 near the {LIMITS[signal.side]} limit of {limit}"


def newest_text(kpi: KPI, signal: Signal | None, limits: Limits, period: str, status: int) -> str:
    """Two different things: whether the process has changed, and whether the target is met."""
    is_met, is_missed = status == Status.ON_TARGET, status in MISSED
    if signal is not None:
        also = " It met its target." if is_met else " It missed its target." if is_missed else ""
        return f"{signal_text(kpi, signal, limits, period)}: the process has changed.{also}"
    within = f"within what chance explains ({limits_text(kpi, limits)})"
    if is_missed:
        return f"{period} missed its target, yet lies {within}: the process has not changed."
    met = "met its target and " if is_met else ""
    return f"{period} {met}lies {within}."


def too_few_text(segment: Segment, *, is_changed: bool) -> str:
    """That there are no limits yet, or that they may still move; "" where they are sure."""
    since = " since the process was changed" if is_changed else ""
    if segment.limits is None:
        count = f"{segment.count} of {FEWEST} values{since}"
        return f"What chance explains is not known yet: {count}."
    if segment.limits.is_provisional:
        return f"The limits are provisional: {segment.count} of {ENOUGH} values{since}."
    return ""


# --- Forecasts


def ending_text(kpi: KPI, end: Ending, label: str) -> str:
    """What the year comes to."""
    expected, lower, upper = (number_text(kpi, n) for n in (end.expected, end.lower, end.upper))
    sure = "" if lower == upper else f", with 80 % certainty {lower} to {upper}"
    return f"{label} is expected to come to {_with_unit(kpi, expected)}{sure}."


def chance_text(
    kpi: KPI, end: Ending, target: float | tuple[float, float] | None, label: str
) -> str:
    """How likely the target is met; in steps of 5 %, since no more is known."""
    if target is None or math.isnan(end.chance):
        return f"There is no target for all of {label}."
    numbers = target if isinstance(target, tuple) else (target,)
    wanted = _with_unit(kpi, "–".join(number_text(kpi, number) for number in numbers))
    return f"The chance of meeting the target of {wanted} is {share_in_steps(end.chance)}."


def share_in_steps(chance: float) -> str:
    """A chance as no more than is known of it.

    >>> share_in_steps(0.02), share_in_steps(0.36), share_in_steps(0.99)
    ('less than 5 %', 'about 35 %', 'more than 95 %')
    """
    if chance < 0.05:
        return "less than 5 %"
    return "more than 95 %" if chance > 0.95 else f"about {round(chance * 20) * 5} %"


def basis_text(found: Outlook) -> str:
    """By which method, and how it did in the past."""
    if not found.beats_last:
        return (
            "No better than the last value: tried on the past, neither a mean, a trend nor a season"
            " errs clearly less than repeating it."
        )
    less = f"{(1 - found.error / found.last_error) * 100:.0f} %"
    by = METHODS[found.method].format(count=found.count)
    return f"Forecast by {by}; tried on the past it errs {less} less than the last value."


def too_few_to_forecast(segment: Segment, *, is_changed: bool) -> str:
    """Why there is no forecast; "" where that is not for want of values."""
    if segment.count >= FEWEST_FOR_FORECAST:
        return ""
    since = " since the process was changed" if is_changed else ""
    return f"No forecast yet: {segment.count} of {FEWEST_FOR_FORECAST} values{since}."


def _with_unit(kpi: KPI, text: str) -> str:
    return f"{text} {kpi.unit_of_measure}".strip()
