"""What the figures say of a causal link, in words and as pictures for its page."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculations.arrays import FloatArray
from calculations.display import NOTHING
from calculations.evidence import FEWEST
from calculations.periods import Frequency, Period
from scorecards.models import Scorecard
from scorecards.selectors.formats import plain
from scorecards.selectors.shapes import Trend
from strategy_maps.models import CausalLink, Evidence, Verdict

from .series import Compared, compared_series

NAMES = {each: str(each) for each in Frequency} | {Frequency.HALF: "half-year"}
FINDINGS = {
    Verdict.CONFIRMED: "Confirmed",
    Verdict.NOT_CONFIRMED: "Not confirmed",
    Verdict.CONTRADICTED: "Contradicted",
    Verdict.TOO_LITTLE: "Too little data",
}
UNTESTED = "Not tested yet"
SOON = "A worker looks at the figures soon, and then every night."
Lines = tuple[str, ...]


@dataclass(frozen=True)
class LagRow:
    """A lag that was tried. association: None where there is too little data."""

    text: str
    association: float | None
    association_text: str
    n: int
    is_clearest: bool


@dataclass(frozen=True)
class ShiftedTrend:
    """A series as a line, so moved that cause and effect stand under each other."""

    name: str
    span_text: str  # "2022-05 to 2025-12"
    trend: Trend


@dataclass(frozen=True)
class EvidenceSection:
    """finding: the verdict in a word or three; sentences: what was found."""

    finding: str
    sentences: Lines
    basis: str
    since: dt.datetime | None
    periods_name: str  # "months"
    rows: tuple[LagRow, ...]
    shift_text: str
    trends: tuple[ShiftedTrend, ...]


def evidence_section(scorecard: Scorecard, link: CausalLink) -> EvidenceSection:
    """Of a link that was read with its objectives, KPIs and evidence; a fixed number of statements.

    The lines are those of today; the finding is that of the last test.
    """
    evidence: Evidence | None = getattr(link, "evidence", None)
    compared = compared_series(scorecard, [link])[link.pk]
    lag = evidence.lag if evidence and evidence.lag is not None else compared.lags[0]
    return EvidenceSection(
        finding=FINDINGS[Verdict(evidence.verdict)] if evidence else UNTESTED,
        sentences=finding_sentences(link, evidence) if evidence else (SOON,),
        basis=evidence.basis if evidence else compared.basis,
        since=evidence.computed_at if evidence else None,
        periods_name=f"{NAMES[compared.frequency]}s",
        rows=tuple(_rows(evidence)) if evidence else (),
        shift_text=lag_words(lag, compared.frequency),
        trends=_trends(scorecard, link, compared, lag),
    )


def finding_sentences(link: CausalLink, evidence: Evidence) -> Lines:
    """What was found, and how easily chance brings it."""
    ends = f"“{link.cause.name}”", f"“{link.effect.name}”"
    frequency = Frequency(evidence.frequency)
    if evidence.association is None or evidence.lag is None or evidence.p_value is None:
        return (_too_little(evidence, frequency),)
    when = lag_words(evidence.lag, frequency)
    periods = counted(evidence.n, frequency)
    chance = chance_words(evidence.p_value)
    if evidence.verdict in (Verdict.CONFIRMED, Verdict.CONTRADICTED):
        became = "worsened" if evidence.association < 0 else "improved"
        found = f"When {ends[0]} improved, {ends[1]} {became} {when}, over {periods}."
        expected = "improve" if link.is_inverse is False else "worsen"
        against = f"We expected it to {expected}."
        said = (found, f"So clear a pattern arises by chance {chance}.")
        return said if evidence.verdict == Verdict.CONFIRMED else (found, against, said[1])
    nothing = f"Changes of {ends[0]} and of {ends[1]} go together no more clearly than by chance."
    most = f"The clearest pattern, {when} over {periods}, arises by chance {chance}."
    if evidence.verdict == Verdict.NOT_CONFIRMED:
        return nothing, most
    return f"{nothing} {most}", "At other lags that we expect there is too little data yet."


def _too_little(evidence: Evidence, frequency: Frequency) -> str:
    needed = counted(FEWEST, frequency)
    if evidence.n >= FEWEST:
        return (
            f"There are {counted(evidence.n, frequency)} with both figures, but in too many of"
            " them one stands still, or the one before is missing."
        )
    have = counted(evidence.n, frequency) if evidence.n else "none"
    return f"At least {needed} with both figures are needed; there are {have}."


def lag_words(lag: int, frequency: Frequency) -> str:
    """How much later the effect is seen.

    >>> [lag_words(lag, Frequency.QUARTER) for lag in (0, 1, 2)]
    ['in the same quarter', '1 quarter later', '2 quarters later']
    """
    return f"{counted(lag, frequency)} later" if lag else f"in the same {NAMES[frequency]}"


def counted(count: int, frequency: Frequency) -> str:
    """So many periods.

    >>> counted(1, Frequency.HALF), counted(31, Frequency.MONTH)
    ('1 half-year', '31 months')
    """
    return f"{count} {NAMES[frequency]}{'' if count == 1 else 's'}"


def chance_words(p_value: float) -> str:
    """How often chance brings the pattern.

    >>> [chance_words(p) for p in (0.0005, 0.0021, 0.01, 0.048, 0.3, 0.45, 0.8)]
    ['less than once in 1,000 tries', 'about once in 480 tries', 'about once in 100 tries', \
'about once in 20 tries', 'about once in 3 tries', 'about every second time', 'more often than not']
    """
    if p_value > 0.55:
        return "more often than not"
    if p_value < 0.001:
        return "less than once in 1,000 tries"
    tries = 1 / p_value
    rounded = round(tries, -1 if tries >= 19.5 else 0)
    return f"about once in {rounded:.0f} tries" if rounded > 2 else "about every second time"


def _rows(evidence: Evidence) -> list[LagRow]:
    frequency = Frequency(evidence.frequency)
    return [
        LagRow(
            text=lag_words(figure["lag"], frequency),
            association=figure["association"],
            association_text=_signed(figure["association"]),
            n=figure["n"],
            is_clearest=figure["lag"] == evidence.lag,
        )
        for figure in evidence.profile
    ]


def _signed(number: float | None) -> str:
    return NOTHING if number is None else f"{number:+.2f}".replace("-", "−")


# --- The two series


def _trends(
    scorecard: Scorecard, link: CausalLink, compared: Compared, lag: int
) -> tuple[ShiftedTrend, ...]:
    """Under each other what belongs together; none where nothing would be seen."""
    size = len(compared.periods) - lag
    if size < 2:
        return ()
    names = (
        link.cause_kpi.name if link.cause_kpi else link.cause.name,
        link.effect_kpi.name if link.effect_kpi else link.effect.name,
    )
    return (
        _shifted(scorecard, names[0], compared.periods[:size], compared.cause[:size]),
        _shifted(scorecard, names[1], compared.periods[lag:], compared.effect[lag:]),
    )


def _shifted(
    scorecard: Scorecard, name: str, periods: Sequence[Period], values: FloatArray
) -> ShiftedTrend:
    calendar = scorecard.organization.calendar
    span = f"{calendar.label(periods[0])} to {calendar.label(periods[-1])}"
    known = int((~np.isnan(values)).sum())
    label = f"{name}, {span}, {known} of {len(periods)} periods known"
    return ShiftedTrend(name, span, Trend(tuple(map(plain, values.tolist())), label=label))
