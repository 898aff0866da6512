"""The product's beat with a shorter minute: `celery -A tests.faults.clock beat`."""

from scorecard_site.celery import app

TICK_SECONDS = 1.0
_schedule = app.conf.beat_schedule
app.conf.beat_schedule = {**_schedule, "tick": {**_schedule["tick"], "schedule": TICK_SECONDS}}
