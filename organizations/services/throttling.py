"""How often somebody may ask: counted by the minute, refilled all the time.

Each key keeps one number, the moment until which its requests are paid (the generic cell rate
algorithm): a request moves it on by its share of a minute, and one that would move it further than
a minute ahead is refused. So a whole minute's requests may come at once, and never more.

Where there is a Redis, all processes count together, by a script that it runs atomically: one round
trip. If it is away, everybody passes; that is logged. Without one, each process counts by itself.
"""

import time
from functools import cache
from threading import Lock
from typing import Any

import structlog
from django.conf import settings

logger = structlog.get_logger(__name__)

WINDOW = 60.0  # seconds
PREFIX = "throttle:"
TIMEOUT = 0.25  # seconds that a request waits for Redis at most
PAUSE = 5.0  # seconds in which a Redis that was away is not asked
MOST_KEYS = 10_000

SCRIPT = """
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1e6
local paid = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + tonumber(ARGV[1])
local wait = paid - now - tonumber(ARGV[2])
if wait > 1e-6 then return string.format('%.6f', wait) end
if ARGV[3] == '1' then
  redis.call('SET', KEYS[1], string.format('%.6f', paid), 'PX', math.ceil((paid - now) * 1000))
end
return '0'
"""


def wait_after_request(key: str, per_minute: int) -> float:
    """Count a request: 0 if it may pass, else the seconds to wait. per_minute 0: no limit."""
    return _wait(key, per_minute, spends=True) if per_minute else 0.0


def wait_before_request(key: str, per_minute: int) -> float:
    """As `wait_after_request`, without counting one."""
    return _wait(key, per_minute, spends=False) if per_minute else 0.0


def _wait(key: str, per_minute: int, *, spends: bool) -> float:
    if settings.REDIS_URL:
        return _wait_in_redis(key, WINDOW / per_minute, spends=spends)
    return _wait_in_memory(key, WINDOW / per_minute, spends=spends)


# --- In the memory of this process

_paid: dict[str, float] = {}
_lock = Lock()


def _wait_in_memory(key: str, share: float, *, spends: bool) -> float:
    now = time.monotonic()
    with _lock:
        paid = max(_paid.get(key, 0.0), now) + share
        wait = paid - now - WINDOW
        if wait > 1e-6:
            return wait
        if spends:
            _forget(now)
            _paid[key] = paid
    return 0.0


def _forget(now: float) -> None:
    """Whose requests are all paid needs no number."""
    if len(_paid) >= MOST_KEYS:
        for key in [key for key, paid in _paid.items() if paid <= now]:
            del _paid[key]
    while len(_paid) >= MOST_KEYS:
        _paid.pop(next(iter(_paid)))


# --- In Redis, for all processes


class _Pause:
    """Until when a Redis that did not answer is left alone."""

    until = 0.0


@cache
def _script(url: str) -> Any:
    import redis  # six megabytes, for those who have one

    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
    return client.register_script(SCRIPT)


def _wait_in_redis(key: str, share: float, *, spends: bool) -> float:
    if time.monotonic() < _Pause.until:
        return 0.0
    from redis import RedisError

    try:
        said = _script(settings.REDIS_URL)([PREFIX + key], [share, WINDOW, int(spends)])
    except RedisError as error:
        _Pause.until = time.monotonic() + PAUSE
        logger.warning("throttle_without_redis", error=str(error))
        return 0.0
    return float(said)
