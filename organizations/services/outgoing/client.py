"""One guarded HTTP client for everything that asks other systems: sources and webhooks.

The host is looked up once, each address is checked, and the connection goes to exactly that
address, so that a name which answers differently the second time leads nowhere else. Redirects
are not followed, proxies of the environment not used. One deadline covers the search for the
address, the connection, the handshake and the answer, however slowly it drips; a size covers what
it unpacks to.
"""

import contextlib
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from urllib.parse import SplitResult, quote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from .addresses import (
    Address,
    NoAnswer,
    NotAllowed,
    OutgoingError,
    Resolver,
    looked_up,
    system_resolver,
)

__all__ = ["Answer", "NoAnswer", "NotAllowed", "OutgoingError", "checked_url", "send_request"]

SECONDS = 10.0
MOST_BYTES = 5 * 1024 * 1024
LONGEST_URL = 2000
CHUNK = 64 * 1024
AGENT = "line-of-sight"
FAILURES = (urllib3.exceptions.HTTPError, HTTPException, zlib.error, OSError, ValueError)
GZIP = ("gzip", "x-gzip")
UNPACKED = ("", "identity", *GZIP)
GZIP_FORMAT = zlib.MAX_WBITS | 16
# They would change who is asked, or how the message is framed.
OUR_HEADERS = {
    *("connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
    *("transfer-encoding", "upgrade", "accept-encoding", "http2-settings"),
}


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case, the body unpacked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def is_good(self) -> bool:
        """Whether it is an answer to what was asked: a redirect is none."""
        return 200 <= self.status < 300


def send_request(
    *,
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
    resolve: Resolver = system_resolver,
) -> Answer:
    """Ask another system once. Any status is an answer, redirects included.

    Raises NotAllowed for what must not be asked, NoAnswer where none came in time and size. It
    must not be called within a transaction: it may take as long as it is allowed to.
    """
    parts = checked_url(url)
    headers = _checked_headers(headers or {})
    host, port = str(parts.hostname), parts.port or _default_port(parts)
    deadline = time.monotonic() + seconds
    addresses = looked_up(_ascii(host), port, seconds, resolve)
    with _connection(parts, _ascii(host), port, addresses, deadline) as connection:
        try:
            connection.request(
                method, _target(parts), body, headers, preload_content=False, decode_content=False
            )
            return _answer(connection.getresponse(), most_bytes)
        except NoAnswer:
            raise
        except (
            urllib3.exceptions.HTTPError,
            HTTPException,
            zlib.error,
            OSError,
            ValueError,
        ) as error:
            raise NoAnswer(f"{host} did not answer as it should: {_said(error)}") from None


def checked_url(url: str) -> SplitResult:
    """The parts of an address that can be asked; raises NotAllowed with what is wrong with it."""
    if len(url) > LONGEST_URL or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise NotAllowed(
            f"An address has at most {LONGEST_URL} characters and no spaces or line ends."
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise NotAllowed("This is not an address; write it like https://host/path.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotAllowed("Write the address like https://host/path: only http and https are asked.")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("Leave user and password out of the address: it is shown and logged.")
    return parts


def _default_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    return "".join(sign if sign.isascii() else quote(sign) for sign in target)


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        raise NotAllowed(f"{host[:100]} is not the name of a host.") from None


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name in headers:
        if name.lower() in OUR_HEADERS or name.lower().startswith("proxy-"):
            raise NotAllowed(f"The header {name[:60]} cannot be set.")
    return {"User-Agent": AGENT, "Accept-Encoding": "gzip", **headers}


# --- The connection


@contextlib.contextmanager
def _connection(
    parts: SplitResult, host: str, port: int, addresses: list[Address], deadline: float
) -> Iterator[HTTPConnection]:
    """A connection to one of the addresses that ends at the deadline, whatever it waits for."""
    socket_ = connected(host, port, addresses, deadline)
    connection = _on(socket_, parts.scheme, host, port)
    try:
        with cut_off_at(deadline, socket_.fileno(), host):
            yield connection
    finally:
        connection.close()
        socket_.close()


@contextlib.contextmanager
def cut_off_at(deadline: float, number: int, host: str) -> Iterator[None]:
    """Shut the socket of that number down at the deadline, and then raise NoAnswer.

    A time limit of the socket itself would begin anew with each byte that drips in.
    """
    # TLS takes the socket's number over, so that only a copy still reaches it.
    handle = socket.socket(fileno=os.dup(number))
    is_late = threading.Event()

    def cut_off() -> None:
        is_late.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(max(deadline - time.monotonic(), 0.001), cut_off)
    watch.daemon = True
    watch.start()
    try:
        yield
    except Exception:
        if is_late.is_set():
            raise NoAnswer(f"{host} took too long to answer.") from None
        raise
    finally:
        watch.cancel()
        handle.close()
    if is_late.is_set():  # an answer without a length looks complete where it is cut off
        raise NoAnswer(f"{host} took too long to answer.")


def connected(host: str, port: int, addresses: list[Address], deadline: float) -> socket.socket:
    """A connection to the first of the addresses that takes one; raises NoAnswer."""
    said = "none of its addresses answers"
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoAnswer(f"{host} took too long to answer.")
        try:
            return socket.create_connection((str(address), port), timeout=left)
        except TimeoutError:
            raise NoAnswer(f"{host} took too long to answer.") from None
        except OSError as error:
            said = _said(error)
    raise NoAnswer(f"{host} cannot be reached: {said}")


def _on(socket_: socket.socket, scheme: str, host: str, port: int) -> HTTPConnection:
    """HTTP over the connected socket; the certificate must be that of the name, not the address."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return socket_

    class Secured(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return socket_

    if scheme == "http":
        return Plain(host, port, timeout=SECONDS)
    return Secured(host, port, timeout=SECONDS, ssl_context=trust())


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: those of the system, or of SSL_CERT_FILE."""
    return ssl.create_default_context()


# --- The answer


def _answer(response: urllib3.response.BaseHTTPResponse, most_bytes: int) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in UNPACKED:
        raise NoAnswer(f"The answer is packed as {packing[:40]}, which is not understood here.")
    told = headers.get("content-length", "")
    if told.isdigit() and int(told[:20]) > most_bytes:
        raise NoAnswer(_too_large(most_bytes))
    chunks = iter(lambda: response.read(CHUNK), b"")
    if packing in GZIP:
        chunks = _unpacked(chunks)
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > most_bytes:
            raise NoAnswer(_too_large(most_bytes))
    return Answer(response.status, headers, bytes(content))


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip has packed, a chunk at a time; one that is cut short is no answer."""
    unpacker = zlib.decompressobj(GZIP_FORMAT)
    for chunk in chunks:
        left = chunk
        while left:
            if unpacker.eof:  # several may stand one behind the other
                unpacker = zlib.decompressobj(GZIP_FORMAT)
            yield unpacker.decompress(left, CHUNK)
            left = unpacker.unconsumed_tail or unpacker.unused_data
    while not unpacker.eof:
        rest = unpacker.decompress(unpacker.unconsumed_tail, CHUNK)
        if not rest:
            raise ValueError("it breaks off within what is packed")
        yield rest


def _too_large(most_bytes: int) -> str:
    return f"The answer is larger than {most_bytes // (1024 * 1024)} MB."


def _said(error: Exception) -> str:
    """What an error says, without the objects that some of them print, and bounded."""
    inner = error.args[-1] if error.args and isinstance(error.args[-1], Exception) else error
    text = str(getattr(inner, "strerror", "") or inner)
    return text.partition("object at 0x")[0][:200] or type(inner).__name__
