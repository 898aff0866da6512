"""The life of scorecards over HTTP: activating, archiving, the ways back, and duplicating."""

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.access import Action
from organizations.models import Unit
from organizations.models.structure import validate_code
from organizations.selectors import UnitNode
from organizations.services.locks import lock_organization
from scorecards.api.matching import require_match, tagged
from scorecards.api.records.resources import RESOURCES
from scorecards.api.records.schemas import component
from scorecards.api.records.telling import Telling
from scorecards.api.schema import described
from scorecards.api_errors import Problem
from scorecards.models import Scorecard
from scorecards.selectors.lifecycle.deeds import deed_periods, running_scorecard
from scorecards.selectors.lifecycle.duplicate import TypedCopy
from scorecards.services.duplicating import duplicate_scorecard
from scorecards.services.editions import activate_scorecard
from scorecards.services.lifecycle import (
    archive_scorecard,
    bring_back_scorecard,
    replace_scorecard,
    withdraw_scorecard,
)

from .bodies import deed_body, refused, wrong
from .places import PlaceView, visible_scorecard

SCORECARDS = next(each for each in RESOURCES if each.name == "scorecards")
ANSWER = component(SCORECARDS)
NO_PERIOD = "It cannot begin or end with that period: it is closed, or another scorecard holds."
Label = Annotated[str, Meta(min_length=1, max_length=20, examples=["2026-04"])]
Code = Annotated[str, Meta(max_length=50)]


class Activation(msgspec.Struct, forbid_unknown_fields=True):
    """From which period on it holds, by default the running one; which running one it replaces."""

    valid_from: Label | None = None
    replaces: Code | None = None


class Archiving(msgspec.Struct, forbid_unknown_fields=True):
    """From which period on it holds no more, by default the running one."""

    valid_from: Label | None = None


class Duplicate(msgspec.Struct, forbid_unknown_fields=True):
    """For which unit, by default its own; what is left out is suggested."""

    unit: Code | None = None
    code: Code | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None


class DeedView(PlaceView):
    """A deed that changes a scorecard: If-Match names what the writer has read of it."""

    http_method_names = ["post"]

    def done(self, request: Request, code: str, body: Any) -> Response:
        """Do it, under the organization's lock from the comparison of versions on."""
        row = visible_scorecard(self.access, code)
        self.require(Action.EDIT_STRUCTURE, row.unit_id)
        said = deed_body(request, body) if body else None
        with transaction.atomic():
            lock_organization(self.access.organization.pk)
            self.access = replace(self.access)
            row = visible_scorecard(self.access, code)
            self.require(Action.EDIT_STRUCTURE, row.unit_id)
            require_match(request, self._told(code))
            try:
                self.do(row, said)
            except ValidationError as refusal:
                raise refused(refusal, or_else="conflict") from None
            return tagged(self._told(code))

    def do(self, row: Scorecard, said: Any) -> None:
        raise NotImplementedError

    def _told(self, code: str) -> dict[str, Any]:
        telling = Telling(self.access, SCORECARDS)
        record = telling.find({"scorecard": code})
        if record is None:
            raise Problem("not_found")
        return telling.answer(record)

    def day(
        self, row: Scorecard, label: str | None, running: Scorecard | None = None
    ) -> dt.date | None:
        """The first day of a period that may be chosen; None where none is named."""
        if label is None:
            return None
        period = deed_periods(self.access, self.node_of(row), row, running).get(label)
        if period is None:
            raise wrong("valid_from", "invalid_value", NO_PERIOD)
        return period.start


class ActivateView(DeedView):
    """A draft begins to hold."""

    @described(
        ANSWER,
        body=Activation,
        is_guarded=True,
        is_tagged=True,
        problems=("invalid_body", "period_closed", "conflict"),
    )
    def post(self, request: Request, organization: str, scorecard: str) -> Response:
        """Let a draft hold. Where another scorecard of the unit is active, `replaces` names it:
        that one then ends with the period before.
        """
        return self.done(request, scorecard, Activation)

    def do(self, row: Scorecard, said: Activation) -> None:
        running = running_scorecard(self.node_of(row), row)
        day = self.day(row, said.valid_from, running)
        about: dict[str, Any] = {"valid_from": day, "by": self.access.user}
        if row.status != Scorecard.State.DRAFT:
            raise Problem("conflict", f"“{row}” is {row.status}; only a draft is activated.")
        if (running.code if running else None) != said.replaces:
            named = f"“{running.code}” is active" if running else "No scorecard is active"
            raise Problem("conflict", f"{named} at this unit: name in `replaces` what it replaces.")
        if running is None:
            activate_scorecard(scorecard=row, **about)
        else:
            replace_scorecard(running=running, draft=row, **about)


