"""Documents become files in a child process, which may fail without harm to the one that asks."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog

from .limits import MOST_BYTES
from .shapes import Document, Drawing

Form = Literal["pdf", "pptx", "xlsx"]
ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2  # files that a process lets be made, for its readers; more wait for a moment
PATIENCE = 10.0  # seconds: of the next one to come its turn, and of a page's file to be ready
LONGEST = 110.0  # seconds that a book may take
TOO_LARGE = "The file would be larger than {most} MB. Choose fewer units or fewer pages."
TOO_SLOW = "Making the file takes too long. Choose fewer units or fewer pages."
UNMADE = "The file cannot be made. The log says more."

# Each thread reserves addresses, which are limited: with one for each of many cores, too many.
FEW_THREADS = {"RAYON_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}

# In JSON: what XML cannot hold, and other signs behind a backslash, so that none is torn apart.
_ESCAPED = re.compile(rb"\\(u00[01][0-9a-f]|[bf])|\\.|\xef\xbf[\xbe\xbf]")

logger = structlog.get_logger(__name__)
_turns = threading.BoundedSemaphore(AT_ONCE)


class Unprintable(Exception):
    """A file could not be made; the message says why, and what to do."""


class NoTurn(Exception):
    """Too many files are being made just now."""


def page_file(document: Document, form: Form = "pdf") -> bytes:
    """A file for somebody who waits for it. Raises Unprintable and NoTurn."""
    if not _turns.acquire(timeout=PATIENCE):
        raise NoTurn
    try:
        return _made(form, _sent(document), PATIENCE)
    finally:
        _turns.release()


def book_file(document: Document, form: Form) -> bytes:
    """A file that a worker makes. Raises Unprintable."""
    return _made(form, _sent(document), LONGEST)


def pixels(drawing: Drawing) -> bytes:
    """A drawing of our own as PNG, for somebody who waits for it. Raises Unprintable and NoTurn."""
    if not _turns.acquire(timeout=PATIENCE):
        raise NoTurn
    try:
        return _made("png", _sent(drawing), PATIENCE)
    finally:
        _turns.release()


def _sent(told: Document | Drawing) -> bytes:
    """As JSON, with spaces for signs that neither drawings nor slides can hold."""
    return _ESCAPED.sub(_spaced, msgspec.json.encode(told, enc_hook=_plain))


def _spaced(found: re.Match[bytes]) -> bytes:
    is_kept = found[0].startswith(b"\\") and not found[1]
    return found[0] if is_kept else b" "


def _plain(text: Any) -> str:
    """What only looks like a string, as those of templates do, as one."""
    return "".join((str(text), ""))


def _made(form: str, sent: bytes, seconds: float) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scorecards.printing.process", form],
            input=sent,
            capture_output=True,
            timeout=seconds,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), **FEW_THREADS},  # none of our secrets
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unprintable(TOO_SLOW) from None
    if done.returncode:
        logger.error("file_not_made", form=form, said=done.stderr[-2000:].decode(errors="replace"))
        raise Unprintable(TOO_SLOW if done.returncode in (-24, -9) else UNMADE)  # SIGXCPU, SIGKILL
    if len(done.stdout) > MOST_BYTES:
        raise Unprintable(TOO_LARGE.format(most=MOST_BYTES // 1024**2))
    return done.stdout
