"""Bodies that are objects: read with their limits, names that stand twice included."""

import json
from typing import Any

from rest_framework.request import Request

from scorecards.api.bodies import json_body
from scorecards.api_errors import Problem

from .values import Pairs

MAX_DEPTH = 20
LONGEST_WHOLE = 18  # digits of whole numbers that are kept as such


def json_value(request: Request) -> Any:
    """What the body says; its objects are `Pairs`. Raises Problem."""
    body = json_body(request)
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=Pairs,
            parse_int=_whole,
            parse_constant=_not_finite,
        )
    except RecursionError:
        raise Problem("too_deep") from None
    except ValueError:
        raise Problem("malformed_json") from None
    if not _is_shallow(value, MAX_DEPTH):
        raise Problem("too_deep")
    return value


def _whole(text: str) -> int | float:
    """Python refuses whole numbers of thousands of digits; nothing here takes such ones."""
    return int(text) if len(text) <= LONGEST_WHOLE else float(text)


def _not_finite(text: str) -> Any:
    raise ValueError(text)


def _is_shallow(value: Any, left: int) -> bool:
    if not isinstance(value, list):
        return True
    if left == 0:
        return False
    inner = (each for _, each in value) if isinstance(value, Pairs) else iter(value)
    return all(_is_shallow(each, left - 1) for each in inner)
