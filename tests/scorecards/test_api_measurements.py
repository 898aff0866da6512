"""Values over HTTP: what is stored, what is refused and why."""

import datetime as dt
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import Change, Measurement, MeasurementRevision
from organizations.services.people import revoke_role
from organizations.services.tokens import revoke_token
from scorecards.api.bodies import MAX_BYTES
from tests.scorecards.api_client import Api, problem
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

URL = "/api/v1/acme/measurements"
TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
ROW = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 90}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def api(acme: World) -> Api:
    return Api(acme.token()[1])


def counts(response: Any) -> tuple[int, int, int]:
    answer = response.json()
    return answer["created"], answer["updated"], answer["unchanged"]


def refusal(response: Any) -> tuple[str, str]:
    """Pointer and code of the only refused row."""
    answer = response.json()
    (error,) = answer.get("errors") or answer["rejected"]
    assert error["detail"].endswith(".")
    return error["pointer"], error["code"]


# --- Storing


def test_rows_are_created_updated_and_unchanged(acme: World, api: Api) -> None:
    answer = api.push([ROW, {**ROW, "period": "2026-02", "note": "late invoice"}])
    assert answer.status_code == 200
    assert answer.json() == {"created": 2, "updated": 0, "unchanged": 0, "rejected": []}
    assert counts(api.push([ROW, {**ROW, "period": "2026-02", "value": 91}])) == (0, 1, 1)
    february = Measurement.objects.get(period_start="2026-02-01")
    assert (february.value, february.note) == (91, "late invoice")
    assert february.token is not None
    assert february.recorded_by == "billing"
    assert MeasurementRevision.objects.get().value == 90


def test_an_empty_array_stores_nothing(api: Api) -> None:
    assert api.push([]).json() == {"created": 0, "updated": 0, "unchanged": 0, "rejected": []}


def test_a_kpi_measured_at_one_unit_needs_no_unit(api: Api) -> None:
    row = {"kpi": "nps", "period": "2026-Q1", "value": 41.2}
    assert counts(api.push([row])) == (1, 0, 0)
    assert refusal(api.push([{**ROW, "unit": None}])) == ("/0/unit", "unit_required")


@pytest.mark.parametrize("period", ["2026-03", "2026-03-01", "2026-03-31", " 2026-03 "])
def test_a_period_is_its_label_or_a_day_inside(api: Api, period: str) -> None:
    api.push([{**ROW, "period": period}])
    assert Measurement.objects.get().period_start == dt.date(2026, 3, 1)


def test_a_grade_is_given_by_label_or_value(api: Api) -> None:
    row = {"kpi": "rating", "period": "2026-03", "value": "A"}
    api.push([row])
    assert counts(api.push([{**row, "value": 3}])) == (0, 0, 1)


