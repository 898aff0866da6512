"""What was promised against what is kept: pure functions, which see what is planted."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Key = tuple[str, str, str, str]  # organization, KPI, unit, month
Versions = Mapping[Key, Sequence[float]]  # what was said of a key, one after the other
NAMED = 20


@dataclass(frozen=True)
class Ended:
    """A refresh that was asked for: its job, its run, and what it should have come to."""

    about: str
    job: str  # states; "" where there is none
    run: str
    said: str
    brought: int
    refused: int
    should: str  # "done", or "failed" by an answer that is none

    @property
    def problem(self) -> str:
        """What is wrong with it; "" if nothing is."""
        if self.job != self.should:
            return f"{self.about}: the job is {self.job or 'lost'}, not {self.should} ({self.said})"
        if self.run != self.job:
            return f"{self.about}: the job is {self.job}, its run {self.run or 'lost'}"
        if self.job == "failed" and (self.brought or not self.said):
            return f"{self.about}: it failed, brought {self.brought} and said “{self.said}”"
        if self.job == "done" and self.brought + self.refused != 1:
            return f"{self.about}: it is done, and brought {self.brought} values"
        return ""


@dataclass(frozen=True)
class Fired:
    """A slot that came: how often it was claimed, and how many jobs it has asked for."""

    what: str
    at: dt.datetime
    claims: int
    jobs: int

    @property
    def problem(self) -> str:
        if self.claims == self.jobs == 1:
            return ""
        return f"{self.what} at {self.at}: claimed {self.claims} times, {self.jobs} jobs"


@dataclass(frozen=True)
class Account:
    """What became of everything."""

    acknowledged: int
    stored: int
    lost: tuple[str, ...]
    duplicated: tuple[str, ...]
    disordered: tuple[str, ...]
    refreshes: int
    badly_ended: tuple[str, ...]
    slots: int
    badly_fired: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        values = (self.lost, self.duplicated, self.disordered)
        named = (each[:NAMED] for each in (*values, self.badly_ended, self.badly_fired))
        return (*(said for each in named for said in each), *self.findings)

    def lines(self) -> list[str]:
        """For people, and for the test of a round."""
        return [
            f"acknowledged {self.acknowledged}",
            f"stored {self.stored}",
            f"lost {len(self.lost)}",
            f"duplicated {len(self.duplicated)}",
            f"in another order {len(self.disordered)}",
            f"refreshes {self.refreshes}, not ended as they should {len(self.badly_ended)}",
            f"slots {self.slots}, not fired once {len(self.badly_fired)}",
            f"findings {len(self.findings)}",
        ]


def account(
    said: Versions,
    kept: Versions,
    ended: Iterable[Ended] = (),
    fired: Iterable[Fired] = (),
    findings: Iterable[str] = (),
) -> Account:
    """said: what was acknowledged of each key, in that order; kept: its versions as stored."""
    ended, fired = list(ended), list(fired)
    lost, duplicated = _compared(said, kept), _compared(kept, said)
    swapped = (
        f"{'/'.join(key)}: said {list(said[key])}, stored {list(kept.get(key, ()))}"
        for key in sorted(said)
        if sorted(said[key]) == sorted(kept.get(key, ())) and list(said[key]) != list(kept[key])
    )
    return Account(
        acknowledged=_count(said),
        stored=_count(kept),
        lost=tuple(f"lost: {each}" for each in lost),
        duplicated=tuple(f"stored without a word: {each}" for each in duplicated),
        disordered=tuple(swapped),
        refreshes=len(ended),
        badly_ended=tuple(each.problem for each in ended if each.problem),
        slots=len(fired),
        badly_fired=tuple(each.problem for each in fired if each.problem),
        findings=tuple(findings),
    )


def _count(versions: Versions) -> int:
    return sum(map(len, versions.values()))


def _compared(these: Versions, those: Versions) -> list[str]:
    """What these have and those have not."""
    more = ((key, Counter(these[key]) - Counter(those.get(key, ()))) for key in sorted(these))
    return [f"{'/'.join(key)} {value:g}" for key, left in more for value in left.elements()]
