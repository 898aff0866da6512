"""Who said a value and when: of the values that stand, or of those that stood at a moment."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

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
    said: list[SaidValue] = []
    for rows in _said(assignment_ids, starts, at):
        said += rows.select_related("user", "token")
    return {(value.assignment_id, value.period_start): value for value in said}


def said_moments(keys: Collection[SaidKey], at: dt.datetime | None) -> dict[SaidKey, dt.datetime]:
    """When those of the values that are known were said, by as many statements."""
    fields = ("assignment_id", "period_start", "recorded_at")
    moments = {
        (pk, start): moment
        for rows in _said({pk for pk, _ in keys}, {start for _, start in keys}, at)
        for pk, start, moment in rows.values_list(*fields)
    }
    return {key: moments[key] for key in keys if key in moments}


def _said(
    assignment_ids: Collection[int], starts: Collection[dt.date], at: dt.datetime | None
) -> list[QuerySet[Any]]:
    """Values that stand or stood at the moment; none where no assignment is asked for."""
    if not assignment_ids:
        return []
    wanted = {"assignment_id__in": list(assignment_ids), "period_start__in": list(starts)}
    current = said_measurements(at).filter(**wanted)
    if at is None:
        return [current]
    return [current, superseded(MeasurementRevision, "recorded_at", at).filter(**wanted)]
