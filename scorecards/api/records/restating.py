"""Targets of closed periods: changed after all, with a reason, by those who may restate there."""

from collections.abc import Iterable

from rest_framework.request import Request

from kpis.services.closed import checked_reason
from kpis.services.refusals import Refused
from organizations.access import Access, Action
from scorecards.api_errors import Problem
from scorecards.selectors.records import Record

RESTATED = "targets"


def asked_reason(request: Request, access: Access, records: Iterable[Record]) -> str | None:
    """Why the records are restated, None where nothing says so. Raises Problem."""
    try:
        reason = checked_reason(request.query_params.get("reason"))
    except Refused as refused:
        raise Problem("invalid_parameter", refused.detail) from None
    for unit in {str(record.get("unit")) for record in records} if reason else ():
        node = access.visible_unit(unit)
        if node is not None and not access.can(Action.RESTATE, node.id):
            raise Problem("not_permitted", f"You may not restate what is closed at “{unit}”.")
    return reason
