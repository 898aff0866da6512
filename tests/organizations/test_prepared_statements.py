"""What is asked again and again is planned once for each connection."""

import pytest
from django.db import connection

from organizations.statements import MOST_PREPARED, fetched
from scorecard_site import environment

pytestmark = pytest.mark.django_db


def is_prepared(word: str, *, ids: int, times: int) -> bool:
    """Whether PostgreSQL keeps the plan of a statement, asked so often for so many ids."""
    statement = f"SELECT id, '{word}' FROM organizations_unit WHERE id"
    for _ in range(times):
        fetched(statement + " {ids}", ids=range(ids))
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(kept, [statement + "%"])
        return bool(cursor.fetchone()[0])


def test_for_few_ids() -> None:
    assert not is_prepared("once", ids=2, times=1)
    assert is_prepared("often", ids=2, times=3)


def test_many_ids_have_a_plan_of_their_own() -> None:
    assert is_prepared("most", ids=MOST_PREPARED, times=3)
    assert not is_prepared("more", ids=MOST_PREPARED + 1, times=3)


def test_not_where_it_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = {"ENGINE": "django.db.backends.postgresql"}
    options = environment.database(parsed, pool_size=0, prepares=False)["OPTIONS"]
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", options["prepare_threshold"])
    assert not is_prepared("never", ids=2, times=3)
