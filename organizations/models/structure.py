"""What every object edited by people has: an organization, a version, a history and an undo."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

# First segments of addresses and words of the formula language: no object may be called so.
RESERVED_CODES = frozenset(
    {
        *("accounts", "admin", "api", "as_of", "docs", "healthz", "import", "kpis", "new"),
        *("operators", "public", "readyz", "scorecards", "search", "settings", "start"),
        *("static", "units"),
        *("abs", "avg", "coalesce", "else", "false", "if", "max", "min", "prev", "rolling"),
        *("round", "sum", "then", "true", "ytd"),
    }
)

validate_code_form = RegexValidator(
    r"\A[a-z][a-z0-9_]{0,49}\Z",
    "A code starts with a letter and has at most 50 lower-case letters, digits and underscores.",
)


def validate_code(code: str) -> None:
    """Refuse codes that cannot stand in an address, a file or a formula."""
    validate_code_form(code)
    if code in RESERVED_CODES:
        raise ValidationError(f'"{code}" is a word of the system; choose another code.')


def validate_text(text: str) -> None:
    """Refuse characters that some databases, files or pages cannot hold."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValidationError("The text holds a character that cannot be stored; remove it.")


class CodeField(models.CharField):  # type: ignore[type-arg]
    """The immutable public name of an object: lower snake case, unique in its scope."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 50, "validators": [validate_code], **kwargs})


LONGEST_REASON = 100
_occasion: ContextVar[str] = ContextVar("occasion", default="")
_author: ContextVar[Any] = ContextVar("author", default=None)


@contextmanager
def on_occasion(said: str, by: Any = None) -> Iterator[None]:
    """Let the history of every row saved meanwhile say on which occasion it was.

    by: the user who did it, where no request tells.
    """
    before, author = _occasion.set(said), _author.set(by)
    try:
        yield
    finally:
        _occasion.reset(before)
        _author.reset(author)


class TracedHistory(HistoricalRecords):  # type: ignore[misc]
    """History rows that say by which way a change came, where it was not a page for members."""

    def get_change_reason_for_object(
        self, instance: models.Model, history_type: str, using: str
    ) -> str | None:
        said = super().get_change_reason_for_object(instance, history_type, using)
        return str(said)[:LONGEST_REASON] if said else change_reason()

    def get_history_user(self, instance: models.Model) -> Any:
        return super().get_history_user(instance) or _author.get()


def change_reason() -> str | None:
    """By which way what is saved now came; what is saved in bulk must be given it by hand."""
    return (_occasion.get() or _way())[:LONGEST_REASON] or None


def _way() -> str:
    request: Any = getattr(HistoricalRecords.context, "request", None)
    token = getattr(request, "auth", None)
    if token is not None:
        return f"API token “{token}”"
    return OPERATORS if getattr(request, "path", "").startswith("/operators/") else ""


OPERATORS = "operators’ pages"


class TenantHistory(TracedHistory):
    """History rows that belong to an organization like the rows they tell of."""

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        fields["organization"].null = False
        return fields


class StructureQuerySet(models.QuerySet[Any]):
    """Objects that people edit; deleted ones stay in the table so that they can be restored."""

    def live(self) -> Self:
        return self.filter(deleted_at=None)


UNFOLDED = 4  # one character may be written as up to four that make it up
LONGEST_TEXT = 10_000


class PlainText(models.Model):
    """A row whose texts can be stored and shown everywhere."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Any = None) -> None:
        """Bring every text into one Unicode form before it is checked."""
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if isinstance(field, models.CharField | models.TextField) and isinstance(value, str):
                validate_text(value)
                # What is far too long is refused as it is: normalizing it could take minutes.
                if len(value) <= UNFOLDED * (field.max_length or LONGEST_TEXT):
                    setattr(self, field.attname, unicodedata.normalize("NFC", value))
        super().clean_fields(exclude)
        self._check_lengths()

    def _check_lengths(self) -> None:
        """Of long texts, too: of those Django checks the length in its own forms only."""
        too_long = {
            field.name: f"This may have at most {field.max_length} characters."
            for field in self._meta.concrete_fields
            if isinstance(field, models.TextField)
            and field.max_length
            and len(getattr(self, field.attname) or "") > field.max_length
        }
        if too_long:
            raise ValidationError(too_long)


class Structure(PlainText):
    """A row that people edit: versioned, with its history kept and its deletion undoable."""

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = TenantHistory(inherit=True)
    objects = StructureQuerySet.as_manager()

    class Meta:
        abstract = True

    def mark_deleted(self) -> None:
        self.deleted_at = timezone.now()
        self.version += 1
        self.save()


class CodedStructure(Structure):
    """A row that people edit and that addresses, files and formulas name by its code."""

    code = CodeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.code)


LIVE = models.Q(deleted_at=None)
