"""KPIs, where they are measured, their targets and their values."""

from .kpi import KPI, Assignment
from .limits import VALUE_LIMIT
from .measurement import Change, Measurement, MeasurementRevision
from .target import POINTS, RANGE, Target, TargetFigures, TargetRevision

__all__ = [
    "KPI",
    "POINTS",
    "RANGE",
    "VALUE_LIMIT",
    "Assignment",
    "Change",
    "Measurement",
    "MeasurementRevision",
    "Target",
    "TargetFigures",
    "TargetRevision",
]
