"""Background work on what is measured."""

import datetime as dt
from collections.abc import Iterable

from kpis.services.sources import running
from organizations.services.jobs.handlers import Recurring, handles, recurring
from organizations.services.jobs.leases import Work


@handles(
    running.JOB,
    name="Refreshing a source",
    tries=running.TRIES,
    broken_off=running.note_broken_off,
)
def refresh_source(work: Work) -> None:
    """Ask a source for values and record them."""
    running.refresh_source(work)


@recurring("sources")
def scheduled_sources(now: dt.datetime) -> Iterable[Recurring]:
    """The schedules of all sources."""
    return running.scheduled_sources(now)
