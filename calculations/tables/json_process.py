"""Finds rows in a JSON answer by JMESPaths, in a process that may fail without harm to others.

Started as `python -m calculations.tables.json_process most_rows`. Standard input is a line of JSON,
{"rows": path, "cells": [path, …]}, and then the answer; standard output is JSON: {"rows": [[cell,
…], …]} or {"refusal": sentence}. A path that multiplies what it finds ends this process, never the
one that asked.
"""

import json
import math
import resource
import sys
from typing import Any

import jmespath
import orjson
from jmespath.exceptions import JMESPathError

from calculations.tables.limits import JSON_MEMORY

SECONDS = 3  # of computing
LONGEST_CELL = 500
MISFITS = (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError, AttributeError)


class _Refused(Exception):
    """The message says what to look at."""


def main() -> None:
    """Read standard input within limits and say which rows it holds."""
    resource.setrlimit(resource.RLIMIT_AS, (JSON_MEMORY, JSON_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    paths = orjson.loads(sys.stdin.buffer.readline())
    try:
        rows = _rows(sys.stdin.buffer.read(), paths["rows"], paths["cells"], int(sys.argv[1]))
        sys.stdout.write(json.dumps({"rows": rows}))
    except _Refused as refusal:
        sys.stdout.write(json.dumps({"refusal": str(refusal)}))


def _rows(content: bytes, path: str, cells: list[str], most_rows: int) -> list[list[Any]]:
    """The rows that the paths find; a single object is one row."""
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as refusal:
        raise _Refused(f"The answer is not JSON: {refusal}") from None
    found = _found(path or "@", data)
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list):
        where = f"At {path}" if path else "In the answer"
        raise _Refused(f"{where} there is no list of rows. Look at the answer.")
    if len(rows) > most_rows:
        raise _Refused(f"There are {len(rows):,} rows; at most {most_rows:,} are taken.")
    return [[_plain(_found(cell, row)) if cell else None for cell in cells] for row in rows]


def _found(path: str, data: Any) -> Any:
    """JMESPath keeps the last paths compiled."""
    try:
        return jmespath.compile(path).search(data)
    except MISFITS as refusal:
        raise _Refused(f"{path} does not fit the answer: {str(refusal)[:200]}") from None


def _plain(cell: Any) -> Any:
    """What is no text, number or truth as a text of its beginning."""
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else str(cell)
    text = cell if isinstance(cell, str) else json.dumps(cell)
    return text[:LONGEST_CELL].encode("utf-8", "replace").decode()


if __name__ == "__main__":
    main()
