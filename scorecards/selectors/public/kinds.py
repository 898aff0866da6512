"""What of packages above can be public: such a package says so once, when Django starts.

So nothing here imports it; see `scorecards.services.joined`, which does the same for rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scorecards.models import PublicLink


@dataclass(frozen=True)
class PublicKind:
    """A kind of public address.

    name: as links say it, and as the page calls what it shows. read: what a link shows, None where
    there is no such thing; it runs in requests alone. page: the template. home: where it is
    published, by the codes of organization and unit.
    """

    name: str
    read: Callable[[PublicLink], Any]
    page: str
    home: Callable[[str, str], str]


_joined: dict[str, PublicKind] = {}


def join_public(kind: PublicKind) -> None:
    """Let a kind of a package above be public, too; announced when Django starts."""
    _joined[kind.name] = kind


def joined_public(name: str) -> PublicKind | None:
    """None: it is none of these."""
    return _joined.get(name)
