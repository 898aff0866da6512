"""Asking a source for its periods, within the time of a run."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from calculations.periods import Frequency
from organizations.models import Organization

from .kinds import kinds
from .shapes import (
    MOST_ROWS,
    Config,
    Fetched,
    Kind,
    NothingFetched,
    RawRow,
    Settings,
    SourceAway,
    SourceFailed,
    Window,
)

RUN_SECONDS = 60.0
SHORTEST_HIDDEN = 4  # characters of a secret; what is shorter stands in any text
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """What a source answered; each row with the label of the period that it was asked for."""

    rows: list[tuple[RawRow, str]]
    fetched: list[Fetched]
    periods: str


def kind_of(code: str) -> Kind:
    """The kind of a source; raises SourceFailed where this version knows none of that name."""
    try:
        return kinds()[code]
    except KeyError:
        raise SourceFailed(f"This version knows no sources of the kind “{code}”.") from None


def windows(organization: Organization, settings: Settings, today: dt.date) -> list[Window]:
    """The periods to ask for, oldest first, the running one last."""
    calendar = organization.calendar
    running = calendar.period(Frequency(settings["frequency"]), today)
    count = int(settings["periods"])
    periods = [calendar.shift(running, n) for n in range(1 - count, 1)]
    return [
        Window(calendar.label(each), each.start, calendar.end(each) - dt.timedelta(days=1))
        for each in periods
    ]


def asked(
    organization: Organization,
    kind: Kind,
    settings: Settings,
    secrets: Settings,
    *,
    tell: Tell | None = None,
    most_periods: int | None = None,
) -> Asked:
    """Ask for each period, or once where the question names none; newest ones if not for all.

    Raises SourceFailed and SourceAway. Not to be called within a transaction.
    """
    ends_at = time.monotonic() + RUN_SECONDS
    every = windows(organization, settings, organization.today())
    wanted = every if kind.asks_by_period(settings) else every[-1:]
    wanted = wanted[-most_periods:] if most_periods else wanted
    rows: list[tuple[RawRow, str]] = []
    answers: list[Fetched] = []
    for number, window in enumerate(wanted):
        if tell:
            tell(number, len(wanted))
        left = ends_at - time.monotonic()
        if left <= 0:
            raise SourceAway(f"Asking for all periods took more than {RUN_SECONDS:.0f} seconds.")
        answer = _fetched(kind, Config(organization.code, settings, secrets, window, left))
        answers.append(answer)
        rows += [(row, window.label) for row in answer.rows]
        if len(rows) > MOST_ROWS:
            raise SourceFailed(f"There are more than {MOST_ROWS:,} rows; ask for fewer periods.")
    said = wanted[0].label if len(wanted) == 1 else f"{wanted[0].label} to {wanted[-1].label}"
    return Asked(rows, answers, said)


def _fetched(kind: Kind, config: Config) -> Fetched:
    """Without the secrets, which a system may repeat in its answer, above all where it fails."""
    try:
        found = kind.fetch(config)
    except NothingFetched as reason:
        reason.request = _hidden(reason.request, config.secrets)
        reason.answer = _hidden(reason.answer, config.secrets)
        raise
    return replace(
        found,
        request=_hidden(found.request, config.secrets),
        answer=_hidden(found.answer, config.secrets),
    )


def _hidden(text: str, secrets: Settings) -> str:
    """The text without a secret, the value of a secret header, or its last word.

    >>> _hidden("X-Seen: Bearer abcd, abcd", {"header": "Authorization: Bearer abcd"})
    'X-Seen: (kept secret), (kept secret)'
    """
    for secret in secrets.values():
        for part in (secret, secret.partition(":")[2].strip(), secret.rpartition(" ")[2]):
            if len(part) >= SHORTEST_HIDDEN:
                text = text.replace(part, "(kept secret)")
    return text
