"""Which of a unit's scorecards a page shows: it may have had several, one after the other."""

import datetime as dt

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import Scorecard, ScorecardQuerySet
from scorecards.selectors.editions.reading import valid_editions


def shown_scorecard(
    access: Access,
    unit: UnitNode,
    period: Period,
    code: str = "",
    at: dt.datetime | None = None,
) -> Scorecard | None:
    """The one that is named, else the one that holds on the period's last day.

    Where none does: the next to come, else the last that ended, so that the page can say since
    when or until when it holds. code: of an address (`?scorecard=`); None where the unit has no
    such scorecard that the reader may see, which a page answers with 404. at: the moment as of
    which the page tells; then the one that held as things stood at that moment.
    """
    if code:
        return named_scorecard(access, unit, code)
    if at is not None:
        return _shown_then(access, unit, period, at)
    last_day = access.organization.calendar.end(period) - dt.timedelta(days=1)
    lives: list[Scorecard] = list(_of(unit).published().order_by("starts_on"))
    for each in lives:
        if each.holds_on(last_day):
            return each
    to_come = [each for each in lives if each.starts_on and each.starts_on > last_day]
    return to_come[0] if to_come else lives[-1] if lives else None


def edited_scorecard(access: Access, unit: UnitNode, code: str = "") -> Scorecard | None:
    """The one that is named, else the unit's active one, else its latest draft.

    None where there is no such scorecard. Whether the reader may edit is the page's to ask.
    """
    if code:
        return named_scorecard(access, unit, code)
    active = _of(unit).active().first()
    drafts = _of(unit).live().filter(status=Scorecard.State.DRAFT)
    return active or drafts.order_by("-pk").first()


def named_scorecard(access: Access, unit: UnitNode, code: str) -> Scorecard | None:
    """The unit's scorecard of that code; drafts only for those who may edit them."""
    found: Scorecard | None = _of(unit).live().filter(code=code).first()
    if found is None or found.status != Scorecard.State.DRAFT:
        return found
    return found if access.can(Action.EDIT_STRUCTURE, unit.id) else None


def _shown_then(
    access: Access, unit: UnitNode, period: Period, at: dt.datetime
) -> Scorecard | None:
    """As editions stood at the moment: what was activated or archived since is not known."""
    known = {each.pk: each for each in _of(unit).live().order_by("starts_on", "pk")}
    valid = valid_editions(known, access.organization.calendar.end(period), at)
    held = [known[pk] for pk in sorted(valid, key=lambda pk: valid[pk].valid_from)]
    published = [each for each in known.values() if each.starts_on is not None]
    return held[-1] if held else published[0] if published else None


def _of(unit: UnitNode) -> ScorecardQuerySet:
    queryset: ScorecardQuerySet = Scorecard.objects.filter(unit_id=unit.id)
    return queryset.select_related("organization")
