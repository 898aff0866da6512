"""The forms in which values are pushed: JSON, one object on each line, CSV; plain or gzip."""

import csv
import datetime as dt
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from kpis.models import Measurement
from scorecards.api.bodies import MAX_BYTES
from tests.scorecards.api_client import Api, problem
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
LINES, CSV = "application/x-ndjson", "text/csv"
ROW = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 90.5}
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def api(acme: World) -> Api:
    return Api(acme.token()[1])


def push(api: Api, body: bytes, media_type: str, query: str = "", **about: Any) -> Any:
    return api.push(body, query, CONTENT_TYPE=media_type, **about)


def counts(response: Any) -> tuple[int, int, int]:
    answer = response.json()
    return answer["created"], answer["updated"], answer["unchanged"]


def refusals(response: Any) -> list[tuple[str, str]]:
    answer = response.json()
    return [(each["pointer"], each["code"]) for each in answer.get("errors") or answer["rejected"]]


def as_json(rows: Rows) -> bytes:
    return json.dumps(rows).encode()


def as_lines(rows: Rows) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def as_csv(rows: Rows, **dialect: str) -> bytes:
    text = io.StringIO()
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, list(names), **dialect)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


FORMS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "json": ("application/json", as_json),
    "lines": (LINES, as_lines),
    "commas": (f"{CSV}; charset=UTF-8", as_csv),
    "semicolons": (CSV, lambda rows: as_csv(rows, delimiter=";")),
    "tabs": ("Text/CSV", lambda rows: b"\xef\xbb\xbf" + as_csv(rows, delimiter="\t")),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_packed", [False, True])
def test_every_form_says_the_same(acme: World, api: Api, form: str, is_packed: bool) -> None:
    note = 'late; "paid" in March,\nné'
    rows: Rows = [{**ROW, "note": note}, {**ROW, "period": "2026-02", "value": -1e-3, "note": ""}]
    media_type, written = FORMS[form]
    body = gzip.compress(written(rows)) if is_packed else written(rows)
    about = {"HTTP_CONTENT_ENCODING": "gzip"} if is_packed else {}
    assert counts(push(api, body, media_type, **about)) == (2, 0, 0)
    assert counts(push(api, body, media_type, **about)) == (0, 0, 2)
    stored = Measurement.objects.filter(assignment=acme.assignment("revenue", "sales"))
    told = list(stored.order_by("period_start").values_list("value", "note"))
    assert told == [(-1e-3, ""), (90.5, note)]


def test_optional_fields_may_be_missing_or_empty(api: Api) -> None:
    assert counts(push(api, b"kpi,period,value\nnps,2026-Q1,4", CSV)) == (1, 0, 0)
    assert counts(push(api, b"kpi,period,value,note\nnps,2026-Q1,4,why", CSV)) == (0, 1, 0)
    kept = b"Note ; VALUE;period;unit;kpi\r\n;4;2026-Q1;;nps\r\n\r\n"
    assert counts(push(api, kept, CSV)) == (0, 0, 1)
    assert Measurement.objects.get().note == "why"
    assert counts(push(api, b"", LINES)) == counts(push(api, b"\n \r\n", LINES)) == (0, 0, 0)
    assert counts(push(api, b"kpi,period,value", CSV)) == (0, 0, 0)


