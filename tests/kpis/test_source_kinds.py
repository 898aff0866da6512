"""Kinds of sources, each asked over a real connection: what they find, and what they refuse."""

import datetime as dt
import io
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.db import connection
from pytest_django import Settings

from kpis.services.sources import sql
from kpis.services.sources.kinds import kinds
from kpis.services.sources.shapes import (
    Config,
    Fetched,
    Kind,
    RawRow,
    SourceAway,
    SourceFailed,
    Window,
)
from tests.kpis.sources_world import sqlite_file, typed
from tests.organizations.raw_server import answer, raw_server

MARCH = Window("2026-03", dt.date(2026, 3, 1), dt.date(2026, 3, 31))
JSON = answer(b'{"data": [{"v": 1.5, "k": "nps", "when": "2026-03"}, {"v": null}]}')


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


def fetched(kind: str, secrets: dict[str, str] | None = None, /, **said: str) -> Fetched:
    found = kinds()[kind]
    texts = typed(kind, **said)
    assert found.check(texts) == {}
    return found.fetch(Config("acme", texts, secrets or {}, MARCH, 5))


# --- Over HTTP


def test_json_is_found_by_paths_and_asked_with_the_period_and_the_secret() -> None:
    with raw_server(JSON) as server:
        found = fetched(
            "json",
            {"secret_header": "Authorization: Bearer hush"},
            url=server.url("/{year}/{month}?until={end}"),
            headers="X-Team: sales\nAccept: application/json",
            rows="data",
            value_path="v",
            kpi_path="k",
            period_path="when",
        )

    head = server.asked[0].decode()
    assert head.startswith("GET /2026/03?until=2026-03-31 HTTP/1.1\r\n")
    assert "Authorization: Bearer hush\r\n" in head
    assert "X-Team: sales\r\n" in head
    assert found.rows == [RawRow("nps", None, "2026-03", 1.5), RawRow(None, None, None, None)]
    assert "hush" not in found.request + found.answer
    assert "Authorization: (kept secret)" in found.request


@pytest.mark.parametrize(
    ("content", "said", "told"),
    [
        (b"<!DOCTYPE html><p>Sign in</p>", {}, "web page"),
        (b"\xff\xfe\x00", {}, "not JSON"),
        (b'{"data": ', {}, "not JSON"),
        (b"[" * 100_000, {}, "not JSON"),
        (b'[{"v": NaN}]', {}, "not JSON"),
        (b'{"data": 5}', {"rows": "data"}, "no list of rows"),
        (b"[1, 2]", {"value_path": "sum(v)"}, "does not fit"),
        (b"[" + b"1," * 10_001 + b"1]", {}, "at most 10,000"),
        (b"[1]", {"rows": "|".join(["[@,@][]"] * 23)}, "Write simpler ones"),
    ],
)
def test_json_that_is_none_or_holds_no_rows_is_refused(
    content: bytes, said: dict[str, str], told: str
) -> None:
    with raw_server(answer(content)) as server, pytest.raises(SourceFailed, match=told) as failed:
        fetched("json", url=server.url(), **{"value_path": "v", **said})
    assert failed.value.request == f"GET {server.url()}"
    assert failed.value.answer.startswith("Status 200, ")


@pytest.mark.parametrize(
    ("status", "failure", "told"),
    [
        ("404 Not Found", SourceFailed, "status 404"),
        ("401 Unauthorized", SourceFailed, "another key"),
        ("302 Found", SourceFailed, "final address"),
        ("429 Too Many", SourceAway, "status 429"),
        ("503 Away", SourceAway, "status 503"),
    ],
)
def test_a_status_that_is_no_answer_tells_what_to_do(
    status: str, failure: type[Exception], told: str
) -> None:
    with raw_server(answer(b"", status=status)) as server, pytest.raises(failure, match=told):
        fetched("json", url=server.url(), value_path="v")


def test_an_address_in_our_own_network_is_not_asked(settings: Settings) -> None:
    settings.OUTGOING_NETWORKS = []
    with raw_server(JSON) as server:
        with pytest.raises(SourceFailed, match="not public"):
            fetched("json", url=server.url(), value_path="v")
        assert server.asked == []


