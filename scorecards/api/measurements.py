"""Values over HTTP: pushing many, listing them, taking one back."""

import re
from typing import Any

from django.core import signing
from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Calendar, Frequency, InvalidPeriod
from kpis.models import Assignment, Measurement
from kpis.selectors.measurements import (
    MeasurementFilter,
    Position,
    Said,
    live_assignments,
    measurement_page,
)
from kpis.services.measurements import Recorded, delete_measurement, record_measurements
from kpis.services.resolution import Refusal, Refused, RowToRecord
from organizations.access import Action
from scorecards.api_errors import PROBLEMS, Problem, problem_response
from scorecards.selectors.viewing import AsOf
from scorecards.services.refresh import refresh_scores

from .base import OrganizationView, choice, code_parameter, printable, required, switch
from .bodies import CSV, JSON, MAX_ROWS, NDJSON, pushed_rows
from .schema import Listing, Many, Parameter, described
from .schema.parameters import PERIOD
from .shapes import MeasurementAnswer, PushAnswer

MODE = Parameter(
    "What happens when rows are refused: nothing is stored, or the others are.",
    {"type": "string", "enum": ["atomic", "partial"], "default": "atomic"},
)
MODES = {"": True, "atomic": True, "partial": False}
PAGE_SIZE, MAX_PAGE_SIZE = 100, 200
MOST_ERRORS = 1000  # of a push that is refused as a whole; a partial one names every row


class MeasurementsView(OrganizationView):
    """The values of an organization's KPIs."""

    scopes = {
        "get": ("measurements:read",),
        "post": ("measurements:write",),
        "delete": ("measurements:write",),
    }
    parameters = {
        "get": ("kpi", "unit", "from", "to", "limit", "cursor", "as_of"),
        "post": ("mode", "wait"),
        "delete": ("kpi", "unit", "period", "reason", "wait"),
    }

    @described(
        PushAnswer,
        body={JSON: Many(RowToRecord, MAX_ROWS), NDJSON: str, CSV: str},
        parameters={"mode": MODE},
        problems=(
            *("malformed_body", "not_an_array", "invalid_columns"),
            *("too_many_rows", "rows_rejected"),
        ),
    )
    def post(self, request: Request, organization: str) -> Response:
        """Record many values, each row answered for itself.

        An array, one object on each line, or CSV whose first line names the fields; plain or with
        Content-Encoding: gzip. Of lines, pointers name the line from 1.
        """
        is_atomic, waits = choice(request, "mode", MODES), switch(request, "wait")
        pushed = pushed_rows(request)
        recorded = record_measurements(
            access=self.access, rows=pushed.rows, is_atomic=is_atomic, lines=pushed.lines
        )
        if is_atomic and recorded.rejected:
            return problem_response(_nothing_stored(recorded, len(pushed.rows)))
        self._refresh(waits)
        return Response({**_counts(recorded), "rejected": _errors(recorded.rejected)})

    @described(
        status=204,
        parameters={
            "kpi": Parameter("Code of the KPI.", is_required=True),
            "unit": Parameter("Code of the unit.", is_required=True),
            "period": Parameter("The period.", PERIOD, is_required=True),
        },
        problems=("missing_parameter", "period_closed"),
    )
    def delete(self, request: Request, organization: str) -> Response:
        """Take one value back; what it said is kept. From a closed period only with a reason."""
        waits = switch(request, "wait")
        measurement = self._measurement(request)
        if measurement is None:
            raise Problem("not_found")
        reason = request.query_params.get("reason")
        try:
            delete_measurement(access=self.access, measurement=measurement, reason=reason)
        except Refused as refused:
            raise _problem(refused) from None
        self._refresh(waits)
        return Response(status=204)

    @described(Listing(MeasurementAnswer))
    def get(self, request: Request, organization: str) -> Response:
        """A page of values, in the order of assignments and periods."""
        return Response(_MeasurementList(self, request).page())

    def _refresh(self, waits: bool) -> None:
        if waits:
            refresh_scores(organization_id=self.access.organization.pk)

    def _measurement(self, request: Request) -> Measurement | None:
        kpi, unit, period = (required(request, name) for name in ("kpi", "unit", "period"))
        node = self.visible_unit(unit)
        assignment = self._assignment(kpi, node.id)
        if not self.access.can(Action.RECORD_VALUES, node.id):
            raise Problem("not_permitted")
        try:
            frequency = Frequency(assignment.kpi.frequency)
            start = self.access.organization.calendar.parse(period, frequency).start
        except InvalidPeriod as refusal:
            raise Problem("invalid_period", printable(f"{refusal}.")) from None
        return Measurement.objects.filter(assignment=assignment, period_start=start).first()

    def _assignment(self, kpi: str, unit_id: int) -> Assignment:
        assignments = live_assignments(self.access.organization).select_related("kpi")
        found = assignments.filter(
            kpi__code=code_parameter(self.request, "kpi"), unit_id=unit_id
        ).first()
        if found is None:
            raise Problem("not_found")
        return found


