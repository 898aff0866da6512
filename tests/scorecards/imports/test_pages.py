"""The pages of files: from an upload to its undo, by forms alone, and who sees what."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import Measurement
from organizations.models import Organization
from organizations.services.people import grant_role
from scorecards.models import Import
from scorecards.services.imports.work import run_import
from tests.scorecards.imports.bringing import access_of, applied, checked, counts
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

CONTENT = """KPI;Dept;Period;Value
revenue;sales;2026-01;1.234,5
revenue;sales;2026-99;2
revenue;sales;2026-02;many
=nps;sales;2026-Q1;40
"""


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def carol(acme: World, client: Client) -> Client:
    client.force_login(acme.users["carol"])
    return client


def upload(client: Client, content: str, **about: str) -> Any:
    file = SimpleUploadedFile("values.csv", content.encode(), content_type="text/csv")
    return client.post("/acme/data/", {"file": file, **about})


def worked() -> Import:
    row = Import.objects.latest("number")
    run_import(import_id=row.pk)
    row.refresh_from_db()
    return row


def test_a_file_is_brought_in_by_forms_alone(carol: Client) -> None:
    answer = upload(carol, CONTENT)
    address = answer.url
    page = carol.get(address).content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert ">Look again</a>" in page
    worked()
    page = carol.get(address).content.decode()
    assert "every 1s" not in page
    assert "1.234,5 · 2 · many" in page

    columns = {f"column-0-{at}": name for at, name in enumerate(("kpi", "", "period", "value"))}
    answer = carol.post(address, {"do": "map", **columns, "column-0-3": "period"})
    assert answer.status_code == 422
    assert "Two columns say the same: Period" in answer.content.decode()
    answer = carol.post(address, {"do": "map", **columns, "column-0-1": "unit"}, follow=True)
    row = worked()
    page = carol.get(address).content.decode()
    assert counts(row) == (1, 0, 0, 3)
    assert "&quot;2026-99&quot; is not a month" in page
    assert "Apply the 1 good one" in page

    refused = carol.get(f"{address}refused/").getvalue().decode("utf-8-sig").splitlines()
    assert refused[0] == "KPI,Dept,Period,Value,refused because"
    assert refused[3].startswith("'=nps,sales,2026-Q1,40,")
    version = {"do": "apply", "version": str(row.attempt)}
    assert carol.post(address, version | {"scope": "whole"}).status_code == 422
    assert carol.post(address, version | {"scope": "good", "version": "0"}).status_code == 409
    carol.post(address, version | {"scope": "good"})
    worked()
    assert "Undo this import" in carol.get(address).content.decode()
    assert Measurement.objects.get().value == 1234.5
    carol.post(address, {"do": "undo"})
    assert worked().state == "undone"
    assert not Measurement.objects.exists()
    assert "1 added, 3 refused" in carol.get("/acme/data/").content.decode()


@pytest.mark.parametrize(
    ("content", "about", "said"),
    [
        (None, {}, "Choose a file."),
        ("", {}, "file is empty"),
        ("x", {"kind": "nothing"}, "Choose a kind of table."),
        ("x" * (10 * 1024**2 + 1), {}, "more than 10 MB"),
    ],
)
def test_what_is_no_file_is_refused_beside_the_field(
    carol: Client, content: str | None, about: dict[str, str], said: str
) -> None:
    answer = upload(carol, content, **about) if content is not None else carol.post("/acme/data/")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Import.objects.exists()


def test_a_request_beyond_all_limits_is_not_even_read(carol: Client) -> None:
    """It is refused by its length, before any byte of it is kept."""
    kind = "multipart/form-data; boundary=x"
    body = b"--x--\r\n"
    for length, status in ((33 * 1024**2, 400), (len(body), 422)):
        answer = carol.generic("POST", "/acme/data/", body, kind, CONTENT_LENGTH=str(length))
        assert answer.status_code == status


def test_a_file_is_read_otherwise(carol: Client) -> None:
    address = upload(carol, "a,b\nrevenue,1\n").url
    assert worked().state == "mapping"
    assert "do not tell what is in the table" in carol.get(address).content.decode()
    carol.post(address, {"do": "read", "kind": "values", "delimiter": ";", "header_row": "1"})
    assert worked().kind == "values"
    assert "semicolon between columns" in carol.get(address).content.decode()
    carol.post(address, {"do": "cancel"})
    assert "Nothing of this file was stored" in carol.get(address).content.decode()


def test_values_go_out_as_asked(acme: World, carol: Client) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 1.5, "2026-02-01": 2})
    acme.record("revenue", "ada", {"2026-01-01": 7})
    acme.record("nps", "sales", {"2026-01-01": 40})

    def lines(query: str) -> list[str]:
        answer = carol.get(f"/acme/data/export/values/?{query}")
        assert "attachment" in answer["Content-Disposition"]
        return answer.getvalue().decode("utf-8-sig").splitlines()[1:]

    assert lines("form=csv&kpi=revenue&from=2026-02&to=2026-Q1") == ["revenue,sales,2026-02,2,"]
    assert lines("form=csv&layout=wide&unit=sales") == [
        "nps,sales,,,40",
        "revenue,sales,1.5,2,",
    ]  # Ada's own unit is seen by her and by managers above
    assert carol.get("/acme/data/export/people/").status_code == 404
    answer = carol.get("/acme/data/export/values/?from=soon&unit=sales")
    assert answer.status_code == 422
    assert "&quot;soon&quot; is not a period" in answer.content.decode()
    assert carol.get("/acme/data/export/values/?unit=ada").status_code == 422
    book = carol.get("/acme/data/export/book/?unit=emea")
    assert io.BytesIO(book.getvalue()).read(2) == b"PK"


def test_what_a_reader_may_not_see_any_more_is_not_shown(acme: World, client: Client) -> None:
    """Alice sees Ada's unit while she manages EMEA; then her rights shrink."""
    acme.record("revenue", "ada", {"2026-01-01": 7654})
    row = checked(access_of(acme, "alice"), "kpi,unit,period,value\nrevenue,ada,2026-01,8\n")
    client.force_login(acme.users["alice"])
    address = f"/acme/data/imports/{row.number}/"
    assert "7,654" in client.get(address).content.decode()
    alice = acme.users["alice"]
    alice.memberships.get().mark_deleted()
    grant_role(user=alice, unit=acme.units["apac"], role="manager")
    page = client.get(address).content.decode()
    assert "7,654" not in page
    assert "units that you do not see any more" in page
    assert client.get(f"{address}refused/").status_code == 404
    client.force_login(acme.users["root"])
    assert "7,654" in client.get(address).content.decode()


def test_the_list_takes_the_same_statements_however_long(
    acme: World, carol: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def count() -> int:
        with django_assert_num_queries(7):
            return carol.get("/acme/data/").content.decode().count("values.csv")

    one = checked(access_of(acme, "carol"), "kpi,unit,period,value\nrevenue,sales,2026-01,8\n")
    before = count()
    applied(one)
    for number in range(2, 40):
        Import.objects.create(
            organization=Organization.objects.get(code="acme"),
            number=number,
            file_name="values.csv",
            size=1,
            content=b"x",
            created_by=acme.users["carol"],
        )
    assert count() > before
    assert "before=10" in carol.get("/acme/data/").content.decode()


def test_unknown_ways_of_reading_are_left_out(carol: Client) -> None:
    address = upload(carol, CONTENT).url
    worked()
    said = {"do": "read", "sheet": "a\x00b", "encoding": "q\x00", "delimiter": "\x00"}
    assert carol.post(address, said).status_code == 302
    row = worked()
    assert row.state == Import.State.MAPPING
    assert not {"sheet", "encoding", "delimiter"} & row.options.keys()
