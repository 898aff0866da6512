"""Dashboards as frozen rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scorecards.charts import Figure

HIDDEN = "This is not there any more, or you may not see it."


@dataclass(frozen=True)
class PanelPlan:
    """A panel as somebody wants it; number: 0 for one that is not there yet.

    settings: codes and texts by what its kind asks for.
    """

    kind: str
    settings: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    width: int = 6
    height: int = 2
    number: int = 0


@dataclass(frozen=True)
class Table:
    """Texts as people read them; n_names: how many columns at the left are not numbers."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    n_names: int = 1


@dataclass(frozen=True)
class Told:
    """What a panel shows to one reader. missing: why it shows nothing.

    paragraphs: of a text; href: the page that tells more.
    """

    title: str
    finding: str = ""
    table: Table = Table()
    figure: Figure | None = None
    paragraphs: tuple[str, ...] = ()
    href: str = ""
    missing: str = ""


@dataclass(frozen=True)
class ShownPanel:
    """A panel with what it shows to one reader."""

    plan: PanelPlan
    told: Told

    @property
    def title(self) -> str:
        """What it is called: its own title, else what it shows."""
        return self.plan.title or self.told.title
