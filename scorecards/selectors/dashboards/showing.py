"""What panels show to a reader: of what they may not see, nothing but that."""

from collections.abc import Iterable

from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.models import Dashboard
from scorecards.selectors.kpis.pages import visible_kpi
from scorecards.selectors.viewing import Viewing

from .default import default_panels
from .kinds import KINDS, About
from .kinds.about import settings_of
from .reading import panels_of
from .shapes import HIDDEN, PanelPlan, ShownPanel, Told


def shown_panel(access: Access, viewing: Viewing, plan: PanelPlan) -> ShownPanel:
    """One panel; its kind decides by how many statements, never the number of panels."""
    return ShownPanel(plan, _told(access, viewing, plan))


def _told(access: Access, viewing: Viewing, plan: PanelPlan) -> Told:
    kind = KINDS.get(plan.kind)
    if kind is None:
        return Told("", missing=HIDDEN)
    said = settings_of(plan.settings, kind.asks)
    unit = access.visible_unit(said["unit"]) if "unit" in said else None
    kpi = visible_kpi(access, said["kpi"]) if "kpi" in said else None
    if ("unit" in said and unit is None) or ("kpi" in said and kpi is None):
        return Told(kind.label, missing=HIDDEN)
    title = kind.title.format(unit=unit.name if unit else "", kpi=kpi.name if kpi else "")
    text = said.get("text", "")
    # A kind reads only what it asks for.
    return kind.tell(About(access, viewing, title, plan.height, unit, kpi, text))  # type: ignore[arg-type]


def shown_panels(
    access: Access, viewing: Viewing, plans: Iterable[PanelPlan]
) -> tuple[ShownPanel, ...]:
    """All of them, for paper and for who reads without scripts.

    Each has a `title`, and in `told` a `table` (columns and rows of texts), `paragraphs` of a
    text, and in `missing` why there is nothing to show.
    """
    return tuple(shown_panel(access, viewing, plan) for plan in plans)


def dashboard_tables(
    access: Access, dashboard: Dashboard, viewing: Viewing
) -> tuple[ShownPanel, ...]:
    """The panels of a dashboard that the reader may open, as `shown_panels` tells."""
    return shown_panels(access, viewing, panels_of(dashboard))


def unit_tables(access: Access, unit: UnitNode, viewing: Viewing) -> tuple[ShownPanel, ...]:
    """The same of the dashboard that a unit has without putting one together."""
    return shown_panels(access, viewing, default_panels(access, unit))
