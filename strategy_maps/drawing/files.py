"""The picture as a file that stands alone: with its colours and letters in it."""

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from .picture import Picture

STYLES = Path(settings.BASE_DIR) / "static" / "css"
_SETS = re.compile(r"(--[\w-]+):\s*([^;]+);")
_USES = re.compile(r"var\((--[\w-]+)\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def svg_file(picture: Picture) -> str:
    """The picture in light colours, whatever the reader's page is in."""
    return render_to_string("strategy_maps/file.svg", {"picture": picture, "style": light_style()})


@lru_cache(maxsize=1)
def light_style() -> str:
    """The picture's own stylesheet with the colours of the light scheme put in."""
    tokens = (STYLES / "tokens.css").read_text().split("@media")[0]
    colours = dict(_SETS.findall(tokens))
    rules = _COMMENT.sub("", (STYLES / "map_picture.css").read_text())
    # The letters of the program that makes PNG files, where the first ones are not at hand.
    colours["--sans"] = colours["--sans"].replace("sans-serif", '"DejaVu Sans", sans-serif')
    return _USES.sub(lambda use: colours[use[1]], rules).strip()
