"""The picture as pixels, made in a process of its own."""

from scorecards.printing.setting import pixels
from scorecards.printing.shapes import Drawing

from .frame import Box


def png_file(svg: str, box: Box) -> bytes:
    """An SVG of our own as PNG, twice as fine as its box is large.

    Raises NoTurn and Unprintable of `scorecards.printing.setting`.
    """
    return pixels(Drawing(svg, box.width, box.height))
