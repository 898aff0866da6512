"""A document to print: plain values, told ready to read, which every format is made of.

`…_text` and other texts are as people read them; numbers beside them are for charts and tables.
The process that sets a document gets it as JSON, so that words of people never become markup.
"""

from typing import Literal

from msgspec import Struct

Number = float | None
Cell = str | float | None


class Scored(Struct, frozen=True):
    """A score as it stands in a line. status: its name, words: the same for people."""

    text: str
    value: Number
    status: str
    words: str
    cover: str = ""  # "85 %": how much of the weight has data; "" at a KPI


class Stretch(Struct, frozen=True):
    """A stretch of an axis with one status; shares of its length, 0 to 1."""

    status: str
    start: float
    end: float


class Bullet(Struct, frozen=True):
    """A value against its target; shares of the axis, 0 to 1."""

    bands: tuple[Stretch, ...] = ()
    bar: Number = None
    target: Number = None


class BoardKpi(Struct, frozen=True):
    code: str
    name: str
    weight: str
    timing: str
    marks: str
    trend: tuple[Number, ...]
    trend_targets: tuple[Number, ...]
    actual: str
    actual_value: Number
    unit_of_measure: str
    year_to_date: str
    year_to_date_value: Number
    last_year: str
    last_year_value: Number
    target: str
    target_value: Number
    variance: str
    variance_value: Number
    bullet: Bullet
    score: Scored
    change: str
    owner: str
    age: str


class BoardObjective(Struct, frozen=True):
    code: str
    name: str
    weight: str
    score: Scored
    bullet: Bullet
    owner: str
    note: str  # its theme and what is done about it, in short
    said: str
    kpis: tuple[BoardKpi, ...]


class BoardBand(Struct, frozen=True):
    code: str
    name: str
    weight: str
    score: Scored
    objectives: tuple[BoardObjective, ...]


class Head(Struct, frozen=True):
    """What stands above each page. state: "as it stands now", "closed on …", "as of …"."""

    unit: str
    unit_code: str
    title: str
    period: str
    state: str


class BoardSection(Struct, frozen=True, tag="board"):
    """A scorecard in one period, on one sheet."""

    head: Head
    trend_title: str
    age_title: str
    score: Scored
    facts: tuple[str, ...]
    bands: tuple[BoardBand, ...]
    notes: tuple[str, ...]


class ChartBand(Struct, frozen=True):
    """A rectangle behind a chart's lines: periods from and to, values from and to."""

    status: str
    first: float
    last: float
    low: float
    high: float


class Line(Struct, frozen=True):
    """A line of a chart; role: actual, target, benchmark or other."""

    name: str
    role: str
    values: tuple[Number, ...]


class Chart(Struct, frozen=True):
    """Values over periods, oldest first. low, high: the axis of values; ticks: along it."""

    labels: tuple[str, ...]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    bands: tuple[ChartBand, ...]
    lines: tuple[Line, ...]
    statuses: tuple[str, ...]  # of the actual values
    alternative: str
    decimals: int = 0


class Column(Struct, frozen=True):
    """kind: text, number or status."""

    name: str
    kind: Literal["text", "number", "status"] = "text"
    share: float = 1  # of the width, as against the others


class Table(Struct, frozen=True):
    """texts: as people read the cells; of a status, its name. values: numbers behind them."""

    columns: tuple[Column, ...]
    texts: tuple[tuple[str, ...], ...]
    values: tuple[tuple[Cell, ...], ...]
    note: str = ""


class KpiSection(Struct, frozen=True, tag="kpi"):
    """A KPI at a unit: how it stands, its chart, and the values. remarks: signal and forecast."""

    head: Head
    finding: str
    about: str
    remarks: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    score: Scored
    chart: Chart
    table: Table


class PictureSection(Struct, frozen=True, tag="picture"):
    """A drawing of our own, and beneath it what it says in words."""

    head: Head
    svg: str
    width: float
    height: float
    alternative: str
    table: Table | None = None
    table_title: str = ""


class TableSection(Struct, frozen=True, tag="table"):
    """A table that takes the pages that it needs."""

    head: Head
    lead: str
    table: Table


class Panel(Struct, frozen=True):
    """A part of a dashboard."""

    title: str
    lead: str = ""
    table: Table | None = None
    chart: Chart | None = None
    is_wide: bool = False


class PanelsSection(Struct, frozen=True, tag="panels"):
    """A dashboard: its panels, one beside and beneath the other."""

    head: Head
    panels: tuple[Panel, ...]


class CoverSection(Struct, frozen=True, tag="cover"):
    """What a book holds."""

    head: Head
    lines: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...] = ()


Section = BoardSection | KpiSection | PictureSection | TableSection | PanelsSection | CoverSection


class Document(Struct, frozen=True):
    title: str
    organization: str
    made: str  # "Printed 2026-11-22 17:03 by Adaeze Okonkwo"
    sections: tuple[Section, ...]


class Drawing(Struct, frozen=True):
    """A drawing of our own that is to become pixels."""

    svg: str
    width: float
    height: float
