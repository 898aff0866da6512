"""Causal links as sentences: what somebody expects to happen, and what the figures say of it.

Names of objectives are quoted, so that a sentence reads well whether they are noun phrases
(“First-time fix rate”) or imperatives (“Win loyal customers”).
"""

from dataclasses import dataclass

from strategy_maps.models import CausalLink, Evidence, Strength, Verdict

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
HOW_MUCH = {Strength.WEAK: " a little", Strength.MODERATE: "", Strength.STRONG: " strongly"}
MONTHS_OF = (("year", 12), ("quarter", 3))
VERDICTS = {
    Verdict.CONFIRMED: "The data confirm it",
    Verdict.NOT_CONFIRMED: "The data do not confirm it",
    Verdict.CONTRADICTED: "The data contradict it",
    Verdict.TOO_LITTLE: "There is too little data to tell",
}
UNTESTED = "Not tested yet"


@dataclass(frozen=True)
class Hypothesis:
    """A causal link in words. verdict: "" where nobody has looked at the figures yet."""

    cause: str  # codes
    effect: str
    sentence: str
    verdict: str
    verdict_text: str


def hypothesis(link: CausalLink, evidence: Evidence | None) -> Hypothesis:
    """Of a link that was read with both its objectives."""
    return Hypothesis(
        cause=link.cause.code,
        effect=link.effect.code,
        sentence=sentence(
            link.cause.name,
            link.effect.name,
            is_inverse=link.is_inverse,
            strength=link.strength,
            months=(link.lag_from, link.lag_to),
        ),
        verdict=evidence.verdict if evidence else "",
        verdict_text=VERDICTS[Verdict(evidence.verdict)] if evidence else UNTESTED,
    )


def sentence(
    cause: str, effect: str, *, is_inverse: bool, strength: int, months: tuple[int, int]
) -> str:
    """What is expected, as one sentence.

    >>> print(sentence("First-time fix", "Loyalty", is_inverse=False, strength=2, months=(6, 6)))
    If “First-time fix” improves, then “Loyalty” improves after about two quarters.
    >>> print(sentence("Cut costs", "Service", is_inverse=True, strength=3, months=(2, 4)))
    If “Cut costs” improves, then “Service” worsens strongly after 2–4 months.
    >>> print(sentence("Training", "Quality", is_inverse=False, strength=1, months=(0, 0)))
    If “Training” improves, then “Quality” improves a little at once.
    """
    becomes = "worsens" if is_inverse else "improves"
    much, when = HOW_MUCH[Strength(strength)], lag_text(*months)
    return f"If “{cause}” improves, then “{effect}” {becomes}{much} {when}."


def lag_text(least: int, most: int) -> str:
    """After how long, for months from the least to the most.

    >>> lag_text(0, 0), lag_text(0, 1), lag_text(0, 3), lag_text(0, 4)
    ('at once', 'within a month', 'within a quarter', 'within 4 months')
    >>> lag_text(1, 1), lag_text(3, 3), lag_text(6, 6), lag_text(5, 5)
    ('after about a month', 'after about a quarter', 'after about two quarters', 'after about five months')
    >>> lag_text(12, 12), lag_text(24, 24), lag_text(18, 18)
    ('after about a year', 'after about two years', 'after about six quarters')
    >>> lag_text(2, 4), lag_text(3, 6), lag_text(12, 24)
    ('after 2–4 months', 'after 1–2 quarters', 'after 1–2 years')
    """  # noqa: E501
    if least == most:
        return f"after about {_long(most)}" if most else "at once"
    unit, size = _unit(most) if least == 0 else _unit(least, most)
    if least == 0:
        count = most // size
        return f"within a {unit}" if count == 1 else f"within {count} {unit}s"
    return f"after {least // size}–{most // size} {unit}s"


def short_lag(least: int, most: int) -> str:
    """The same beside a line of the map: months, "" at once.

    >>> short_lag(0, 0), short_lag(6, 6), short_lag(2, 4), short_lag(0, 3)
    ('', '6 mo', '2–4 mo', '0–3 mo')
    """
    if least == most:
        return f"{most} mo" if most else ""
    return f"{least}–{most} mo"


def _unit(*months: int) -> tuple[str, int]:
    """The longest unit of which all are whole numbers."""
    for unit, size in MONTHS_OF:
        if all(each % size == 0 for each in months):
            return unit, size
    return "month", 1


def _long(months: int) -> str:
    unit, size = _unit(months)
    count = months // size
    if count == 1:
        return f"a {unit}"
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} {unit}s"
