"""Declared changes of the process behind a KPI, over HTTP."""

from typing import Annotated, TypedDict

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Frequency, InvalidPeriod, Period
from kpis.models import KPI, LONGEST_CHANGE_NOTE, Assignment, ProcessChange
from kpis.selectors.process_changes import process_changes
from kpis.services.process_changes import declare_process_change, take_back_process_change
from organizations.access import Action
from organizations.services.locks import lock_organization
from scorecards.api.base import code_parameter
from scorecards.api.listing import PAGING, listed
from scorecards.api.matching import require_match, tagged
from scorecards.api.schema import Listing, Parameter, described
from scorecards.api.schema.parameters import PERIOD
from scorecards.api.shapes import Code, Moment
from scorecards.api_errors import Problem
from scorecards.selectors.kpis.pages import visible_assignments, visible_kpi

from .bodies import deed_body, refused, wrong
from .places import PlaceView

IN_PATH = {"period": Parameter("Label of an own period of the KPI.", PERIOD, "2026-03")}


class NewProcessChange(msgspec.Struct, forbid_unknown_fields=True):
    """From which own period of the KPI on the process is another one, and what was changed."""

    unit: Code
    period: Annotated[str, Meta(min_length=1, max_length=20)]
    note: Annotated[str, Meta(min_length=1, max_length=LONGEST_CHANGE_NOTE)]


class ProcessChangeAnswer(TypedDict):
    """A declared change."""

    kpi: Code
    unit: Code
    period: str
    note: str
    by: str
    at: Moment


class ProcessChangePlace(PlaceView):
    """A KPI where it is measured, as far as the reader sees."""

    def measured(self, code: str, unit: str | None = None) -> list[Assignment]:
        found = visible_kpi(self.access, code)
        seen = visible_assignments(self.access, found, unit) if found else []
        if not seen:
            raise Problem("not_found")
        return seen

    def require_any(self, seen: list[Assignment]) -> None:
        """403 before anything is read of the body, where the reader may change none of them."""
        if not any(self.access.can(Action.EDIT_STRUCTURE, each.unit_id) for each in seen):
            raise Problem("not_permitted")

    def answer(self, row: ProcessChange, assignment: Assignment) -> ProcessChangeAnswer:
        calendar = self.access.organization.calendar
        own = calendar.period(Frequency(assignment.kpi.frequency), row.period_start)
        return {
            "kpi": assignment.kpi.code,
            "unit": assignment.unit.code,
            "period": calendar.label(own),
            "note": row.note,
            "by": str(row.declared_by or "the system"),
            "at": row.declared_at.isoformat(),
        }


class ProcessChangesView(ProcessChangePlace):
    """The declared changes of a KPI."""

    parameters = {"get": ("unit", *PAGING)}

    @described(Listing(ProcessChangeAnswer))
    def get(self, request: Request, organization: str, kpi: str) -> Response:
        """Declared changes, at all units that you see or at one."""
        seen = {each.pk: each for each in self.measured(kpi, code_parameter(request, "unit"))}
        rows = [row for found in process_changes(seen).values() for row in found]
        return Response(
            listed(
                request,
                [self.answer(row, seen[row.assignment_id]) for row in rows],
                key=lambda row: (row["unit"], row["period"]),
                answer=lambda row: row,
            )
        )

    @described(
        ProcessChangeAnswer,
        body=NewProcessChange,
        status=201,
        is_tagged=True,
        problems=("invalid_body", "already_exists"),
    )
    def post(self, request: Request, organization: str, kpi: str) -> Response:
        """Declare that a process was changed on purpose.

        Limits and forecasts begin anew from the period on; values, targets and scores stay.
        """
        seen = self.measured(kpi)
        self.require_any(seen)
        body = deed_body(request, NewProcessChange)
        assignment = next((each for each in seen if each.unit.code == body.unit), None)
        if assignment is None:
            raise wrong("unit", "unknown_code", f"“{kpi}” is not measured at “{body.unit}”.")
        self.require(Action.EDIT_STRUCTURE, assignment.unit_id)
        row = self._declared(assignment, body)
        return tagged(self.answer(row, assignment), 201)

    def _declared(self, assignment: Assignment, body: NewProcessChange) -> ProcessChange:
        frequency = Frequency(assignment.kpi.frequency)
        try:
            day = self.access.organization.calendar.parse(body.period, frequency).start
        except InvalidPeriod as refusal:
            raise wrong("period", "invalid_value", f"{refusal}.") from None
        try:
            return declare_process_change(
                assignment=assignment, day=day, note=body.note, by=self.access.user
            )
        except ValidationError as refusal:
            raise refused(refusal) from None


class ProcessChangeView(ProcessChangePlace):
    """The change declared at a unit from one period on."""

    @described(ProcessChangeAnswer, is_tagged=True, parameters=IN_PATH)
    def get(self, request: Request, organization: str, **place: str) -> Response:
        """What is declared."""
        (assignment,) = self.measured(place["kpi"], place["unit"])
        row = self._standing(assignment, self.period_named(place["period"]))
        return tagged(self.answer(row, assignment))

    @described(status=204, is_guarded=True, parameters=IN_PATH)
    def delete(self, request: Request, organization: str, **place: str) -> Response:
        """Take it back; what was said stays in the history."""
        (assignment,) = seen = self.measured(place["kpi"], place["unit"])
        period = self.period_named(place["period"])
        self.require_any(seen)
        with transaction.atomic():
            lock_organization(assignment.organization_id)
            row = self._standing(assignment, period)
            require_match(request, self.answer(row, assignment))
            take_back_process_change(change=row, by=self.access.user)
        return Response(status=204)

    def _standing(self, assignment: Assignment, period: Period) -> ProcessChange:
        """The one of that own period of the KPI; other periods name nothing."""
        kpi: KPI = assignment.kpi
        rows = process_changes([assignment.pk])[assignment.pk]
        found = next((row for row in rows if row.period_start == period.start), None)
        if found is None or period.frequency != kpi.frequency:
            raise Problem("not_found")
        return found
