"""Databases made once and copied: migrating one takes 10 s, copying it a tenth of a second.

What is kept lies in var/tests/, in folders named by a digest of everything that makes it what it
is: whatever changes has another name, and nothing stale is ever found. The folders may be deleted
at any time.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.servers import Servers, postgres_binaries

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "tests"
KEPT_SECONDS = 3600
SCHEMA = "line_of_sight_schema"
# What a migrated database is made of: migrations, and the permissions and types of the models.
SOURCES = (
    *("requirements.lock", "scorecard_site/settings.py", "scorecard_site/environment.py"),
    *("*/migrations/*.py", "*/models/**/*.py", "*/models.py", "*/apps.py"),
    *("tests/prepared.py", "tests/servers.py"),
)


def digest() -> str:
    """Of the sources as they stand now."""
    found = hashlib.sha256(f"{sys.version} {postgres_binaries()}".encode())
    for path in sources():
        found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def sources() -> Iterator[Path]:
    """The files that decide, in an order of their own."""
    for pattern in SOURCES:
        yield from sorted(ROOT.glob(pattern))


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """What is kept under that name: made by the first who asks, while others wait for it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while not (target := KEPT / f"{name}-{digest()}").exists():
            partial = KEPT / f"{name}.part"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            make(partial)
            if target.name == f"{name}-{digest()}":  # nobody edited meanwhile
                partial.rename(target)
        os.utime(target)
        forget_old()
    return target


def forget_old() -> None:
    """Delete what nobody has asked for in the last hour."""
    for each in KEPT.iterdir():
        if each.is_dir() and each.stat().st_mtime < time.time() - KEPT_SECONDS:
            shutil.rmtree(each, ignore_errors=True)  # others forget, too


def migrate(url: str, var: Path) -> None:
    """Migrate that database, in a process of its own."""
    about = {"DATABASE_URL": url, "VAR_DIR": str(var), "LOG_LEVEL": "WARNING"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, **about},
        check=True,
    )


# --- SQLite


def copy_sqlite_schema(path: Path) -> None:
    """Put a migrated, empty database at path."""
    shutil.copyfile(kept("sqlite", make_sqlite_schema) / "schema.sqlite3", path)


def make_sqlite_schema(folder: Path) -> None:
    path = folder / "schema.sqlite3"
    migrate(f"sqlite:///{path}", folder / "var")
    copy_sqlite(path, folder / "whole.sqlite3")
    (folder / "whole.sqlite3").replace(path)


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database with what still waits in its log."""
    with sqlite3.connect(source) as read, sqlite3.connect(target) as written:
        read.backup(written)
    read.close()
    written.close()


# --- PostgreSQL


def address(database: str = "postgres", *, folder: Path | str | None = None) -> str:
    """Where psycopg finds a database of this run's server, or of the one in that folder."""
    host = folder or parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0]
    return f"host={host} user=postgres dbname={database}"


def clone(source: str, target: str) -> None:
    """Make target a copy of source, whatever it was and whoever still reads it."""
    import psycopg

    with psycopg.connect(address(), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy")


class PreparedServers(Servers):
    """Servers whose PostgreSQL has the migrated, empty database SCHEMA from the start."""

    def __init__(self, *, with_postgres: bool, is_shared: bool = False) -> None:
        super().__init__(with_postgres=with_postgres)
        self.is_shared = is_shared
        self.meanwhile: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """For several workers, some of which will want an SQLite file: on the other core."""
        if self.is_shared:
            self.meanwhile = subprocess.Popen(
                [sys.executable, "-m", "tests.prepared"], cwd=ROOT, start_new_session=True
            )
        super().start()

    def stop(self) -> None:
        """End what has become of no use, then the servers."""
        if self.meanwhile is not None and self.meanwhile.poll() is None:
            os.killpg(self.meanwhile.pid, signal.SIGKILL)
            self.meanwhile.wait()
        super().stop()

    def _fill(self, data: Path) -> None:
        source = kept("postgresql", make_postgres_schema)
        subprocess.run(["cp", "-a", str(source / "data"), str(data)], check=True)


def make_postgres_schema(folder: Path) -> None:
    import psycopg

    servers = Servers(with_postgres=True)
    before = dict(os.environ)
    try:
        servers.start()
        with psycopg.connect(address(folder=servers.folder), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {SCHEMA}")
        migrate(f"postgresql://postgres@/{SCHEMA}?host={servers.folder}", folder / "var")
        servers.stop_postgres()
        subprocess.run(["cp", "-a", str(servers.folder / "data"), str(folder)], check=True)
    finally:
        servers.stop()
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    kept("sqlite", make_sqlite_schema)
