"""Every code of the API's problems is answered by a request: a code without one fails."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from pytest_django import Settings

from kpis.services.library import assign_kpi, change_kpi, define_kpi
from organizations.models import ClosedPeriod
from organizations.services import idempotency
from scorecards.api_errors import PROBLEMS, ROW_PROBLEMS
from tests.scorecards.api_client import Api, problem
from tests.scorecards.test_api_errors import failing_with
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

ROW: dict[str, Any] = {"kpi": "revenue", "unit": "sales", "period": "2026-03", "value": 90}
KEY = {"HTTP_IDEMPOTENCY_KEY": "k-1"}
NDJSON, CSV = "application/x-ndjson", "text/csv"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


class Asking:
    """Those who ask: a token that writes values, and the administrator's session."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch, settings: Settings) -> None:
        self.world, self.patch, self.settings = world, patch, settings
        self.api, self.root = Api(world.token()[1]), Api.signed_in(world, "root")
        for each in (self.api, self.root):
            each.client.raise_request_exception = False

    def sent(self, body: bytes, media_type: str, path: str = "measurements") -> Any:
        """A body of any type."""
        return self.api.client.post(
            self.api.base + path, body, content_type=media_type, headers=self.api.headers
        )

    def patched(self, body: Any, **headers: Any) -> Any:
        """An edit of a KPI by the administrator."""
        path = f"{self.root.base}kpis/revenue"
        return self.root.client.patch(path, body, "application/json", **headers)

    def failing(self, error: Exception) -> Any:
        """A push while something goes wrong inside."""
        self.patch.setattr("scorecards.api.measurements.record_measurements", failing_with(error))
        return self.api.push([ROW])

    def closed(self) -> Any:
        """Taking back a value of a period that is closed."""
        self.api.push([ROW])
        close(self.world)
        return self.api.take_back("?kpi=revenue&unit=sales&period=2026-03")

    def busy(self) -> Any:
        """A request whose key another one holds."""
        self.patch.setattr(idempotency, "take_lock", is_free)
        return self.api.push([ROW], **KEY)

    def throttled(self) -> Any:
        """One request more than the token may send."""
        self.settings.API_REQUESTS_PER_MINUTE = 1
        self.api.page()
        return self.api.page()

    def without_csrf(self) -> Any:
        """A session that writes without the page's token."""
        self.root.client.handler.enforce_csrf_checks = True
        return self.root.push([ROW])

    def told_once(self) -> Any:
        """The answer with a secret, asked for again."""
        body = {"name": "mine", "scopes": ["structure:read"]}
        self.root.post("tokens", body, **KEY)
        return self.root.post("tokens", body, **KEY)

    def in_use(self) -> Any:
        """Deleting a KPI that is measured."""
        path = f"{self.root.base}kpis/revenue"
        return self.root.client.delete(path, headers={"If-Match": "*"})

    def again(self, row: Any) -> Any:
        self.api.push([ROW], **KEY)
        return self.api.push([row], **KEY)


def close(world: World) -> None:
    ClosedPeriod.objects.create(
        organization=world.organization,
        unit=world.units["emea"],
        frequency="quarter",
        period_start=dt.date(2026, 1, 1),
        closed_at=NOW,
    )


def is_free(number: int) -> bool:
    return False


def with_token(world: World, secret: str) -> Any:
    return Api(secret).page()


REQUESTS: dict[str, Callable[[Asking], Any]] = {
    "bad_request": lambda a: a.api.client.get(f"{a.api.base}units", HTTP_HOST="evil.example"),
    "malformed_json": lambda a: a.api.push(b"["),
    "malformed_body": lambda a: a.api.push(b"[]", HTTP_CONTENT_ENCODING="gzip"),
    "invalid_columns": lambda a: a.sent(b"kpi,colour\nrevenue,red\n", CSV),
    "not_an_array": lambda a: a.api.push({}),
    "too_deep": lambda a: a.api.push(b"[" * 21 + b"]" * 21),
    "missing_parameter": lambda a: a.api.take_back("?kpi=revenue"),
    "unknown_parameter": lambda a: a.api.page("?colour=red"),
    "invalid_parameter": lambda a: a.api.page("?limit=201"),
    "invalid_period": lambda a: a.api.page("?from=soon"),
    "invalid_header": lambda a: a.api.push([ROW], HTTP_IDEMPOTENCY_KEY="two words"),
    "invalid_cursor": lambda a: a.api.page("?cursor=next"),
    "not_authenticated": lambda a: with_token(a.world, ""),
    "malformed_token": lambda a: with_token(a.world, "los_mistyped"),
    "invalid_token": lambda a: with_token(a.world, revoked(a.world)),
    "missing_scope": lambda a: Api(a.world.token("structure:read", name="r")[1]).page(),
    "session_required": lambda a: a.api.post("tokens", {"name": "x", "scopes": ["structure:read"]}),
    "not_permitted": lambda a: Api.signed_in(a.world, "bob").take_back(
        "?kpi=revenue&unit=sales&period=2026-03"
    ),
    "csrf": Asking.without_csrf,
    "forbidden": lambda a: a.failing(PermissionDenied()),
    "not_found": lambda a: a.api.get("kpis/nothing/chart"),
    "no_scorecard": lambda a: a.root.get("units/apac/scorecard"),
    "method_not_allowed": lambda a: a.api.post("units/sales/scorecard", {}),
    "conflict": Asking.told_once,
    "already_exists": lambda a: a.root.post("kpis", {"code": "revenue", "name": "Revenue"}),
    "in_use": Asking.in_use,
    "idempotency_in_progress": Asking.busy,
    "period_closed": Asking.closed,
    "version_stale": lambda a: a.patched({"name": "R"}, headers={"If-Match": '"0"'}),
    "body_too_large": lambda a: a.api.push(b" " * (10 * 1024**2 + 1)),
    "too_many_rows": lambda a: a.api.push(b"[" + b"0," * 10_000 + b"0]"),
    "unsupported_media_type": lambda a: a.sent(b"[]", "text/plain"),
    "invalid_body": lambda a: a.root.post("kpis", {"code": "Not a code"}),
    "idempotency_mismatch": lambda a: a.again({**ROW, "value": 91}),
    "rows_rejected": lambda a: a.api.push([{}]),
    "version_missing": lambda a: a.patched({"name": "R"}),
    "throttled": Asking.throttled,
    "internal_server_error": lambda a: a.failing(RuntimeError()),
    "unavailable": lambda a: a.failing(OperationalError()),
}


