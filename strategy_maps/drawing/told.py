"""What a strategy map tells, before it is drawn."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ToldNode:
    """An objective. x: the share of the lane's width where somebody put it; None: anywhere."""

    code: str
    lane: str
    name: str
    status: str = "no_data"
    score: str = "–"
    measured: str = ""  # how much of its weight has data: "83 % measured"
    x: float | None = None
    theme: str = ""
    href: str = ""
    label: str = ""  # for screen readers


@dataclass(frozen=True)
class ToldLink:
    """A cause and its effect, by the codes of their objectives. strength: from 1 to 3."""

    cause: str
    effect: str
    is_inverse: bool = False
    strength: int = 2
    lag: str = ""  # "3–6 mo."; "" for at once
    verdict: str = "too_little"
    sentence: str = ""
    href: str = ""


@dataclass(frozen=True)
class ToldLane:
    """A perspective; lanes stand from top to bottom."""

    code: str
    name: str


@dataclass(frozen=True)
class ToldTheme:
    """Objectives that belong together."""

    code: str
    name: str


@dataclass(frozen=True)
class ToldMap:
    """All that the picture shows; links name only nodes that are there."""

    title: str
    lanes: tuple[ToldLane, ...]
    nodes: tuple[ToldNode, ...]
    links: tuple[ToldLink, ...] = ()
    themes: tuple[ToldTheme, ...] = ()
