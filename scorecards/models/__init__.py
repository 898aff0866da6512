"""Scorecards and what they are made of, initiatives, editions and stored scores."""

from .initiative import Initiative, InitiativeObjective, Milestone
from .score import Edition, ScoreSheet
from .scorecard import (
    Alignment,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)

__all__ = [
    "Alignment",
    "Edition",
    "Initiative",
    "InitiativeObjective",
    "Milestone",
    "Objective",
    "ObjectiveKPI",
    "Perspective",
    "ScoreSheet",
    "Scorecard",
    "Theme",
]
