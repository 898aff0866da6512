"""What is done to a scorecard in its editor besides typing: each deed of the form's button."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import Alignment, Objective, Scorecard
from scorecards.selectors.editor.page import Asked, editor_nodes
from scorecards.selectors.editor.panel import key_of, support_rows, supportable
from scorecards.selectors.editor.picking import offered_kpi
from scorecards.selectors.editor.rows import id_of
from scorecards.selectors.editor.shapes import Done
from scorecards.selectors.structure.form import WEIGHT, WRONG_WEIGHT
from scorecards.selectors.structure.nodes import StructureNode
from scorecards.services.adding import (
    add_support,
    append_kpi,
    append_objective,
    append_perspective,
    append_theme,
    change_support,
    remove_support,
)
from scorecards.services.arranging import GONE, place_node, remove_node, restore_nodes

from .sent import whole_number

NO_NAME = "Write a name."
NO_KPI = "There is no such KPI to pick here."
NO_OBJECTIVE = "Choose an objective of a unit above."
ITS_MANAGERS = (
    "How much it counts there is for those who edit that scorecard to decide; it supports it as"
    " context."
)
NOT_COUNTED = (
    "It counted for “{}”, above, and was taken out there: who edits that scorecard brings it back."
)
LONGEST = 300


@dataclass(frozen=True)
class Editing:
    """What a deed is done to, by whom and with which texts; valid_from: None for a draft."""

    access: Access
    unit: UnitNode
    scorecard: Scorecard
    asked: Asked
    posted: Mapping[str, str]
    valid_from: dt.date | None

    @property
    def label(self) -> str:
        """The period from which changes hold."""
        organization = self.access.organization
        assert self.valid_from is not None
        shortest = organization.frequencies[0]
        return organization.calendar.label(organization.calendar.period(shortest, self.valid_from))

    @property
    def since(self) -> str:
        """In a sentence, for what is published at once."""
        return f" It holds from {self.label}." if self.valid_from else ""

    def text(self, name: str) -> str:
        return self.posted.get(name, "").replace("\x00", "")[:LONGEST].strip()

    def node(self, kind: str = "", key: str | None = None) -> StructureNode:
        """The node that the form names; raises ValidationError where it is gone."""
        wanted = self.text("key") if key is None else key
        for node in editor_nodes(self.scorecard):
            if node.key == wanted and kind in ("", node.kind):
                return node
        raise ValidationError(GONE)


# --- Adding


def add_perspective(editing: Editing) -> Done:
    row = append_perspective(
        scorecard=editing.scorecard,
        name=_name(editing),
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    return Done(f"“{row.name}” is added.{editing.since}", "add-perspective")


def add_objective(editing: Editing) -> Done:
    node = editing.node("perspective")
    row = append_objective(
        perspective=node.row,
        name=_name(editing),
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    focus = f"add-objective-{id_of(node.key)}"
    return Done(f"“{row.name}” is added to “{node.name}”.{editing.since}", focus)


def add_theme(editing: Editing) -> Done:
    row = append_theme(
        scorecard=editing.scorecard,
        name=_name(editing),
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    return Done(f"The theme “{row.name}” is added. Choose it at its objectives.", "add-theme")


def add_kpi(editing: Editing) -> Done:
    node = editing.node("objective")
    kpi = offered_kpi(editing.access, editing.text("kpi"))
    if kpi is None:
        raise ValidationError(NO_KPI)
    append_kpi(objective=node.row, kpi=kpi, valid_from=editing.valid_from, by=editing.access.user)
    return Done(f"“{kpi.name}” tells how “{node.name}” goes.{editing.since}", "find")


def _name(editing: Editing) -> str:
    name = editing.text("name")
    if not name:
        raise ValidationError({"name": NO_NAME})
    return name


# --- Taking away and bringing back


def remove(editing: Editing) -> Done:
    node = editing.node()
    moment = remove_node(
        scorecard=editing.scorecard,
        key=node.key,
        version=whole_number(editing.text("version")),
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    focus = node.parent or "add-theme"
    said = f"“{node.name}” is removed{_with_what(editing, node)}.{editing.since}"
    return Done(said, focus, open="", removed_at=moment.isoformat())


def _with_what(editing: Editing, node: StructureNode) -> str:
    if node.kind == "kpi":
        return "; its values and targets stay"
    return ", with all beneath it" if node.kind in ("perspective", "objective") else ""


def restore(editing: Editing) -> Done:
    try:
        moment = dt.datetime.fromisoformat(editing.text("moment"))
    except ValueError:
        raise ValidationError("Nothing was removed then, or it is back already.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    _require_right_above(editing, moment)
    restore_nodes(
        scorecard=editing.scorecard,
        removed_at=moment,
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    return Done(f"What was removed stands again.{editing.since}")


def _require_right_above(editing: Editing, moment: dt.datetime) -> None:
    """What counts above comes back only for those who edit there, or who took it away."""
    access = editing.access
    gone = Alignment.objects.filter(
        objective__scorecard=editing.scorecard, deleted_at=moment, weight__gt=0
    ).select_related("supported__scorecard")
    for tie in gone:
        by = Alignment.history.filter(id=tie.pk).latest("history_id").history_user_id
        is_own = access.user is not None and by == access.user.pk
        unit_id = tie.supported.scorecard.unit_id
        if not is_own and not access.can(Action.EDIT_STRUCTURE, unit_id):
            raise ValidationError(NOT_COUNTED.format(tie.supported))


# --- Putting in order, and elsewhere


def place(editing: Editing) -> Done:
    """Where it was dropped: before a sibling, or last; parent: hung there first."""
    parent, before = editing.text("parent"), editing.text("before")
    return _placed(editing, editing.node(), parent or None, before or None)


def move_up(editing: Editing) -> Done:
    node = editing.node()
    family, place = _family(editing, node)
    if place > 0:
        return _placed(editing, node, None, family[place - 1])
    home = _neighbour(editing, node, -1)
    return _placed(editing, node, home, None) if home else _stays(editing, node)


def move_down(editing: Editing) -> Done:
    node = editing.node()
    family, place = _family(editing, node)
    if place < len(family) - 1:
        after = family[place + 2] if place + 2 < len(family) else None
        return _placed(editing, node, None, after)
    home = _neighbour(editing, node, +1)
    if home is None:
        return _stays(editing, node)
    first = next((n.key for n in _children(editing, home, node.kind)), None)
    return _placed(editing, node, home, first)


def _placed(editing: Editing, node: StructureNode, parent: str | None, before: str | None) -> Done:
    place_node(
        scorecard=editing.scorecard,
        key=node.key,
        parent=parent,
        before=before,
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    return _stands(editing, _key_beneath(node, parent))


def _key_beneath(node: StructureNode, parent: str | None) -> str:
    """The key of a KPI names its objective, too."""
    if node.kind != "kpi" or parent is None:
        return node.key
    return f"kpi.{parent.split('.')[1]}.{node.row.kpi.code}"


def _stays(editing: Editing, node: StructureNode) -> Done:
    return _stands(editing, node.key)


def _stands(editing: Editing, key: str) -> Done:
    """Where it stands now, in words."""
    node = editing.node(key=key)
    family, place = _family(editing, node)
    home = editing.node(key=node.parent or "")
    said = f"“{node.name}” is number {place + 1} of {len(family)} in “{home.name}”."
    is_open = editing.asked.open == editing.text("key")
    return Done(said, f"handle.{key}", open=key if is_open else None)


def _family(editing: Editing, node: StructureNode) -> tuple[list[str], int]:
    """The keys of its siblings and itself, and its place among them."""
    if node.kind not in ("perspective", "objective", "kpi"):
        raise ValidationError(f"“{node.name}” has no place of its own.")
    keys = [each.key for each in _children(editing, node.parent or "", node.kind)]
    return keys, keys.index(node.key)


def _children(editing: Editing, parent: str, kind: str) -> list[StructureNode]:
    nodes = editor_nodes(editing.scorecard)
    return [each for each in nodes if each.parent == parent and each.kind == kind]


def _neighbour(editing: Editing, node: StructureNode, step: int) -> str | None:
    """The perspective or objective beside the one that it hangs on."""
    home = editing.node(key=node.parent or "")
    same = [each.key for each in editor_nodes(editing.scorecard) if each.kind == home.kind]
    place = same.index(home.key) + step
    return same[place] if 0 <= place < len(same) else None


# --- What it supports above


def support(editing: Editing) -> Done:
    objective: Objective = editing.node("objective").row
    wanted = editing.text("supported")
    above = supportable(editing.access, editing.unit)
    found = next((each for each in above if key_of(each) == wanted), None)
    if found is None:
        raise ValidationError(NO_OBJECTIVE)
    weight = _weight(editing, found, 0)
    add_support(
        objective=objective,
        supported=found,
        weight=weight,
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    said = f"“{objective.name}” supports “{found.name}”, {_how(weight)}.{editing.since}"
    return Done(said, f"support-{_id(editing)}-{id_of(wanted)}")


def weigh_support(editing: Editing) -> Done:
    tie = _tie(editing)
    weight = _weight(editing, tie.supported, tie.weight)
    change_support(
        alignment=tie,
        weight=weight,
        version=whole_number(editing.text("version")),
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    said = f"“{tie.objective.name}” supports “{tie.supported.name}”, {_how(weight)}."
    return Done(said + editing.since, place_of("weigh-support", editing.posted))


def end_support(editing: Editing) -> Done:
    tie = _tie(editing)
    moment = remove_support(
        alignment=tie,
        version=whole_number(editing.text("version")),
        valid_from=editing.valid_from,
        by=editing.access.user,
    )
    said = f"“{tie.objective.name}” does not support “{tie.supported.name}” any more."
    focus = f"add-support-{_id(editing)}"
    return Done(said + editing.since, focus, removed_at=moment.isoformat())


def _id(editing: Editing) -> str:
    return id_of(editing.text("key"))


def _how(weight: float) -> str:
    return f"with the weight {weight:g}" if weight else "as context only"


def _tie(editing: Editing) -> Alignment:
    wanted = editing.text("supported")
    rows: Sequence[Alignment] = support_rows(editing.node("objective").row)
    for row in rows:
        if key_of(row.supported) == wanted:
            return row
    raise ValidationError(GONE)


def _weight(editing: Editing, supported: Objective, stands: float) -> float:
    """What was typed, or what stands; another asks for the right to edit what it counts in."""
    text = editing.text("weight")
    if not text:
        return stands
    if not WEIGHT.fullmatch(text):
        raise ValidationError({"weight": WRONG_WEIGHT})
    weight = float(text)
    may = editing.access.can(Action.EDIT_STRUCTURE, supported.scorecard.unit_id)
    if weight != stands and not may:
        raise ValidationError({"weight": ITS_MANAGERS})
    return weight


DEEDS: dict[str, Callable[[Editing], Done]] = {
    "add-perspective": add_perspective,
    "add-objective": add_objective,
    "add-theme": add_theme,
    "add-kpi": add_kpi,
    "remove": remove,
    "restore": restore,
    "place": place,
    "up": move_up,
    "down": move_down,
    "add-support": support,
    "weigh-support": weigh_support,
    "end-support": end_support,
}


def place_of(do: str, posted: Mapping[str, str]) -> str:
    """The id of the field beside which the page says why a deed was refused; "" for none."""
    key = id_of(posted.get("key", "")[:LONGEST])
    if do in ("weigh-support", "end-support"):
        return f"support-{key}-{id_of(posted.get('supported', '')[:LONGEST])}"
    if do in ("add-objective", "add-kpi", "add-support"):
        return f"{do}-{key}"
    return do if do.startswith("add-") else ""