def test_a_person_records_with_session_and_csrf_token(acme: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(acme.users["carol"])
    body = json.dumps([ROW])
    answer = client.post(URL, body, content_type="application/json")
    assert problem(answer) == (403, "csrf")
    cookie = client.get("/accounts/password/reset/").cookies["csrftoken"].value
    answer = client.post(
        URL, body, content_type="application/json", headers={"x-csrftoken": cookie}
    )
    assert counts(answer) == (1, 0, 0)
    assert Measurement.objects.get().user == acme.users["carol"]


def test_waiting_answers_with_fresh_scores(acme: World, api: Api) -> None:
    assert api.push([ROW], "?wait=1").status_code == 200
    assert not Change.objects.filter(organization=acme.organization).exists()
    scorecard = acme.scorecards["sales"]
    sheet = scorecard.sheets.get(frequency="month", period_start="2026-03-01")
    assert sheet.detail["kpis"]["revenue"]["score"] == 75
    assert api.take_back("?kpi=revenue&unit=sales&period=2026-03&wait=1").status_code == 204
    sheet.refresh_from_db()
    assert sheet.score is None


# --- Statements


def month_rows(world: World, n: int, value: float) -> list[dict[str, Any]]:
    """n rows: as many years of months of revenue as it takes."""
    months = [f"{1930 + i // 12}-{i % 12 + 1:02d}" for i in range(n)]
    return [{**ROW, "period": month, "value": value + i} for i, month in enumerate(months)]


@pytest.mark.parametrize("query", ["", "?mode=partial"])
def test_statements_do_not_depend_on_the_number_of_rows(
    acme: World, api: Api, django_assert_max_num_queries: DjangoAssertNumQueries, query: str
) -> None:
    api.push([])  # notes the token's use
    seen: dict[int, list[int]] = {}
    for n in (10, 1000):
        seen[n] = []
        for value, expected in ((1, (n, 0, 0)), (1, (0, 0, n)), (2, (0, n, 0))):
            with django_assert_max_num_queries(30) as queries:
                answer = api.push(month_rows(acme, n, value), query)
            assert counts(answer) == expected
            seen[n].append(len(queries.captured_queries))
        Measurement.objects.all().delete()
    few, many = seen[10], seen[1000]
    # A temporary table costs a fixed number of statements more.
    assert all(0 <= b - a <= 4 for a, b in zip(few, many, strict=True)), seen


def test_statements_do_not_depend_on_the_number_of_refusals(
    acme: World, api: Api, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    api.push([])
    seen = []
    for n in (10, 1000):
        rows = [
            {**row, "kpi": ("revenue", "nothing", "nps")[i % 3]}
            for i, row in enumerate(month_rows(acme, n, 1))
        ]
        with django_assert_max_num_queries(12) as queries:
            api.push(rows)
        seen.append(len(queries.captured_queries))
    assert seen[0] == seen[1]


# --- Bodies that cannot be read


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b" ", (400, "malformed_json")),
        (b"[", (400, "malformed_json")),
        (b"[{}] x", (400, "malformed_json")),
        (b'[{"kpi": "revenue", "value": 1_000}]', (400, "malformed_json")),
        (b'[{"kpi": "\xff"}]', (400, "malformed_json")),
        (b'["\\', (400, "malformed_json")),
        (b'"' + b'\\"' * 500_000, (400, "malformed_json")),
        (b"{}", (400, "not_an_array")),
        (b'{"kpi": "revenue"}', (400, "not_an_array")),
        (b"null", (400, "not_an_array")),
        (b"17", (400, "not_an_array")),
        (b"[" * 21 + b"]" * 21, (400, "too_deep")),
        (b"[" * 1_000_000, (400, "too_deep")),
        (b'{"a":' * 100_000, (400, "too_deep")),
        (b"[" + b"1," * 10_000 + b"1]", (413, "too_many_rows")),
        (b"[[" + b"1," * 1_000_000 + b"1]]", (413, "too_many_rows")),
    ],
)
def test_unreadable_bodies(api: Api, body: bytes, expected: tuple[int, str]) -> None:
    assert problem(api.push(body)) == expected
    assert not Measurement.objects.exists()


def test_a_byte_order_mark_is_no_obstacle(api: Api) -> None:
    assert counts(api.push(b"\xef\xbb\xbf" + json.dumps([ROW]).encode())) == (1, 0, 0)


def test_nesting_is_bounded_at_20(api: Api) -> None:
    assert refusal(api.push(b"[" * 20 + b"]" * 20)) == ("/0", "not_an_object")


def test_rows_are_bounded_at_10_000(acme: World, api: Api) -> None:
    rows = [{**ROW, "period": f"{1900 + i // 12}-{i % 12 + 1:02d}"} for i in range(1000)]
    # Duplicates beyond: what matters is that the number of rows is accepted.
    answer = api.push(rows * 10, "?mode=partial")
    assert answer.status_code == 200
    assert problem(api.push([*rows * 10, ROW])) == (413, "too_many_rows")


def test_a_body_is_bounded_at_10_mb(api: Api) -> None:
    body = json.dumps([ROW]).encode()
    assert counts(api.push(body.ljust(MAX_BYTES))) == (1, 0, 0)
    assert problem(api.push(body.ljust(MAX_BYTES + 1))) == (413, "body_too_large")


