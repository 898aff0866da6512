"""Numbers, statuses and days as people read them."""

import datetime as dt
import math
import zoneinfo
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from calculations.display import NOTHING, display_number
from calculations.polylines import RED_FLAG_SCORE, TARGET_SCORE
from calculations.scoring import STATUS_NAMES
from calculations.targets import TargetKind
from kpis.models import KPI, Measurement, MeasurementRevision
from kpis.selectors.series import SIGNS
from organizations.models import Organization

from .shapes import Assessed, Counts, Figure, Score

MINUS = "−"
# Factor and suffix of each display scale.
SCALES = {"index": (1.0, ""), "ten": (10 / 150, ""), "percent": (100 / 150, " %")}
CENTS_MATTER_BELOW = 1000
STATUS_ORDER = ("critical", "below_target", "on_target", "no_data", "insufficient_data")


def plain(number: float | None) -> float | None:
    """None for nan: what templates and JSON understand."""
    return None if number is None or math.isnan(number) else float(number)


def score_text(score: float | None, organization: Organization) -> str:
    """A score on the organization's scale, with one decimal, never rounded across a boundary."""
    factor, suffix = SCALES[organization.display_scale]
    if score is None or math.isnan(score):
        return NOTHING
    boundaries = (RED_FLAG_SCORE * factor, TARGET_SCORE * factor)
    return display_number(score * factor, 1, *boundaries) + suffix


def share_text(share: float | None) -> str:
    """A share as a percentage that says 0 % and 100 % only when it means it."""
    if share is None or math.isnan(share):
        return NOTHING
    percent = share * 100
    if 0 < percent < 1:
        return "<1 %"
    return f"{display_number(percent, 0, 100)} %"


def scored(
    score: float | None,
    coverage: float | None,
    status: int,
    organization: Organization,
    counts: Sequence[int] | None = None,
    assessed: Assessed | None = None,
) -> Score:
    """A score with what stands beside it; counts in the order of Status."""
    return Score(
        value=plain(score),
        text=score_text(score, organization),
        status=STATUS_NAMES[status],
        coverage=plain(coverage),
        coverage_text=share_text(coverage),
        counts=None if counts is None else Counts(**dict(zip(STATUS_ORDER, counts, strict=True))),
        assessed=assessed,
    )


def number_text(kpi: KPI, value: float | None, *boundaries: float) -> str:
    """A value of the KPI without its unit of measure: "47.2", "yes", "AA"."""
    if value is None or math.isnan(value):
        return NOTHING
    if kpi.value_kind == KPI.ValueKind.YES_NO and value in (0, 1):
        return "yes" if value else "no"
    for label, grade in kpi.grades or []:
        if grade == value:
            return str(label)
    known = [boundary for boundary in boundaries if not math.isnan(boundary)]
    sign = SIGNS[KPI.Direction(kpi.direction)] or 1
    return grouped(display_number(value, _decimals(kpi), *known, sign=sign))


def _decimals(kpi: KPI) -> int:
    """Means of grades and of yes/no need a decimal that the values themselves do not."""
    return kpi.decimals if kpi.value_kind == KPI.ValueKind.NUMBER else max(kpi.decimals, 1)


def grouped(digits: str) -> str:
    """Thousands apart and a real minus sign: "-12345.6" → "−12,345.6"."""
    whole, point, decimals = digits.lstrip("-").partition(".")
    sign = MINUS if digits.startswith("-") else ""
    return f"{sign}{int(whole):,}{point}{decimals}" if whole.isdigit() else digits


def figure(kpi: KPI, value: float | None, *boundaries: float) -> Figure:
    return Figure(plain(value), number_text(kpi, value, *boundaries))


def target_figure(
    kpi: KPI, kind: int, points: Sequence[float], x: Sequence[float], y: Sequence[float]
) -> Figure:
    """The wanted value: a number, a range, or where a curve reaches 100."""
    if kind == TargetKind.YES_NO:
        wanted = 1.0 if kpi.direction == KPI.Direction.HIGHER else 0.0
        return figure(kpi, wanted)
    if kind == TargetKind.RANGE:
        low, high = points[1], points[2]
        if math.isnan(low):
            return Figure(None, NOTHING)
        return Figure(None, f"{number_text(kpi, low)}–{number_text(kpi, high)}")
    if kind == TargetKind.CUSTOM:
        return figure(kpi, _reaching(x, y))
    return figure(kpi, points[2])


def _reaching(x: Sequence[float], y: Sequence[float]) -> float:
    """The lowest value whose score is 100; nan where the curve never reaches it."""
    for (x0, y0), (x1, y1) in zip(
        zip(x, y, strict=True), zip(x[1:], y[1:], strict=True), strict=False
    ):
        low, high = min(y0, y1), max(y0, y1)
        if low <= TARGET_SCORE <= high and high > low:
            return x0 + (TARGET_SCORE - y0) / (y1 - y0) * (x1 - x0)
    return math.nan


def variance_figure(
    kpi: KPI, kind: int, value: float, points: Sequence[float], target: Figure
) -> Figure:
    """Actual minus target, signed; from the nearer end of a range, which is 0 within it."""
    if math.isnan(value) or kpi.value_kind != KPI.ValueKind.NUMBER:
        return Figure(None, "")
    if kind == TargetKind.RANGE:
        low, high = points[1], points[2]
        if math.isnan(low):
            return Figure(None, "")
        return signed_figure(kpi, min(value - low, 0.0) or max(value - high, 0.0))
    if target.value is None:
        return Figure(None, "")
    return signed_figure(kpi, value - target.value)


def signed_figure(kpi: KPI, difference: float) -> Figure:
    """A difference with its sign: "+1.2", "−8.8", "0"; a tiny one is not shown as zero."""
    boundaries = (0.0,) if difference < 0 else ()
    digits = display_number(difference, _decimals(kpi), *boundaries)
    text = grouped(digits)
    return Figure(difference, f"+{text}" if difference > 0 and text.strip("0.,") else text)


def age_text(recorded_at: dt.datetime, now: dt.datetime) -> str:
    """How long ago, in one short word: "today", "3 d", "5 mo", "2 y"."""
    days = (now - recorded_at).days
    if days < 1:
        return "today"
    if days < 60:
        return f"{days} d"
    return f"{days // 30} mo" if days < 730 else f"{days // 365} y"


def recorded_text(said: Measurement | MeasurementRevision, organization: Organization) -> str:
    """When and by whom, at the organization's place."""
    local = said.recorded_at.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    return f"recorded {local:%Y-%m-%d %H:%M} by {said.recorded_by}"


def recorded_on(said: Measurement | MeasurementRevision, organization: Organization) -> str:
    """The day at the organization's place."""
    return organization.today(said.recorded_at).isoformat()


def money_text(amount: Decimal | Fraction | None, currency: str = "") -> str:
    """An amount as people read it: cents only where they matter, "–" where there is none.

    >>> money_text(Decimal("620000.00"), "EUR"), money_text(Fraction(100, 3)), money_text(None)
    ('620,000 EUR', '33.33', '–')
    """
    if amount is None:
        return NOTHING
    number = float(amount)
    is_whole = number.is_integer() or abs(number) >= CENTS_MATTER_BELOW
    return f"{grouped(display_number(number, 0 if is_whole else 2))} {currency}".strip()