def workbook() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Cover").write(0, 0, "Figures")
        sheet = book.add_worksheet("Data")
        rows: list[list[Any]] = [
            ["Monthly figures"],
            ["KPI", "When", "Amount"],
            ["nps", MARCH.start, 41.5],
        ]
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                form = (day,) if isinstance(cell, dt.date) else ()
                sheet.write(number, column, cell, *form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said", "rows"),
    [
        (
            b"unit;kpi;amount\nsales;revenue;12,5\n;;\nemea;revenue;\n",
            {"kpi_column": "KPI", "unit_column": "unit"},
            [RawRow("revenue", "sales", None, "12,5"), RawRow("revenue", "emea", None, "")],
        ),
        (
            "Größe,Amount\ngroß,4\n".encode("cp1252"),
            {"kpi_column": "größe"},
            [RawRow("groß", None, None, "4")],
        ),
        (
            workbook(),
            {"sheet": "Data", "kpi_column": "kpi", "period_column": "when"},
            [RawRow("nps", None, "2026-03-01", 41.5)],
        ),
    ],
)
def test_tables_are_found_by_the_names_of_their_columns(
    content: bytes, said: dict[str, str], rows: list[RawRow]
) -> None:
    with raw_server(answer(content)) as server:
        assert fetched("table", url=server.url(), value_column="amount", **said).rows == rows


@pytest.mark.parametrize(
    ("content", "said", "told"),
    [
        (b"kpi,amount\nnps,1\n", {}, "no column “value”; the columns are: kpi, amount"),
        (b"value,Value\n1,2\n", {}, "several columns “value”"),
        (b"", {}, "empty"),
        (b"<html>", {}, "web page"),
        (b'value\n"1\n2\n', {}, "cannot be read"),
        (b"PK\x03\x04 no spreadsheet", {}, "no spreadsheet"),
        (workbook(), {"sheet": "Other"}, "the sheets are: Cover, Data"),
        (b"a,value\n" + b"1,1\n" * 10_001, {}, "at most 10,000"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(
    content: bytes, said: dict[str, str], told: str
) -> None:
    with raw_server(answer(content)) as server, pytest.raises(SourceFailed, match=told):
        fetched("table", url=server.url(), **said)


# --- SQLite


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.SOURCES_FOLDER = str(tmp_path)
    sqlite_file(tmp_path, [("nps", "sales", "2026-03", 41), ("nps", "sales", "2026-04", 42)])
    return tmp_path


def asked_file(query: str, file: str = "crm.sqlite3") -> Any:
    return fetched("sqlite", file=file, query=query).rows


@pytest.mark.usefixtures("folder", "db")
def test_a_file_is_asked_for_the_period() -> None:
    assert asked_file("SELECT * FROM figures WHERE period = :period ; ") == [
        RawRow("nps", "sales", "2026-03", 41)
    ]
    assert asked_file("WITH a AS (SELECT 1) SELECT :year + :month AS VALUE FROM a -- end") == [
        RawRow(None, None, None, 2029)
    ]


PATIENCE = 60.0  # seconds, for what is refused for another reason than its time
ENDLESS = "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a)"
SLOW = "instr(zeroblob(19999), zeroblob(9999) || x'01')"  # one step


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("DELETE FROM figures", "syntax"),
        ("SELECT 1 AS value) AS a; DELETE FROM figures --", "one statement"),
        ("SELECT 1 AS value UNION SELECT name FROM pragma_database_list", "not authorized|prohib"),
        ("SELECT load_extension('x') AS value", "not authorized|no such"),
        (f"{ENDLESS} SELECT max(x) AS value FROM a", "interrupted"),
        (f"{ENDLESS} SELECT x AS value FROM a", "more than 10,000"),
        ("SELECT zeroblob(20001) AS value", "too big"),
        (f"{ENDLESS} SELECT max({SLOW}) AS value FROM a", "interrupted"),
        ("SELECT 1 AS amount", "no column “value”"),
        ("SELECT missing AS value FROM figures", "no such column"),
    ],
)
def test_a_query_to_a_file_can_do_no_harm(
    folder: Path, query: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "SECONDS", 0.3 if told == "interrupted" else PATIENCE)
    config = Config("acme", {"file": "crm.sqlite3", "query": query}, {}, MARCH, PATIENCE)
    with pytest.raises((SourceFailed, SourceAway), match=told):
        kinds()["sqlite"].fetch(config)
    with sqlite3.connect(folder / "acme" / "crm.sqlite3") as file:
        assert file.execute("SELECT count(*) FROM figures").fetchone() == (2,)
    file.close()


@pytest.mark.usefixtures("db")
def test_only_files_of_the_organizations_own_folder_are_read(folder: Path) -> None:
    sqlite_file(folder, [], "own.sqlite3")
    (folder / "rival").mkdir()
    (folder / "acme" / "own.sqlite3").rename(folder / "rival" / "theirs.sqlite3")
    (folder / "acme" / "link.sqlite3").symlink_to(folder / "rival" / "theirs.sqlite3")
    (folder / "acme" / "text.sqlite3").write_text("no database at all, only text")
    with sqlite3.connect(folder / "acme" / "ours.sqlite3") as file:
        file.execute(f"CREATE TABLE {sql.OUR_TABLE} (value)")
    file.close()
    told = {
        "../rival/theirs.sqlite3": "no file",
        "link.sqlite3": "no file",
        "none.sqlite3": "no file",
        ".": "no file",
        "text.sqlite3": "not a database",
        "ours.sqlite3": "Line of Sight itself",
    }
    for name, said in told.items():
        config = Config("acme", {"file": name, "query": "SELECT 1 AS value"}, {}, MARCH, 5)
        with pytest.raises((SourceFailed, SourceAway), match=said):
            kinds()["sqlite"].fetch(config)


# --- PostgreSQL, which tests reach by a socket only: a forwarder stands in for the network


@contextmanager
def forwarded(path: str) -> Iterator[int]:
    """A port on this machine behind which the server of that socket answers."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(one: socket.socket, other: socket.socket) -> None:
        try:
            while chunk := one.recv(65536):
                other.sendall(chunk)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            for pair in ((peer, server), (server, peer)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def postgres(db: None) -> Iterator[dict[str, str]]:
    """Settings that lead to the test's server, and there to a database that is not ours."""
    host = str(connection.settings_dict["OPTIONS"].get("host") or connection.settings_dict["HOST"])
    with forwarded(os.path.join(host, ".s.PGSQL.5432")) as port:
        about = {"host": "127.0.0.1", "port": str(port), "database": "postgres"}
        yield {**about, "user": "postgres", "tls": "prefer"}


def test_a_postgresql_database_is_asked_for_the_period(postgres: dict[str, str]) -> None:
    query = (
        "SELECT 'nps' AS kpi, :start AS period, 41.5::numeric AS value"
        " WHERE :year = 2026 AND '100 %' LIKE '1%' AND '12:30' <> ''"
    )
    found = fetched("postgresql", query=query, **postgres)
    assert [(row.kpi, row.period, float(row.value)) for row in found.rows] == [
        ("nps", MARCH.start, 41.5)
    ]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("DELETE FROM pg_class RETURNING 1 AS value", "syntax"),
        ("WITH a AS (DELETE FROM pg_class RETURNING 1 AS value) SELECT * FROM a", "top level"),
        ("SELECT lo_create(0) AS value", "read-only"),
        ("SELECT pg_sleep(20) AS value", "statement timeout|too long"),
        ("SELECT n AS value FROM generate_series(1, 10001) AS n", "more than 10,000"),
        ("SELECT 1 AS value FROM nothing", "does not exist"),
    ],
)
def test_a_query_to_postgresql_can_do_no_harm(
    postgres: dict[str, str], query: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "SECONDS", 1.0 if "pg_sleep" in query else PATIENCE)
    config = Config("acme", typed("postgresql", query=query, **postgres), {}, MARCH, PATIENCE)
    with pytest.raises((SourceFailed, SourceAway), match=told):
        kinds()["postgresql"].fetch(config)