class ArchiveView(DeedView):
    """An active scorecard ends."""

    @described(
        ANSWER,
        body=Archiving,
        is_guarded=True,
        is_tagged=True,
        problems=("invalid_body", "period_closed", "conflict"),
    )
    def post(self, request: Request, organization: str, scorecard: str) -> Response:
        """Let a scorecard hold no more. What it was before stays."""
        return self.done(request, scorecard, Archiving)

    def do(self, row: Scorecard, said: Archiving) -> None:
        day = self.day(row, said.valid_from)
        archive_scorecard(scorecard=row, ends_on=day, by=self.access.user)


class BringBackView(DeedView):
    """The way back from archiving."""

    @described(ANSWER, is_guarded=True, is_tagged=True, problems=("period_closed", "conflict"))
    def post(self, request: Request, organization: str, scorecard: str) -> Response:
        """Let an archived scorecard hold on, as if it had not been archived."""
        return self.done(request, scorecard, None)

    def do(self, row: Scorecard, said: None) -> None:
        bring_back_scorecard(scorecard=row, by=self.access.user)


class WithdrawView(DeedView):
    """The way back from activating."""

    @described(ANSWER, is_guarded=True, is_tagged=True, problems=("period_closed", "conflict"))
    def post(self, request: Request, organization: str, scorecard: str) -> Response:
        """Make an active scorecard a draft again, as if it had never held."""
        return self.done(request, scorecard, None)

    def do(self, row: Scorecard, said: None) -> None:
        withdraw_scorecard(scorecard=row, by=self.access.user)


class DuplicateView(PlaceView):
    """A draft with the structure of a scorecard."""

    http_method_names = ["post"]

    @described(
        ANSWER,
        body=Duplicate,
        status=201,
        is_tagged=True,
        problems=("invalid_body", "already_exists", "conflict"),
    )
    def post(self, request: Request, organization: str, scorecard: str) -> Response:
        """Duplicate a scorecard. For its own unit the next cycle, which keeps owners and what
        supports it; or the beginning of another unit's.
        """
        row = visible_scorecard(self.access, scorecard)
        self.require(Action.EDIT_STRUCTURE, row.unit_id)
        said = deed_body(request, Duplicate)
        node = self._unit(row, said)
        typed = self._typed(row, said, node)
        try:
            draft = duplicate_scorecard(
                scorecard=row,
                unit=Unit.objects.get(pk=node.id),
                code=said.code or typed.code,
                name=typed.name,
                by=self.access.user,
                counts_at={
                    pk
                    for pk in self.access.tree.by_id
                    if self.access.can(Action.EDIT_STRUCTURE, pk)
                },
            )
        except ValidationError as refusal:
            raise refused(refusal) from None
        return self._made(draft)

    def _unit(self, row: Scorecard, said: Duplicate) -> UnitNode:
        if said.unit is None:
            return self.node_of(row)
        node = self.access.visible_unit(said.unit)
        if node is None:
            raise wrong("unit", "unknown_reference", "There is no such unit.")
        self.require(Action.EDIT_STRUCTURE, node.id)
        return node

    def _typed(self, row: Scorecard, said: Duplicate, node: UnitNode) -> TypedCopy:
        """With the suggestions of the page."""
        if said.code is not None:
            try:
                validate_code(said.code)
            except ValidationError as refusal:
                raise wrong("code", "invalid_value", refusal.messages[0]) from None
        form = {"unit": node.code, "name": said.name or ""}
        typed = TypedCopy.of(self.access, self.node_of(row), row, form)
        for field, text in typed.problems.items():
            raise wrong(field, "invalid_value", text)
        return typed

    def _made(self, draft: Scorecard) -> Response:
        telling = Telling(self.access, SCORECARDS)
        record = telling.find({"scorecard": draft.code})
        assert record is not None
        place = {"organization": self.access.organization.code, "scorecard": draft.code}
        return tagged(telling.answer(record), 201, reverse(SCORECARDS.address_name, kwargs=place))
