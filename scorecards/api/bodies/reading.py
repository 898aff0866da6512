"""A body's bytes: never more than may be, however they are sent or packed."""

import zlib
from email.message import Message
from typing import Any

from rest_framework.request import Request

from scorecards.api_errors import Problem

MAX_BYTES = 10 * 1024 * 1024
JSON = "application/json"
UTF_8 = ("", "utf-8", "utf8", "us-ascii")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
GZIP_MAGIC = b"\x1f\x8b"
GZIP = 16 + zlib.MAX_WBITS  # how zlib is told of gzip's header and checksum


def content_type(request: Request) -> tuple[str, str]:
    """The media type and its charset, "" where none is named; both in lower case."""
    message = Message()
    message["Content-Type"] = request.META.get("CONTENT_TYPE", "") or "application/octet-stream"
    return message.get_content_type(), str(message.get_param("charset", "")).strip().lower()


def read_body(request: Request) -> bytes:
    """The body as it was before it was packed; refuses whatever is too large, sent or unpacked."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem("unsupported_media_type", "Send the body plain, or packed with gzip.")
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdecimal() and int(declared) > MAX_BYTES:
        raise Problem("body_too_large")
    body = bytes(_stream(request).read(MAX_BYTES + 1))
    if len(body) > MAX_BYTES:
        raise Problem("body_too_large")
    if encoding == "gzip":
        body = unpacked(body)
    elif body.startswith(GZIP_MAGIC):
        raise Problem("malformed_body", "The body looks like gzip: send Content-Encoding: gzip.")
    return body.removeprefix(BYTE_ORDER_MARK)


def unpacked(packed: bytes) -> bytes:
    """What was packed; never holds more than one byte beyond the limit, however much it would be.

    One member only: a body of very many tiny ones would take time in the square of its length.
    """
    inflating = zlib.decompressobj(GZIP)
    try:
        body = inflating.decompress(packed, MAX_BYTES + 1)
    except zlib.error:
        raise Problem("malformed_body", "The body is not packed with gzip.") from None
    if len(body) > MAX_BYTES:
        raise Problem("body_too_large", "The body is larger than 10 MB unpacked; send it in parts.")
    if not inflating.eof or inflating.unused_data:
        raise Problem("malformed_body", "The gzip of the body is cut off, or something follows it.")
    return body


def _stream(request: Request) -> Any:
    """What to read from: Django takes a body without Content-Length for an empty one.

    Where the server ends the stream itself, a body sent in chunks is read as it comes.
    """
    is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    if is_chunked and request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"]
    return request._request
