"""What a check looks at and what it finds, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from organizations.models import Organization

NAMED = 20


@dataclass(frozen=True)
class Finding:
    """A rule that stored rows break: its code for programs, the rest for people."""

    code: str
    said: str

    def __str__(self) -> str:
        return f"[{self.code}] {self.said}"


@dataclass(frozen=True)
class Looked:
    """So many things of that kind were looked at, and this was found."""

    at: str
    findings: tuple[Finding, ...]

    @classmethod
    def over(cls, what: str, found: Iterable[Finding], *, count: int) -> "Looked":
        return cls(f"{count:,} {what}", tuple(found))


Check = Callable[[list[Organization]], Looked]
