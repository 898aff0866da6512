"""Units against perspectives, objectives or one KPI, as data."""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.selectors import UnitNode
from scorecards.api_errors import Problem
from scorecards.selectors.heat_map.asking import NotOnMap, first_unit
from scorecards.selectors.heat_map.map import heat_map
from scorecards.selectors.heat_map.shapes import (
    ALL,
    LEVEL,
    PERSPECTIVES,
    HeatCell,
    HeatFigures,
    HeatMap,
    HeatRow,
)

from .answers import score_answer
from .base import OrganizationView, choice
from .listing import PAGING, asked_place, cursor_to, page_limit
from .schema import Parameter, described
from .shapes import Code, ScoreAnswer, one_of

ORDERING = {"type": "string", "minLength": 1, "maxLength": 70}
PARAMETERS = {
    "of": Parameter(
        "`perspectives`, `objectives` (of the unit), or the code of a KPI.",
        {"type": "string", "minLength": 1, "maxLength": 50, "default": PERSPECTIVES},
        PERSPECTIVES,
    ),
    "scope": Parameter(
        "The units directly beneath, or everything beneath, which is the default of a KPI.",
        {"type": "string", "enum": [LEVEL, ALL]},
    ),
    "ordering": Parameter(
        "`name`, `score`, `perspective:…` or `objective:…` with a code, of a KPI `value` and"
        " `change`; `-` before it for downwards. By default the order of the tree.",
        ORDERING,
        "-score",
    ),
    "unit": Parameter("Code of a unit, by default the topmost that you see."),
}


class HeatColumnAnswer(TypedDict):
    """A perspective, or an objective of the unit, with the perspective that it belongs to."""

    code: Code
    name: str
    perspective: NotRequired[str]


class HeatCellAnswer(ScoreAnswer):
    """A score beneath a column, with what the unit calls it."""

    column: Code
    name: str
    others: Annotated[
        int, Meta(description="Further objectives that serve the column's; none scores lower.")
    ]


class HeatFiguresAnswer(ScoreAnswer):
    """A KPI at a unit; trend: its last 12 periods, oldest first."""

    value: float | None
    target: float | None
    change: Annotated[float | None, Meta(description="Since the period before.")]
    trend: list[float | None]
    trend_targets: list[float | None]


class HeatRowAnswer(TypedDict):
    """A unit; scorecard: null where it has none in the period."""

    unit: Code
    name: str
    depth: Annotated[int, Meta(description="How far beneath the map's unit.", ge=0)]
    is_reported: bool
    scorecard: ScoreAnswer | None
    cells: list[HeatCellAnswer]
    figures: NotRequired[HeatFiguresAnswer]


class HeatMapAnswer(TypedDict):
    """A page of units, and the cursor of the next one."""

    of: str
    unit: Code
    period: str
    scope: Annotated[str, one_of(LEVEL, ALL)]
    columns: list[HeatColumnAnswer]
    results: list[HeatRowAnswer]
    next: str | None


class HeatMapView(OrganizationView):
    """Units against what `of` names."""

    scopes = {"get": ("measurements:read", "structure:read")}
    parameters = {"get": ("of", "unit", "period", "scope", "ordering", *PAGING)}

    @described(HeatMapAnswer, parameters=PARAMETERS)
    def get(self, request: Request, organization: str) -> Response:
        """The scores of a unit and of those beneath, side by side, or one KPI's figures there.

        Scores of closed periods are those that were reported.
        """
        ordering = request.query_params.get("ordering")
        found = self._map(request, ordering or "")
        if found is None:
            raise Problem("not_found")
        if ordering is not None and found.sort != (ordering or None):
            raise Problem("invalid_parameter", "This map cannot be sorted by that.")
        following = (found.rows[-1].code,) if found.has_more else None
        return Response(heat_map_answer(found, following and cursor_to(request, following)))

    def _map(self, request: Request, ordering: str) -> HeatMap | None:
        (page,) = asked_place(request) or (1,)
        try:
            return heat_map(
                self.access,
                self._unit(request),
                request.query_params.get("of", PERSPECTIVES),
                self.viewed_period(request),
                scope=choice(request, "scope", {"": "", LEVEL: LEVEL, ALL: ALL}),
                sort=ordering,
                page=page,
                length=page_limit(request),
            )
        except NotOnMap:
            raise Problem("invalid_cursor") from None

    def _unit(self, request: Request) -> UnitNode:
        code = request.query_params.get("unit")
        node = first_unit(self.access) if code is None else self.access.visible_unit(code)
        if node is None:
            raise Problem("not_found")
        return node


def heat_map_answer(found: HeatMap, following: str | None) -> HeatMapAnswer:
    return {
        "of": found.of,
        "unit": found.unit_code,
        "period": found.period_label,
        "scope": found.scope,
        "columns": [_column(each.code, each.name, each.band) for each in found.columns],
        "results": [_row(found, row) for row in found.rows],
        "next": following,
    }


def _column(code: str, name: str, band: str) -> HeatColumnAnswer:
    answer: HeatColumnAnswer = {"code": code, "name": name}
    if band:
        answer["perspective"] = band
    return answer


def _row(found: HeatMap, row: HeatRow) -> HeatRowAnswer:
    answer: HeatRowAnswer = {
        "unit": row.code,
        "name": row.name,
        "depth": row.depth,
        "is_reported": row.is_closed,
        "scorecard": score_answer(row.score.score) if row.score else None,
        "cells": [
            _cell(column.code, cell)
            for column, cell in zip(found.columns, row.cells, strict=bool(row.cells))
            if cell
        ],
    }
    if row.figures:
        answer["figures"] = _figures(row.figures)
    return answer


def _cell(column: str, cell: HeatCell) -> HeatCellAnswer:
    score = score_answer(cell.score)
    return {**score, "column": column, "name": cell.name, "others": cell.n_others}


def _figures(figures: HeatFigures) -> HeatFiguresAnswer:
    return {
        **score_answer(figures.score),
        "value": figures.actual.value,
        "target": figures.target.value,
        "change": figures.change_value,
        "trend": list(figures.trend.values),
        "trend_targets": list(figures.trend.targets),
    }
