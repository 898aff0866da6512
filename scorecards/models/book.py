"""Briefing books: files that a worker makes of chosen units and pages."""

import datetime as dt
import uuid
from typing import Self

from django.db import models
from django.utils import timezone

from organizations.models import Job, Organization, User

KEPT = dt.timedelta(days=30)
UNDONE_WITHIN = dt.timedelta(days=1)


def expiry() -> dt.datetime:
    """When a book that is asked for now is forgotten."""
    return timezone.now() + KEPT


class BookQuerySet(models.QuerySet["Book"]):
    def live(self) -> Self:
        """Those that are neither taken away nor expired."""
        return self.filter(deleted_at=None, expires_at__gt=timezone.now())

    def without_files(self) -> Self:
        """Without what is large, for lists."""
        return self.defer("content")

    def forgotten(self, at: dt.datetime) -> Self:
        """Those that nobody can get any more."""
        gone = models.Q(deleted_at__lt=at - UNDONE_WITHIN)
        return self.filter(models.Q(expires_at__lte=at) | gone)


class Book(models.Model):
    """A file for a meeting, as somebody asked for it. Whoever asked is the only one who gets it.

    units, pages: codes of what was chosen; period: its label. job: makes it, and is forgotten some
    time after it has ended. content: the file, at most 20 MB; empty until it is made.
    """

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        PPTX = "pptx", "Slides (PPTX)"
        XLSX = "xlsx", "Spreadsheet (XLSX)"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # in addresses
    title = models.CharField(max_length=200)
    units = models.JSONField()
    pages = models.JSONField()
    period = models.CharField(max_length=20)
    form = models.CharField(max_length=4, choices=Form.choices)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    content = models.BinaryField(default=bytes)
    size = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(default=expiry)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = BookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(form__in=("pdf", "pptx", "xlsx")), name="book_form_is_known"
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="book_by_expiry")]

    def __str__(self) -> str:
        return self.title

    @property
    def file_name(self) -> str:
        """What it is called where it is taken to."""
        return f"{self.organization.code}-{self.period}-{str(self.code)[:8]}.{self.form}"
