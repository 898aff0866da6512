"""Who may set back what: whoever may change it on its own page."""

from typing import Any

from kpis.models import KPI
from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import roles_held
from scorecards.models import Initiative, Objective, Scorecard
from scorecards.selectors.administration.rights import (
    administers_any,
    may_change_person,
    may_change_unit,
    may_hang_beneath,
)
from scorecards.selectors.kpis.forms import may_change, measured_unit_ids

from .names import Names
from .parts import ONLY_TOLD, Part
from .reading import Said
from .sight import Sight


class Rights:
    """What its reader may set back; asked once for each thing."""

    def __init__(self, sight: Sight, names: Names) -> None:
        self.sight, self.names = sight, names
        self._known: dict[tuple[str, int], bool] = {}

    def may(self, said: Said) -> bool:
        """Whether the reader may change the thing that the entry is about."""
        name, record = said.part.name, said.record
        if name == "settings":
            return self.sight.is_root_administrator
        if name in ONLY_TOLD:
            return False
        if name == "unit":
            return self._unit(record.id)
        if name in ("person", "kpi", "initiative"):
            key = (name, record.id)
            if key not in self._known:
                self._known[key] = getattr(self, f"_{name}")(record)
            return self._known[key]
        if said.part.kind == "scorecard" and self._is_archived(said.part, record):
            return False
        action = Action.ADMINISTER if name == "role" else Action.EDIT_STRUCTURE
        unit_ids = [self._unit_id(said.part, each) for each in (record, said.before) if each]
        if name == "alignment":  # it may count above
            supported: Objective | None = self.names.row("objective", record.supported_id)
            unit_ids.append(supported.scorecard.unit_id if supported else None)
        return all(pk is not None and self.sight.access.can(action, pk) for pk in unit_ids)

    def _unit(self, unit_id: int) -> bool:
        access = self.sight.access
        node = access.tree.by_id.get(unit_id)
        if node is not None:
            return may_change_unit(access, node)
        gone = self.sight.all_units.by_id.get(unit_id)
        above = access.tree.by_id.get(gone.parent_id or 0) if gone else None
        return above is not None and may_hang_beneath(access, above)

    def _person(self, record: Any) -> bool:
        person = Person.objects.get(pk=record.id)
        held = roles_held(person).values_list("unit_id", flat=True)
        return may_change_person(self.sight.access, person, held)

    def _kpi(self, record: Any) -> bool:
        access = self.sight.access
        return may_change(access, measured_unit_ids(access, KPI.objects.get(pk=record.id)))

    def _initiative(self, record: Any) -> bool:
        """Where it stands now; where it would come to is asked when it is set back."""
        row = Initiative.objects.get(pk=record.id)
        return self.sight.access.can(Action.EDIT_STRUCTURE, row.unit_id)

    def _is_archived(self, part: Part, record: Any) -> bool:
        """Such a scorecard stays as it was."""
        pk = record.id if part.name == "scorecard" else getattr(record, "scorecard_id", None)
        if pk is None:
            objective = self._objective(part, record)
            return objective is None or objective.scorecard.status == Scorecard.State.ARCHIVED
        row: Scorecard | None = self.names.row("scorecard", pk)
        return row is None or row.status == Scorecard.State.ARCHIVED

    def _objective(self, part: Part, record: Any) -> Objective | None:
        """The one by which a tie belongs to its scorecard."""
        found: Objective | None = self.names.row("objective", getattr(record, f"{part.ends[0]}_id"))
        return found

    def _unit_id(self, part: Part, record: Any) -> int | None:
        names, name = self.names, part.name
        if name in ("target", "process_change"):
            return names.assignments[record.assignment_id].unit_id
        if name in ("milestone", "serves"):
            return _unit_of(names.row("initiative", record.initiative_id))
        if name in ("perspective", "theme", "objective"):
            return _unit_of(names.row("scorecard", record.scorecard_id))
        if part.is_tie:
            objective = self._objective(part, record)
            return objective.scorecard.unit_id if objective else None
        return int(record.unit_id)


def _unit_of(row: Any) -> int | None:
    return row.unit_id if row is not None else None


def may_read_all(access: Access) -> bool:
    """Whether the page of all changes is theirs: managers and administrators of any unit."""
    return any(access.can(Action.EDIT_STRUCTURE, unit_id) for unit_id in access.roles)


def may_read(sight: Sight, kind: str) -> bool:
    """Whether a history of that kind is theirs to read, of what they see."""
    if kind == "settings":
        return sight.is_root_administrator
    return kind != "person" or administers_any(sight.access)


def may_hang(sight: Sight, unit_id: int) -> bool:
    """Whether a unit may be hung beneath that one again."""
    node = sight.access.tree.by_id.get(unit_id)
    return node is not None and may_hang_beneath(sight.access, node)
