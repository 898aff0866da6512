"""What stands beside the picture while it is edited: an objective's links, and the form for one."""

from dataclasses import dataclass

from organizations.access import Access
from scorecards.models import Scorecard
from strategy_maps.links import map_edit_href

from .link_form import LinkForm, Typed, link_form
from .map import MapNode
from .page import HypothesisLine, MapPage


@dataclass(frozen=True)
class Panel:
    """node: the objective that is looked at; None: none is chosen yet."""

    node: MapNode | None
    place: str  # in percent of the lane's width; "" where the drawing chooses
    place_problem: str
    is_placed: bool
    effects: tuple[HypothesisLine, ...]
    causes: tuple[HypothesisLine, ...]
    form: LinkForm
    close_href: str
    action: str


def edit_panel(
    access: Access, page: MapPage, scorecard: Scorecard, objective: str, typed: Typed
) -> Panel:
    """objective: the code of the chosen one; any other chooses none."""
    node = next((each for each in page.map.nodes if each.code == objective), None)
    code, unit = access.organization.code, page.map.unit_code
    about = {"period": page.map.period_label, "scorecard": page.scorecard}
    place = f"{node.x * 100:.0f}" if node and node.x is not None else ""
    return Panel(
        node=node,
        place=typed.texts.get("place", place),
        is_placed=bool(place),
        place_problem=typed.problems.get("place", ""),
        effects=tuple(line for line in page.lines if node and line.cause == node.code),
        causes=tuple(line for line in page.lines if node and line.effect == node.code),
        form=link_form(scorecard, typed),
        close_href=map_edit_href(code, unit, **about),
        action=map_edit_href(code, unit, of=node.code if node else "", **about),
    )
