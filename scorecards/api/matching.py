"""Edits that know what they change: ETags of what was read, If-Match of what is sent."""

import hashlib
import re
from typing import Any

import orjson
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from scorecards.api_errors import Problem

_plain = JSONEncoder().default
_tags = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')


def etag_of(representation: Any) -> str:
    """The strong ETag of what an object says: the digest of its JSON with sorted keys."""
    text = orjson.dumps(representation, default=_plain, option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def tagged(representation: Any, status: int = 200, location: str = "") -> Response:
    """An answer that is one editable object, with its ETag, and its address where it is new."""
    headers = {"ETag": etag_of(representation)}
    if location:
        headers["Location"] = location
    return Response(representation, status, headers=headers)


def require_match(request: Request, representation: Any) -> None:
    """Refuse an edit of what has changed since it was read.

    representation: what the object says now, read under the lock that keeps it from changing until
    the edit is done. Raises version_missing (428) without If-Match, and version_stale (412) with
    the `current` representation and its ETag. `If-Match: *` edits whatever stands.
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        raise Problem("version_missing")
    current = etag_of(representation)
    # A tag that compression has made weak still is the digest of the same representation.
    if sent != "*" and current not in _tags.findall(sent):
        stale = Problem("version_stale", current=representation)
        stale.headers["ETag"] = current
        raise stale
