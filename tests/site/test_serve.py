"""`manage.py serve` with real processes: it starts, answers, and leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from scorecard_site.supervisor import Supervisor
from tests.prepared import copy_sqlite_schema
from tests.servers import free_port, is_listening, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 120


class Serving:
    """A `manage.py serve` of the embedded default, with data of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.log = folder / "log"
        # What the embedded default starts from: nothing of this test run's servers.
        inherited = {"PATH", "HOME", "LANG", "PYTHONPATH"}
        environment = {key: value for key, value in os.environ.items() if key in inherited}
        environment |= {"VAR_DIR": str(folder / "var"), "PORT": str(self.port)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    @property
    def says(self) -> str:
        return self.log.read_text()

    def wait_for_address(self) -> None:
        wait_for(
            lambda: "answers at" in self.says or self.has_ended, "serve", seconds=START_SECONDS
        )
        assert not self.has_ended, self.says

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@dataclass(frozen=True)
class Ending:
    """What was seen of a `manage.py serve` that got a signal."""

    ready: int
    names: list[str]
    code: int
    left: list[psutil.Process]
    says: str
    answers: bool

    @classmethod
    def by(cls, number: int, serving: Serving) -> "Ending":
        address = f"http://127.0.0.1:{serving.port}/readyz"
        with urllib.request.urlopen(address, timeout=10) as answer:
            ready = answer.status
        family = serving.family()
        names = [" ".join(each.cmdline()) for each in family]
        serving.process.send_signal(number)
        code = serving.process.wait(timeout=60)
        left = left_over(family)
        return cls(ready, names, code, left, serving.says, is_listening(serving.port))


@dataclass(frozen=True)
class First:
    """The data that a first start has made, and how it ended."""

    var: Path
    ending: Ending


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> First:
    folder = tmp_path_factory.mktemp("first")
    (folder / "var").mkdir()
    copy_sqlite_schema(folder / "var" / "line_of_sight.sqlite3")  # migrated as a first start would
    started = Serving(folder)
    started.wait_for_address()
    return First(folder / "var", Ending.by(signal.SIGTERM, started))


@pytest.fixture
def serving(tmp_path: Path, first_start: First) -> Iterator[Serving]:
    """A second start, which takes seconds."""
    shutil.copytree(first_start.var, tmp_path / "var")
    started = Serving(tmp_path)
    started.wait_for_address()
    children = started.family()
    yield started
    if not started.has_ended:
        started.process.kill()
    started.process.wait()
    for child in children:
        if child.is_running():
            child.kill()


def check_ending(ending: Ending) -> None:
    assert ending.ready == 200
    assert any("gunicorn" in each for each in ending.names)
    assert any("celery" in each for each in ending.names)
    assert ending.code == 0, ending.says
    assert ending.left == []
    assert "Everything is kept" in ending.says
    assert not ending.answers


def test_sigterm_ends_every_process_of_a_first_start(first_start: First) -> None:
    check_ending(first_start.ending)


def test_sigint_ends_every_process(serving: Serving) -> None:
    check_ending(Ending.by(signal.SIGINT, serving))


def test_the_death_of_a_child_ends_all_and_says_which(serving: Serving) -> None:
    family = serving.family()
    [worker, *_] = [each for each in family if "celery" in " ".join(each.cmdline())]
    worker.kill()
    assert serving.process.wait(timeout=60) == 1
    assert "The worker ended by signal SIGKILL, so everything was stopped." in serving.says
    assert left_over(family) == []


def test_killing_the_parent_leaves_no_web_server(serving: Serving) -> None:
    family = serving.family()
    serving.process.kill()
    serving.process.wait()
    assert psutil.wait_procs(family, timeout=40)[1] == []


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_serve(tmp_path, port=str(port))
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
    assert not list(tmp_path.glob("var/*.sqlite3"))


def test_a_port_that_is_no_number_is_told(tmp_path: Path) -> None:
    done = run_serve(tmp_path, port="http")
    assert done.returncode == 1
    assert re.search("PORT is 'http': set it to a number", done.stderr)


def test_a_supervisor_kills_what_ignores_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scorecard_site.supervisor.STOP_SECONDS", 0.3)
    with Supervisor() as supervisor:
        supervisor.start("deaf", ["sh", "-c", "trap '' TERM; sleep 60 & sleep 60; sleep 60"])
        time.sleep(0.3)
        family = psutil.Process(supervisor.children["deaf"].pid).children(recursive=True)
        assert family
    assert left_over(family) == []


def run_serve(folder: Path, *, port: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env={**os.environ, "PORT": port, "VAR_DIR": str(folder / "var")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def left_over(family: list[psutil.Process]) -> list[psutil.Process]:
    """The processes that outlive the moment which the kernel takes to bury the killed ones."""
    return psutil.wait_procs(family, timeout=5)[1]
