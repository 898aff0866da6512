"""What is wanted in the demonstration company: the figures of a KPI at a place and a time."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from calculations.arrays import FloatArray, floats

from .company import CHILDREN
from .plans import KPIPlan

# How the year goes, January first; each averages 1.
SEASONS = {
    "": (1.0,) * 12,
    "heating": (0.84, 0.84, 0.92, 0.97, 0.99, 1.02, 1.00, 0.98, 1.12, 1.16, 1.12, 1.04),
    "winter": (1.45, 1.40, 1.15, 0.90, 0.75, 0.65, 0.65, 0.65, 0.75, 0.95, 1.25, 1.45),
}
_SCORES = (-50.0, 0.0, 50.0, 100.0, 150.0, 200.0)


@dataclass(frozen=True)
class Site:
    """A KPI at a unit, with what that follows from the other places of the KPI."""

    kpi: KPIPlan
    unit: str
    level: float | None  # None: made from its parts
    scale: float
    parts: tuple["Site", ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.kpi.code, self.unit

    @property
    def is_recorded(self) -> bool:
        """Whether values are entered here, and do not follow from others."""
        return not self.kpi.formula and not (self.kpi.rolls and self.parts)

    @property
    def has_target(self) -> bool:
        named = self.kpi.wanted_at.split()
        return (
            self.kpi.has_target
            and self.kpi.kind != "yes_no"
            and self.unit in (named or [self.unit])
        )


def sites(kpi: KPIPlan) -> list[Site]:
    """Where the KPI is measured, parts before what is made of them."""
    places = {place.unit: place for place in kpi.places}
    found: dict[str, Site] = {}

    def site(unit: str) -> Site:
        if unit not in found:
            place = places[unit]
            parts = tuple(map(site, beneath(unit))) if place.level is None else ()
            is_sum = bool(parts) and kpi.over == "sum"
            scale = sum(part.scale for part in parts) if is_sum else place.scale
            found[unit] = Site(kpi, unit, place.level, scale, parts)
        return found[unit]

    def beneath(unit: str) -> Iterator[str]:
        """The nearest places beneath the unit."""
        for child in CHILDREN.get(unit, ()):
            if child in places:
                yield child
            else:
                yield from beneath(child)

    for unit in places:
        site(unit)
    return list(found.values())


def wanted(site: Site, first_year: int, this_year: int) -> Iterator[tuple[dt.date, dict[str, Any]]]:
    """The targets of a site over the years: (valid from, figures), only where they change."""
    kpi = site.kpi
    if not site.has_target:
        return
    if is_phased(kpi):
        for year, month in product(range(first_year, this_year + 1), (1, 4, 7, 10)):
            season = float(np.mean(SEASONS[kpi.season][month - 1 : month + 2]))
            back = this_year - year + (10 - month) / 12
            yield dt.date(year, month, 1), _figures(kpi, site.scale * season, back)
        return
    for year in range(first_year, this_year + 1) if kpi.rise else (first_year,):
        back = this_year - year
        yield dt.date(year, 1, 1), _figures(kpi, site.scale / kpi.grows**back, back)


def is_phased(kpi: KPIPlan) -> bool:
    """Whether what is wanted grows by the quarter, not by the year."""
    return kpi.is_phased or bool(kpi.season)


def values_at(
    site: Site, level: FloatArray, years_back: FloatArray, season: FloatArray
) -> FloatArray:
    """The values with which the site reaches these levels: the target's polyline read backwards.

    All (n,): level as an index of 100 = on target; years_back from this year's figures.
    """
    kpi = site.kpi
    if kpi.kind == "yes_no":
        return floats(level >= 100)
    values = np.interp(level, _SCORES, _points(kpi)) - kpi.rise * years_back
    if kpi.grades:
        grades = np.array([value for _, value in kpi.grades])
        return floats(grades[np.abs(grades[:, np.newaxis] - values).argmin(axis=0)])
    return bounded(kpi, values * site.scale * season)


def bounded(kpi: KPIPlan, values: FloatArray) -> FloatArray:
    """Within what is possible, in as many decimals as the KPI is measured."""
    return floats(np.round(np.clip(values, *_bounds(kpi)), kpi.decimals) + 0.0)


def _points(kpi: KPIPlan) -> tuple[float, ...]:
    """This year's values at the levels of _SCORES, at scale 1."""
    if kpi.curve:
        return _points_of_curve(kpi)
    if kpi.span:
        return _points_of_span(kpi)
    assert kpi.target is not None
    way = kpi.target - kpi.red if kpi.red is not None else kpi.spread * kpi.sign
    red = kpi.target - way
    floor = red - way if kpi.floor is None else kpi.floor
    stretch = _possible(kpi, kpi.target + way) if kpi.stretch is None else kpi.stretch
    return floor - way, floor, red, kpi.target, stretch, _possible(kpi, stretch + way)


def _points_of_curve(kpi: KPIPlan) -> tuple[float, ...]:
    by_score = sorted((score, value) for value, score in kpi.curve)
    scores, values = zip(*by_score, strict=True)
    return tuple(float(np.interp(score, scores, values)) for score in _SCORES)


def _points_of_span(kpi: KPIPlan) -> tuple[float, ...]:
    """From the middle outwards, towards the side on which this company errs."""
    assert kpi.span is not None
    red_low, low, high, red_high = kpi.span
    middle = (low + high) / 2
    if kpi.errs_low:
        way = low - red_low
        return red_low - 2 * way, red_low - way, red_low, low, middle, middle + (high - middle) / 2
    way = red_high - high
    return red_high + 2 * way, red_high + way, red_high, high, middle, (low + middle) / 2


def _possible(kpi: KPIPlan, value: float) -> float:
    lowest, highest = _bounds(kpi)
    return min(max(value, lowest), highest)


def _bounds(kpi: KPIPlan) -> tuple[float, float]:
    return (
        -math.inf if kpi.low is None else kpi.low,
        math.inf if kpi.high is None else kpi.high,
    )


def _figures(kpi: KPIPlan, factor: float, back: float) -> dict[str, Any]:
    if kpi.curve:
        return {"curve": [[value, score] for value, score in kpi.curve]}
    if kpi.span:
        names = ("red_low", "target_low", "target_high", "red_high")
        return dict(zip(names, kpi.span, strict=True))
    moving = {
        "floor": kpi.floor, "red_flag": kpi.red, "target": kpi.target, "stretch": kpi.stretch,
    }  # fmt: skip
    figures = {name: v - kpi.rise * back for name, v in moving.items() if v is not None}
    if kpi.baseline is not None:
        figures["baseline"] = kpi.baseline
    decimals = _decimals(kpi, factor)
    return {name: round(value * factor, decimals) + 0.0 for name, value in figures.items()}


def _decimals(kpi: KPIPlan, factor: float) -> int:
    """Those of the KPI; one more where red flag and target would else come close."""
    way = kpi.spread if kpi.red is None else abs(kpi.target - kpi.red)  # type: ignore[operator]
    is_close = way * factor < 3 * 10.0**-kpi.decimals
    return kpi.decimals + (1 if is_close else 0)