@pytest.mark.parametrize("length", ["", "abc", "-5", "17"])
def test_a_length_that_lies_lets_nothing_in(api: Api, length: str) -> None:
    body = json.dumps([ROW]).encode().ljust(MAX_BYTES + 1)
    answer = api.push(body, CONTENT_LENGTH=length)
    assert answer.status_code == 400
    assert not Measurement.objects.exists()


def test_a_body_in_chunks_is_read_and_bounded(api: Api) -> None:
    chunked: dict[str, Any] = {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
    }
    body = json.dumps([ROW]).encode()
    chunked["wsgi.input"] = BytesIO(body)
    answer = api.push(b"", **chunked, CONTENT_TYPE="application/json")
    assert counts(answer) == (1, 0, 0)
    chunked["wsgi.input"] = BytesIO(body.ljust(MAX_BYTES + 1))
    assert problem(api.push(b"", **chunked, CONTENT_TYPE="application/json")) == (
        413,
        "body_too_large",
    )


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_content_types_are_refused(api: Api, content_type: str) -> None:
    answer = api.client.generic("POST", URL, "[]", content_type, headers=api.headers)
    assert problem(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?mode=some", "invalid_parameter"),
        ("?mode=", "invalid_parameter"),
        ("?wait=yes", "invalid_parameter"),
        ("?wait=1&wait=0", "invalid_parameter"),
        ("?mod=partial", "unknown_parameter"),
    ],
)
def test_parameters_are_checked(api: Api, query: str, code: str) -> None:
    assert problem(api.push([ROW], query)) == (400, code)
    assert not Measurement.objects.exists()


# --- Rows that are refused

ROW_TEXT = '"kpi": "revenue", "unit": "sales", "period": "2026-03"'
DEEP_CODE = '[{"kpi": "revenue", "unit": "sales", "period": "2026-04", "value": 1}, {%s}]'


