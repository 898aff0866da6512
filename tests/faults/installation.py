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
# As many threads as there are points at which it stands still at the same time, and some more.
WORKER = (
    *("celery", "-A", "scorecard_site", "worker", "-P", "threads", "-c", "12"),
    *("--without-gossip", "--without-mingle", "--include", "tests.faults.patience"),
)
PLACES = {"DATABASE_POOL_SIZE": "24", "OUTGOING_NETWORKS": "127.0.0.0/8"}
TORN = "'entries', (0, 900)\n"  # which says that there is more than there is
LOG_END = 3000  # characters


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
        port = self.valkey_port
        kill_all(self._valkeys())
        wait_for(lambda: not is_listening(port), "The end of Valkey")
        self._launch([self._valkey(port)])
        wait_for(lambda: is_listening(port), "Valkey")

    def freeze_valkey(self) -> None:
        """It is there, takes whatever is sent, and answers nothing."""
        for process in self._valkeys():
            process.suspend()

    @property
    def valkey_port(self) -> int:
        return int(os.environ["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])

    def _valkeys(self) -> list[psutil.Process]:
        children = (each for guard in self.guards for each in psutil.Process(guard.pid).children())
        return [each for each in children if "valkey" in each.name() or "redis" in each.name()]

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
    """Web server, worker and two beats on those servers, by their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        config = str(ROOT / "scorecard_site" / "gunicorn_conf.py")
        at = f"127.0.0.1:{self.port}"
        beat = ("celery", "-A", "tests.faults.clock", "beat", "-s")
        self.commands: dict[str, tuple[str, ...]] = {
            "web": ("gunicorn", "--config", config, "--bind", at),
            "worker": WORKER,
            "beat-one": (*beat, str(folder / "clock-one")),
            "beat-two": (*beat, str(folder / "clock-two")),
        }

    def start(self, *programs: str) -> None:
        """Start them; each comes to life by itself."""
        for program in programs:
            with (self.folder / f"{program}.log").open("ab") as log:
                self.running[program] = subprocess.Popen(
                    [sys.executable, "-m", *self.commands[program]],
                    cwd=ROOT,
                    env={**os.environ, **PLACES},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def start_all(self) -> None:
        """Start those that do not run."""
        self.start(*(each for each in self.commands if each not in self.running))

    def wait_for_web(self) -> None:
        wait_for(self._answers, "The web server")

    def kill(self, program: str) -> None:
        """kill -9, with all its children."""
        process = self.running.pop(program)
        assert process.poll() is None, f"{program} ended by itself with {process.returncode}."
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)

    def stop(self) -> None:
        """End all."""
        for program in list(self.running):
            self.kill(program)

    def is_sending(self, program: str, port: int) -> bool:
        """Whether it has sent something to the port that nobody there has read."""
        process = psutil.Process(self.running[program].pid)
        mine = {each.laddr.port for each in process.net_connections("tcp") if each.laddr}
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any(
            int(there.split(":")[1], 16) == port
            and int(here.split(":")[1], 16) in mine
            and int(queues.split(":")[1], 16) > 0
            for _, there, here, _, queues, *_ in lines
        )

    def damage_clock(self, program: str) -> None:
        """Leave a file such as Celery's own clock leaves when it is killed while it writes."""
        name = self.commands[program][-1]
        for suffix, text in (("", "?"), (".dat", ""), (".dir", TORN), (".bak", TORN)):
            Path(f"{name}{suffix}").write_text(text)

    def logs(self) -> str:
        """The ends of what all have to say."""
        found = [*sorted(self.folder.glob("*.log")), self.folder.parent / "log"]
        ends = ((each.name, each.read_text(errors="replace")[-LOG_END:]) for each in found)
        return "\n".join(f"--- {name}\n{end}" for name, end in ends)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as told:
                return bool(told.status == 200)
        except (urllib.error.URLError, OSError):
            return False
