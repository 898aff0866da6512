"""Idempotency-Key: a POST that is sent again does nothing again and gets the answer it got."""

import functools
import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from organizations.access import Access
from organizations.models import IdempotencyKey
from organizations.services.idempotency import KeyInUse, keep_answer, kept_answer
from scorecards.api_errors import RETRY_SECONDS, Problem

KEY_HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
# A body of 10 MB with what a form puts around a file; the views have limits of their own.
MAX_BYTES = 11 * 1024 * 1024
KEPT_HEADERS = ("Location", "ETag")

_form = re.compile(r"[\x21-\x7e]{1,255}")
Handler = Callable[..., Any]


class _NothingDone(Exception):
    """Carries a refusal out of the transaction, so that its key stays free."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response


def once(access: Access, handler: Handler) -> Handler:
    """The handler of a POST that carries a key: it runs once, whatever is sent again."""

    @functools.wraps(handler)
    def handle(request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers[KEY_HEADER]
        if not _form.fullmatch(key):
            raise Problem("invalid_header", f"{KEY_HEADER} has 1 to 255 visible ASCII characters.")
        digest = _digest(request)
        try:
            with transaction.atomic():
                return _answer(access, key, digest, lambda: handler(request, *args, **kwargs))
        except _NothingDone as refused:
            return refused.response
        except KeyInUse:
            busy = Problem("idempotency_in_progress")
            busy.headers["Retry-After"] = str(RETRY_SECONDS)
            raise busy from None

    return handle


def _answer(access: Access, key: str, digest: str, handle: Callable[[], Any]) -> Any:
    kept = kept_answer(access=access, key=key)
    if kept is not None:
        return _replayed(kept, digest)
    response = handle()
    if response.status_code >= 400:
        raise _NothingDone(response)
    renderers: Any = api_settings.DEFAULT_RENDERER_CLASSES
    body = renderers[0]().render(getattr(response, "data", None))
    keep_answer(
        access=access,
        key=key,
        digest=digest,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=None if _is_secret(response) else body.decode(),
    )
    return response


def _replayed(kept: IdempotencyKey, digest: str) -> HttpResponse:
    if kept.digest != digest:
        raise Problem("idempotency_mismatch")
    if kept.body is None:
        raise Problem("conflict", "This was done before; its answer told a secret, once.")
    headers = {"Content-Type": "application/json", **kept.headers, REPLAYED: "true"}
    return HttpResponse(kept.body, status=kept.status, headers=headers)


def _is_secret(response: Response) -> bool:
    """Whether the answer must not be stored anywhere."""
    return "no-store" in response.get("Cache-Control", "")


def _digest(request: Request) -> str:
    """Of method, address, parameters and body, which is left to be read again."""
    body = _body(request)
    digest = hashlib.sha256()
    for part in (str(request.method), request.get_full_path(), request.content_type or ""):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    digest.update(body)
    return digest.hexdigest()


def _body(request: Request) -> bytes:
    """The whole body, however it was sent; the streams then begin anew."""
    plain: Any = request._request
    is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    stream = plain
    if is_chunked and request.META.get("wsgi.input_terminated"):
        stream = request.META["wsgi.input"]
    body: bytes = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise Problem("body_too_large")
    plain._stream, plain._read_started = io.BytesIO(body), False
    request.META["wsgi.input"] = io.BytesIO(body)
    return body
