"""Programs that push values and do not rest until each is acknowledged."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

UNITS = ("sales", "emea", "ada")
MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13)]
KEYS = [(unit, month) for month in MONTHS for unit in UNITS]
BATCH = 9
GIVE_UP_SECONDS = 120

Row = dict[str, Any]
Said = tuple[str, str, float]  # unit, month, value


@dataclass
class Ledger:
    """What the product has promised to keep, and how often it was asked in vain."""

    acknowledged: set[Said] = field(default_factory=set)
    unanswered: int = 0
    repeated: int = 0


def batches(number: int, *, part: int) -> list[list[Row]]:
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


class Pusher:
    """Sends its batches by two connections at once; some twice, and late."""

    def __init__(self, port: int, secret: str, ledger: Ledger) -> None:
        self.port, self.secret, self.ledger = port, secret, ledger
        self.threads: list[threading.Thread] = []
        self.failures: list[str] = []

    def start(self, work: list[list[Row]]) -> None:
        """Begin to send, in the background."""
        for share in (work[::2], work[1::2]):
            thread = threading.Thread(target=self.push_all, args=(share,))
            thread.start()
            self.threads.append(thread)

    def finish(self) -> None:
        """Wait until every batch is acknowledged."""
        while self.threads:
            thread = self.threads.pop()
            thread.join(timeout=2 * GIVE_UP_SECONDS)
            assert not thread.is_alive()
        assert not self.failures, self.failures

    def push_all(self, work: list[list[Row]]) -> None:
        """Every batch until it is acknowledged, then the first ones again."""
        try:
            for rows in [*work, *work[:2]]:
                self._push(rows)
        except AssertionError as error:
            self.failures.append(str(error))

    def _push(self, rows: list[Row]) -> None:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not self._is_acknowledged(rows):
            self.ledger.unanswered += 1
            assert time.monotonic() < deadline, f"{rows[0]} was never acknowledged."
            time.sleep(0.1)
        said = {(row["unit"], row["period"], row["value"]) for row in rows}
        self.ledger.repeated += len(said & self.ledger.acknowledged)
        self.ledger.acknowledged |= said

    def _is_acknowledged(self, rows: list[Row]) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        try:
            connection.request("POST", "/api/v1/acme/measurements", json.dumps(rows), headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        assert answer.status == 200 or answer.status >= 429, f"{answer.status} for {rows[0]}"
        return answer.status == 200
