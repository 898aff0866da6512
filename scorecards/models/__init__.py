"""Scorecards and what they are made of, initiatives, editions and stored scores."""

from .assessment import Assessment
from .book import Book
from .commentary import Commentary, Evidence, EvidenceFile
from .content import (
    Contribution,
    EditionContent,
    KpiLink,
    ObjectiveNode,
    PerspectiveNode,
)
from .dashboard import MOST_PANELS, Dashboard, Panel
from .initiative import Initiative, InitiativeObjective, Milestone
from .public_link import PublicLink
from .reminder import ReminderChoice
from .reported import ReportedSheet
from .score import Edition, ScoreSheet
from .scorecard import (
    Alignment,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    ScorecardQuerySet,
    Theme,
)
from .table_import import Import
from .webhook import Webhook, WebhookChannel, WebhookDelivery

__all__ = [
    "MOST_PANELS",
    "Alignment",
    "Assessment",
    "Book",
    "Commentary",
    "Contribution",
    "Dashboard",
    "Edition",
    "EditionContent",
    "Evidence",
    "EvidenceFile",
    "Import",
    "Initiative",
    "InitiativeObjective",
    "KpiLink",
    "Milestone",
    "Objective",
    "ObjectiveKPI",
    "ObjectiveNode",
    "Panel",
    "Perspective",
    "PerspectiveNode",
    "PublicLink",
    "ReminderChoice",
    "ReportedSheet",
    "ScoreSheet",
    "Scorecard",
    "ScorecardQuerySet",
    "Theme",
    "Webhook",
    "WebhookChannel",
    "WebhookDelivery",
]
