"""P11, P13, P16: pages against the bare fetch of the rows that they show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from django.db.models import Count as CountOf
from django.test import Client

from organizations.access import user_access
from organizations.models import User
from scorecards.models import ObjectiveKPI, Scorecard
from scorecards.selectors.board import board
from scorecards.selectors.board_data import active_scorecard, board_data
from scorecards.selectors.viewing import viewed_period

from .database import fetch_all, recorded_statements
from .measuring import Contender, Finding, Ratio, timed_rounds
from .server import HOST

PAGE_CALLS = 3


@dataclass(frozen=True)
class Reader:
    """A signed-in member with a warm browser, in one organization and period."""

    user: User
    organization: str
    period: str

    def browser(self) -> Client:
        client = Client(SERVER_NAME=HOST)
        client.force_login(self.user)
        return client

    def largest_unit(self) -> str:
        """The unit whose scorecard has most KPIs."""
        scorecards = Scorecard.objects.active().filter(organization__code=self.organization)
        counted = scorecards.annotate(n=CountOf("objectives__kpi_links")).order_by("-n", "pk")
        return str(counted.values_list("unit__code", flat=True)[0])

    def kpi_of(self, unit: str) -> str:
        """One of the KPIs on the unit's scorecard."""
        links = ObjectiveKPI.objects.live().filter(objective__scorecard__unit__code=unit)
        mine = links.filter(organization__code=self.organization)
        return str(mine.values_list("kpi__code", flat=True)[0])

    def path(self, rest: str = "") -> str:
        return f"/{self.organization}/{rest}?period={self.period}"

    def board_content(self, unit: str) -> bytes:
        """All that the board shows, without its markup."""
        access = user_access(self.user, self.organization)
        assert access is not None
        node = access.visible_unit(unit)
        assert node is not None
        period = viewed_period(access.organization, self.period)
        scorecard = active_scorecard(node)
        assert scorecard is not None
        data = board_data(access, node, scorecard, period)
        assert data is not None
        return orjson.dumps(board(data))


def page_findings(
    reader: Reader, bare: "psycopg.Connection[Any]", rounds: int
) -> Iterator[Finding]:
    """The largest board and the organization's page, served by this process, warm."""
    browser, unit = reader.browser(), reader.largest_unit()
    paths = {
        "board page": reader.path(f"units/{unit}/scorecard/"),
        "organization page": reader.path(),
    }
    work: dict[str, Callable[[], object]] = {
        "board content": lambda: reader.board_content(unit),
        **{name: _opening(browser, path) for name, path in paths.items()},
    }
    contenders = []
    for name, run in work.items():
        with recorded_statements() as statements:
            run()
        contenders += [
            Contender(name, {"run": run}, calls=PAGE_CALLS),
            Contender(
                f"{name}, bare",
                {"run": lambda s=tuple(statements): fetch_all(bare, s)},  # type: ignore[misc]
                calls=PAGE_CALLS,
            ),
        ]
    samples = timed_rounds(contenders, rounds)
    goals = {
        "board content": ("P11", 12.0),
        "board page": ("", None),
        "organization page": ("", None),
    }
    for name, (key, goal) in goals.items():
        yield Ratio(
            key, name, samples[name, "run"], samples[f"{name}, bare", "run"],
            "bare fetch of its rows", goal,
        )  # fmt: skip
    yield Ratio(
        "P13", "board page", samples["board page", "run"], samples["board content", "run"],
        "its content", 2.5,
    )  # fmt: skip


def _opening(browser: Client, path: str) -> Callable[[], object]:
    def run() -> None:
        answer = browser.get(path)
        assert answer.status_code == 200, answer.status_code

    return run
