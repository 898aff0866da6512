"""Celery's beat without the file that it keeps otherwise.

What recurs stands in the settings, and which slots have fired in the database. A file of that would
only be one thing more that a beat can leave damaged when it is killed: Celery's own then starts no
more, and it reads the file by pickle.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.beat import Scheduler


class Clock(Scheduler):  # type: ignore[misc]
    """Begins anew at each start; the age of the empty file tells whether it goes."""

    def __init__(self, *args: Any, schedule_filename: str, **kwargs: Any) -> None:
        self.sign = Path(schedule_filename)
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """What the settings say, and nothing else."""
        super().setup_schedule()
        self.sync()

    def sync(self) -> None:
        """Celery calls it at least every three minutes."""
        with suppress(OSError):
            self.sign.touch()
