"""Values from files: what is told before, what is recorded, what is taken back."""

from collections.abc import Iterator

import pytest
import time_machine

from kpis.models import Measurement, MeasurementRevision
from tests.scorecards.imports.bringing import access_of, applied, checked, counts, told, undone
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def values(world: World, kpi: str, unit: str) -> dict[str, tuple[float, str]]:
    rows = Measurement.objects.filter(assignment=world.assignment(kpi, unit))
    return {row.period_start.isoformat(): (row.value, row.note) for row in rows}


def test_a_long_table_is_told_recorded_and_taken_back(acme: World) -> None:
    access = access_of(acme, "carol")
    acme.record("revenue", "sales", {"2026-01-01": 90, "2026-02-01": 91})
    row = checked(
        access,
        "KPI;Unit;Period;Value;Note\n"
        "revenue;sales;2026-01;90,0;\n"
        "Revenue;Sales;2026-02;1.191,5;late\n"
        "nps;sales;2026-Q1;41,5;\n"
        "certified;sales;2026-03;yes;\n"
        "rating;sales;2026-03;b;\n"
        "revenue;sales;2026-03;;\n",
    )
    assert (row.state, row.kind, counts(row)) == ("ready", "values", (3, 1, 1, 0))
    assert told(row)["changes"][0] == [
        *("", 3, "changed", "Revenue · Sales · 2026-02"),
        [["Value", "91", "1,191.5"], ["Note", "", "late"]],
    ]
    assert values(acme, "revenue", "sales")["2026-02-01"] == (91, "")
    row = applied(row)
    assert (row.state, counts(row), bytes(row.content)) == ("done", (3, 1, 1, 0), b"")
    assert values(acme, "revenue", "sales")["2026-02-01"] == (1191.5, "late")
    assert values(acme, "rating", "sales") == {"2026-03-01": (2, "")}
    assert MeasurementRevision.objects.count() == 1

    acme.record("nps", "sales", {"2026-01-01": 44})  # somebody corrects one meanwhile
    row = undone(access, row)
    assert (row.state, told(row)["n_undone"]) == ("undone", 3)
    assert told(row)["left"] == [
        "Nps · Sales · 2026-Q1: somebody changed it meanwhile, so it stays"
    ]
    assert values(acme, "revenue", "sales")["2026-02-01"] == (91, "")
    assert values(acme, "rating", "sales") == {}
    assert values(acme, "nps", "sales") == {"2026-01-01": (44, "")}
