"""P11, P13, P14: pages and JSON against the bare fetch of the rows that they show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from django.db.models import Count as CountOf
from django.test import Client

from calculations.periods import Frequency
from kpis.models import Assignment
from organizations.models import Organization, User
from scorecards.charts import ChartSeries, kpi_figure
from scorecards.models import ObjectiveKPI, Scorecard
from scorecards.selectors.kpis.history import chart_series, kpi_history, own_periods
from scorecards.selectors.viewing import default_period

from .database import fetch_all, recorded_statements
from .measuring import Contender, Count, Finding, Ratio, timed_rounds
from .server import HOST

PAGE_CALLS = 2
FIGURE_CALLS = 10


@dataclass(frozen=True)
class Reader:
    """A signed-in member of an organization, who looks at its default period."""

    user: User
    organization: Organization

    @property
    def period(self) -> str:
        return self.organization.calendar.label(default_period(self.organization))

    def browser(self) -> Client:
        client = Client(SERVER_NAME=HOST)
        client.force_login(self.user)
        return client

    def largest_unit(self) -> str:
        """The unit whose scorecard has most KPIs."""
        scorecards = Scorecard.objects.active().filter(organization=self.organization)
        counted = scorecards.annotate(n=CountOf("objectives__kpi_links")).order_by("-n", "pk")
        return str(counted.values_list("unit__code", flat=True)[0])

    def assignment(self, unit: str) -> Assignment:
        """A KPI on the unit's scorecard, measured there."""
        mine = {"organization": self.organization}
        links = ObjectiveKPI.objects.live().filter(objective__scorecard__unit__code=unit, **mine)
        found: Assignment = (
            Assignment.objects.live()
            .filter(unit__code=unit, kpi__in=links.values("kpi"), **mine)
            .select_related("kpi", "unit", "responsible", "organization")
            .order_by("pk")[0]
        )
        return found

    def path(self, rest: str = "") -> str:
        return f"/{self.organization.code}/{rest}?period={self.period}"

    def board_path(self, unit: str) -> str:
        return self.path(f"units/{unit}/scorecard/")

    def json_path(self, unit: str) -> str:
        code, period = self.organization.code, self.period
        return f"/api/v1/{code}/units/{unit}/scorecard?period={period}"


def getting(client: Client, path: str, **headers: str) -> Callable[[], object]:
    """A step that asks for the path and insists on an answer."""

    def run() -> None:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.status_code)

    return run


def page_findings(
    reader: Reader, bare: "psycopg.Connection[Any]", rounds: int
) -> Iterator[Finding]:
    """The largest board as JSON and as a page, and the organization's page, in this process."""
    browser, unit = reader.browser(), reader.largest_unit()
    work = {
        "board as JSON": getting(browser, reader.json_path(unit)),
        "board page": getting(browser, reader.board_path(unit)),
        "organization page": getting(browser, reader.path()),
    }
    contenders, statements = [], {}
    for name, run in work.items():
        run()
        with recorded_statements() as statements[name]:
            run()
        contenders += [
            Contender(name, {"run": run}, calls=PAGE_CALLS),
            Contender(
                f"{name}, bare", {"run": _fetching(bare, statements[name])}, calls=PAGE_CALLS
            ),
        ]
    samples = timed_rounds(contenders, rounds)
    of = {name: samples[name, "run"] for name in work}
    floors = {name: samples[f"{name}, bare", "run"] for name in work}
    for name, (key, goal) in {
        "board as JSON": ("P11", 12.0), "board page": ("", None), "organization page": ("", None),
    }.items():  # fmt: skip
        yield Ratio(key, f"{name}, nothing cached", of[name], floors[name], "bare fetch", goal)
    yield Ratio("P13", "board page", of["board page"], of["board as JSON"], "its JSON", 2.5)
    for name in work:
        yield Count("", f"statements of the {name}", len(statements[name]))


def _fetching(bare: "psycopg.Connection[Any]", statements: Any) -> Callable[[], object]:
    return lambda: fetch_all(bare, statements)


def figure_findings(reader: Reader, rounds: int) -> Iterator[Finding]:
    """A chart's figure made of plain lists, against the classes that Plotly offers for it."""
    unit = reader.largest_unit()
    series = _series(reader.organization, reader.assignment(unit))
    samples = timed_rounds(
        [
            Contender("plain", {"run": lambda: _plain_figure(series)}, calls=FIGURE_CALLS),
            Contender("classes", {"run": lambda: _class_figure(series)}, calls=FIGURE_CALLS),
        ],
        rounds,
    )
    yield Ratio(
        "P14", "figure of a chart as JSON", samples["plain", "run"], samples["classes", "run"],
        "plotly.graph_objects", 1 / 8,
    )  # fmt: skip


def _series(organization: Organization, assignment: Assignment) -> ChartSeries:
    periods = own_periods(organization, Frequency(assignment.kpi.frequency), None, None)
    return chart_series(kpi_history(organization, assignment, periods), assignment.unit.name)


def _plain_figure(series: ChartSeries) -> bytes:
    return orjson.dumps(kpi_figure(series))


def _class_figure(series: ChartSeries) -> str:
    """The CONTROL: what Plotly's documentation shows."""
    import plotly.graph_objects as go

    return str(go.Figure(kpi_figure(series)).to_json())
