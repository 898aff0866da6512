"""The picture as pixels."""

from .frame import Box

PIXELS_PER_INCH = 144  # two pixels for each unit of the picture
_DOCUMENT = (
    "#set page(width: {width}pt, height: {height}pt, margin: 0pt)\n"
    '#image("map.svg", width: 100%, height: 100%)\n'
)


def png_file(svg: str, box: Box) -> bytes:
    """An SVG of our own as PNG, twice as fine as its box is large."""
    import typst

    files = {
        "main.typ": _DOCUMENT.format(width=box.width, height=box.height).encode(),
        "map.svg": svg.encode(),
    }
    pixels = typst.compile(files, format="png", ppi=PIXELS_PER_INCH)
    return bytes(pixels)
