"""The rows of the editor: a scorecard's nodes with their fields, shares and what they lack."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from kpis.models import KPI, Assignment, Measurement, Target
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href, target_href
from scorecards.selectors.editions.changes import HIDDEN
from scorecards.selectors.formats import share_text
from scorecards.selectors.shapes import Link
from scorecards.selectors.structure.nodes import StructureNode
from scorecards.selectors.targets.grid import EVERY

from .shapes import AddField, EditedField, EditedRow
from .typed import OFFERED, Typed, said_text, stored_text


@dataclass(frozen=True)
class Drawing:
    """All that the rows are made of."""

    access: Access
    unit: UnitNode
    nodes: Sequence[StructureNode]
    typed: Typed
    problems: Mapping[str, str]  # by `<key>.<field>`, and by the id of an AddField
    added: Mapping[str, str]  # what was typed, by the id of an AddField
    opened: str = ""
    period_label: str = ""
    lacks: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)  # by the KPI's code

    def child_nodes(self) -> dict[str | None, list[StructureNode]]:
        found: dict[str | None, list[StructureNode]] = defaultdict(list)
        for node in self.nodes:
            found[node.parent].append(node)
        return found

    def add_field(self, kind: str, parent: str) -> AddField:
        place = f"add-{kind}-{id_of(parent)}" if parent else f"add-{kind}"
        return AddField(place, self.added.get(place, ""), self.problems.get(place, ""))


def id_of(key: str) -> str:
    """The key as the id of an element: codes have no hyphens."""
    return key.replace(".", "-")


def edited_rows(drawing: Drawing, parent: str | None) -> tuple[EditedRow, ...]:
    """The rows beneath the parent, with all beneath them."""
    return _rows(drawing, drawing.child_nodes(), parent)


def _rows(
    drawing: Drawing, children: Mapping[str | None, list[StructureNode]], parent: str | None
) -> tuple[EditedRow, ...]:
    nodes = children.get(parent, [])
    total = sum(_shown_weight(node, drawing.typed) for node in nodes) if parent else 0.0
    return tuple(_row(drawing, node, total, _rows(drawing, children, node.key)) for node in nodes)


def _row(
    drawing: Drawing, node: StructureNode, total: float, beneath: tuple[EditedRow, ...]
) -> EditedRow:
    typed, row = drawing.typed, node.row
    fields = {name: _field(drawing, node, name) for name in OFFERED[node.kind]}
    name, about, href = _named(drawing, node)
    is_objective = node.kind == "objective"
    is_disputed = any(each.meanwhile for each in fields.values())
    return EditedRow(
        key=node.key,
        id=id_of(node.key),
        kind=node.kind,
        version=row.version,
        name=name,
        fields=fields,
        share_text=_share_text(node, _shown_weight(node, typed), total),
        href=href,
        about=about,
        owner=said_text(row, "owner") if is_objective else "",
        theme=said_text(row, "theme") if is_objective else "",
        hint=row.hint if is_objective else "",
        saved_by=_saved_by(node) if is_disputed else "",
        todo=drawing.lacks.get(row.kpi.code, ()) if node.kind == "kpi" else (),
        add=drawing.add_field("objective", node.key) if node.kind == "perspective" else None,
        beneath=beneath,
        is_open=node.key == drawing.opened,
    )


def _field(drawing: Drawing, node: StructureNode, name: str) -> EditedField:
    place = f"{node.key}.{name}"
    return EditedField(
        name=place,
        text=drawing.typed.text(node, name),
        stored=stored_text(node.row, name),
        problem=drawing.problems.get(place, ""),
        meanwhile=drawing.typed.meanwhile(node, name),
    )


def _shown_weight(node: StructureNode, typed: Typed) -> float:
    """The weight that counts for the shares: what stands, of themes and the scorecard none."""
    return float(node.row.weight) if node.parent is not None else 0.0


def _share_text(node: StructureNode, weight: float, total: float) -> str:
    if node.parent is None:
        return ""
    if weight == 0:
        return "context" if node.kind == "contribution" else "not counted"
    return share_text(weight / total)


def _named(drawing: Drawing, node: StructureNode) -> tuple[str, str, str]:
    """Name, what it is, and address; of a contribution only if its unit may be seen."""
    access = drawing.access
    code = access.organization.code
    if node.kind == "kpi":
        kpi: KPI = node.row.kpi
        about = ", ".join(filter(None, (EVERY[kpi.frequency], kpi.unit_of_measure)))
        return node.name, about, kpi_href(code, kpi.code, drawing.unit.code)
    if node.kind != "contribution":
        return node.name, "", ""
    lower = access.tree.by_id.get(node.row.objective.scorecard.unit_id)
    if lower is None or not access.sees(lower.id):
        return HIDDEN.capitalize(), "", ""
    return node.name, lower.name, board_href(code, lower.code)


def _saved_by(node: StructureNode) -> str:
    history = node.row.history.filter(version=node.row.version).select_related("history_user")
    latest = history.order_by("-history_id").first()
    return str(latest.history_user) if latest and latest.history_user else "Somebody"


def lacking(
    access: Access, unit: UnitNode, kpis: Iterable[KPI], period: str
) -> dict[str, tuple[Link, ...]]:
    """What the KPIs lack at the unit until they are scored, by code; by one statement."""
    wanted = {kpi.pk: kpi for kpi in kpis}
    measured = (
        Assignment.objects.live()
        .filter(unit_id=unit.id, kpi__in=wanted)
        .annotate(
            has_target=Exists(Target.objects.live().filter(assignment=OuterRef("pk"))),
            has_value=Exists(Measurement.objects.filter(assignment=OuterRef("pk"))),
        )
        .values_list("kpi_id", "has_target", "has_value", "own_values")
    )
    organization = access.organization.code
    found = {}
    for kpi_id, has_target, has_value, own_values in measured:
        kpi = wanted[kpi_id]
        links = []
        if not has_target and not kpi.takes_target_from_above:
            links.append(
                Link("Set a target", target_href(organization, unit.code, kpi.code, period))
            )
        is_typed = not kpi.formula and (
            not kpi.is_rolled_up or own_values != Assignment.OwnValues.NONE
        )
        if is_typed and not has_value:
            href = kpi_href(organization, kpi.code, unit.code)
            links.append(Link("Enter a value", f"{href}#record"))
        found[kpi.code] = tuple(links)
    return found