REFUSED_ROWS = [
    (ROW_TEXT, ("/1", "missing_field")),
    (f'{ROW_TEXT}, "value": null', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": true', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": NaN', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": -Infinity', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": 1e999', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": {"9" * 5000}', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": {2**70}', ("/1/value", "out_of_range")),
    (f'{ROW_TEXT}, "value": "1_000"', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": "12"', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": [1]', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": {{"a": 1}}', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": "\\ud800"', ("/1/value", "not_a_number")),
    (f'{ROW_TEXT}, "value": 1, "value": 2', ("/1/value", "duplicate_field")),
    (f'{ROW_TEXT}, "value": 1, "unit": "emea"', ("/1/unit", "duplicate_field")),
    (f'{ROW_TEXT}, "value": 1, "\\u0075nit": "emea"', ("/1/unit", "duplicate_field")),
    (f'{ROW_TEXT}, "value": 1, "units": "emea"', ("/1/units", "unknown_field")),
    (f'{ROW_TEXT}, "value": 1, "a/b\\ud800": 1', ("/1", "unknown_field")),
    (f'{ROW_TEXT}, "value": 1, "note": 17', ("/1/note", "invalid_type")),
    (f'{ROW_TEXT}, "value": 1, "note": "a\\u0000b"', ("/1/note", "invalid_text")),
    (f'{ROW_TEXT}, "value": 1, "note": "\\ud800"', ("/1/note", "invalid_text")),
    (f'{ROW_TEXT}, "value": 1, "note": "{"x" * 1001}"', ("/1/note", "invalid_text")),
    ('"kpi": 17, "period": "2026-03", "value": 1', ("/1/kpi", "invalid_type")),
    ('"kpi": null, "period": "2026-03", "value": 1', ("/1/kpi", "invalid_type")),
    ('"kpi": "none", "period": "2026-03", "value": 1', ("/1/kpi", "unknown_kpi")),
    ('"kpi": "", "period": "2026-03", "value": 1', ("/1/kpi", "unknown_kpi")),
    ('"kpi": "a\\u0000", "period": "2026-03", "value": 1', ("/1/kpi", "unknown_kpi")),
    ('"kpi": "\\udc00", "period": "2026-03", "value": 1', ("/1/kpi", "invalid_text")),
    ('"kpi": "secret_sauce", "period": "2026-03", "value": 1', ("/1/kpi", "unknown_kpi")),
    ('"kpi": "nps", "unit": "", "period": "2026-Q1", "value": 1', ("/1/unit", "unknown_unit")),
    ('"kpi": "nps", "unit": "none", "period": "2026-Q1", "value": 1', ("/1/unit", "unknown_unit")),
    ('"kpi": "nps", "unit": "rival", "period": "2026-Q1", "value": 1', ("/1/unit", "unknown_unit")),
    (
        '"kpi": "nps", "unit": "a\\u0000", "period": "2026-Q1", "value": 1',
        ("/1/unit", "unknown_unit"),
    ),
    ('"kpi": "nps", "unit": "apac", "period": "2026-Q1", "value": 1', ("/1/unit", "not_assigned")),
    ('"kpi": "nps", "period": "2026-03", "value": 1', ("/1/period", "invalid_period")),
    ('"kpi": "nps", "period": "2026-Q5", "value": 1', ("/1/period", "invalid_period")),
    ('"kpi": "nps", "period": "9999-Q1", "value": 1', ("/1/period", "invalid_period")),
    ('"kpi": "nps", "period": "\\ud800", "value": 1', ("/1/period", "invalid_text")),
    ('"kpi": "nps", "period": 202601, "value": 1', ("/1/period", "invalid_type")),
    ('"kpi": "nps", "period": "2026-Q3", "value": 1', ("/1/period", "period_not_begun")),
    ('"kpi": "share", "period": "2026-03", "value": 101', ("/1/value", "out_of_range")),
    ('"kpi": "share", "period": "2026-03", "value": -1', ("/1/value", "out_of_range")),
    ('"kpi": "certified", "period": "2026-03", "value": 0.5', ("/1/value", "out_of_range")),
    ('"kpi": "rating", "period": "2026-03", "value": "Z"', ("/1/value", "unknown_grade")),
    (f'{ROW_TEXT.replace("03", "04")}, "value": 5', ("/1", "duplicate_row")),
]


def test_refused_rows(acme: World, rival: World, api: Api) -> None:
    """In atomic mode nothing is stored, in partial mode the other row is."""
    for row, expected in REFUSED_ROWS:
        body = DEEP_CODE % row
        atomic = api.push(body)
        assert problem(atomic) == (422, "rows_rejected")
        assert refusal(atomic) == expected, row
        assert counts(atomic) == (0, 0, 0)
        assert not Measurement.objects.exists()
        partial = api.push(body, "?mode=partial")
        assert partial.status_code == 200
        assert refusal(partial) == expected
        assert counts(partial) == (1, 0, 0)
        Measurement.objects.all().delete()


@pytest.mark.parametrize("item", ["17", "null", "[]", '"text"'])
def test_a_row_that_is_no_object(api: Api, item: str) -> None:
    assert refusal(api.push(f"[{item}]")) == ("/0", "not_an_object")


def test_an_unreadable_row_keeps_the_places_of_the_others(api: Api) -> None:
    answer = api.push(
        json.dumps([{"kpi": "nothing"}, ROW, {**ROW, "kpi": "nothing"}, ROW]), "?mode=partial"
    )
    assert [error["pointer"] for error in answer.json()["rejected"]] == ["/0", "/2/kpi", "/3"]


def test_words_in_values_that_are_field_names_are_no_duplicates(api: Api) -> None:
    rows = [{**ROW, "note": "unit"}, {**ROW, "period": "2026-02", "note": "note"}]
    assert counts(api.push(rows)) == (2, 0, 0)


# --- Permission


def test_an_invisible_unit_is_like_an_unknown_one(acme: World) -> None:
    secret = acme.token(name="bobs", created_by=acme.users["bob"])[1]
    hidden = Api(secret).push([{**ROW, "unit": "ada"}]).json()
    unknown = Api(secret).push([{**ROW, "unit": "xyz"}]).json()
    assert str(hidden).replace("ada", "xyz") == str(unknown)


@pytest.mark.parametrize(
    ("name", "unit", "code"),
    [
        ("bob", "sales", "not_permitted"),
        ("carol", "emea", "not_permitted"),
        ("carol", "ada", "unknown_unit"),
    ],
)
def test_a_role_that_is_too_low(acme: World, name: str, unit: str, code: str) -> None:
    for api in (
        Api(acme.token(name=name, created_by=acme.users[name])[1]),
        Api.signed_in(acme, name),
    ):
        assert refusal(api.push([{**ROW, "unit": unit}])) == ("/0/unit", code)


def test_a_token_is_limited_to_its_unit(acme: World) -> None:
    secret = acme.token(name="limited", unit=acme.units["sales"])[1]
    answer = Api(secret).push([ROW, {**ROW, "unit": "emea"}], "?mode=partial")
    assert refusal(answer) == ("/1/unit", "unknown_unit")


def test_a_token_needs_the_scope(acme: World) -> None:
    reading = Api(acme.token("measurements:read", name="reading")[1])
    writing = Api(acme.token("measurements:write", name="writing")[1])
    assert problem(reading.push([ROW])) == (403, "missing_scope")
    assert problem(reading.take_back("?kpi=nps&unit=sales&period=2026-Q1")) == (
        403,
        "missing_scope",
    )
    assert problem(writing.page()) == (403, "missing_scope")


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer los_nobody", "Bearer \xe9", "Basic eDp4"]
)
def test_strangers_are_asked_for_a_token(acme: World, header: str | None) -> None:
    headers = {"authorization": header} if header else None
    for url in (URL, "/api/v1/nowhere/measurements"):
        answer = Client().get(url, headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="Line of Sight"'
        assert problem(answer)[1] in ("not_authenticated", "malformed_token")


def test_tokens_stop_working(acme: World) -> None:
    expired = acme.token(name="expired", days=1)[1]
    token, revoked = acme.token(name="revoked")
    of_carol = acme.token(name="carols", created_by=acme.users["carol"])[1]
    of_alice = acme.token(name="alices", created_by=acme.users["alice"])[1]
    revoke_token(token=token)
    assert problem(Api(revoked).page()) == (401, "invalid_token")
    revoke_role(user=acme.users["carol"], unit=acme.units["sales"])
    assert problem(Api(of_carol).page()) == (404, "not_found")
    acme.users["alice"].is_active = False
    acme.users["alice"].save()
    assert problem(Api(of_alice).page()) == (401, "invalid_token")
    with time_machine.travel(TODAY + dt.timedelta(days=1, seconds=30)):
        assert problem(Api(expired).page()) == (401, "invalid_token")


def test_a_foreign_token_finds_nothing(acme: World, rival: World) -> None:
    foreign = Api(rival.token()[1])
    assert problem(foreign.page()) == (404, "not_found")
    unknown = foreign.client.get("/api/v1/nowhere/measurements", headers=foreign.headers)
    assert foreign.page().content == unknown.content


# --- Taking back


def test_a_deleted_value_is_kept_as_a_revision(acme: World, api: Api) -> None:
    api.push([{**ROW, "note": "wrong"}])
    answer = api.take_back("?kpi=revenue&unit=sales&period=2026-03")
    assert answer.status_code == 204
    assert answer.content == b""
    assert not Measurement.objects.exists()
    revision = MeasurementRevision.objects.get()
    assert (revision.value, revision.note, revision.reason) == (90, "wrong", "deleted")
    assert revision.superseded_by_token is not None
    again = api.take_back("?kpi=revenue&unit=sales&period=2026-03")
    assert problem(again) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (400, "missing_parameter")),
        ("?kpi=revenue&unit=sales", (400, "missing_parameter")),
        ("?kpi=revenue&unit=sales&period=2026-Q1", (400, "invalid_period")),
        ("?kpi=revenue&unit=sales&period=%00", (400, "invalid_period")),
        ("?kpi=revenue&unit=sales&period=2026-01&wait=2", (400, "invalid_parameter")),
        ("?kpi=revenue&unit=sales&period=2026-01", (404, "not_found")),
        ("?kpi=nothing&unit=sales&period=2026-01", (404, "not_found")),
        ("?kpi=%00&unit=sales&period=2026-01", (404, "not_found")),
        ("?kpi=revenue&unit=%00&period=2026-01", (404, "not_found")),
        ("?kpi=revenue&unit=nothing&period=2026-01", (404, "not_found")),
        ("?kpi=revenue&unit=apac&period=2026-01", (404, "not_found")),
        ("?kpi=secret_sauce&unit=emea&period=2026-01", (404, "not_found")),
    ],
)
def test_what_cannot_be_deleted(
    acme: World, rival: World, api: Api, query: str, expected: tuple[int, str]
) -> None:
    assert problem(api.take_back(query)) == expected


