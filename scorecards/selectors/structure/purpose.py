"""What a new KPI is for: the objective that its author comes from, and where it leads back to."""

from dataclasses import dataclass

from calculations.periods import Period
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import Objective, Scorecard
from scorecards.selectors.editions.reading import current_starts

from .periods import first_open_day, offered_periods


@dataclass(frozen=True)
class Purpose:
    """An objective of a unit's scorecard that the KPI is to be linked to.

    period: from which the link holds; None: the default, and for a draft.
    """

    objective: Objective
    unit: UnitNode
    period: Period | None

    @property
    def period_label(self) -> str:
        calendar = self.objective.organization.calendar
        return calendar.label(self.period) if self.period else ""


def purpose_of(
    access: Access, unit: UnitNode, objective: str, scorecard: str = "", valid_from: str = ""
) -> Purpose | None:
    """The objective of that code; None where the unit's scorecard has none.

    scorecard: its code, where it is not the one in force, else the latest draft.
    """
    kept = Scorecard.objects.live().filter(unit_id=unit.id).exclude(status=Scorecard.State.ARCHIVED)
    if scorecard:
        kept = kept.filter(code=scorecard)
    found = sorted(kept, key=lambda each: (each.status != Scorecard.State.ACTIVE, -each.pk))
    rows = Objective.objects.live().filter(code=objective, scorecard__in=found[:1])
    row = rows.select_related("scorecard__unit", "organization").first()
    if row is None:
        return None
    is_active = row.scorecard.status == Scorecard.State.ACTIVE
    return Purpose(row, unit, _period(access, unit, row.scorecard, valid_from if is_active else ""))


def _period(access: Access, unit: UnitNode, scorecard: Scorecard, label: str) -> Period | None:
    """The period of that label, if the structure may be valid from it."""
    if not label:
        return None
    open_from = first_open_day(access, unit)
    offered = offered_periods(access.organization, current_starts(scorecard), open_from)
    return offered.get(label)
