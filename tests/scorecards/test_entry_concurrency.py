"""Two people who enter the same value at once: the slower one is told, and overwrites nothing."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
import time_machine
from django.db import connection, transaction

from kpis.models import Measurement
from organizations.access import user_access
from scorecards.services.grid_entry import Answer, SentCell, enter_values
from tests.scorecards.test_api_concurrency import together
from tests.servers import wait_for
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = "sales.revenue.2026-03-01"
ROUNDS = 12


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def entered(world: World, name: str, text: str, seen: str) -> Answer:
    access = user_access(world.users[name], "acme")
    assert access
    (answer,) = enter_values(access=access, cells=[SentCell(MARCH, text, None, seen, "")])
    return answer


@pytest.mark.both_databases
@pytest.mark.parametrize("seen", ["", "90"])
def test_the_slower_of_two_is_told(acme: World, seen: str) -> None:
    """A value that both saw empty, and one that both saw standing."""
    for _ in range(ROUNDS):
        Measurement.objects.all().delete()
        if seen:
            acme.record("revenue", "sales", {"2026-03-01": 90})
        answers: dict[str, Answer] = {}

        def enter(name: str, text: str, answers: dict[str, Answer] = answers) -> None:
            answers[text] = entered(acme, name, text, seen)

        together(partial(enter, "carol", "1"), partial(enter, "alice", "2"))
        stored = Measurement.objects.get()
        faster, slower = f"{stored.value:g}", "2" if stored.value == 1 else "1"
        assert (answers[faster].state, answers[slower].state) == ("saved", "stale")
        assert f"Meanwhile it says {faster}" in answers[slower].wrong


def test_a_first_value_that_appears_behind_our_look_is_seen(acme: World) -> None:
    """The push holds its key until the entry waits for it; SQLite has one writer at a time."""
    answers: list[Answer] = []

    def enter() -> None:
        try:
            answers.append(entered(acme, "carol", "90", ""))
        finally:
            connection.close()

    waiting = threading.Thread(target=enter)
    with transaction.atomic():
        acme.record("revenue", "sales", {"2026-03-01": 95})
        waiting.start()
        wait_for(is_somebody_waiting, "The entry to wait")
    waiting.join(timeout=30)
    assert [answer.state for answer in answers] == ["stale"]
    assert Measurement.objects.get().value == 95


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
