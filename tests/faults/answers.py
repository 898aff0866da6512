"""An HTTP source that hangs, drips, never ends and lies, until it is told to be well."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_SECONDS = 60
GATE = "gated"


class Answers(ThreadingHTTPServer):
    """Each path is a source of its own: how it misbehaves stands in its first part."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.well = threading.Event()
        self.gate = threading.Event()
        self.months: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.standing: Counter[str] = Counter()  # those that are being answered now
        self.said: defaultdict[str, list[float]] = defaultdict(list)
        self.next_value = 0.25
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def be_ill(self) -> None:
        """As at the beginning of a round."""
        self.well.clear()
        self.gate.clear()

    def count(self, path: str, more: int) -> None:
        with self.lock:
            self.standing[path] += more
            self.asked[path] += max(more, 0)

    def good(self, path: str, month: str = "", value: object = None) -> bytes:
        """A row with a value that was never said before."""
        if value is None:
            with self.lock:
                self.next_value += 1
                value = self.next_value
                self.said[path].append(self.next_value)
        return json.dumps([{"period": month or self.months[path], "value": value}]).encode()

    def handle_error(self, *_: object) -> None:
        """Whoever asks hangs up, or is killed: that is meant."""


class Handler(BaseHTTPRequestHandler):
    """One answer, good or bad."""

    server: Answers

    def do_GET(self) -> None:
        path = self.path.removeprefix("/")
        self.server.count(path, 1)
        try:
            badly = BADLY.get(path.partition("/")[0])
            if badly is None or self.server.well.is_set():
                self.say(self.server.good(path))
            else:
                badly(self, path)
        finally:
            self.server.count(path, -1)

    def say(
        self, body: bytes, kind: str = "application/json", length: int = 0, status: int = 200
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


def hang(handler: Handler, path: str) -> None:
    handler.connection.settimeout(HANG_SECONDS)
    with suppress(OSError):
        handler.connection.recv(1)  # until whoever asks hangs up


def drip(handler: Handler, path: str) -> None:
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        for _ in range(HANG_SECONDS * 5):
            handler.wfile.write(b" ")
            time.sleep(0.2)


def never_end(handler: Handler, path: str) -> None:
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"[" * 65536)


def break_off(handler: Handler, path: str) -> None:
    body = handler.server.good(path, value=1)
    handler.say(body, length=len(body) + 1000)


def say_page(handler: Handler, path: str) -> None:
    handler.say(b"<!doctype html><title>Sign in</title>", kind="text/html")


def say_nonsense(handler: Handler, path: str) -> None:
    handler.say(b'[{"period": "2020-01", "value": 1')


def say_nan(handler: Handler, path: str) -> None:
    handler.say(b'[{"period": "2020-01", "value": NaN}]')


def say_future(handler: Handler, path: str) -> None:
    handler.say(handler.server.good(path, month="2199-01", value=1))


def lead_away(handler: Handler, path: str) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.server.url("trap"))
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def wait_at_gate(handler: Handler, path: str) -> None:
    handler.server.gate.wait(HANG_SECONDS)
    handler.say(handler.server.good(path))


BADLY: dict[str, Callable[[Handler, str], None]] = {
    "hangs": hang,
    "drips": drip,
    "endless": never_end,
    "short": break_off,
    "page": say_page,
    "nonsense": say_nonsense,
    "nan": say_nan,
    "future": say_future,
    "leads_away": lead_away,
    GATE: wait_at_gate,
}
