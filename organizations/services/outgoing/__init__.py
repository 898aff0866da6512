"""Asking other systems without letting them, or their addresses, lead us into our own network."""

from .addresses import NoAnswer, NotAllowed, OutgoingError
from .client import Answer, checked_url, send_request

__all__ = ["Answer", "NoAnswer", "NotAllowed", "OutgoingError", "checked_url", "send_request"]
