"""Roll-up over units: from the figures of the units beneath to those of a unit."""

from enum import StrEnum


class UnitRule(StrEnum):
    """How the value of a unit follows from the units beneath it where the KPI is measured too."""

    OWN = "own"
    SUM = "sum"
    MEAN = "mean"
    FORMULA = "formula"
