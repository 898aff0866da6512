"""How the measured web process runs: as in the image; at its end it tells what it has loaded."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from scorecard_site.gunicorn_conf import *  # noqa: F403

# Tools of developers that libraries use wherever they find them: the image has none of these.
for name in ("pygments", "regex", "requests", "rich"):
    sys.modules[name] = None  # type: ignore[assignment]


def worker_exit(server: Any, worker: Any) -> None:
    """Write the names of all modules."""
    if report := os.environ.get("BENCH_MODULES"):
        Path(report).write_text(json.dumps(sorted(sys.modules)))
