"""Views of what is done to a scorecard or a unit: found, or 404 alike."""

from collections.abc import Mapping

from calculations.periods import InvalidPeriod, Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.api.base import OrganizationView
from scorecards.api.records.resources import READ, WRITE
from scorecards.api_errors import Problem
from scorecards.models import Scorecard


def visible_scorecard(access: Access, code: str) -> Scorecard:
    """Drafts only for those who may edit them."""
    rows = Scorecard.objects.live().filter(organization=access.organization, code=code)
    found: Scorecard | None = rows.select_related("organization", "unit").first()
    if found is None or not access.sees(found.unit_id):
        raise Problem("not_found")
    is_draft = found.status == Scorecard.State.DRAFT
    if is_draft and not access.can(Action.EDIT_STRUCTURE, found.unit_id):
        raise Problem("not_found")
    return found


class PlaceView(OrganizationView):
    """What is done to a scorecard or a unit."""

    scopes: Mapping[str, tuple[str, ...]] = {
        "get": READ,
        "post": WRITE,
        "put": WRITE,
        "delete": WRITE,
    }

    def require(self, action: Action, unit_id: int) -> None:
        if not self.access.can(action, unit_id):
            raise Problem("not_permitted")

    def period_named(self, text: str) -> Period:
        """The period of an address; what names none is no address."""
        try:
            return self.access.organization.calendar.parse_label(text)
        except InvalidPeriod:
            raise Problem("not_found") from None

    def node_of(self, scorecard: Scorecard) -> UnitNode:
        return self.access.tree.by_id[scorecard.unit_id]
