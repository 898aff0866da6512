"""Units against perspectives, or against the objectives of the unit that the map is of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href
from scorecards.models import Scorecard
from scorecards.selectors.viewing import Viewing

from .asking import Asked, Page, Place, Told, blank_row, in_order, page_of
from .serving import Objective, Serving, serving
from .shapes import OBJECTIVES, HeatCell, HeatColumn, HeatRow
from .sheets import UnitScores, sheet_details, unit_scores

MOST_COLUMNS = 30


def score_rows(
    access: Access,
    viewing: Viewing,
    unit: UnitNode,
    places: Sequence[Place],
    asked: Asked,
) -> Told:
    """By as many statements for a thousand units as for one; an order reads two more of all."""
    map_of = _Map(access, viewing, unit, asked.of)
    page = page_of(in_order(places, asked.sort, map_of.values(places, asked.key)), asked)
    ids = {unit.id, *(place.node.id for place in page.places)}
    scores = unit_scores(access, viewing, ids)
    columns = map_of.columns(scores, page)
    shown = columns[:MOST_COLUMNS]
    return Told(
        page=page,
        n_units=len(places),
        columns=shown,
        rows=tuple(
            map_of.row(place, scores.get(place.node.id), shown, scores) for place in page.places
        ),
        n_columns_left_out=len(columns) - len(shown),
    )


@dataclass(frozen=True)
class _Map:
    access: Access
    viewing: Viewing
    unit: UnitNode
    of: str

    @cached_property
    def _serving(self) -> Serving:
        return serving(self.access)

    # --- Columns

    def columns(self, scores: Mapping[int, UnitScores], page: Page) -> tuple[HeatColumn, ...]:
        """Those of the map's unit first; perspectives of others as they are met."""
        own = scores.get(self.unit.id)
        if self.of == OBJECTIVES:
            return _objectives(own)
        met = [scores.get(place.node.id) for place in page.places]
        found = {
            node.code: HeatColumn(f"perspective:{node.code}", node.code, node.name)
            for each in reversed([own, *met])
            if each and each.content
            for node in each.content.perspectives
        }
        order = dict.fromkeys(
            node.code
            for each in [own, *met]
            if each and each.content
            for node in each.content.perspectives
        )
        return tuple(found[code] for code in order)

    # --- Rows

    def row(
        self,
        place: Place,
        scores: UnitScores | None,
        columns: Sequence[HeatColumn],
        all_scores: Mapping[int, UnitScores],
    ) -> HeatRow:
        """A unit's row; without a scorecard it says so."""
        blank = blank_row(self.access, self.unit, place)
        if scores is None:
            return blank
        own = all_scores.get(self.unit.id)
        upper = own.scorecard.pk if own else 0
        return replace(
            blank,
            href=self._href(place, None),
            score=HeatCell(
                scores.scorecard.name, scores.of("scorecard"), self._href(place, "scorecard")
            ),
            cells=tuple(self._cell(place, scores, (upper, each.code)) for each in columns),
            is_closed=scores.is_closed,
            is_stale=scores.is_stale,
        )

    def _cell(self, place: Place, scores: UnitScores, column: Objective) -> HeatCell | None:
        if self.of == OBJECTIVES:
            return self._objective(place, scores, column)
        nodes = scores.content.perspectives if scores.content else ()
        node = next((each for each in nodes if each.code == column[1]), None)
        if node is None:
            return None
        score = scores.of("perspective", node.code)
        return HeatCell(node.name, score, self._href(place, f"perspective:{node.code}"))

    def _objective(self, place: Place, scores: UnitScores, column: Objective) -> HeatCell | None:
        """The one that scores lowest of those that serve the column's."""
        names = _names(scores)
        codes = self._serving.serve(scores.scorecard.pk, names, column)
        if not codes:
            return None
        told = [(code, scores.of("objective", code)) for code in codes]
        code, score = min(told, key=lambda pair: _lowest_first(pair[1].value))
        href = self._href(place, f"objective:{code}")
        return HeatCell(names[code], score, href, len(codes) - 1)

    def _href(self, place: Place, trace: str | None) -> str:
        code = self.access.organization.code
        return board_href(code, place.node.code, self.viewing.label, trace)

    # --- Order

    def values(self, places: Sequence[Place], key: str) -> Callable[[Place], float | str | None]:
        """What a unit is sorted by."""
        if key in ("", "name"):
            return lambda place: place.node.name.casefold()
        ids = {self.unit.id, *(place.node.id for place in places)}
        details = sheet_details(self.access, self.viewing, ids)
        if key == "score":
            known = {unit_id: score for unit_id, (_, score, _) in details.items()}
            return lambda place: known.get(place.node.id)
        node, _, code = key.partition(":")
        own = details.get(self.unit.id)
        upper = own[0].pk if own else 0

        def value(place: Place) -> float | None:
            found = details.get(place.node.id)
            return self._value(found[0], found[2], node, (upper, code)) if found else None

        return value

    def _value(
        self, scorecard: Scorecard, detail: dict[str, Any], node: str, column: Objective
    ) -> float | None:
        stored: dict[str, dict[str, Any]] = detail.get(f"{node}s", {})
        codes = [column[1]]
        if node == "objective":
            codes = self._serving.serve(scorecard.pk, stored, column)
        scores = [stored[code]["score"] for code in codes if code in stored]
        return min((score for score in scores if score is not None), default=None)


def _lowest_first(score: float | None) -> float:
    return float("inf") if score is None else score


def _objectives(own: UnitScores | None) -> tuple[HeatColumn, ...]:
    perspectives = own.content.perspectives if own and own.content else ()
    return tuple(
        HeatColumn(f"objective:{each.code}", each.code, each.name, perspective.name)
        for perspective in perspectives
        for each in perspective.objectives
    )


def _names(scores: UnitScores) -> dict[str, str]:
    perspectives = scores.content.perspectives if scores.content else ()
    return {each.code: each.name for band in perspectives for each in band.objectives}
