"""The guarded client: whom it may ask, and what of an answer it takes."""

import datetime as dt
import gzip
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings

from organizations.services.outgoing import NoAnswer, NotAllowed, client, send_request
from organizations.services.outgoing.addresses import Resolver, is_allowed
from tests.organizations.raw_server import Talk, answer, raw_server

LATE = 0.4  # seconds that a test waits for what never comes


@pytest.fixture
def loopback(settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


def at(*addresses: str) -> Resolver:
    """A search that answers these addresses for every name."""

    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.215.14", True),
        ("1.1.1.1", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::5db8:d70e", True),  # NAT64 of a public address
        ("0.0.0.0", False),
        ("10.255.255.255", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("127.255.0.9", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("172.31.255.255", False),
        ("172.32.0.1", True),
        ("192.168.0.1", False),
        ("198.19.0.1", False),
        ("203.0.113.7", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),  # the old form of an IPv4 address within IPv6
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::808:808", False),
        ("2001::1", False),  # Teredo
        ("2002:7f00:1::", False),  # 6to4
        ("2001:db8::1", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_only_public_addresses_may_be_asked(address: str, is_public: bool) -> None:
    assert is_allowed(ipaddress.ip_address(address)) is is_public


def test_a_named_network_may_be_asked_but_never_where_machines_keep_their_secrets() -> None:
    named = [ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("10.2.0.0/16")]

    assert is_allowed(ipaddress.ip_address("10.2.3.4"), named)
    assert is_allowed(ipaddress.ip_address("::ffff:10.2.3.4"), named)
    assert not is_allowed(ipaddress.ip_address("10.3.3.4"), named)
    assert is_allowed(ipaddress.ip_address("169.254.1.1"), named)
    assert not is_allowed(ipaddress.ip_address("169.254.169.254"), named)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "http:///path",
        "http://user:word@example.com/",
        "http://example.com:99999/",
        "http://example.com/a b",
        "http://example.com/\r\nX: y",
        "http://[::1/",
        "https://" + "a" * 2000,
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",  # 127.0.0.1 as one number
        "http://0x7f.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0:{port}/",
    ],
)
def test_what_must_not_be_asked_is_not_even_connected(url: str) -> None:
    with raw_server(answer(b"secret")) as server:
        with pytest.raises(NotAllowed):
            send_request(url=url.format(port=server.port))
        assert server.asked == []


@pytest.mark.usefixtures("loopback")
def test_a_name_is_looked_up_once_and_asked_at_the_address_that_was_checked() -> None:
    looked_up: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

    with raw_server(answer(b"[1]")) as server:
        url = f"http://figures.example:{server.port}/a?b=%20c"
        found = send_request(url=url, headers={"X-Key": "k"}, resolve=rebinding)
        with pytest.raises(NotAllowed, match="OUTGOING_NETWORKS"):
            send_request(url=url, resolve=rebinding)

    assert (found.status, found.content, looked_up) == (200, b"[1]", ["figures.example"] * 2)
    head = server.asked[0].decode()
    assert head.startswith("GET /a?b=%20c HTTP/1.1\r\n")
    assert f"Host: figures.example:{server.port}\r\n" in head
    assert "X-Key: k\r\n" in head
    assert len(server.asked) == 1


@pytest.mark.usefixtures("loopback")
def test_of_several_addresses_only_those_allowed_are_tried() -> None:
    with raw_server(answer(b"here")) as server:
        url = f"http://mixed.example:{server.port}/"
        found = send_request(url=url, resolve=at("10.0.0.1", "127.0.0.1"))

    assert found.content == b"here"


@pytest.mark.usefixtures("loopback")
def test_no_proxy_and_no_redirect_leads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    moved = answer(b"", "Location: http://169.254.169.254/", status="302 Found")
    with raw_server(moved) as server:
        found = send_request(url=server.url())

    assert (found.status, found.is_good) == (302, False)
    assert found.headers["location"] == "http://169.254.169.254/"


@pytest.mark.usefixtures("loopback")
def test_a_body_is_sent_and_headers_that_frame_it_are_ours() -> None:
    with raw_server(answer(b"ok", status="201 Created")) as server:
        found = send_request(url=server.url(), method="POST", body=b'{"a": 1}')
        with pytest.raises(NotAllowed, match="Host"):
            send_request(url=server.url(), headers={"Host": "elsewhere"})
        with pytest.raises(NoAnswer):
            send_request(url=server.url(), headers={"X-A": "b\r\nX-C: d"})

    assert found.status == 201
    assert b"Content-Length: 8\r\n" in server.asked[0]
    assert all(b"X-C" not in head for head in server.asked)


def hang(peer: socket.socket) -> None:
    time.sleep(LATE * 3)


def drip_head(peer: socket.socket) -> None:
    for _ in range(60):
        peer.sendall(b"H")
        time.sleep(0.05)


def drip_body(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")  # no length: being cut off looks like its end
    for _ in range(60):
        peer.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("talk", [hang, drip_head, drip_body])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_however_slowly_it_drips_an_answer_ends_in_time(talk: Talk, scheme: str) -> None:
    """Over https the server speaks no TLS: it drips into the handshake."""
    with raw_server(talk) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match=r"too long|as it should"):
            send_request(url=server.url(scheme=scheme), seconds=LATE)
        assert time.monotonic() - began < LATE * 2.5


def test_a_name_that_nobody_looks_up_in_time_is_given_up() -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(LATE)
        return ["93.184.215.14"]

    with pytest.raises(NoAnswer, match="in time"):
        send_request(url="http://slow.example/", seconds=0.05, resolve=slow)


def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(50)) + packer.flush()


def say_nothing(peer: socket.socket) -> None:
    """Close the connection at once."""


def endless(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        peer.sendall(bytes(65536))


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (answer(bytes(6 << 20)), "larger than 5 MB"),
        (answer(b"", length=10**30), "larger than 5 MB"),
        (endless, "larger than 5 MB"),
        (answer(bomb(), "Content-Encoding: gzip"), "larger than 5 MB"),
        (answer(gzip.compress(b"x" * 999)[:-30], "Content-Encoding: gzip"), "as it should"),
        (answer(b"not packed", "Content-Encoding: gzip"), "as it should"),
        (answer(b"x", "Content-Encoding: br"), "packed as br"),
        (answer(b"short", length=500), "as it should"),
        (lambda peer: peer.sendall(b"220 mail.example ESMTP\r\n"), "as it should"),
        (say_nothing, "as it should"),
        (lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500), "as it should"),
    ],
)
def test_an_answer_that_is_too_large_or_broken_is_refused(talk: Talk, said: str) -> None:
    with raw_server(talk) as server, pytest.raises(NoAnswer, match=said):
        send_request(url=server.url(), seconds=5)


