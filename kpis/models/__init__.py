"""KPIs, where they are measured, their targets and their values."""

from .kpi import FORMULA_LENGTH, KPI, MAX_CARRY_FORWARD, Assignment, KPIInput
from .limits import VALUE_LIMIT
from .measurement import Change, Measurement, MeasurementRevision, Restatement
from .process_change import LONGEST_CHANGE_NOTE, ProcessChange
from .questions import NOTE_LENGTH, QUESTIONS
from .source import Source, SourceFeed, SourceRun, SourceSecret
from .target import POINTS, RANGE, Target, TargetFigures, TargetRevision

__all__ = [
    "FORMULA_LENGTH",
    "KPI",
    "LONGEST_CHANGE_NOTE",
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
    "ProcessChange",
    "Restatement",
    "Source",
    "SourceFeed",
    "SourceRun",
    "SourceSecret",
    "Target",
    "TargetFigures",
    "TargetRevision",
]
