"""Who said a value and when: of the values that stand, or of those that stood at a moment."""

import datetime as dt
from collections.abc import Collection

from kpis.models import Measurement, MeasurementRevision
from kpis.selectors.series import said_measurements, superseded

SaidValue = Measurement | MeasurementRevision
SaidKey = tuple[int, dt.date]  # assignment id, start of the period


def said_values(
    assignment_ids: Collection[int], starts: Collection[dt.date], at: dt.datetime | None
) -> dict[SaidKey, SaidValue]:
    """The assignments' values of those periods, by one statement (two as of a moment).

    More may be among them than was asked for: every assignment in every of the periods.
    """
    wanted = {"assignment_id__in": list(assignment_ids), "period_start__in": list(starts)}
    said: list[SaidValue] = []
    if assignment_ids:
        said += said_measurements(at).filter(**wanted).select_related("user", "token")
    if assignment_ids and at is not None:
        past = superseded(MeasurementRevision, "recorded_at", at).filter(**wanted)
        said += past.select_related("user", "token")
    return {(value.assignment_id, value.period_start): value for value in said}
