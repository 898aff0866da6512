"""The editor of a scorecard, as frozen rows in the order of the board."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scorecards.selectors.administration.choices import Choice
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.shapes import Link


@dataclass(frozen=True)
class EditedField:
    """A field that saves itself: what it shows, what stands, what is wrong, what another saved."""

    name: str  # "objective.grow.weight"
    text: str
    stored: str
    problem: str = ""
    meanwhile: str = ""

    @property
    def is_open(self) -> bool:
        """Whether what it shows is not what stands."""
        return self.text != self.stored


@dataclass(frozen=True)
class AddField:
    """Where something is added: kept with what was typed where that is refused."""

    id: str
    text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class EditedRow:
    """A node with its fields by name, and the rows beneath it."""

    key: str
    id: str
    kind: str
    version: int
    name: str
    fields: Mapping[str, EditedField]
    share_text: str = ""  # "40 %"
    href: str = ""
    about: str = ""  # of a KPI how often, of a contribution the unit
    owner: str = ""
    theme: str = ""
    hint: str = ""
    saved_by: str = ""  # who has saved what was typed into meanwhile
    todo: tuple[Link, ...] = ()  # what a KPI lacks until it is scored
    add: AddField | None = None
    beneath: tuple["EditedRow", ...] = ()
    is_open: bool = False

    @property
    def is_movable(self) -> bool:
        return self.kind in ("perspective", "objective", "kpi")

    @property
    def kpis(self) -> tuple["EditedRow", ...]:
        return tuple(row for row in self.beneath if row.kind == "kpi")

    @property
    def contributions(self) -> tuple["EditedRow", ...]:
        return tuple(row for row in self.beneath if row.kind == "contribution")


def all_rows(rows: tuple[EditedRow, ...]) -> list[EditedRow]:
    """The rows with all beneath them, in order."""
    return [each for row in rows for each in (row, *all_rows(row.beneath))]


@dataclass(frozen=True)
class SupportLine:
    """An objective above that the open one supports."""

    code: str  # of its scorecard and its own
    name: str
    unit: str
    version: int
    weight: EditedField
    may_weigh: bool  # otherwise its managers decide how much it counts


@dataclass(frozen=True)
class FoundKpi:
    code: str
    name: str
    about: str  # "monthly, k€"
    used: str  # "measured at 3 units; used for “Grow”"


@dataclass(frozen=True)
class KpiChoice:
    """KPIs of the library to pick for the open objective."""

    words: str
    said: str
    found: tuple[FoundKpi, ...]
    new_href: str
    problem: str = ""


@dataclass(frozen=True)
class Panel:
    """What else may be said of the open row."""

    row: EditedRow
    owner: Choice | None = None
    homes: tuple[Option, ...] = ()  # where it may hang instead
    home: str = ""
    home_word: str = ""
    supports: tuple[SupportLine, ...] = ()
    above: tuple[Option, ...] = ()  # objectives that it may support, too
    support: AddField | None = None
    kpis: KpiChoice | None = None


@dataclass(frozen=True)
class PeriodChoice:
    """From which period on changes hold; no options for a draft."""

    label: str = ""
    options: tuple[Option, ...] = ()
    consequences: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Done:
    """What a deed has to say, where to go on, and by which moment it is undone."""

    said: str = ""
    focus: str = ""  # id of the element
    open: str | None = None  # key of the row that is open from now on; None: as it was
    removed_at: str = ""
    problem: str = ""  # why nothing was done


@dataclass(frozen=True)
class EditorPage:
    unit_code: str
    unit_name: str
    name: str
    code: str
    state: str  # draft or active
    here: str  # the address with all that it keeps
    plain_here: str  # without an open row
    done_href: str
    kept: tuple[tuple[str, str], ...]  # the address's parameters but for the period
    breadcrumbs: tuple[Link, ...]
    top: EditedRow
    perspectives: tuple[EditedRow, ...]
    themes: tuple[EditedRow, ...]
    theme_options: tuple[Option, ...]
    roll_ups: tuple[tuple[str, str], ...]
    period: PeriodChoice
    add_perspective: AddField
    add_theme: AddField
    panel: Panel | None = None
    done: Done = field(default_factory=Done)

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"

    @property
    def query(self) -> str:
        """What a link to an open row begins with."""
        _, _, query = self.plain_here.partition("?")
        return f"?{query}&" if query else "?"

    @property
    def versions(self) -> str:
        """Those of all rows, as a page without scripts sends them: "scorecard=1 theme.a=2"."""
        return " ".join(f"{row.key}={row.version}" for row in all_rows((self.top, *self.themes)))
