"""The seven questions of a meaningful KPI: their words, and how many of them are answered."""

from dataclasses import dataclass
from typing import NamedTuple

from kpis.models import KPI, QUESTIONS


class Words(NamedTuple):
    """A question, how it is called in a few words, and what to think of before saying yes."""

    question: str
    brief: str
    hint: str


WORDS = {
    "reaches": Words(
        "Does it tell whether the objective is reached?",
        "tells of its objective",
        "If it can be green while the objective is missed, it measures something else.",
    ),
    "owned": Words(
        "Does somebody own it who can influence it?",
        "owned by somebody who can influence it",
        "Name a person rather than a department.",
    ),
    "decides": Words(
        "Will it lead to a decision or an action?",
        "leads to a decision",
        "Say what would be done if it turned red tomorrow.",
    ),
    "defined": Words(
        "Would two people get the same value?",
        "defined so that two people get the same value",
        "What is counted and what is not, from which source, on which day.",
    ),
    "timely": Words(
        "Can it be measured in time, at a sensible cost?",
        "measured in time at a sensible cost",
        "A rough value next week beats an exact one next quarter.",
    ),
    "balanced": Words(
        "Is it hard to game, or does another KPI balance it?",
        "hard to game, or balanced",
        "Think of what people would do to look good, and which KPI would show it.",
    ),
    "compared": Words(
        "Is there something to compare it with?",
        "comparable",
        "A target, its own past, or a benchmark.",
    ),
}


@dataclass(frozen=True)
class OpenQuestion:
    """A question that is not answered with yes; is_no: it is answered with no."""

    question: str
    is_no: bool
    note: str


@dataclass(frozen=True)
class Checklist:
    """How far the seven questions are answered with yes."""

    met: int
    total: int
    open: tuple[OpenQuestion, ...]
    notes: tuple[tuple[str, str], ...]  # the notes to questions that are answered with yes
    is_begun: bool


def checklist(kpi: KPI) -> Checklist:
    """The answers as the KPI's page tells them."""
    still_open = kpi.open_questions
    met = [name for name in QUESTIONS if name not in still_open]
    noted = [(WORDS[name].question, kpi.answers[name]["note"]) for name in met]
    return Checklist(
        met=len(met),
        total=len(QUESTIONS),
        open=tuple(_open(kpi, name) for name in still_open),
        notes=tuple((question, note) for question, note in noted if note),
        is_begun=bool(kpi.answers),
    )


def _open(kpi: KPI, name: str) -> OpenQuestion:
    said = kpi.answers.get(name, {"answer": "", "note": ""})
    return OpenQuestion(WORDS[name].question, said["answer"] == "no", said["note"])
