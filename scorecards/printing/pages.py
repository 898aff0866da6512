"""Pages and pixels, set by typst; loaded only by the process that sets them.

Documents come in as data, in `sys_inputs`: nothing that people write is ever read as markup, and
the templates can read no file outside their folder.
"""

from pathlib import Path

import typst

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "print"
PIXELS_PER_INCH = 144  # two pixels for each unit of a drawing


def pdf_file(document: bytes) -> bytes:
    """document: the JSON of a `Document`."""
    told = {"document": document.decode()}
    return typst.compile(str(TEMPLATES / "document.typ"), root=str(TEMPLATES), sys_inputs=told)


def png_file(svg: str, width: float, height: float) -> bytes:
    """A drawing of our own as PNG, twice as fine as its box is large."""
    told = {"svg": svg, "width": f"{width:g}", "height": f"{height:g}"}
    template = str(TEMPLATES / "drawing.typ")
    root = str(TEMPLATES)
    return typst.compile(template, root=root, format="png", ppi=PIXELS_PER_INCH, sys_inputs=told)
