"""A whole installation of real processes, each of which can be killed and started again."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

import psutil

from tests.prepared import ROOT, SCHEMA, PreparedServers, clone
from tests.servers import free_port, is_listening, wait_for

DATABASE = "faults"
WORKER = ("celery", "-A", "scorecard_site", "worker", "-P", "threads", "-c", "2", "--beat")


class BreakableServers(PreparedServers):
    """PostgreSQL and Valkey of one's own, which may crash."""

    # As in production: a commit that is answered has reached the disk.
    settings: ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        super().__init__(with_postgres=True)
        self.guards: list[subprocess.Popen[str]] = []

    def start(self) -> None:
        """Start both, with a database of our own."""
        super().start()
        clone(SCHEMA, DATABASE)
        os.environ["DATABASE_URL"] = f"postgresql://postgres@/{DATABASE}?host={self.folder}"

    def stop(self) -> None:
        """End whatever runs, the latest first."""
        while self.guards:
            self.guard = self.guards.pop()
            super().stop()

    def crash_postgres(self) -> None:
        """Kill every process of it at once, as when a machine loses its power, and start again."""
        lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        postmaster = psutil.Process(int(lines[0]))
        family = [postmaster, *postmaster.children(recursive=True)]
        kill_all(family)
        # The dead one is not buried before the run ends, and would pass for a living one.
        for lock in (self.folder / "data" / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
            lock.unlink()
        self._launch([self._postgres()])
        wait_for(self._postgres_answers, "PostgreSQL")

    def crash_valkey(self) -> None:
        """Kill it with whatever is queued, and start it empty."""
        port = int(os.environ["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])
        for guard in self.guards:
            for child in psutil.Process(guard.pid).children():
                if "valkey" in child.name() or "redis" in child.name():
                    kill_all([child])
        wait_for(lambda: not is_listening(port), "The end of Valkey")
        self._launch([self._valkey(port)])
        wait_for(lambda: is_listening(port), "Valkey")

    def _fill(self, data: Path) -> None:
        if not data.exists():
            super()._fill(data)

    def _launch(self, commands: list[list[str]]) -> None:
        super()._launch(commands)
        assert self.guard is not None
        self.guards.append(self.guard)


def kill_all(family: list[psutil.Process]) -> None:
    """SIGKILL; a process that its parent has not buried yet counts as gone."""
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    for process in family:
        wait_for(lambda process=process: has_gone(process), "The end")  # type: ignore[misc]


def has_gone(process: psutil.Process) -> bool:
    """Whether it runs no more."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


class Processes:
    """Web server and worker on those servers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start_web(self) -> None:
        """Start gunicorn as in production, and wait for it."""
        config = ROOT / "scorecard_site" / "gunicorn_conf.py"
        self._start("gunicorn", "--config", str(config), "--bind", f"127.0.0.1:{self.port}")
        wait_for(self._answers, "The web server")

    def start_worker(self) -> None:
        """Start a worker that keeps the time, too; it sweeps by itself once it is there."""
        schedule = str(self.folder / "beat")
        self._start(*WORKER, "-s", schedule, "--without-gossip", "--without-mingle")

    def kill(self, program: str) -> None:
        """kill -9, with all its children."""
        process = self.running.pop(program)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)

    def stop(self) -> None:
        """End both."""
        for program in list(self.running):
            self.kill(program)

    def logs(self) -> str:
        """The ends of what both have to say."""
        found = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{each.name}:\n{each.read_text()[-3000:]}" for each in found)

    def _start(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            self.running[command[0]] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env={**os.environ, "DATABASE_POOL_SIZE": "4"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as told:
                return bool(told.status == 200)
        except (urllib.error.URLError, OSError):
            return False
