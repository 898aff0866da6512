"""A real web server on this computer, and a client that keeps its connection open."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from scorecard_site.supervisor import end_with_parent

from .database import database_url

HOST = "127.0.0.1"
START_SECONDS = 60


class Http:
    """Sends requests over one connection; anything but success is an error."""

    def __init__(self, port: int, **headers: str) -> None:
        self.port, self.headers = port, headers
        self.connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def renew(self) -> None:
        """Connect again: a server closes connections that were idle for some seconds."""
        self.connection.close()
        self.get("/healthz")

    def get(self, path: str) -> bytes:
        return self._answer("GET", path)

    def post(self, path: str, body: bytes) -> bytes:
        return self._answer("POST", path, body)

    def post_json(self, path: str, body: bytes) -> dict[str, int]:
        """What the answer counts."""
        return dict(json.loads(self.post(path, body)))

    def _answer(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = self.headers | ({"Content-Type": "application/json"} if body else {})
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise CommandError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


@dataclass
class WebServer:
    """Gunicorn with one worker, on the bench's database."""

    port: int
    process: "subprocess.Popen[bytes]"
    modules_file: Path

    def client(self, **headers: str) -> Http:
        return Http(self.port, **headers)

    def worker_megabytes(self) -> float:
        """Memory that the worker holds alone or shares (its resident set)."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        worker = children.read_text().split()[0]
        lines = Path(f"/proc/{worker}/status").read_text().splitlines()
        resident = next(line for line in lines if line.startswith("VmRSS:"))
        return int(resident.split()[1]) / 1024

    def stop(self) -> None:
        """Let it finish."""
        self.process.terminate()
        self.process.wait(timeout=30)

    def modules(self) -> list[str]:
        """Names of what the worker had loaded at its end."""
        return list(json.loads(self.modules_file.read_text()))


@contextmanager
def web_server(*application: str) -> Iterator[WebServer]:
    """The server, answering; stopped at the end. application: another one than the product."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = _started(Path(folder), application)
        try:
            _wait(server)
            yield server
        finally:
            if server.process.poll() is None:
                server.stop()


def _started(folder: Path, application: Sequence[str]) -> WebServer:
    port, modules_file = _free_port(), folder / "modules.json"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "scorecard_site.bench.settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,  # sessions that this process opens are valid there
        "BENCH_MODULES": str(modules_file),
        "LOG_LEVEL": "WARNING",
        "MALLOC_ARENA_MAX": "2",
    }
    (folder / "static").mkdir()
    config = Path(__file__).with_name("gunicorn_conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", str(config)]
    command += ["--chdir", str(settings.BASE_DIR), "--bind", f"{HOST}:{port}", "--workers", "1"]
    process = subprocess.Popen(
        [*command, *application],
        env=environment,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509  # we start no threads
    )
    return WebServer(port, process, modules_file)


def _wait(server: WebServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            server.client().get("/healthz")
            return
        time.sleep(0.05)
    raise CommandError("The web server of the bench did not start; its messages are above.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
