"""A source that works without a network: a file as another system could leave it every night."""

import datetime as dt
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings

from calculations.schedules import Every, Schedule
from kpis.models import Measurement
from kpis.services.sources.editing import create_source
from kpis.services.sources.running import ask_for_run

from .dates import CALENDAR
from .load_company import Company

FILE, TABLE = "warehouse.sqlite3", "monthly_figures"
MONTHS, SERIES = 3, 12
UNKNOWN_UNIT = "norwich_depot"  # a site that the company does not know, or not yet
QUERY = f"""SELECT kpi, unit, month AS period, value
FROM {TABLE}
WHERE month = :period"""  # noqa: S608


def load_sources(loaded: Company) -> int:
    """The file and the source that reads it; its first refresh waits for a worker."""
    rows = _rows(loaded)
    if not rows:
        return 0
    _write(Path(settings.SOURCES_FOLDER) / loaded.organization.code, rows)
    about = {"kpi": "", "unit": "", "frequency": "month", "periods": str(MONTHS)}
    source = create_source(
        organization=loaded.organization,
        code="warehouse",
        name="Data warehouse",
        kind="sqlite",
        settings={"file": FILE, "query": QUERY, **about},
        secrets={},
        schedule=Schedule(Every.DAY, at=dt.time(6, 30)),
        by=loaded.users["administrator"],
    )
    ask_for_run(source=source, by=None)
    return 1


def _rows(loaded: Company) -> list[tuple[Any, ...]]:
    """The last months of monthly values that systems have delivered, as they stand."""
    delivered = Measurement.objects.filter(
        organization=loaded.organization,
        user=None,
        assignment__kpi__frequency="month",
        assignment__kpi__formula="",
    )
    ids = delivered.order_by("assignment_id").values_list("assignment_id", flat=True).distinct()
    values = delivered.filter(assignment_id__in=list(ids[:SERIES])).order_by("-period_start")
    starts = sorted({row.period_start for row in values})[-MONTHS:]
    found = [
        (row.assignment.kpi.code, row.assignment.unit.code, _label(row.period_start), row.value)
        for row in values.select_related("assignment__kpi", "assignment__unit")
        if row.period_start in starts
    ]
    return [*found, (found[0][0], UNKNOWN_UNIT, _label(starts[-1]), 0.12)] if found else []


def _label(start: dt.date) -> str:
    return CALENDAR.label(CALENDAR.parse_label(f"{start:%Y-%m}"))


def _write(folder: Path, rows: list[tuple[Any, ...]]) -> None:
    """Whole or not at all: another process may read it, or write it, too."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=folder)
    os.close(number)
    file = sqlite3.connect(name)
    file.execute(f"CREATE TABLE {TABLE} (kpi TEXT, unit TEXT, month TEXT, value REAL)")
    file.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?)", rows)  # noqa: S608
    file.commit()
    file.close()
    Path(name).replace(folder / FILE)
