"""Setting something back: versions, roles, closed periods and every rule hold as for any change.

The history tells of it, and it can be set back in its turn.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from organizations.models.structure import on_occasion
from organizations.services.locks import lock_organization
from scorecards.services.joined import joined

from . import measured, people, scorecards
from .wishes import Wish, values_of


@transaction.atomic
def restore(*, part: str, wish: Wish) -> Any:
    """Make it so; returns the row that stands for it now.

    Raises StaleVersion, InUse, and ValidationError as the services do that change such things.
    """
    lock_organization(getattr(wish.row, "organization_id", wish.row.pk))
    with on_occasion(wish.occasion):
        tie = next((each for each in joined() if each.part == part), None)
        if wish.then is None:
            return (tie.take if tie else TAKERS[part])(wish) or wish.row
        if getattr(wish.row, "deleted_at", None) is not None:
            return (tie.bring if tie else BRINGERS[part])(wish) or wish.row
        return (tie.set_back if tie else SETTERS[part])(wish, values_of(wish)) or wish.row


NODES = ("perspective", "theme", "objective", "link")
SETTERS: dict[str, Callable[[Wish, Mapping[str, Any]], Any]] = {
    "settings": people.set_settings,
    "unit": people.set_unit,
    "person": people.set_person,
    "role": people.set_role,
    "kpi": measured.set_kpi,
    "assignment": measured.set_assignment,
    "target": measured.retarget,
    "process_change": measured.set_process_change,
    "alignment": scorecards.set_alignment,
    "initiative": scorecards.set_initiative,
    "milestone": scorecards.set_milestone,
    **dict.fromkeys(("scorecard", *NODES), scorecards.set_node),
}
BRINGERS: dict[str, Callable[[Wish], Any]] = {
    "unit": people.bring_unit,
    "person": people.bring_row,
    "role": people.bring_role,
    "kpi": measured.bring_kpi,
    "assignment": measured.bring_assignment,
    "target": measured.bring_target,
    "process_change": measured.bring_process_change,
    "scorecard": scorecards.refuse_scorecard,
    "initiative": scorecards.bring_initiative,
    "milestone": scorecards.bring_milestone,
    "serves": scorecards.bring_serving,
    **dict.fromkeys((*NODES, "alignment"), scorecards.bring_node),
}
TAKERS: dict[str, Callable[[Wish], Any]] = {
    "unit": people.take_row,
    "person": people.take_person,
    "role": people.end_role,
    "kpi": measured.take_kpi,
    "assignment": measured.take_assignment,
    "target": measured.take_target,
    "process_change": measured.take_process_change,
    "scorecard": scorecards.refuse_scorecard,
    "alignment": scorecards.take_alignment,
    "initiative": scorecards.take_initiative,
    "milestone": scorecards.take_milestone,
    "serves": scorecards.take_serving,
    **dict.fromkeys(NODES, scorecards.take_node),
}