def revoked(world: World) -> str:
    token, secret = world.token(name="old")
    token.revoked_at = NOW
    token.save()
    return secret


@pytest.mark.parametrize("code", PROBLEMS)
def test_each_code_is_answered(
    code: str, acme: World, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    assert connection.vendor == "postgresql"  # elsewhere a key is waited for
    assert problem(REQUESTS[code](Asking(acme, monkeypatch, settings))) == (PROBLEMS[code][0], code)


def test_no_request_asks_for_a_code_that_is_gone() -> None:
    assert REQUESTS.keys() == PROBLEMS.keys()


# --- Rows

ROWS: dict[str, Any] = {
    "not_an_object": 1,
    "missing_field": {"kpi": "revenue"},
    "unknown_field": {**ROW, "colour": "red"},
    "invalid_type": {**ROW, "note": 5},
    "invalid_text": {**ROW, "note": "\ud800"},
    "not_a_number": {**ROW, "value": "many"},
    "out_of_range": {**ROW, "value": 1e19},
    "unknown_grade": {**ROW, "kpi": "rating", "value": "Z"},
    "unknown_kpi": {**ROW, "kpi": "revenu"},
    "unknown_unit": {**ROW, "unit": "nobody"},
    "unit_required": {k: v for k, v in ROW.items() if k != "unit"},
    "not_assigned": {**ROW, "kpi": "nps", "unit": "apac", "period": "2026-Q1"},
    "rolled_up": {**ROW, "kpi": "hours", "unit": "emea"},
    "computed": {**ROW, "kpi": "yield"},
    "period_closed": {**ROW, "period": "2026-02"},
    "invalid_period": {**ROW, "kpi": "nps", "period": "2026-H9"},
    "period_not_begun": {**ROW, "period": "2027-01"},
}


@pytest.mark.both_databases
def test_each_code_of_a_row_is_answered(acme: World) -> None:
    _furnish(acme)
    api = Api(acme.token()[1])
    rows = [*ROWS.values(), {**ROW, "period": "2026-04"}, {**ROW, "period": "2026-04"}]
    told = codes(api.push(rows, "?mode=partial"))
    assert told == [*ROWS, "duplicate_row"]
    doubled = json.dumps(ROW)[:-1] + ', "kpi": "nps"}'
    told += codes(api.push(f"[{doubled}]"))
    told += codes(Api.signed_in(acme, "bob").push([ROW]))
    for media_type, body in ((NDJSON, "{"), (CSV, "kpi,unit,period,value\nrevenue,sales\n")):
        told += codes(
            api.client.post(
                f"{api.base}measurements", body, content_type=media_type, headers=api.headers
            )
        )
    assert set(told) == ROW_PROBLEMS.keys()


def _furnish(world: World) -> None:
    """A closed quarter, a KPI that is summed over units, and one by a formula."""
    close(world)
    hours = define_kpi(organization=world.organization, code="hours", name="Hours", unit_rule="sum")
    for unit in ("emea", "sales"):
        assign_kpi(kpi=hours, unit=world.units[unit])
    computed = define_kpi(organization=world.organization, code="yield", name="Yield")
    assign_kpi(kpi=computed, unit=world.units["sales"])
    change_kpi(kpi=computed, version=computed.version, formula="revenue * 2")


def codes(response: Any) -> list[str]:
    answer = response.json()
    return [each["code"] for each in answer.get("errors") or answer["rejected"]]
