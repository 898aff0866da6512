"""The two series that a causal link compares, of all links of a scorecard by a few statements.

Scores of the objectives from the stored sheets, in the finest reporting frequency in which both
have news; or the values of chosen KPIs at the scorecard's unit, as the KPI's page shows them.
Only periods that are over count, so that half a month does not look like a fall.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray
from calculations.figures import Span
from calculations.periods import Calendar, Frequency, Period
from kpis.models import KPI, Assignment
from kpis.selectors.series import kpi_facts
from scorecards.models import ObjectiveKPI, Scorecard, ScoreSheet
from scorecards.selectors.signals.reading import complete_values
from strategy_maps.models import CausalLink

LONGEST = 120  # periods, the newest, that are compared
PER_YEAR = {Frequency.MONTH: 12, Frequency.QUARTER: 4, Frequency.HALF: 2, Frequency.YEAR: 1}
By = dict[tuple[Frequency, int], FloatArray]  # by frequency, and by objective or KPI


@dataclass(frozen=True)
class Compared:
    """Two aligned series of a link, oldest first; nan = missing. More is better in both.

    lags: those to be tried, in periods.
    """

    frequency: Frequency
    periods: tuple[Period, ...]
    cause: FloatArray
    effect: FloatArray
    lags: tuple[int, ...]
    basis: str

    @property
    def season(self) -> int:
        """Periods in a year."""
        return PER_YEAR[self.frequency]


def compared_series(scorecard: Scorecard, links: Sequence[CausalLink]) -> dict[int, Compared]:
    """By link, which were read with their objectives and KPIs; a fixed number of statements."""
    calendar = scorecard.organization.calendar
    frequencies = _frequencies(scorecard, links)
    periods = {
        each: _periods(scorecard, calendar, each) for each in sorted(set(frequencies.values()))
    }
    scores = _scores(scorecard, periods, links)
    values = _values(scorecard, calendar, periods, links)
    found = {}
    for link in links:
        frequency = frequencies[link.pk]
        nothing = np.full(len(periods[frequency]), np.nan)
        cause, effect = (
            values.get((frequency, kpi), nothing)
            if kpi
            else scores.get((frequency, objective), nothing)
            for objective, kpi in _ends(link)
        )
        start = _start(cause, effect)
        found[link.pk] = Compared(
            frequency=frequency,
            periods=periods[frequency][start:],
            cause=cause[start:],
            effect=effect[start:],
            lags=lags_within(link.lag_from, link.lag_to, 12 // PER_YEAR[frequency]),
            basis=_basis(link, frequency),
        )
    return found


def lags_within(least: int, most: int, months: int) -> tuple[int, ...]:
    """The lags in periods of so many months that lie within months; else those next to them.

    >>> lags_within(2, 4, 1), lags_within(6, 6, 3), lags_within(2, 7, 3)
    ((2, 3, 4), (2,), (1, 2))
    >>> lags_within(1, 2, 3), lags_within(0, 0, 3), lags_within(4, 4, 3)
    ((0, 1), (0,), (1, 2))
    """
    first, last = -(-least // months), most // months
    return tuple(range(min(first, last), max(first, last) + 1))


def _ends(link: CausalLink) -> tuple[tuple[int, int | None], tuple[int, int | None]]:
    """Of the cause and of the effect: the objective, and the KPI that stands for it, if any."""
    return (link.cause_id, link.cause_kpi_id), (link.effect_id, link.effect_kpi_id)


def _start(cause: FloatArray, effect: FloatArray) -> int:
    known = np.flatnonzero(~np.isnan(cause) | ~np.isnan(effect))
    return int(known[0]) if known.size else cause.size


# --- How often


def _frequencies(scorecard: Scorecard, links: Iterable[CausalLink]) -> dict[int, Frequency]:
    """By link, by one statement."""
    own = _news(scorecard)
    reporting = scorecard.organization.frequencies
    return {link.pk: _frequency(link, own, reporting) for link in links}


def _news(scorecard: Scorecard) -> dict[int, Frequency]:
    """By objective, how often the most frequent of its KPIs brings news."""
    rows = ObjectiveKPI.objects.live().filter(objective__scorecard=scorecard)
    found: dict[int, Frequency] = {}
    for objective, name in rows.values_list("objective_id", "kpi__frequency"):
        found[objective] = min(Frequency(name), found.get(objective, Frequency.YEAR), key=_rank)
    return found


def _rank(frequency: Frequency) -> int:
    return frequency.rank


def _frequency(
    link: CausalLink, own: Mapping[int, Frequency], reporting: Sequence[Frequency]
) -> Frequency:
    """The finest in which both ends have news, months at the finest.

    Scores are stored by reporting frequencies only, so that one of these is taken for them.
    """
    kpis = [kpi for kpi in (link.cause_kpi, link.effect_kpi) if kpi]
    news = [Frequency(kpi.frequency) for kpi in kpis]
    news += [own.get(objective, Frequency.MONTH) for objective, kpi in _ends(link) if not kpi]
    wanted = max([Frequency.MONTH, *news], key=_rank)
    if len(kpis) == 2:
        return wanted
    fit = [each for each in reporting if each.rank >= wanted.rank]
    coarse = [each for each in reporting if each in PER_YEAR]
    return fit[0] if fit else coarse[-1] if coarse else wanted


def _periods(scorecard: Scorecard, calendar: Calendar, frequency: Frequency) -> tuple[Period, ...]:
    """The newest that are over."""
    end = calendar.ordinal(calendar.period(frequency, scorecard.organization.today()))
    return tuple(calendar.period_at(each, frequency) for each in range(end - LONGEST, end))


# --- Figures


def _scores(
    scorecard: Scorecard,
    periods: Mapping[Frequency, Sequence[Period]],
    links: Iterable[CausalLink],
) -> By:
    """The scores of the objectives that are compared by them, by one statement."""
    codes = dict(_scored(links))
    found: By = {
        (each, pk): np.full(len(periods[each]), np.nan) for each in periods for pk in codes
    }
    if not codes:
        return found
    places = {each: place for columns in periods.values() for place, each in enumerate(columns)}
    first = min(columns[0].start for columns in periods.values())
    sheets = ScoreSheet.objects.filter(
        scorecard=scorecard, frequency__in=list(periods), period_start__gte=first
    )
    for name, start, detail in sheets.values_list("frequency", "period_start", "detail"):
        period, stored = Period(Frequency(name), start), detail.get("objectives", {})
        for pk, code in codes.items():
            score = stored.get(code, {}).get("score")
            if score is not None and period in places:
                found[period.frequency, pk][places[period]] = score
    return found


def _scored(links: Iterable[CausalLink]) -> Iterator[tuple[int, str]]:
    """The objectives that no KPI stands for, with their codes."""
    for link in links:
        if not link.cause_kpi_id:
            yield link.cause_id, link.cause.code
        if not link.effect_kpi_id:
            yield link.effect_id, link.effect.code


def _values(
    scorecard: Scorecard,
    calendar: Calendar,
    periods: Mapping[Frequency, Sequence[Period]],
    links: Iterable[CausalLink],
) -> By:
    """The values of chosen KPIs where the scorecard is, turned so that more is better.

    Of KPIs whose best lies within a range, the scores.
    """
    ids = {kpi for link in links for _, kpi in _ends(link) if kpi}
    if not ids:
        return {}
    rows = Assignment.objects.live().filter(
        organization=scorecard.organization_id, unit=scorecard.unit_id, kpi__in=ids
    )
    assignments = list(rows.select_related("kpi").order_by("pk"))
    columns = [each for frequency in periods.values() for each in frequency]
    spans = [Span(each.start, calendar.end(each), each.frequency) for each in columns]
    facts = kpi_facts(scorecard.organization, assignments, spans)
    figures = facts.figures(spans)
    found: By = {}
    for row, assignment in enumerate(assignments):
        values = complete_values(calendar, columns, figures, row, facts.today)
        if assignment.kpi.sign == 0:
            values = np.where(np.isnan(values), np.nan, figures.scores[row])
        start = 0
        for frequency, those in periods.items():
            end = start + len(those)
            found[frequency, assignment.kpi_id] = values[start:end] * (assignment.kpi.sign or 1)
            start = end
    return found


# --- Words


def _basis(link: CausalLink, frequency: Frequency) -> str:
    """Which series are compared."""
    ends = [
        _told(kpi) if kpi else f"the score of “{objective.name}”"
        for objective, kpi in ((link.cause, link.cause_kpi), (link.effect, link.effect_kpi))
    ]
    return f"{ends[0]} and {ends[1]}, by {frequency}"[:500]


def _told(kpi: KPI) -> str:
    """What of a KPI is compared; its direction is turned so that more is better."""
    return f"the score of the KPI “{kpi.name}”" if kpi.sign == 0 else f"“{kpi.name}”"