def test_deleting_needs_a_role_at_the_unit(acme: World) -> None:
    acme.record("revenue", "ada", {"2026-03-01": 1})
    acme.record("revenue", "emea", {"2026-03-01": 1})
    carol = Api.signed_in(acme, "carol")
    assert problem(carol.take_back("?kpi=revenue&unit=emea&period=2026-03")) == (
        403,
        "not_permitted",
    )
    hidden = carol.take_back("?kpi=revenue&unit=ada&period=2026-03")
    unknown = carol.take_back("?kpi=revenue&unit=adam&period=2026-03")
    assert hidden.content == unknown.content
    assert Measurement.objects.count() == 2


# --- Listing


def test_the_list_tells_who_said_what_and_when(acme: World, api: Api) -> None:
    acme.record("nps", "sales", {"2026-01-01": 41.5}, user=acme.users["carol"])
    api.push([{**ROW, "note": "late"}])
    answer = api.page().json()
    assert answer["next"] is None
    revenue, nps = answer["results"]
    assert nps == {
        "kpi": "nps",
        "unit": "sales",
        "period": "2026-Q1",
        "value": 41.5,
        "note": "",
        "recorded_at": nps["recorded_at"],
        "recorded_by": "Carol",
    }
    assert nps["recorded_at"].startswith("2026-05-04T12:00:0")
    assert (revenue["period"], revenue["note"]) == ("2026-03", "late")
    assert revenue["recorded_by"] == "billing"


