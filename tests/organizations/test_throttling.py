"""How often somebody may ask, with and without Redis."""

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import redis
import structlog
from django.conf import settings
from django.test import RequestFactory
from pytest_django import Settings
from structlog.testing import capture_logs

from organizations.authentication import address_key
from organizations.services import throttling
from organizations.services.throttling import PREFIX, wait_after_request, wait_before_request
from scorecard_site.middleware import RequestLog
from tests.scorecards.api_client import Api, problem
from tests.worlds import World

REDIS_URL = settings.REDIS_URL


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """Both places where requests are counted, each empty."""
    settings.REDIS_URL = REDIS_URL if request.param == "redis" else ""
    forget()
    yield request.param
    forget()


def forget() -> None:
    throttling._paid.clear()
    throttling._Pause.until = 0.0
    client = redis.Redis.from_url(REDIS_URL)
    for key in client.scan_iter(f"{PREFIX}*"):
        client.delete(key)


def test_a_minutes_requests_may_come_at_once(store: str) -> None:
    assert [wait_after_request("a", 3) for _ in range(3)] == [0, 0, 0]
    wait = wait_after_request("a", 3)
    assert 10 < wait <= 20
    assert wait_before_request("a", 3) > 0
    assert wait_after_request("b", 3) == 0
    assert wait_after_request("a", 0) == 0


def test_what_was_refused_costs_nothing(store: str) -> None:
    for _ in range(5):
        last = wait_after_request("a", 1)
    assert 50 < last <= 60
    assert [wait_before_request("c", 1) for _ in range(3)] == [0, 0, 0]


def test_time_refills(store: str) -> None:
    share = 600  # a request pays for a tenth of a second
    passed = sum(wait_after_request("a", share) == 0 for _ in range(share))
    assert passed == share
    while wait := wait_after_request("a", share):
        assert wait <= 0.1001


def test_threads_together_pass_no_more(store: str) -> None:
    passed: list[bool] = []
    begun = time.monotonic()

    def ask() -> None:
        passed.extend(wait_after_request("a", 50) == 0 for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refilled = (time.monotonic() - begun) / (60 / 50)
    assert 50 <= sum(passed) <= 51 + refilled


def test_without_redis_everybody_passes_and_it_is_said_once(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    forget()
    with capture_logs() as logs:
        assert [wait_after_request("a", 1) for _ in range(3)] == [0, 0, 0]
    assert [entry["event"] for entry in logs] == ["throttle_without_redis"]
    forget()


def test_memory_is_bounded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = ""
    forget()
    monkeypatch.setattr(throttling, "MOST_KEYS", 10)
    for number in range(50):
        wait_after_request(f"key {number}", 1)
    assert len(throttling._paid) == 10
    forget()


# --- At the API


@pytest.mark.django_db
def test_each_token_has_its_own_requests(acme: World, store: str, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    busy, other = (Api(acme.token(name=name)[1]) for name in ("busy", "other"))
    assert [busy.get("units").status_code for _ in range(2)] == [200, 200]
    refused = busy.get("units")
    assert problem(refused) == (429, "throttled")
    assert 20 <= int(refused["Retry-After"]) <= 30
    assert other.get("units").status_code == 200


@pytest.mark.django_db
def test_nobody_goes_on_guessing(acme: World, store: str, settings: Settings) -> None:
    settings.API_FAILURES_PER_MINUTE = 3
    secret = acme.token(name="known")[1]
    fresh = acme.token(name="fresh")[1]
    assert Api(secret).get("units").status_code == 200
    wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    former = "los_" + "x" * 40
    codes = [problem(Api(each).get("units")) for each in (wrong, former, "", wrong, former)]
    assert codes == [
        (401, "malformed_token"),
        (401, "invalid_token"),
        (401, "not_authenticated"),
        (429, "throttled"),
        (429, "throttled"),
    ]
    assert problem(Api(fresh).get("units")) == (429, "throttled")
    # Whoever was let in lately stays in, though they share the address.
    assert Api(secret).get("units").status_code == 200
    elsewhere = Api(fresh).client.get(
        "/api/v1/acme/units", headers=Api(fresh).headers, REMOTE_ADDR="192.0.2.7"
    )
    assert elsewhere.status_code == 200


@pytest.mark.parametrize(
    ("behind_proxy", "remote", "forwarded", "key"),
    [
        (False, "192.0.2.1", "198.51.100.7", "address:192.0.2.1"),
        (True, "127.0.0.1", "203.0.113.9, 198.51.100.7", "address:198.51.100.7"),
        (True, "127.0.0.1", "", "address:127.0.0.1"),
        (True, "127.0.0.1", "198.51.100.7, nobody", "address:127.0.0.1"),
        (False, "2001:db8:1:2:3:4:5:6", "", "address:2001:db8:1:2::"),
        (False, "", "", "address:unknown"),
    ],
)
def test_an_address_is_one_customer(
    settings: Settings, behind_proxy: bool, remote: str, forwarded: str, key: str
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    meta = {"REMOTE_ADDR": remote} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})
    assert address_key(SimpleNamespace(META=meta)) == key


@pytest.mark.parametrize(
    ("forwarded", "told"),
    [
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("198.51.100.7,", "127.0.0.1"),
        ("<script>\n", "127.0.0.1"),
        ("1" * 5000, "127.0.0.1"),
        (f"fe80::1%{'x' * 5000}", "127.0.0.1"),
    ],
)
def test_the_log_names_nothing_but_addresses(settings: Settings, forwarded: str, told: str) -> None:
    settings.BEHIND_PROXY = True
    asked = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    with structlog.contextvars.bound_contextvars(ip=""):
        RequestLog.bind_ip(asked)
        assert structlog.contextvars.get_contextvars()["ip"] == told
