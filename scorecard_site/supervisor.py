"""Runs a few child processes as one: they start together and none outlives the others."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

STOP_SECONDS = 30
POLL_SECONDS = 0.2
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Supervisor:
    """Starts children, waits for a signal or for the first death, ends them all.

    >>> with Supervisor() as supervisor:
    ...     supervisor.start("a nap", ["sleep", "0"])
    ...     supervisor.wait()
    'a nap ended with exit code 0'
    """

    children: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Supervisor":
        self._handlers = {each: signal.signal(each, self._ask_to_stop) for each in STOP_SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None
    ) -> None:
        """Start a child in a session of its own: Ctrl-C reaches it through us alone, once."""
        if self.stopping.is_set():
            return
        self.children[name] = subprocess.Popen(
            command,
            env=env,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # we start no threads
        )

    def wait(self) -> str:
        """Wait for a signal (answers nothing) or a death (answers who died, and how)."""
        while not self.stopping.wait(POLL_SECONDS):
            if reason := self.death():
                return reason
        return ""

    def wait_until(self, is_ready: Callable[[], bool]) -> bool:
        """Poll until ready; false when a signal or a death comes first."""
        while not is_ready():
            if self.stopping.wait(POLL_SECONDS) or self.death():
                return False
        return True

    def death(self) -> str:
        """Which child has ended and how; nothing while all live."""
        for name, child in self.children.items():
            code = child.poll()
            if code is not None:
                return f"{name} ended {_how(code)}"
        return ""

    def stop(self) -> None:
        """Ask every child to finish, wait, and kill whatever is then left of its session."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        for child in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
            _kill_session(child.pid)
            child.wait()
        self.children.clear()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()


def end_with_parent() -> None:
    """In the child: have Linux end it should the parent be killed without a chance to do so."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _kill_session(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
