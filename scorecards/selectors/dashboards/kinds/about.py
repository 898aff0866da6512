"""What a panel is about, as far as its reader sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calculations.periods import Frequency, Period
from kpis.models import KPI
from organizations.access import Access
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.selectors.dashboards.shapes import Told
from scorecards.selectors.viewing import Viewing, default_period

SYMBOLS = {"on_target": "●", "below_target": "▲", "critical": "■", "no_data": "○"}
WORDS = {
    "on_target": "on target",
    "below_target": "below target",
    "critical": "critical",
    "no_data": "no data",
    "insufficient_data": "insufficient data",
}


@dataclass(frozen=True)
class About:
    """What a panel asks of the selectors; kpi, unit: those that its kind asks for."""

    access: Access
    viewing: Viewing
    title: str
    height: int
    unit: UnitNode
    kpi: KPI
    text: str = ""

    @property
    def organization(self) -> Organization:
        return self.access.organization

    def last(self, frequency: Frequency) -> Period | None:
        """The last period of a KPI's own that a trend shows; None: the running one.

        Only who looks back is shown what had been then: the period that pages open with, and those
        after it, come with the newest values.
        """
        calendar, viewed = self.viewing.calendar, self.viewing.period
        end = calendar.end(viewed)
        if end >= calendar.end(default_period(self.organization)):
            return None
        following = calendar.period(frequency, end)
        return max(calendar.shift(following, -1), calendar.period(frequency, viewed.start))


@dataclass(frozen=True)
class Kind:
    """A kind of panel. asks: which of `kpi`, `unit` and `text` its settings name.

    title: what a panel is called that has no title of its own, with the names of what it asks for.
    """

    label: str
    hint: str
    asks: tuple[str, ...]
    title: str
    tell: Callable[[About], Told]


def status_text(status: str) -> str:
    """A status with its sign: never by colour alone."""
    return f"{SYMBOLS.get(status, '◌')} {WORDS.get(status, status)}"


def signed_text(status: str, text: str) -> str:
    """A number behind the sign of its status."""
    return f"{SYMBOLS.get(status, '◌')} {text}"


def settings_of(settings: Mapping[str, object], asks: tuple[str, ...]) -> dict[str, str]:
    """What the kind asks for, of whatever is stored."""
    return {name: str(settings.get(name, "")) for name in asks}
