"""The strategy map that is published, drawn for anybody: without ways in and hidden scores."""

from collections.abc import Iterator
from dataclasses import dataclass

from scorecards.models import PublicLink
from scorecards.selectors.public.board import PublicObjective
from strategy_maps.selectors.public import PublicMap, public_map

from .picture import Picture, picture
from .telling import measured_text
from .told import ToldLane, ToldLink, ToldMap, ToldNode, ToldTheme

HIDDEN, HIDDEN_TEXT = "not_shown", "not shown"


@dataclass(frozen=True)
class DrawnMap:
    """What is told, and its picture."""

    told: PublicMap
    picture: Picture


def drawn_map(link: PublicLink) -> DrawnMap | None:
    """What the link shows; None where there is no such map."""
    shown = public_map(link)
    return DrawnMap(shown, picture(_told(shown))) if shown else None


def _told(shown: PublicMap) -> ToldMap:
    board = shown.board
    themes = dict.fromkeys(each.theme for band in board.bands for each in band.objectives)
    return ToldMap(
        title=f"Strategy map of {board.title} in {board.period}",
        lanes=tuple(ToldLane(band.code, band.name) for band in board.bands),
        nodes=tuple(_nodes(shown)),
        links=tuple(
            ToldLink(
                cause=link.cause,
                effect=link.effect,
                is_inverse=link.is_inverse,
                strength=link.strength,
                lag=link.short_lag,
                verdict=link.verdict,
                sentence=f"{link.sentence} {link.verdict_text}.",
            )
            for link in shown.links
        ),
        themes=tuple(ToldTheme(name, name) for name in themes if name),
    )


def _nodes(shown: PublicMap) -> Iterator[ToldNode]:
    for band in shown.board.bands:
        for each in band.objectives:
            yield ToldNode(
                code=each.code,
                lane=band.code,
                name=each.name,
                status=HIDDEN if each.is_hidden else each.score.status,
                score=HIDDEN_TEXT if each.is_hidden else each.score.text,
                measured=_measured(each),
                x=shown.places.get(each.code),
                theme=each.theme,
            )


def _measured(objective: PublicObjective) -> str:
    return "" if objective.is_hidden else measured_text(objective.score)
