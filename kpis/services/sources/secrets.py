"""Secrets of sources: encrypted where they are stored, read only to be shown to the source.

The key follows from SECRET_KEY; after a change of that, the former one among SECRET_KEY_FALLBACKS
still opens what it has sealed, and what is opened so is sealed anew with the next run.
"""

import json
from collections.abc import Mapping

from django.conf import settings

from kpis.models import Source, SourceSecret
from organizations.services import sealing

from .shapes import Unreadable

PURPOSE = "secrets of sources"


def sealed(secrets: Mapping[str, str]) -> str:
    """The secrets as they are stored."""
    return sealing.sealed(json.dumps(dict(secrets)), purpose=PURPOSE)


def opened(text: str) -> dict[str, str]:
    """What was sealed; raises Unreadable."""
    try:
        found: dict[str, str] = json.loads(sealing.opened(text, purpose=PURPOSE))
    except sealing.Unreadable:
        raise Unreadable(
            "The passwords and keys of this source cannot be read any more, since SECRET_KEY has"
            " changed: enter them again."
        ) from None
    return found


def secrets_of(source: Source) -> dict[str, str]:
    """The secrets of a stored source; raises Unreadable."""
    row = SourceSecret.objects.filter(source=source).first()
    return opened(row.sealed) if row else {}


def names_of(source: Source) -> frozenset[str]:
    """Which secrets a source has; none where they cannot be read any more."""
    try:
        return frozenset(secrets_of(source))
    except Unreadable:
        return frozenset()


def keep_secrets(source: Source, secrets: Mapping[str, str]) -> None:
    """Store these secrets of the source and no others."""
    held = {name: text for name, text in secrets.items() if text}
    if not held:
        SourceSecret.objects.filter(source=source).delete()
        return
    SourceSecret.objects.update_or_create(
        source=source,
        defaults={"organization_id": source.organization_id, "sealed": sealed(held)},
    )


def seal_anew(source: Source) -> None:
    """Seal what a former key has sealed with the present one."""
    row = SourceSecret.objects.filter(source=source).first()
    if row and settings.SECRET_KEY_FALLBACKS:
        row.sealed = sealing.sealed_anew(row.sealed, purpose=PURPOSE)
        row.save(update_fields=["sealed"])
