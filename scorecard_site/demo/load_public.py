"""Loading a board, a chart and a map that are published, so that they can be seen."""

from calculations.periods import Frequency
from scorecards.services.public_links import publish_board, publish_chart, publish_map

from .load_company import Company

BOARD_OF = "service"
MAP_OF = "corporate"
CHART_OF = ("cold_homes", "field_west")  # few enough in some weeks to be hidden
DAYS = 365
SMALLEST = 5
# The same on every computer with the same secret key, as all of the demonstration is.
NONCE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CHART_NONCE = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
MAP_NONCE = "5a4b3c2d1e0f0f1e2d3c4b5a69788796"


def load_public(loaded: Company) -> None:
    """The board and the strategy of the last quarter that is over, and a chart, for everybody."""
    kpi, unit = CHART_OF
    by = loaded.users["administrator"]
    publish_board(
        unit=loaded.units[BOARD_OF],
        frequency=Frequency.QUARTER,
        days=DAYS,
        smallest=SMALLEST,
        by=by,
        nonce=NONCE,
    )
    publish_chart(
        kpi=loaded.kpis[kpi],
        unit=loaded.units[unit],
        days=DAYS,
        smallest=SMALLEST,
        by=by,
        nonce=CHART_NONCE,
    )
    publish_map(
        unit=loaded.units[MAP_OF],
        frequency=Frequency.QUARTER,
        days=DAYS,
        smallest=SMALLEST,
        by=by,
        nonce=MAP_NONCE,
    )
