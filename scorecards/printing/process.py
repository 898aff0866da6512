"""Sets one document in a process of its own, which may fail without harm to others.

Started as `python -m scorecards.printing.process pdf` (or png, pptx, xlsx); the document comes on
standard input as JSON, and the file goes to standard output. Whatever would need more memory or
time than a book can need ends this process, never the one that asked.
"""

import json
import resource
import sys
from collections.abc import Callable

from .limits import MEMORY, SECONDS


def main() -> None:
    """Read standard input within limits and write the file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(WRITERS[sys.argv[1]](sys.stdin.buffer.read()))


def _pdf(sent: bytes) -> bytes:
    from .pages import pdf_file

    return pdf_file(sent)


def _png(sent: bytes) -> bytes:
    from .pages import png_file

    return png_file(**json.loads(sent))


def _pptx(sent: bytes) -> bytes:
    import msgspec

    from .shapes import Document
    from .slides import pptx_file

    return pptx_file(msgspec.json.decode(sent, type=Document))


def _xlsx(sent: bytes) -> bytes:
    import msgspec

    from .shapes import Document
    from .sheets import xlsx_file

    return xlsx_file(msgspec.json.decode(sent, type=Document))


WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "pdf": _pdf,
    "png": _png,
    "pptx": _pptx,
    "xlsx": _xlsx,
}

if __name__ == "__main__":
    main()
