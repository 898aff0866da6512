"""Finding rows in JSON in a child process, which may fail without harm to the one that asks."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from .limits import JSON_MEMORY

ROOT = Path(__file__).resolve().parents[2]
TOO_MUCH = "The paths take more time or memory than rows need. Write simpler ones."


class UnreadableJson(ValueError):
    """There are no rows; the message says what to look at."""


def json_rows(
    content: bytes, rows: str, cells: Sequence[str], most_rows: int, seconds: float
) -> list[list[Any]]:
    """What the paths of cells find in each row, None for an empty path. Raises UnreadableJson."""
    head = json.dumps({"rows": rows, "cells": list(cells)}).encode() + b"\n"
    command = [sys.executable, "-m", "calculations.tables.json_process", str(most_rows)]
    try:
        done = subprocess.run(
            command,
            input=head + content,
            capture_output=True,
            timeout=seconds,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", "")},  # none of this process's secrets
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableJson(TOO_MUCH) from None
    if done.returncode or len(done.stdout) > JSON_MEMORY:
        raise UnreadableJson(TOO_MUCH)
    answer = orjson.loads(done.stdout)
    if "refusal" in answer:
        raise UnreadableJson(answer["refusal"])
    found: list[list[Any]] = answer["rows"]
    return found
