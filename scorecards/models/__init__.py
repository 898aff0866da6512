"""Scorecards and what they are made of, initiatives, editions and stored scores."""

from .content import (
    Contribution,
    EditionContent,
    KpiLink,
    ObjectiveNode,
    PerspectiveNode,
)
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
    "Contribution",
    "Edition",
    "EditionContent",
    "Initiative",
    "InitiativeObjective",
    "KpiLink",
    "Milestone",
    "Objective",
    "ObjectiveKPI",
    "ObjectiveNode",
    "Perspective",
    "PerspectiveNode",
    "ScoreSheet",
    "Scorecard",
    "Theme",
]
