"""The picture as pixels."""

from .frame import Box

PIXELS_PER_INCH = 144  # two pixels for each unit of the picture
# The drawing comes in as data: nothing that people write is ever read as a document.
_DOCUMENT = b"""\
#let size = (width: float(sys.inputs.width) * 1pt, height: float(sys.inputs.height) * 1pt)
#set page(..size, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", ..size)
"""


def png_file(svg: str, box: Box) -> bytes:
    """An SVG of our own as PNG, twice as fine as its box is large."""
    import typst

    told = {"svg": svg, "width": f"{box.width:g}", "height": f"{box.height:g}"}
    return typst.compile(_DOCUMENT, format="png", ppi=PIXELS_PER_INCH, sys_inputs=told)
