"""What of packages above can be printed: such a package says so once, when Django starts.

So nothing here imports it; see `scorecards.services.joined`, which does the same for rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.selectors.viewing import Viewing

from .shapes import Section


@dataclass(frozen=True)
class PrintedKind:
    """Pages of a unit that books can hold.

    name: in options of books; label: for people. section: what a unit has of it in a period; None
    where it has nothing.
    """

    name: str
    label: str
    section: Callable[[Access, UnitNode, Viewing], Section | None]


_joined: dict[str, PrintedKind] = {}


def join_printed(kind: PrintedKind) -> None:
    """Let pages of a package above be printed, too; announced when Django starts."""
    _joined[kind.name] = kind


def joined_printed() -> tuple[PrintedKind, ...]:
    """All that was announced."""
    return tuple(_joined.values())
