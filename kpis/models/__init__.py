"""KPIs, where they are measured, their targets and their values."""

from .kpi import FORMULA_LENGTH, KPI, MAX_CARRY_FORWARD, Assignment, KPIInput
from .limits import VALUE_LIMIT
from .measurement import Change, Measurement, MeasurementRevision, Restatement
from .questions import NOTE_LENGTH, QUESTIONS
from .source import Source, SourceFeed, SourceRun, SourceSecret
from .target import POINTS, RANGE, Target, TargetFigures, TargetRevision

__all__ = [
    "FORMULA_LENGTH",
    "KPI",
    "MAX_CARRY_FORWARD",
    "NOTE_LENGTH",
    "POINTS",
    "QUESTIONS",
    "RANGE",
    "VALUE_LIMIT",
    "Assignment",
    "Change",
    "KPIInput",
    "Measurement",
    "MeasurementRevision",
    "Restatement",
    "Source",
    "SourceFeed",
    "SourceRun",
    "SourceSecret",
    "Target",
    "TargetFigures",
    "TargetRevision",
]