def test_the_database_of_the_product_itself_is_never_asked(postgres: dict[str, str]) -> None:
    own = {**postgres, "database": str(connection.settings_dict["NAME"])}
    with pytest.raises(SourceFailed, match="Line of Sight itself"):
        fetched("postgresql", query="SELECT 1 AS value", **own)
    assert "127.0.0.1" in sql._own_addresses("/run/postgresql")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_that_speaks_otherwise_is_given_up_in_time(
    kind: str, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(sql, "SECONDS", 1.0)
    about = {"host": "127.0.0.1", "database": "d", "user": "u", "query": "SELECT 1 AS value"}
    with (
        raw_server(lambda peer: peer.sendall(b"\x00" * 50)) as server,
        pytest.raises(SourceAway, match=r"cannot be asked|too long"),
    ):
        fetched(kind, port=str(server.port), tls="verify", **about)


def test_the_kind_of_the_documentation_works() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "sources.md"
    code = page.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    assert len(code.splitlines()) <= 40
    module: dict[str, Any] = {}
    exec(compile(code, "sources.md", "exec"), module)
    kind: Kind = module["KIND"]
    with raw_server(answer(b"nps = 41\nshare=12,5")) as server:
        settings = {field.name: field.default for field in kind.fields} | {"url": server.url()}
        found = kind.fetch(Config("acme", settings, {}, MARCH, 5))
    assert kind.check(settings) == {}
    assert [(row.kpi, row.value) for row in found.rows] == [("nps", "41"), ("share", "12,5")]
