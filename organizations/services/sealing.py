"""Texts that are encrypted where they are stored, since others must be shown them again.

The key follows from SECRET_KEY; after a change of that, a former one among SECRET_KEY_FALLBACKS
still opens what it has sealed.
"""

import base64
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:  # nine megabytes, for the few who ask
    from cryptography.fernet import Fernet, MultiFernet


class Unreadable(Exception):
    """What no key at hand opens: SECRET_KEY has changed, and the former one is not told."""


def sealed(text: str, *, purpose: str) -> str:
    """The text as it is stored; what was sealed for one purpose does not open for another."""
    return _keys(purpose).encrypt(text.encode()).decode()


def opened(stored: str, *, purpose: str) -> str:
    """What was sealed; raises Unreadable."""
    from cryptography.fernet import InvalidToken

    try:
        return _keys(purpose).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def sealed_anew(stored: str, *, purpose: str) -> str:
    """The same, sealed with the present key; raises Unreadable."""
    from cryptography.fernet import InvalidToken

    try:
        return _keys(purpose).rotate(stored.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _keys(purpose: str) -> "MultiFernet":
    from cryptography.fernet import MultiFernet

    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_key(secret, purpose) for secret in secrets])


def _key(secret: str, purpose: str) -> "Fernet":
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derivation = HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode())
    return Fernet(base64.urlsafe_b64encode(derivation.derive(secret.encode())))
