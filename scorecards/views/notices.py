"""What a page says after a deed, with a way back where there is one."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string

LONGEST_REASON = 1000


def say_with_undo(request: HttpRequest, said: str, action: str, fields: Mapping[str, str]) -> None:
    """Say what was done on the next page, beside a button that posts the fields to undo it."""
    about = {"said": said, "action": action, "fields": fields}
    messages.success(request, render_to_string("scorecards/_undo.html", about, request))


def undone_reason(reason: str) -> str:
    """Why a closed period changes back; "" where it changed without a reason."""
    return f"Undone: {reason}"[:LONGEST_REASON] if reason else ""