def test_filters_narrow_the_list(acme: World, api: Api) -> None:
    acme.record("nps", "sales", {"2026-01-01": 41.5, "2025-10-01": 40})
    acme.record("revenue", "sales", {f"2026-0{month}-01": month for month in (1, 2, 3)})
    acme.record("revenue", "emea", {"2026-01-01": 7})

    def values(query: str) -> list[float]:
        return [row["value"] for row in api.page(query).json()["results"]]

    assert values("?kpi=revenue&unit=sales") == [1, 2, 3]
    assert values("?unit=emea") == [7]
    assert values("?kpi=revenue&unit=sales&from=2026-02") == [2, 3]
    assert values("?kpi=revenue&unit=sales&to=2026-02-28") == [1, 2]
    assert values("?kpi=nps&from=2026") == [41.5]
    assert values("?kpi=nps&to=2025-Q4") == [40]
    assert values("?kpi=nothing") == values("?unit=nothing") == values("?unit=%00") == []


def test_pages_follow_each_other(acme: World, api: Api) -> None:
    api.push(
        [
            *month_rows(acme, 24, 100),
            *({**ROW, "unit": "emea", "period": f"2026-0{m}"} for m in (1, 2)),
        ]
    )
    whole = api.page().json()
    assert whole["next"] is None
    seen, query, pages = [], "?limit=10", 0
    while query:
        answer = api.page(query).json()
        seen += answer["results"]
        pages += 1
        query = f"?limit=10&cursor={answer['next']}" if answer["next"] else ""
    assert seen == whole["results"]
    assert pages == 3


