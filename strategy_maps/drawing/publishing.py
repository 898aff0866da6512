"""The strategy map as a kind of public address, as it is announced when Django starts."""

from typing import Any

from scorecards.models import PublicLink
from scorecards.selectors.public.kinds import PublicKind
from strategy_maps.links import map_sharing_href


def _read(link: PublicLink) -> Any:
    from .public import drawn_map  # it draws: only processes that are asked for a map need it

    return drawn_map(link)


PUBLIC_MAP = PublicKind(
    name=PublicLink.Kind.MAP,
    read=_read,
    page="strategy_maps/public_map.html",
    home=map_sharing_href,
)
