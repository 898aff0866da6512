"""The strategy map of a unit in one period."""

from rest_framework.request import Request
from rest_framework.response import Response

from scorecards.api.base import OrganizationView
from scorecards.api.schema import described
from scorecards.api_errors import Problem
from scorecards.selectors.boards.shown import shown_scorecard
from strategy_maps.selectors.map import strategy_map

from .answers import MapAnswer, map_answer


class MapView(OrganizationView):
    """The strategy map of a unit for a period."""

    scopes = {"get": ("measurements:read", "structure:read")}
    parameters = {"get": ("period",)}

    @described(MapAnswer, problems=("no_scorecard",))
    def get(self, request: Request, organization: str, unit: str) -> Response:
        """Its lanes, objectives with their scores, causal links as sentences, and themes.

        What hangs together is what stands now; scores are those of the period, as reported where
        it is closed. Of a draft no map is told.
        """
        node = self.visible_unit(unit)
        period = self.viewed_period(request)
        scorecard = shown_scorecard(self.access, node, period)
        if scorecard is None:
            raise Problem("no_scorecard")
        return Response(map_answer(strategy_map(self.access, scorecard, period)))
