"""Which of a unit's scorecards a page shows: it may have had several, one after the other."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.models import Scorecard, ScorecardQuerySet
from scorecards.selectors.editions.reading import valid_editions

DAY = dt.timedelta(days=1)


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
    found = shown_scorecards(access.organization, [unit.id], period, at).get(unit.id)
    if found is not None:
        found.organization = access.organization
    return found


def shown_scorecards(
    organization: Organization,
    unit_ids: Iterable[int],
    period: Period,
    at: dt.datetime | None = None,
) -> dict[int, Scorecard]:
    """By unit, as `shown_scorecard`; by one statement, two as of a moment."""
    end = organization.calendar.end(period)
    known = Scorecard.objects.live() if at else Scorecard.objects.published()
    known = known.filter(unit_id__in=list(unit_ids))
    of_unit: dict[int, list[Scorecard]] = defaultdict(list)
    for scorecard in known.order_by("starts_on", "pk"):
        of_unit[scorecard.unit_id].append(scorecard)
    if at is None:
        return {unit_id: _shown(lives, end) for unit_id, lives in of_unit.items()}
    starts = {
        pk: edition.valid_from
        for pk, edition in valid_editions(
            [each.pk for lives in of_unit.values() for each in lives], end, at
        ).items()
    }
    shown = {unit_id: _shown_then(lives, starts) for unit_id, lives in of_unit.items()}
    return {unit_id: scorecard for unit_id, scorecard in shown.items() if scorecard}


def opening_period(access: Access, unit: UnitNode, default: Period) -> Period:
    """The period with which the unit's board opens where its address names none.

    The default one; the running one where the scorecard that holds today began after that.
    """
    organization = access.organization
    today, last_day = organization.today(), organization.calendar.end(default) - DAY
    holding = [each for each in _of(unit).published() if each.holds_on(today)]
    if not holding or holding[0].holds_on(last_day):
        return default
    return organization.calendar.period(organization.frequencies[0], today)


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
    if "\x00" in code:  # no database could be asked for that
        return None
    found: Scorecard | None = _of(unit).live().filter(code=code).first()
    if found is None or found.status != Scorecard.State.DRAFT:
        return found
    return found if access.can(Action.EDIT_STRUCTURE, unit.id) else None


def _shown(lives: Sequence[Scorecard], end: dt.date) -> Scorecard:
    """Of published ones, by their start; end: of the period."""
    last_day = end - DAY
    holding = [each for each in lives if each.holds_on(last_day)]
    to_come = [each for each in lives if each.starts_on and each.starts_on > last_day]
    return (holding or to_come or lives[-1:])[0]


def _shown_then(lives: Sequence[Scorecard], starts: dict[int, dt.date]) -> Scorecard | None:
    """starts: of the editions that were valid as things stood at the moment, by scorecard."""
    held = [each for each in lives if each.pk in starts]
    published = [each for each in lives if each.starts_on]
    if held:
        return max(held, key=lambda each: starts[each.pk])
    return published[0] if published else None


def _of(unit: UnitNode) -> ScorecardQuerySet:
    queryset: ScorecardQuerySet = Scorecard.objects.filter(unit_id=unit.id)
    return queryset.select_related("organization")