GOOD = b'{"kpi": "nps", "unit": "sales", "period": "2025-Q4", "value": 4}'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"x", ("/2", "malformed_row")),
        (b'{"kpi": "\xff"}', ("/2", "malformed_row")),
        (b"{} {}", ("/2", "malformed_row")),
        (b"[]", ("/2", "not_an_object")),
        (b"null", ("/2", "not_an_object")),
        (b'{"kpi": "nps"}', ("/2", "missing_field")),
        (GOOD.replace(b"4}", b'"4"}'), ("/2/value", "not_a_number")),
        (GOOD.replace(b"4}", b"NaN}"), ("/2/value", "not_a_number")),
        (GOOD.replace(b"4}", b"1_0}"), ("/2", "malformed_row")),
        (GOOD.replace(b"4}", b'4, "value": 5}'), ("/2/value", "duplicate_field")),
        (GOOD.replace(b"4}", b'4, "v\\u0061lue": 5}'), ("/2/value", "duplicate_field")),
        (GOOD.replace(b"4}", b'4, "worth": 5}'), ("/2/worth", "unknown_field")),
    ],
)
def test_a_wrong_line_says_nothing_of_the_others(
    api: Api, line: bytes, expected: tuple[str, str]
) -> None:
    body = b"\n".join([GOOD, line, b"", GOOD.replace(b"2025-Q4", b"2025-Q3"), GOOD])
    again = ("/5", "duplicate_row")
    answer = push(api, body, LINES, "?mode=partial")
    assert (counts(answer), refusals(answer)) == ((2, 0, 0), [expected, again])
    assert "Line 1 of this body" in answer.json()["rejected"][1]["detail"]
    assert problem(push(api, body, LINES)) == (422, "rows_rejected")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("nps,2025-Q4,", ("/4", "missing_field")),
        ("nps,2025-Q4,4,", ("/4", "wrong_cells")),
        ("nps,2025-Q4", ("/4", "wrong_cells")),
        ('nps,2025-Q4,"4,5"', ("/4/value", "not_a_number")),
        *[
            (f"nps,2025-Q4,{value}", ("/4/value", "not_a_number"))
            for value in ("many", "nan", "inf", "1e999", "1_0", "0x1", "True", "٤", "1 0", "4\0")
        ],
        ("nps,2025-Q4,1e19", ("/4/value", "out_of_range")),
        ("=nps,2025-Q4,4", ("/4/kpi", "unknown_kpi")),
        ("nps,2025-03,4", ("/4/period", "invalid_period")),
    ],
)
def test_a_wrong_record_is_named_by_its_line(
    api: Api, record: str, expected: tuple[str, str]
) -> None:
    body = f'kpi,period,value\n"nps",2025-Q3,"+4.\n"\n{record}\nnps,2025-Q2,.5'
    answer = push(api, body.encode(), CSV, "?mode=partial")
    assert (counts(answer), refusals(answer)) == ((2, 0, 0), [expected])


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (CSV, b"", (400, "invalid_columns")),
        (CSV, b"kpi,period", (400, "invalid_columns")),
        (CSV, b"kpi,period,value,worth", (400, "invalid_columns")),
        (CSV, b",kpi,period,value", (400, "invalid_columns")),
        (CSV, b"kpi|period|value", (400, "invalid_columns")),
        (CSV, b"kpi,period,value,KPI", (400, "invalid_columns")),
        (CSV, b"kpi,period,\xff", (400, "malformed_body")),
        (CSV, b'kpi,period,value\n"nps,2025-Q4,4', (400, "malformed_body")),
        (CSV, b"kpi,period,value\nnps,2025-Q4," + b"4" * 30_000, (400, "malformed_body")),
        (CSV, b"kpi,period,value" + b"\nnps,2025-Q4,4" * 10_001, (413, "too_many_rows")),
        (LINES, (GOOD + b"\n") * 10_001, (413, "too_many_rows")),
        (LINES, b"\n" * 30_000, (413, "too_many_rows")),
        (LINES, b"[" * 100_000, (400, "too_deep")),
        ("text/csv; charset=latin1", b"kpi,period,value", (415, "unsupported_media_type")),
        ("application/xml", b"<rows/>", (415, "unsupported_media_type")),
    ],
)
def test_bodies_that_cannot_be_read(
    api: Api, media_type: str, body: bytes, expected: tuple[int, str]
) -> None:
    answer = push(api, body, media_type)
    assert problem(answer) == expected
    if expected[0] == 415:
        assert "application/x-ndjson, text/csv" in answer.json()["detail"]
    assert not Measurement.objects.exists()


def _bomb() -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b" " * 1024 * 1024
    return b"".join(packing.compress(zeros) for _ in range(200)) + packing.flush()


PACKED = gzip.compress(as_json([ROW]), mtime=0)


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (as_json([ROW]), (400, "malformed_body")),
        (b"\x1f\x8b", (400, "malformed_body")),
        (PACKED[:-1], (400, "malformed_body")),
        (PACKED[:-6] + b"\0" + PACKED[-5:], (400, "malformed_body")),
        (PACKED + PACKED, (400, "malformed_body")),
        (PACKED + b"\0", (400, "malformed_body")),
        (zlib.compress(as_json([ROW])), (400, "malformed_body")),
        (gzip.compress(as_json([ROW]).ljust(MAX_BYTES + 1)), (413, "body_too_large")),
        (_bomb(), (413, "body_too_large")),
    ],
    ids=lambda packed: f"{len(packed)} bytes" if isinstance(packed, bytes) else "",
)
def test_what_is_not_rightly_packed(api: Api, packed: bytes, expected: tuple[int, str]) -> None:
    assert problem(api.push(packed, HTTP_CONTENT_ENCODING="gzip")) == expected
    assert not Measurement.objects.exists()


def test_a_packed_body_is_bounded_as_it_was_before(api: Api) -> None:
    packed = gzip.compress(as_json([ROW]).ljust(MAX_BYTES))
    assert counts(api.push(packed, HTTP_CONTENT_ENCODING="gzip")) == (1, 0, 0)
    unknown = api.push([ROW], HTTP_CONTENT_ENCODING="br")
    assert problem(unknown) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "media_type", "said"),
    [
        (GOOD.replace(b"4}", b'"140"}'), LINES, "a finite number, without quotes."),
        (
            b"kpi;period;value\nnps;2026-Q1;1.080,5",
            CSV,
            "a decimal point and nothing for thousands.",
        ),
        (GOOD + b"\n" + GOOD.replace(b"4}", b"}"), LINES, "Expecting value (column 63)."),
        (b'{"kpi": "\xff"}', LINES, "byte 10 is not UTF-8."),
    ],
)
def test_what_is_wrong_with_a_row_says_what_to_write(
    api: Api, body: bytes, media_type: str, said: str
) -> None:
    (refused,) = push(api, body, media_type).json()["errors"]
    assert refused["detail"].endswith(said), refused
    assert refused["pointer"].split("/")[1] in ("1", "2")


def test_a_packed_body_without_its_header_is_told_so(api: Api) -> None:
    refused = push(api, gzip.compress(GOOD), LINES)
    assert problem(refused) == (400, "malformed_body")
    assert "send Content-Encoding: gzip" in refused.json()["detail"]
