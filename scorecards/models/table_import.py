"""Files that people bring in: the file, what is to be done with it, and what became of it."""

import datetime as dt
import zlib
from typing import Any, Self

import orjson
from django.db import models
from django.utils import timezone

from organizations.models import Organization, User


class ImportQuerySet(models.QuerySet["Import"]):
    def waiting(self, at: dt.datetime) -> Self:
        """Those that wait for a worker: nobody has them, or whoever had them is gone."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lt=at)
        return self.filter(free, state__in=Import.WORKING)

    def without_files(self) -> Self:
        """Without what is large, for lists."""
        return self.defer("content", "tables", "report", "effect")


class Import(models.Model):
    """A file with tables on its way in: it is read, mapped, checked, applied, perhaps undone.

    The row is the job: a worker takes it by a lease that it renews, and writes the effect and the
    new state in one transaction. `attempt` counts who had it: one that was slow and lost its lease
    cannot write any more.
    """

    class State(models.TextChoices):
        READING = "reading", "Being read"
        MAPPING = "mapping", "Columns to be named"
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready to apply"
        APPLYING = "applying", "Being applied"
        DONE = "done", "Done"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Scope(models.TextChoices):
        WHOLE = "whole", "All rows or none"
        GOOD = "good", "The rows without a problem"

    WORKING = (State.READING, State.CHECKING, State.APPLYING, State.UNDOING)
    OPEN = (*WORKING[:3], State.MAPPING, State.READY)

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()  # in addresses
    kind = models.CharField(max_length=30, blank=True)  # "" until it is known
    file_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    content = models.BinaryField()  # the file; empty once nothing can be read from it any more
    options = models.JSONField(default=dict)  # how it is to be read, where somebody said so
    tables = models.BinaryField(default=bytes)  # what was read
    signature = models.CharField(max_length=64, blank=True)  # of the names of its columns
    mapping = models.JSONField(default=list)  # of each table: the field of each column, "" = none
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.WHOLE)
    report = models.BinaryField(default=bytes)  # what would be done, then what was
    effect = models.BinaryField(default=bytes)  # what it takes to undo it
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    said = models.CharField(max_length=1000, blank=True)  # why it failed, or is to be looked at
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    is_cancelled = models.BooleanField(default=False)  # somebody asked for it to be given up
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # of what is being done now
    lease_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="import_number_once"),
            models.CheckConstraint(
                condition=models.Q(done__lte=models.F("total")), name="import_done_is_a_part"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("done", "undoing", "undone", "failed", "cancelled"),
                    finished_at__isnull=False,
                )
                | models.Q(
                    state__in=("reading", "mapping", "checking", "ready", "applying"),
                    finished_at=None,
                ),
                name="import_ends_with_its_state",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="import_waiting")]

    def __str__(self) -> str:
        return f"{self.number}: {self.file_name}"

    @property
    def is_working(self) -> bool:
        """Whether a worker has it, or is to take it."""
        return self.state in self.WORKING

    @property
    def is_open(self) -> bool:
        """Whether it can still be given up."""
        return self.state in self.OPEN


def packed(value: Any) -> bytes:
    """Plain values as they are kept in a column of bytes."""
    return zlib.compress(orjson.dumps(value), 6)


def unpacked(column: bytes | memoryview) -> Any:
    """The plain values again; None where there are none."""
    return orjson.loads(zlib.decompress(bytes(column))) if column else None
