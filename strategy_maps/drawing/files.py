"""The picture as a file that stands alone: with its colours and letters in it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string

from .picture import Picture
from .texts import text_width

STYLES = Path(settings.BASE_DIR) / "static" / "css"
_SETS = re.compile(r"(--[\w-]+):\s*([^;]+);")
_USES = re.compile(r"var\((--[\w-]+)\)")
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML cannot hold
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


# What each line means, in the order of the page's legend.
LINES = (
    ("confirmed", "", "confirmed by the data"),
    ("not_confirmed", "", "not confirmed"),
    ("contradicted", "×", "contradicted"),
    ("too_little", "", "too little data, or not tested yet"),
)
SAMPLE, SMALL = 46.0, 10.5  # how much a sample of a line takes, and the size of its words


class Sample(NamedTuple):
    """A line of the legend: how it is drawn, its sign, what it means, and where it stands."""

    verdict: str
    sign: str
    words: str
    x: float


def svg_file(picture: Picture) -> str:
    """The picture in light colours, whatever the reader's page is in, with its legend."""
    told = {"picture": picture, "style": light_style(), "legend": list(_legend())}
    return _UNSAYABLE.sub(" ", render_to_string("strategy_maps/file.svg", told))


def _legend() -> Iterator[Sample]:
    x = 0.0
    for verdict, sign, words in LINES:
        yield Sample(verdict, sign, words, round(x, 1))
        x += SAMPLE + text_width(words, SMALL) + 16


@lru_cache(maxsize=1)
def light_style() -> str:
    """The picture's own stylesheet with the colours of the light scheme put in."""
    tokens = (STYLES / "tokens.css").read_text().split("@media")[0]
    colours = dict(_SETS.findall(tokens))
    rules = _COMMENT.sub("", (STYLES / "map_picture.css").read_text())
    # The letters of the program that makes PNG files, where the first ones are not at hand.
    colours["--sans"] = colours["--sans"].replace("sans-serif", '"DejaVu Sans", sans-serif')
    return _USES.sub(lambda use: colours[use[1]], rules).strip()
