"""Values from files: what is told before, what is recorded, what is taken back."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.models import Measurement, MeasurementRevision, Restatement
from scorecards.services.closing import close_period
from scorecards.services.imports.steps import apply_import
from tests.scorecards.imports.bringing import (
    access_of,
    applied,
    checked,
    counts,
    map_as,
    read,
    told,
    undone,
    worked,
)
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


def test_a_wide_table_is_recorded_but_for_its_bad_cells(acme: World) -> None:
    access = access_of(acme, "carol")
    content = "Measure,Unit,2026-01,2026-02,2026-Q1\nrevenue,sales,1,,\ndefects,sales,-1,3,\n"
    content += "nps,sales,,,41\nnps,sales,5,,\n"
    row = checked(access, content)
    assert (row.kind, counts(row)) == ("values", (3, 0, 0, 2))
    assert [problem[1:4] for problem in told(row)["problems"]] == [
        [3, "2026-01", "-1"],
        [5, "2026-01", "2026-01"],
    ]
    row = applied(row, "good")
    assert values(acme, "defects", "sales") == {"2026-02-01": (3, "")}
    assert values(acme, "nps", "sales") == {"2026-01-01": (41, "")}


def test_the_same_place_twice_is_refused_by_its_row(acme: World) -> None:
    content = "kpi,period,value\nnps,2026-Q1,1\nNps,2026-01-31,2\n"
    row = checked(access_of(acme, "carol"), content)
    assert counts(row) == (1, 0, 0, 1)
    assert told(row)["problems"][0][4].startswith("Row 2 has the same KPI, unit and period.")


def test_closed_periods_are_restated_with_a_reason_and_set_back(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90})
    period = acme.organization.calendar.parse_label("2026-01")
    close_period(unit=acme.units["sales"], period=period, by=acme.users["root"])
    content = "kpi,unit,period,value,reason\nrevenue,sales,2026-01,95,\n"
    alice = access_of(acme, "alice")
    assert counts(checked(alice, content)) == (0, 0, 0, 1)
    content = content.replace("95,", "95,invoice found")
    assert counts(checked(access_of(acme, "carol"), content)) == (0, 0, 0, 1)
    row = applied(checked(alice, content))
    assert values(acme, "revenue", "sales") == {"2026-01-01": (95, "")}
    undone(alice, row)
    assert values(acme, "revenue", "sales") == {"2026-01-01": (90, "")}
    reasons = Restatement.objects.order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["invoice found", "Undone: the import was taken back"]


def test_checking_and_applying_take_the_same_statements_however_many_rows(acme: World) -> None:
    access = access_of(acme, "carol")

    def statements(first: int, count: int) -> tuple[int, int]:
        lines = (f"revenue,sales,{first + n // 12}-{n % 12 + 1:02},{n}\n" for n in range(count))
        row = read(access, "kpi,unit,period,value\n" + "".join(lines))
        map_as(access, row, row.mapping)
        with CaptureQueriesContext(connection) as checking:
            worked(row)
        apply_import(row=row, attempt=row.attempt, scope="whole")
        with CaptureQueriesContext(connection) as applying:
            assert worked(row).added == count
        return len(checking), len(applying)

    assert statements(2000, 12) == statements(2010, 180)
