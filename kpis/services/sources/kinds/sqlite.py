"""A query to an SQLite file in the folder that the operator keeps for the organization."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings as site
from django.db import connections

from kpis.services.sources import sql
from kpis.services.sources.shapes import Config, Fetched, Field, Kind, Settings, SourceFailed

OURS = f"SELECT 1 FROM sqlite_master WHERE name = '{sql.OUR_TABLE}'"  # noqa: S608
STEPS = 100  # of SQLite's machine between two looks at the clock
ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_TRANSACTION,
}
READ_ONLY_PRAGMA = ("read_uncommitted", None)
LARGEST_CELL = 20_000  # what one step does with a cell cannot be broken off
FORBIDDEN_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}


def fetch(config: Config) -> Fetched:
    path = _path(config)
    deadline = time.monotonic() + min(sql.SECONDS, config.seconds)
    connection = _opened(path, deadline)
    try:
        with _interrupted_at(deadline, connection):
            return sql.rows_of("sqlite", lambda: connection, config, our_table=OURS)
    finally:
        connection.close()


@contextmanager
def _interrupted_at(deadline: float, connection: sqlite3.Connection) -> Iterator[None]:
    """Within steps that look for it themselves, such as sorting, besides between them."""

    def interrupt() -> None:
        with suppress(sqlite3.ProgrammingError):  # it is closed already
            connection.interrupt()

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _path(config: Config) -> Path:
    """The file, which must lie in the organization's own folder, links followed."""
    if not site.SOURCES_FOLDER:
        raise SourceFailed("An operator must set SOURCES_FOLDER before files can be read.")
    folder = (Path(site.SOURCES_FOLDER) / config.organization).resolve()
    path = (folder / config.settings["file"]).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise SourceFailed(f"There is no file {config.settings['file'][:100]} in the folder.")
    own = connections["default"].settings_dict
    if connections["default"].vendor == "sqlite" and sql.same_file(str(path), str(own["NAME"])):
        raise SourceFailed(sql.OURS)
    return path


def _opened(path: Path, deadline: float) -> sqlite3.Connection:
    """For reading only, without other files, in bounded time and memory."""
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, timeout=2, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise SourceFailed(f"The file cannot be opened: {error}") from None
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_CELL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    connection.set_authorizer(_allow)
    return connection


def _allow(action: int, first: Any, second: Any, *_: Any) -> int:
    if action == sqlite3.SQLITE_PRAGMA:  # SQLAlchemy asks for this one at its beginning
        return sqlite3.SQLITE_OK if (first, second) == READ_ONLY_PRAGMA else sqlite3.SQLITE_DENY
    is_forbidden = action == sqlite3.SQLITE_FUNCTION and second in FORBIDDEN_FUNCTIONS
    return sqlite3.SQLITE_OK if action in ALLOWED and not is_forbidden else sqlite3.SQLITE_DENY


def check(settings: Settings) -> dict[str, str]:
    problems = sql.problems(settings)
    name = settings["file"]
    if "\x00" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        problems["file"] = "Write the name of a file in the folder, such as figures.sqlite3."
    return problems


KIND = Kind(
    code="sqlite",
    name="SQLite file",
    hint="A query to a file in the folder that the operator keeps for it.",
    fields=(
        Field("file", "File", "In the folder of the organization.", is_required=True),
        sql.QUERY,
    ),
    fetch=fetch,
    aim=lambda settings: settings.get("file", ""),
    asks_by_period=sql.asks_by_period,
    check=check,
)
