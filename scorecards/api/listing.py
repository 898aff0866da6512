"""Lists in pages: an opaque cursor says after which row the next page begins.

A page is found by the key of the row before it, never by counting, so that no row is told twice or
left out while others come and go. A cursor belongs to one list with its filters and its order.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import django_filters
from django.core import signing
from django.db.models import F, Q, QuerySet
from rest_framework.request import Request

from scorecards.api_errors import Problem

PAGE_SIZE, MAX_PAGE_SIZE = 100, 200
# Every list takes these beside its filters.
PAGING = ("limit", "cursor")

Scalar = str | int | float | bool | None
Page = dict[str, Any]
T = TypeVar("T")


def page_limit(request: Request) -> int:
    """How many rows the page may have."""
    text = request.query_params.get("limit", str(PAGE_SIZE))
    limit = int(text) if re.fullmatch("[0-9]{1,3}", text) else 0
    if not 1 <= limit <= MAX_PAGE_SIZE:
        raise Problem("invalid_parameter", f"limit is a number from 1 to {MAX_PAGE_SIZE}.")
    return limit


def listed(
    request: Request,
    rows: Sequence[T],
    *,
    key: Callable[[T], tuple[Scalar, ...]],
    answer: Callable[[T], Any],
    orderings: dict[str, Callable[[T], Scalar]] | None = None,
) -> Page:
    """A page of rows that are at hand: `{"results": […], "next": cursor or None}`.

    key names a row for good and gives the order; `ordering` may choose one of the orderings first,
    with "-" before it downwards; what is missing comes last upwards. `answer` is called for the
    rows of the page only.
    """
    limit, after = page_limit(request), asked_place(request)
    name, is_down = asked_ordering(request, tuple(orderings or ()))
    order = orderings[name] if orderings and name else None

    def place(row: T) -> tuple[Any, ...]:
        return (*(() if order is None else (_last_if_missing(order(row)),)), *key(row))

    kept = sorted(rows, key=place, reverse=is_down)
    if after is not None:
        position = _placed(after, has_order=order is not None)
        try:
            kept = [
                row for row in kept if (place(row) < position if is_down else place(row) > position)
            ]
        except TypeError:  # a cursor of a list whose order was other
            raise Problem("invalid_cursor") from None
    shown = kept[:limit]
    following = place(shown[-1]) if len(kept) > limit else None
    return {
        "results": [answer(row) for row in shown],
        "next": None if following is None else cursor_to(request, following),
    }


def listed_query(
    request: Request,
    rows: QuerySet[Any],
    *,
    key: tuple[str, ...],
    answer: Callable[[Any], Any],
    orderings: tuple[str, ...] = (),
) -> Page:
    """The same of rows in the database; key names fields that are together unique and never null.

    orderings are fields, too, which are never null. Moments and dates are told in ISO form.
    """
    limit, after = page_limit(request), asked_place(request)
    name, is_down = asked_ordering(request, orderings)
    fields = (*((name,) if name else ()), *key)
    ordered = rows.order_by(*(F(each).desc() if is_down else F(each).asc() for each in fields))
    if after is not None:
        if len(after) != len(fields):
            raise Problem("invalid_cursor")
        ordered = ordered.filter(_beyond(fields, after, "lt" if is_down else "gt"))
    found = list(ordered[: limit + 1])
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = tuple(_plain(_value(shown[-1], each)) for each in fields)
    return {
        "results": [answer(row) for row in shown],
        "next": None if following is None else cursor_to(request, following),
    }


def filtered(
    request: Request, filters: type[django_filters.FilterSet], rows: QuerySet[Any]
) -> QuerySet[Any]:
    """The rows that the filters leave; a value that a filter cannot have is refused.

    So is an empty one, which the filters would take for none at all.
    """
    chosen = filters(request.query_params, queryset=rows)
    for name, each in chosen.filters.items():
        values = [str(value) for value, _ in each.extra.get("choices", ())]
        if not values and not request.query_params.get(name, "…").strip():
            raise Problem("invalid_parameter", f"The parameter {name} is empty.")
        if values and request.query_params.get(name, values[0]) not in values:
            named = " or ".join(values)
            raise Problem("invalid_parameter", f"The parameter {name} is {named}.")
    if not chosen.is_valid():
        name = next(iter(chosen.errors))
        said = " ".join(str(each) for each in chosen.errors[name])
        raise Problem("invalid_parameter", f"The parameter {name}: {said}")
    left: QuerySet[Any] = chosen.qs
    return left


def asked_ordering(request: Request, names: tuple[str, ...]) -> tuple[str, bool]:
    """(name of the order, whether it goes down); "" is the order of keys."""
    text = request.query_params.get("ordering", "")
    is_down, name = text.startswith("-"), text.removeprefix("-")
    if text and name not in names:
        known = ", ".join(names)
        raise Problem("invalid_parameter", f"ordering is one of {known}, or -name for downwards.")
    if "ordering" in request.query_params and not text:
        raise Problem("invalid_parameter", "ordering is empty.")
    return name, is_down


# --- Cursors


def _salt(request: Request) -> str:
    """What a cursor belongs to: the address, and all parameters but the place in the list."""
    others = sorted((n, v) for n, v in request.query_params.items() if n not in PAGING)
    return f"cursor:{request.path}:{others}"


def cursor_to(request: Request, place: tuple[Any, ...]) -> str:
    """What leads to the rows behind the place."""
    return signing.dumps(place, salt=_salt(request), compress=True)


def asked_place(request: Request) -> tuple[Any, ...] | None:
    """The place behind which the page begins; None: it is the first page."""
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        return tuple(signing.loads(text, salt=_salt(request)))
    except (signing.BadSignature, ValueError, TypeError):
        raise Problem("invalid_cursor") from None


def _placed(after: tuple[Any, ...], *, has_order: bool) -> tuple[Any, ...]:
    """A place as it is compared: JSON made a list of the pair that an ordering is."""
    return (tuple(after[0]), *after[1:]) if has_order and after else after


def _last_if_missing(value: Scalar) -> tuple[bool, Scalar]:
    return value is None, 0 if value is None else value


def _beyond(fields: tuple[str, ...], after: tuple[Any, ...], sign: str) -> Q:
    """Rows after the place in the order of the fields."""
    beyond = Q()
    equal = Q()
    for field, value in zip(fields, after, strict=True):
        beyond |= equal & Q(**{f"{field}__{sign}": value})
        equal &= Q(**{field: value})
    return beyond


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _plain(value: Any) -> Scalar:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value.isoformat())
