"""Reading spreadsheets in a child process, which may fail without harm to the one that asks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from .csv_files import UnreadableTable
from .limits import SPREADSHEET_MEMORY

ROOT = Path(__file__).resolve().parents[2]
TOO_MUCH = (
    "The spreadsheet takes more memory than a table of that size needs. Save only the sheet with"
    " the table in a new file, or save it as CSV."
)
TOO_SLOW = "Reading the spreadsheet takes too long. Save it as CSV."
UNREADABLE = "The spreadsheet cannot be read. Save it as XLSX (Excel workbook) or as CSV."


def is_spreadsheet(content: bytes, file_name: str = "") -> bool:
    """By its first bytes: a zip, or the old format, of which we say what to do."""
    is_named_so = file_name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods"))
    return is_named_so or content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def spreadsheet_sheets(
    content: bytes, most_rows: int, most_columns: int, seconds: float
) -> list[dict[str, Any]]:
    """The sheets: name, rows, height, width. Raises UnreadableTable.

    What is larger than twice the most rows or columns is only counted, not read.
    """
    limits = [str(most_rows), str(most_columns)]
    command = [sys.executable, "-m", "calculations.tables.spreadsheet_process", *limits]
    try:
        done = subprocess.run(
            command,
            input=content,
            capture_output=True,
            timeout=seconds,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", "")},  # none of this process's secrets
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableTable(TOO_SLOW) from None
    if done.returncode or len(done.stdout) > SPREADSHEET_MEMORY:
        raise UnreadableTable(_ended(done.returncode, done.stderr))
    answer = msgspec.json.decode(done.stdout)
    if "refusal" in answer:
        raise UnreadableTable(answer["refusal"])
    sheets: list[dict[str, Any]] = answer["sheets"]
    return sheets


def _ended(code: int, stderr: bytes) -> str:
    """Why the process ended without an answer."""
    if code in (-24, -9):  # SIGXCPU, SIGKILL
        return TOO_SLOW
    is_memory = code == -6 or b"MemoryError" in stderr or b"memory allocation" in stderr
    return TOO_MUCH if is_memory or b"capacity overflow" in stderr else UNREADABLE
