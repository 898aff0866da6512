"""Reading pushed bodies: bounded, and row by row where a row is wrong.

An array in JSON, one object on each line (NDJSON), or a table (CSV); plain, or packed with gzip.
"""

from collections.abc import Callable

from rest_framework.request import Request

from scorecards.api_errors import Problem

from .csv_rows import csv_table
from .json_rows import json_array
from .line_rows import json_lines
from .pushed import MAX_ROWS, Pushed
from .reading import JSON, MAX_BYTES, UTF_8, content_type, read_body

__all__ = [
    "CSV",
    "JSON",
    "MAX_BYTES",
    "MAX_ROWS",
    "NDJSON",
    "Pushed",
    "json_body",
    "pushed_rows",
]

NDJSON, CSV = "application/x-ndjson", "text/csv"
FORMS: dict[str, Callable[[bytes], Pushed]] = {
    JSON: json_array,
    NDJSON: json_lines,
    CSV: csv_table,
}
SUPPORTED = f"Send values as {', '.join(FORMS)}, in UTF-8, plain or with Content-Encoding: gzip."


def pushed_rows(request: Request) -> Pushed:
    """The rows of a push in whichever form; raises Problem where the body cannot be read."""
    media_type, charset = content_type(request)
    if media_type not in FORMS or charset not in UTF_8:
        raise Problem("unsupported_media_type", SUPPORTED)
    return FORMS[media_type](read_body(request))


def json_body(request: Request) -> bytes:
    """The bytes of a body that must be JSON."""
    if content_type(request)[0] != JSON:
        raise Problem("unsupported_media_type", f"Send the body as {JSON}.")
    return read_body(request)
