"""Strategy maps as an installed app: what packages beneath are told when Django starts."""

from django.apps import AppConfig


class StrategyMapsConfig(AppConfig):
    """Lets causal links be read, written, copied and told of as the scorecards that they are of."""

    name = "strategy_maps"

    def ready(self) -> None:
        """Announce them; decision 28 says why so."""
        from scorecards.printing.kinds import join_printed
        from scorecards.selectors.documents.layout import join_section
        from scorecards.selectors.history.parts import join_part
        from scorecards.selectors.public.kinds import join_public
        from scorecards.selectors.records.kinds import join_kind
        from scorecards.selectors.records.reading import join_reader
        from scorecards.services.joined import join

        from .drawing.printing import PRINTED_MAP
        from .drawing.publishing import PUBLIC_MAP
        from .selectors.history import LINKS
        from .selectors.records import (
            CAUSAL_LINKS,
            LEADS_TO,
            MAP_PLACES,
            PLACED,
            causal_links,
            map_places,
        )
        from .services.joining import PLACES, TIE

        join_kind(CAUSAL_LINKS)
        join_reader(CAUSAL_LINKS.name, causal_links)
        join_section("objectives", LEADS_TO)
        join_kind(MAP_PLACES)
        join_reader(MAP_PLACES.name, map_places)
        join_section("scorecards", PLACED)
        join_part(LINKS)
        join(TIE)
        join(PLACES)
        join_public(PUBLIC_MAP)
        join_printed(PRINTED_MAP)
