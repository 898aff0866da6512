"""Publishing the strategy map of a unit, by the form and the rights of its board."""

from django.http import HttpRequest, HttpResponse

from organizations.access import Access
from scorecards.services.public_links import publish_map
from scorecards.views.sharing import Shared, published_scorecard, require_publisher, shared_page
from scorecards.views.shell import member_form, unit_of
from strategy_maps.links import map_sharing_href
from strategy_maps.selectors.public import map_sharing


@member_form
def sharing(request: HttpRequest, access: Access, unit: str) -> HttpResponse:
    """The public addresses of a map, for managers of its unit; every deed is posted here."""
    node = unit_of(access, unit)
    require_publisher(access, node)
    shared = Shared(
        nav="map",
        href=map_sharing_href(access.organization.code, node.code),
        page=lambda asked, site: map_sharing(access, node, asked, site),
        publish=lambda posted: published_scorecard(posted, access, node, publish_map),
    )
    return shared_page(request, access, shared)
