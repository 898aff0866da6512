"""Letting go of files and undo after some time: what was recorded keeps its history anyway."""

import datetime as dt

from django.utils import timezone

from scorecards.models import Import

LEFT_AFTER = dt.timedelta(days=14)
UNDO_FOR = dt.timedelta(days=90)
LEFT = "Nobody went on with it for 14 days."


def tidy_imports() -> None:
    """Cancel what nobody went on with, and forget what it takes to undo old ones."""
    now = timezone.now()
    waiting = (Import.State.MAPPING, Import.State.READY)
    Import.objects.filter(state__in=waiting, changed_at__lt=now - LEFT_AFTER).update(
        state=Import.State.CANCELLED,
        said=LEFT,
        finished_at=now,
        changed_at=now,
        content=b"",
        tables=b"",
    )
    failed = Import.objects.filter(state=Import.State.FAILED, changed_at__lt=now - LEFT_AFTER)
    failed.exclude(content=b"").update(content=b"", tables=b"")
    done = Import.objects.filter(state=Import.State.DONE, changed_at__lt=now - UNDO_FOR)
    done.exclude(effect=b"").update(effect=b"")
