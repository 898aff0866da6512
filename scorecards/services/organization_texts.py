"""Bringing an organization's text in: read, planned, rehearsed, applied whole or not at all."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

from django.db import transaction

from calculations.periods import InvalidPeriod
from organizations.access import Access
from organizations.models import Organization
from organizations.services.people import create_organization
from scorecards.selectors.documents.layout import SIBLINGS
from scorecards.selectors.documents.places import give_places
from scorecards.selectors.documents.reading import Document, LineProblem, read_document
from scorecards.selectors.records import records_of

from .records import Applied, Change, Plan, Tell, apply, packed, plan, rehearsed
from .records.standing import with_new_calendar


@dataclass(frozen=True)
class TextPlan:
    """A text, and what bringing it in would change."""

    document: Document
    plan: Plan

    @property
    def problems(self) -> tuple[LineProblem, ...]:
        """What could not be read; then nothing is planned."""
        return tuple(self.document.problems)

    @property
    def can_be_applied(self) -> bool:
        return not self.document.problems and not self.plan.refused

    def line_of(self, change: Change, name: str) -> int:
        """Where the text says it; 0 for what is not in it."""
        return self.document.line(change.kind, change.row, name) if change.row is not None else 0


def planned_text(
    access: Access, content: bytes | str, *, keeps: bool = False, valid_from: str = ""
) -> TextPlan:
    """What the text would change; nothing is written.

    The text is the whole truth: what it leaves out goes, or becomes what a new record holds. With
    keeps, it changes what it says and nothing else. valid_from: the label of the period from which
    changed structures shall be valid, "" for the running one.
    """
    document = read_document(content, keeps=keeps)
    start = _start(access, document, valid_from)
    if document.problems:
        return TextPlan(document, Plan())
    give_places(document.records, {kind: records_of(access, kind) for kind in SIBLINGS})
    found = plan(access, document.records, removes=not keeps, valid_from=start)
    return TextPlan(document, found)


def _start(access: Access, document: Document, label: str) -> dt.date | None:
    """Read with the fiscal year that the text says."""
    if not label:
        return None
    calendar = with_new_calendar(access, document.records).organization.calendar
    try:
        return calendar.parse_label(label).start
    except InvalidPeriod as refusal:
        document.refuse(0, f"Valid from: {refusal}.")
        return None


def rehearsed_text(access: Access, found: TextPlan) -> TextPlan:
    """With the problems that only writing it shows."""
    if not found.plan.changes or found.problems:
        return found
    return TextPlan(found.document, rehearsed(access, found.plan))


def fingerprint(found: TextPlan) -> str:
    """The same for two plans that would change the same."""
    said = json.dumps(packed(found.plan.changes), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


@transaction.atomic
def import_text(
    *,
    code: str,
    content: bytes | str,
    is_rehearsal: bool,
    keeps: bool = False,
    valid_from: str = "",
    tell: Tell | None = None,
) -> tuple[TextPlan, Applied | None]:
    """Bring the text in as an operator; the organization is made where there is none of that code.

    Nothing is written where anything cannot be, or for a rehearsal. Raises ValidationError for a
    code that none can have.
    """
    organization = Organization.objects.filter(code=code).first()
    organization = organization or create_organization(code=code, name=code)
    access = Access(organization=organization, roles={}, is_unbound=True)
    found = planned_text(access, content, keeps=keeps, valid_from=valid_from)
    if is_rehearsal or not found.can_be_applied:
        found = rehearsed_text(access, found)
        transaction.set_rollback(True)
        return found, None
    return found, apply(access, found.plan, tell=tell)
