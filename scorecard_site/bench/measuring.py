"""Timing several ways of doing the same work, turn by turn, so that noise meets all alike."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Step = Callable[[], object]
# A ratio that misses its goal by less than this is the machine's noise, not the product's fault.
SLACK = 1.5


def nothing() -> None:
    """The preparation of steps that need none."""


@dataclass(frozen=True)
class Contender:
    """A way of doing the work: named steps, timed in their order after what is not timed.

    A step that is over too soon to be timed alone is called several times in a row.
    """

    name: str
    steps: Mapping[str, Step]
    prepare: Step = nothing
    calls: int = 1


@dataclass(frozen=True)
class Sample:
    """Seconds of one call, round by round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.seconds)

    def __truediv__(self, other: "Sample") -> "Sample":
        """Ratios round by round: what the noise does to a ratio."""
        return Sample(tuple(a / b for a, b in zip(self.seconds, other.seconds, strict=True)))


@dataclass(frozen=True)
class Ratio:
    """What was measured against its floor. goal None: told for comparison only."""

    key: str
    what: str
    measured: Sample
    floor: Sample
    floor_name: str
    goal: float | None = None

    @property
    def value(self) -> float:
        return self.measured.median / self.floor.median

    @property
    def verdict(self) -> str:
        return verdict(self.value, self.goal, SLACK)

    def as_dict(self) -> dict[str, Any]:
        """For programs; times in milliseconds."""
        rounds = (self.measured / self.floor).seconds
        return {
            "key": self.key,
            "what": self.what,
            "ratio": round(self.value, 3),
            "lowest": round(min(rounds), 3),
            "highest": round(max(rounds), 3),
            "milliseconds": round(self.measured.median * 1000, 3),
            "floor": self.floor_name,
            "floor_milliseconds": round(self.floor.median * 1000, 3),
            "rounds": len(rounds),
            "goal": self.goal,
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        told = self.as_dict()
        goal = f"goal {self.goal:g}" if self.goal else ""
        return (
            f"{self.key:4} {told['ratio']:8.2f} × {self.floor_name:24}"
            f" [{told['lowest']:.2f}–{told['highest']:.2f}] {goal:>9} {self.verdict:5}"
            f" {told['milliseconds']:9.2f} / {told['floor_milliseconds']:8.2f} ms  {self.what}"
        )


@dataclass(frozen=True)
class Count:
    """A number that no noise touches: statements, megabytes, modules."""

    key: str
    what: str
    value: float
    goal: float | None = None
    detail: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return verdict(self.value, self.goal, slack=1)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "key": self.key,
            "what": self.what,
            "value": self.value,
            "goal": self.goal,
            "verdict": self.verdict,
            **self.values,
        }

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"goal {self.goal:g}"
        return f"{self.key:4} {self.value:8g} {goal:>12} {self.verdict:5} {self.what} {self.detail}"


Finding = Ratio | Count


def verdict(value: float, goal: float | None, slack: float) -> str:
    """ok; near, where the noise may have missed the goal; MISS.

    >>> [verdict(value, 2.0, 1.5) for value in (1.9, 2.9, 3.1)]
    ['ok', 'near', 'MISS']
    """
    if goal is None:
        return ""
    if value <= goal:
        return "ok"
    return "near" if value <= goal * slack else "MISS"


def timed_rounds(contenders: Sequence[Contender], rounds: int) -> dict[tuple[str, str], Sample]:
    """Seconds by (contender, step) of that many rounds, after one more that only warms up.

    Each round begins with another contender, so that none always follows the same one.
    """
    seconds: dict[tuple[str, str], list[float]] = {
        (contender.name, step): [] for contender in contenders for step in contender.steps
    }
    for number in range(-1, rounds):
        start = number % len(contenders)
        for contender in [*contenders[start:], *contenders[:start]]:
            contender.prepare()
            for step, run in contender.steps.items():
                taken = _seconds(run, contender.calls)
                if number >= 0:
                    seconds[contender.name, step].append(taken)
    return {key: Sample(tuple(taken)) for key, taken in seconds.items()}


def _seconds(run: Step, calls: int) -> float:
    gc.collect()
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls
