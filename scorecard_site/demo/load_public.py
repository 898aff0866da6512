"""Loading a board that is published, so that one can be seen."""

from calculations.periods import Frequency
from scorecards.services.public_links import publish_board

from .load_company import Company

UNIT = "service"
DAYS = 365
SMALLEST = 5
# The same on every computer with the same secret key, as all of the demonstration is.
NONCE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def load_public_board(loaded: Company) -> None:
    """The board of the last quarter that is over, for everybody."""
    publish_board(
        unit=loaded.units[UNIT],
        frequency=Frequency.QUARTER,
        days=DAYS,
        smallest=SMALLEST,
        by=loaded.users["administrator"],
        nonce=NONCE,
    )