@pytest.mark.usefixtures("loopback")
def test_a_packed_answer_is_unpacked_and_one_longer_than_it_says_is_cut() -> None:
    with raw_server(answer(gzip.compress(b"[1, 2]"), "Content-Encoding: gzip")) as server:
        assert send_request(url=server.url()).content == b"[1, 2]"
    with raw_server(answer(b"[1, 2]trailing", length=6)) as server:
        assert send_request(url=server.url()).content == b"[1, 2]"


@pytest.mark.usefixtures("loopback")
def test_a_certificate_must_be_of_the_name_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = self_signed("figures.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    client.trust.cache_clear()
    try:
        with raw_server(answer(b"safe"), context) as server:
            there = at("127.0.0.1")
            url = f"https://figures.example:{server.port}/"
            good = send_request(url=url, resolve=there)
            with pytest.raises(NoAnswer, match=r"(?i)certificate|hostname"):
                send_request(url=f"https://other.example:{server.port}/", resolve=there)
    finally:
        client.trust.cache_clear()

    assert good.content == b"safe"
    assert server.names == ["figures.example", "other.example"]
    assert len(server.asked) == 1


def self_signed(name: str, folder: Path) -> Path:
    """A certificate of the name with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(pem)
    path = folder / "chain.pem"
    path.write_bytes(written)
    return path
