"""What tests of sources share: Acme's sources, and what workers do with them."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from calculations.schedules import Every, Schedule
from kpis.models import Source, SourceRun
from kpis.services.sources.editing import checked_settings, create_source, fields_of
from kpis.services.sources.kinds import kinds
from kpis.services.sources.running import ask_for_run
from organizations.access import user_access
from organizations.services.jobs.running import run_due_jobs
from tests.worlds import World

HOURLY = Schedule(Every.HOUR, minutes=5)


def typed(kind: str, **said: str) -> dict[str, str]:
    """What a form for the kind sends, with its defaults."""
    return {field.name: field.default for field in fields_of(kinds()[kind])} | said


def sqlite_file(folder: Path, rows: Iterable[tuple[Any, ...]], name: str = "crm.sqlite3") -> Path:
    """A file in Acme's folder with a table `figures` of kpi, unit, period, value."""
    path = folder / "acme" / name
    path.parent.mkdir(exist_ok=True)
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE IF NOT EXISTS figures (kpi, unit, period, value)")
        file.execute("DELETE FROM figures")
        file.executemany("INSERT INTO figures VALUES (?, ?, ?, ?)", rows)
    file.close()
    return path


def new_source(acme: World, by: str = "root", kind: str = "sqlite", **said: str) -> Source:
    """A source of Acme's, as that person sets it up."""
    said = said or {"file": "crm.sqlite3", "query": "SELECT * FROM figures"}
    access = user_access(acme.users[by], "acme")
    assert access is not None
    settings, secrets = checked_settings(access, kinds()[kind], typed(kind, **said))
    return create_source(
        organization=acme.organization,
        code="crm",
        name="CRM",
        kind=kind,
        settings=settings,
        secrets=secrets,
        schedule=HOURLY,
        by=acme.users[by],
    )


def refreshed(source: Source, acme: World, by: str = "root") -> SourceRun:
    """The run after a worker has done it."""
    ask_for_run(source=source, by=acme.users[by])
    run_due_jobs()
    return SourceRun.objects.filter(source=source).latest("pk")