def _problem(refused: Refused) -> Problem:
    """What keeps a value from being taken back: its period, a role, or the text of the reason."""
    code = refused.code if refused.code in PROBLEMS else "invalid_parameter"
    return Problem(code, str(refused))


def _counts(recorded: Recorded) -> dict[str, int]:
    return {
        "created": recorded.created,
        "updated": recorded.updated,
        "unchanged": recorded.unchanged,
    }


def _nothing_stored(recorded: Recorded, count: int) -> Problem:
    refusals = recorded.rejected
    detail = (
        f"{len(refusals)} of {count} rows were refused, so none was stored: correct them,"
        " or store the others with mode=partial."
    )
    if len(refusals) > MOST_ERRORS:
        detail += f" These are the first {MOST_ERRORS:,}."
    told = _errors(refusals[:MOST_ERRORS])
    return Problem("rows_rejected", detail, **_counts(recorded), errors=told)


def _errors(refusals: tuple[Refusal, ...]) -> list[dict[str, str]]:
    return [
        {
            "pointer": f"/{refusal.index}/{refusal.field}"
            if refusal.field
            else f"/{refusal.index}",
            "code": refusal.code,
            "detail": refusal.detail,
        }
        for refusal in refusals
    ]


# --- The list


class _MeasurementList:
    """One request for a page of values."""

    def __init__(self, view: OrganizationView, request: Request) -> None:
        self.view, self.request = view, request
        self.access, self.organization = view.access, view.access.organization
        self.unit = code_parameter(request, "unit")
        self.kpi = code_parameter(request, "kpi")
        self.salt = ":".join(
            ["measurements", self.organization.code, *(self._text(n) for n in ("kpi", "unit"))]
        )

    def page(self) -> dict[str, Any]:
        """The rows, and the cursor of the next page, null on the last one."""
        limit = self._limit()
        wanted = self._filter(self.view.moment(self.request))
        after, after_start = self._after()
        rows = measurement_page(self.organization, wanted, after, after_start, limit + 1)
        next_cursor = self._cursor(rows[limit - 1]) if len(rows) > limit else None
        calendar = self.organization.calendar
        return {"results": [_row(calendar, row) for row in rows[:limit]], "next": next_cursor}

    def _text(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def _limit(self) -> int:
        text = self.request.query_params.get("limit", str(PAGE_SIZE))
        limit = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
        if not 1 <= limit <= MAX_PAGE_SIZE:
            raise Problem("invalid_parameter", f"limit is a number from 1 to {MAX_PAGE_SIZE}.")
        return limit

    def _filter(self, as_of: AsOf | None) -> MeasurementFilter:
        first, last = (
            self.view.period(self._text(name)) if name in self.request.query_params else None
            for name in ("from", "to")
        )
        return MeasurementFilter(
            unit_ids=self._unit_ids(),
            kpi=self.kpi,
            first=first.start if first else None,
            end=self.organization.calendar.end(last) if last else None,
            at=as_of.at if as_of else None,
        )

    def _unit_ids(self) -> frozenset[int]:
        if self.unit is None:
            return self.access.visible_unit_ids
        node = self.access.visible_unit(self.unit)
        return frozenset({node.id}) if node else frozenset()

    def _cursor(self, row: Said) -> str:
        place = row.assignment
        position = Position(place.kpi.code, place.unit.code, row.period_start.isoformat())
        return signing.dumps(position, salt=self.salt, compress=False)

    def _after(self) -> tuple[int, str]:
        """The assignment and period to go on after."""
        text = self._text("cursor")
        if not text and "cursor" not in self.request.query_params:
            return 0, ""
        try:
            position = Position(*signing.loads(text, salt=self.salt))
        except signing.BadSignature:
            raise Problem("invalid_cursor") from None
        found = (
            live_assignments(self.organization)
            .filter(kpi__code=position.kpi, unit__code=position.unit)
            .values_list("pk", flat=True)
            .first()
        )
        if found is None:
            raise Problem("invalid_cursor")
        return found, position.start


def _row(calendar: Calendar, row: Said) -> dict[str, Any]:
    kpi = row.assignment.kpi
    return {
        "kpi": kpi.code,
        "unit": row.assignment.unit.code,
        "period": calendar.label(calendar.period(Frequency(kpi.frequency), row.period_start)),
        "value": row.value,
        "note": row.note,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
    }
