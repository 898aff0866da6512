"""A server of flesh and blood that answers whatever bytes a test wants, at whatever pace."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Talk = Callable[[socket.socket], None]


@dataclass
class RawServer:
    """Where it listens, and what it was asked."""

    port: int
    asked: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # by TLS

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Talk:
    """An HTTP answer; length: what it says of itself, where that is a lie."""
    told = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {told}", *headers, "", ""]
    return lambda peer: peer.sendall("\r\n".join(lines).encode() + body)


@contextmanager
def raw_server(talk: Talk, context: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serve each connection by reading its head and talking back, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(listener.getsockname()[1])
    if context is not None:
        context.sni_callback = lambda _socket, name, _context: server.names.append(name)
    threading.Thread(target=_serve, args=(listener, server, talk, context), daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(
    listener: socket.socket, server: RawServer, talk: Talk, context: ssl.SSLContext | None
) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer:
            try:
                wrapped = context.wrap_socket(peer, server_side=True) if context else peer
                server.asked.append(_head(wrapped))
                talk(wrapped)
                wrapped.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def _head(peer: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = peer.recv(65536)
        if not chunk:
            break
        received += chunk
    return received
