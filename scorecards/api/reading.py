"""What an integrator reads: units, KPIs, scorecards and charts."""

import datetime as dt

from rest_framework.request import Request
from rest_framework.response import Response

from calculations.periods import Calendar, Frequency, Period
from kpis.models import Assignment
from organizations.selectors import UnitNode
from scorecards.api_errors import Problem
from scorecards.charts import kpi_figure
from scorecards.models import ReportedSheet
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import board_data
from scorecards.selectors.boards.shown import shown_scorecard
from scorecards.selectors.closing.reported import (
    CURRENT,
    FIGURES,
    closed_note,
    reported_board,
    reported_sheet,
)
from scorecards.selectors.kpis.history import kpi_history, own_periods
from scorecards.selectors.kpis.pages import visible_assignments, visible_kpi
from scorecards.selectors.kpis.told import told, told_series
from scorecards.selectors.traces.trace import trace
from scorecards.selectors.viewing import Viewing

from .answers import board_answer, closed_answer, reported_answer, trace_answer
from .base import OrganizationView, choice, code_parameter, switch
from .schema import Parameter, described
from .schema.parameters import SWITCH
from .shapes import FigureAnswer, ScorecardAnswer


class ScorecardView(OrganizationView):
    """The scorecard of a unit for a period."""

    scopes = {"get": ("measurements:read", "structure:read")}
    parameters = {"get": ("period", "trace", "as_of", "figures")}

    @described(
        ScorecardAnswer,
        problems=("no_scorecard",),
        parameters={
            "trace": Parameter("1 adds the explanation of the score.", SWITCH, "0"),
            "figures": Parameter(
                "Of a closed period: the report alone, or what would be computed today.",
                {"type": "string", "enum": list(FIGURES)},
            ),
        },
    )
    def get(self, request: Request, organization: str, unit: str) -> Response:
        """The scores down to the KPIs; with trace=1 the explanation of them all."""
        with_trace = switch(request, "trace")
        figures = choice(request, "figures", {each: each for each in FIGURES})
        node = self.visible_unit(unit)
        as_of = self.moment(request)
        calendar = self.access.organization.calendar
        viewing = Viewing(calendar, self.viewed_period(request, as_of), as_of, figures)
        sheet = None if as_of else reported_sheet(node, viewing.period)
        if sheet is None or figures == CURRENT:
            return Response(self._computed(node, viewing, sheet, with_trace=with_trace))
        key = "scorecard" if with_trace else None
        page = reported_board(self.access, node, viewing, sheet, key)
        return Response(reported_answer(page))

    def _computed(
        self, node: UnitNode, viewing: Viewing, sheet: ReportedSheet | None, *, with_trace: bool
    ) -> ScorecardAnswer:
        """From what stands now, or from what was said by a moment."""
        period, as_of = viewing.period, viewing.as_of
        scorecard = shown_scorecard(self.access, node, period, at=viewing.at)
        figures = viewing.figures if sheet else ""
        data = scorecard and board_data(self.access, node, scorecard, period, as_of, figures)
        if not data:
            raise Problem("no_scorecard")
        note = closed_note(self.access, node, viewing, sheet.closing, None) if sheet else None
        answer: ScorecardAnswer = {
            **board_answer(board(data)),
            "as_of": as_of.at.isoformat() if as_of else None,
            "closed": closed_answer(note) if note else None,
        }
        if with_trace:
            root = trace(data, "scorecard")
            answer["trace"] = trace_answer(root) if root else None
        return answer


class ChartView(OrganizationView):
    """A KPI at a unit through its own periods, as a Plotly figure."""

    scopes = {"get": ("measurements:read",)}
    parameters = {"get": ("unit", "from", "to", "as_of")}

    @described(FigureAnswer)
    def get(self, request: Request, organization: str, kpi: str) -> Response:
        """Its latest periods, or those from one to another.

        layout.meta tells the same as data: limits, signals, process_changes and forecast.
        """
        assignment = self._assignment(request, kpi)
        as_of = self.moment(request)
        at = as_of.at if as_of else None
        periods = self._periods(request, Frequency(assignment.kpi.frequency), at)
        history = kpi_history(self.access.organization, assignment, periods, at)
        unit_name = self.access.tree.by_id[assignment.unit_id].name
        return Response(kpi_figure(told_series(told(history, at), unit_name)))

    def _assignment(self, request: Request, code: str) -> Assignment:
        kpi = visible_kpi(self.access, code)
        wanted = code_parameter(request, "unit")
        found = visible_assignments(self.access, kpi, wanted) if kpi else []
        if not found:
            raise Problem("not_found")
        return found[0]

    def _periods(
        self, request: Request, frequency: Frequency, at: dt.datetime | None
    ) -> list[Period]:
        calendar = self.access.organization.calendar
        first, last = (
            self.period(request.query_params[name]) if name in request.query_params else None
            for name in ("from", "to")
        )
        own_first = calendar.period(frequency, first.start) if first else None
        own_last = _last_within(calendar, last, frequency) if last else None
        periods = own_periods(self.access.organization, frequency, own_first, own_last, at)
        if not periods:
            raise Problem("invalid_parameter", "The period in from is later than the one in to.")
        return periods


def _last_within(calendar: Calendar, period: Period, frequency: Frequency) -> Period:
    """The last period of the frequency that begins within the period, or the one around it."""
    following = calendar.period(frequency, calendar.end(period))
    begins_within = calendar.shift(following, -1)
    return max(begins_within, calendar.period(frequency, period.start))