def test_the_list_is_bounded_and_takes_a_constant_number_of_statements(
    acme: World, api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api.push(month_rows(acme, 250, 1))
    with django_assert_num_queries(2):  # whether the token still stands, values
        answer = api.page("?limit=5").json()
    assert len(answer["results"]) == 5
    with django_assert_num_queries(2):
        answer = api.page("?limit=200").json()
    assert len(answer["results"]) == 200
    with django_assert_num_queries(3):  # and the place of the cursor
        assert len(api.page(f"?limit=200&cursor={answer['next']}").json()["results"]) == 50
    assert len(api.page().json()["results"]) == 100


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?limit=0", "invalid_parameter"),
        ("?limit=201", "invalid_parameter"),
        ("?limit=", "invalid_parameter"),
        ("?limit=-1", "invalid_parameter"),
        ("?limit=1_0", "invalid_parameter"),
        ("?limit=١", "invalid_parameter"),
        ("?cursor=", "invalid_cursor"),
        ("?cursor=abc", "invalid_cursor"),
        ("?cursor=%00", "invalid_cursor"),
        ("?from=soon", "invalid_period"),
        ("?to=2026-13", "invalid_period"),
        ("?from=", "invalid_period"),
        ("?kpi=nps&kpi=revenue", "invalid_parameter"),
        ("?page=2", "unknown_parameter"),
    ],
)
def test_list_parameters_are_checked(api: Api, query: str, code: str) -> None:
    assert problem(api.page(query)) == (400, code)


def test_a_cursor_cannot_be_made_up_or_carried_over(acme: World, rival: World, api: Api) -> None:
    api.push(month_rows(acme, 5, 1))
    cursor = api.page("?limit=2").json()["next"]
    body, _, rest = cursor.partition(":")
    assert problem(api.page(f"?cursor={body[:-2]}AA:{rest}")) == (400, "invalid_cursor")
    assert problem(api.page(f"?cursor={cursor}&kpi=nps")) == (400, "invalid_cursor")
    foreign = Api(rival.token()[1])
    answer = foreign.client.get(
        f"/api/v1/rival/measurements?cursor={cursor}", headers=foreign.headers
    )
    assert problem(answer) == (400, "invalid_cursor")


def test_only_visible_values_are_listed(acme: World) -> None:
    acme.record("revenue", "ada", {"2026-03-01": 1})
    acme.record("revenue", "sales", {"2026-03-01": 2})
    bob, alice = Api.signed_in(acme, "bob"), Api.signed_in(acme, "alice")
    assert [row["value"] for row in bob.page().json()["results"]] == [2]
    assert len(alice.page().json()["results"]) == 2
    assert bob.page("?unit=ada").content == bob.page("?unit=nobody").content


def test_an_unchanged_list_costs_no_bytes(api: Api) -> None:
    api.push([ROW])
    first = api.page()
    again = api.client.get(URL, headers={**api.headers, "if-none-match": first["ETag"]})
    assert again.status_code == 304


# --- The rest of HTTP


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_named(api: Api, method: str) -> None:
    answer = api.client.generic(method, URL, headers=api.headers)
    assert problem(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD, POST, DELETE"


def test_whatever_accept_says_the_answer_is_json(api: Api) -> None:
    answer = api.client.get(URL, headers={**api.headers, "accept": "text/html"})
    assert answer["Content-Type"] == "application/json"


def test_a_trailing_slash_is_another_address(api: Api) -> None:
    assert api.client.get(f"{URL}/", headers=api.headers).status_code == 404


def test_a_note_far_too_long_is_refused_before_it_is_normalized(api: Api) -> None:
    """Normalizing it would hold the process for minutes: the test would not end."""
    answer = api.push([{**ROW, "note": "a" + "\u0301\u0327" * 500_000}])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "invalid_text"


def test_of_very_many_refused_rows_the_first_are_told_and_their_number(acme: World) -> None:
    api = Api(acme.token()[1])
    rows = [{"kpi": "nothing", "period": "2026-03", "value": n} for n in range(1001)]
    told = api.push(rows).json()
    assert (told["code"], len(told["errors"])) == ("rows_rejected", 1000)
    assert told["detail"].startswith("1001 of 1001 rows were refused")
    assert told["detail"].endswith("These are the first 1,000.")
    assert len(api.push(rows, "?mode=partial").json()["rejected"]) == 1001
