"""Programs that push values and do not rest until each is acknowledged."""

import http.client
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.accounts import Key

UNITS = ("sales", "emea", "ada")
MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13)]
KEYS = [(unit, month) for month in MONTHS for unit in UNITS]
BATCH = 9
GIVE_UP_SECONDS = 120

Row = dict[str, Any]
Batch = list[Row]


@dataclass
class Ledger:
    """What the product has promised to keep, and how often it was asked in vain."""

    versions: defaultdict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    unanswered: int = 0
    repeated: int = 0

    @property
    def count(self) -> int:
        return sum(map(len, list(self.versions.values())))

    def note(self, key: Key, value: float) -> None:
        """The value was acknowledged: it stands now, before whatever stood."""
        said = self.versions[key]
        if said[-1:] == [value]:
            self.repeated += 1
        else:
            said.append(value)


def batches(number: int, *, part: int) -> list[Batch]:
    """A half of all keys in batches, with values that no other round says, in any order."""
    rows = [
        {"kpi": "revenue", "unit": unit, "period": month, "value": float(number * 1000 + i)}
        for i, (unit, month) in enumerate(KEYS)
    ]
    half = len(rows) // 2
    chosen = rows[:half] if part == 0 else rows[half:]
    found = [chosen[i : i + BATCH] for i in range(0, half, BATCH)]
    random.Random(number).shuffle(found)
    return found


def outdated(rows: Batch) -> Batch:
    """The same keys with what was said of them before."""
    return [{**row, "value": row["value"] - 0.5} for row in rows]


class Pusher:
    """Sends batches by two connections at once; some twice, some late and out of order."""

    def __init__(self, port: int, secret: str, ledger: Ledger) -> None:
        self.port, self.secret, self.ledger = port, secret, ledger
        self.threads: list[threading.Thread] = []
        self.failures: list[str] = []
        self.unchanged = 0  # of the push that waits for its scores

    def start(self, work: Sequence[Batch]) -> None:
        """Begin to send, in the background."""
        for share in (work[::2], work[1::2]):
            # The last said value wins, so what is delivered late wins, and the rest is kept.
            first, second = share[:2]
            self._begin([outdated(first), *share, outdated(first), second])

    def start_waiting(self, rows: Batch) -> None:
        """Send this one so that it is answered once the scores are fresh."""
        self._begin([rows], "?wait=1")

    def finish(self) -> None:
        """Wait until every batch is acknowledged."""
        while self.threads:
            thread = self.threads.pop()
            thread.join(timeout=2 * GIVE_UP_SECONDS)
            assert not thread.is_alive()
        assert not self.failures, self.failures

    def _begin(self, work: Sequence[Batch], query: str = "") -> None:
        thread = threading.Thread(target=self._push_all, args=(work, query))
        thread.start()
        self.threads.append(thread)

    def _push_all(self, work: Sequence[Batch], query: str) -> None:
        try:
            for rows in work:
                self._push(rows, query)
        except AssertionError as error:
            self.failures.append(str(error))

    def _push(self, rows: Batch, query: str) -> None:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not self._is_acknowledged(rows, query):
            self.ledger.unanswered += 1
            assert time.monotonic() < deadline, f"{rows[0]} was never acknowledged."
            time.sleep(0.1)
        for row in rows:
            self.ledger.note(("acme", row["kpi"], row["unit"], row["period"]), row["value"])

    def _is_acknowledged(self, rows: Batch, query: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        try:
            path = f"/api/v1/acme/measurements{query}"
            connection.request("POST", path, json.dumps(rows), headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        assert answer.status == 200 or answer.status >= 429, f"{answer.status} for {rows[0]}"
        if query and answer.status == 200:
            self.unchanged = json.loads(content)["unchanged"]
        return answer.status == 200
