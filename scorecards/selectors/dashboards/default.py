"""The dashboard that every unit has: put together from its scorecard, until it gets its own."""

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import ObjectiveKPI, Panel, Scorecard

from .shapes import PanelPlan

MOST_KPIS = 6
Kind = Panel.Kind


def default_panels(access: Access, unit: UnitNode) -> list[PanelPlan]:
    """How the unit stands, what is beneath it, its first KPIs, and what is done.

    Nothing where the unit has no scorecard in force. Two statements.
    """
    scorecard = Scorecard.objects.active().filter(unit_id=unit.id).first()
    if scorecard is None:
        return []
    of_unit = {"unit": unit.code}
    has_beneath = any(access.sees(node.id) for node in access.tree.children(unit.id))
    panels = [
        PanelPlan(Kind.SCORE_TREND, of_unit, width=6),
        PanelPlan(Kind.PERSPECTIVES, of_unit, width=6),
    ]
    if has_beneath:
        panels.append(PanelPlan(Kind.HEAT_MAP, of_unit, width=12))
    panels += [
        PanelPlan(Kind.KPI_TREND, {"kpi": kpi, **of_unit}, width=4)
        for kpi in _first_kpis(scorecard)
    ]
    panels.append(PanelPlan(Kind.INITIATIVES, of_unit, width=12))
    return numbered(panels)


def numbered(panels: list[PanelPlan]) -> list[PanelPlan]:
    """From 1 on, in their order."""
    return [
        PanelPlan(each.kind, each.settings, each.title, each.width, each.height, number)
        for number, each in enumerate(panels, 1)
    ]


def _first_kpis(scorecard: Scorecard) -> list[str]:
    """The heaviest KPI of each objective, in the order of the board."""
    of_objective = ("perspective__position", "perspective_id", "position", "pk")
    order = (*(f"objective__{each}" for each in of_objective), "-weight", "pk")
    standing = {"objective__deleted_at": None, "kpi__deleted_at": None}
    links = ObjectiveKPI.objects.live().filter(objective__scorecard=scorecard, **standing)
    codes = links.order_by(*order).values_list("objective_id", "kpi__code")
    first: dict[int, str] = {}
    for objective_id, code in codes:
        first.setdefault(objective_id, code)
    return list(dict.fromkeys(first.values()))[:MOST_KPIS]
