"""Which addresses may be asked: public ones, and those in networks that an operator has named."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable, Sequence

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

MOST_ADDRESSES = 8


class OutgoingError(Exception):
    """A request that brought no answer; the message says why, for whoever set it up."""


class NotAllowed(OutgoingError):
    """A request that is never sent: another try would be refused, too."""


class NoAnswer(OutgoingError):
    """A request that was sent, or tried, and not answered as it should; it may go well later."""


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Said in full rather than left to Python's is_global, whose answer changes between versions.
NOT_PUBLIC = _networks(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    # Of IPv6, everything outside 2000::/3, and within it what is no host of the internet, or
    # carries an IPv4 address of its own (Teredo, 6to4).
    *("::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
)
# Where clouds tell machines their secrets: whatever network an operator names, never these.
METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16"),
            *("192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
        ),
    )
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def allowed_addresses(host: str, port: int, resolve: Resolver) -> list[Address]:
    """The addresses of the host that may be asked; raises NotAllowed where none may."""
    found = [_address(text) for text in resolve(host, port)[:MOST_ADDRESSES]]
    named = named_networks()
    allowed = [address for address in found if is_allowed(address, named)]
    if not found:
        raise NoAnswer(f"There is no host called {host}.")
    if not allowed:
        raise NotAllowed(
            f"{host} lies in a network that is not public, and may not be asked from here. An"
            " operator can allow the network by the setting OUTGOING_NETWORKS."
        )
    return allowed


def is_allowed(address: Address, named: Iterable[Network] = ()) -> bool:
    """Whether the address is public, or in a named network; of embedded addresses, the inner one.

    >>> is_allowed(ipaddress.ip_address("::ffff:10.1.2.3")), is_allowed(_address("93.184.215.14"))
    (False, True)
    """
    address = _inner(address)
    if address in METADATA:
        return False
    if any(address in network for network in named):
        return True
    return not any(address in network for network in NOT_PUBLIC)


def named_networks() -> tuple[Network, ...]:
    """The networks that the operator allows besides public ones."""
    return _networks(*settings.OUTGOING_NETWORKS)


def _address(text: str) -> Address:
    return ipaddress.ip_address(text)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def looked_up(host: str, port: int, seconds: float, resolve: Resolver) -> list[Address]:
    """As `allowed_addresses`, within so many seconds: the system's own search knows no such end."""
    outcome: list[list[Address] | Exception] = []

    def look_up() -> None:
        try:
            outcome.append(allowed_addresses(host, port, resolve))
        except (OSError, UnicodeError) as error:
            outcome.append(NoAnswer(f"The host {host} was not found: {error}"))
        except Exception as error:  # noqa: BLE001  it is raised where it is waited for
            outcome.append(error)

    thread = threading.Thread(target=look_up, name=f"look up {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise NoAnswer(f"The address of {host} was not found in time.")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def system_resolver(host: str, port: int) -> list[str]:
    """What the system knows of a host's addresses, in the order in which it would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
