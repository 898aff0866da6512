"""A file that was taken out is a file that comes in and changes nothing."""

import random
from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from calculations.tables.numbers import decimal_mark, number_text, read_number
from organizations.access import Access
from scorecards.selectors.exports.records import record_table, scorecard_tables
from scorecards.selectors.exports.shapes import OutTable, Wanted
from scorecards.selectors.exports.values import value_table
from scorecards.selectors.exports.writing import csv_chunks, xlsx_file
from scorecards.selectors.records import KINDS
from scorecards.services.closing import close_period
from scorecards.services.initiatives import add_initiative
from tests.scorecards.imports.bringing import access_of, checked, counts, told
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ODD = "=1+1\ttab “quoted”, 'single'; line\nnext"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def told_world(acme: World) -> World:
    """Acme with something of every kind, and texts and numbers that files make difficult."""
    acme.record("revenue", "sales", {"2026-01-01": 1.234, "2026-02-01": 0.1 + 0.2})
    acme.record("revenue", "emea", {"2026-01-01": -1e18, "2026-02-01": 1e-9, "2026-03-01": 1234})
    acme.record("nps", "sales", {"2026-01-01": 41.5})
    acme.record("rating", "sales", {"2026-01-01": 2})
    acme.record("certified", "sales", {"2026-01-01": 1})
    add_initiative(unit=acme.units["emea"], code="crm", name=ODD, description="-5 and '+5")
    return acme


def as_csv(table: OutTable) -> bytes:
    return b"".join(csv_chunks(table))


def as_xlsx(*tables: OutTable) -> bytes:
    with xlsx_file(tables) as file:
        return file.read()


def assert_changes_nothing(access: Access, content: bytes, name: str, kind: str) -> None:
    row = checked(access, content, name)
    assert (row.state, row.kind) == ("ready", kind), row.said
    assert counts(row)[:2] == (0, 0), told(row)["changes"]
    assert row.refused == 0, told(row)["problems"]
    assert row.unchanged == row.total or row.unchanged > 0


@pytest.mark.parametrize("name", ["root", "carol"])
def test_values_come_back_as_they_went(told_world: World, name: str) -> None:
    """With those of closed periods, and of units where the reader only reads."""
    access = access_of(told_world, name)
    period = told_world.organization.calendar.parse_label("2026-01")
    close_period(unit=told_world.units["sales"], period=period, by=told_world.users["root"])
    for wanted in (Wanted(), Wanted(is_wide=True), Wanted(unit="sales", kpi="revenue")):
        assert_changes_nothing(access, as_csv(value_table(access, wanted)), "v.csv", "values")
        assert_changes_nothing(access, as_xlsx(value_table(access, wanted)), "v.xlsx", "values")


@pytest.mark.parametrize("kind", KINDS)
def test_records_come_back_as_they_went(told_world: World, kind: str) -> None:
    access = access_of(told_world, "root")
    table = record_table(access, kind, Wanted())
    rows = list(table.rows)
    if not rows:
        return
    again = OutTable(table.name, table.header, rows)
    assert_changes_nothing(access, as_csv(again), "r.csv", kind)
    assert_changes_nothing(access, as_xlsx(again), "r.xlsx", kind)


def test_a_whole_scorecard_comes_back_as_it_went(told_world: World) -> None:
    access = access_of(told_world, "root")
    book = as_xlsx(*scorecard_tables(access, Wanted(unit="emea")))
    assert_changes_nothing(access, book, "book.xlsx", "book")


def test_every_number_reads_back_the_same() -> None:
    """By itself, and with whichever decimal mark its column is taken to have."""
    chance = random.Random(7)
    numbers = [chance.uniform(-1, 1) * 10 ** chance.randint(-12, 18) for _ in range(500)]
    numbers += [round(number, 3) for number in numbers] + [1.234, 12.0, -999.125, 0.5]
    texts = [number_text(number) for number in numbers]
    assert [read_number(text, "") for text in texts] == numbers
    assert [read_number(text, "point") for text in texts] == numbers
    assert decimal_mark(texts) == "point"
    german = [text.replace(".", ",") for text in texts if "e" not in text]
    assert decimal_mark(german) == "comma"


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(is_wide=True)])
def test_values_take_the_same_statements_however_many(
    told_world: World, wanted: Wanted, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def count() -> int:
        access = access_of(told_world, "root")
        with django_assert_num_queries(3 if wanted.is_wide else 2):
            return as_csv(value_table(access, wanted)).count(b"\n")

    before = count()
    told_world.record("defects", "sales", {f"20{year}-01-01": year for year in range(11, 26)})
    assert count() > before
