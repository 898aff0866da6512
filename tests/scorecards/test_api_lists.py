"""Pages of lists and versions of objects, as every view gets them."""

from typing import Any

import django_filters
import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from organizations.models import Unit
from scorecards.api.listing import filtered, listed, listed_query
from scorecards.api.matching import etag_of, require_match, tagged
from scorecards.api_errors import Problem
from tests.worlds import World

ROWS = [
    {"code": f"c{number}", "weight": None if number == 3 else number % 3} for number in range(7)
]


def request(query: str = "", path: str = "/list", **headers: str) -> Request:
    return Request(APIRequestFactory().get(f"{path}{query}", headers=headers))


def page(query: str = "", rows: Any = ROWS, path: str = "/list") -> Any:
    return listed(
        request(query, path),
        rows,
        key=lambda row: (row["code"],),
        answer=lambda row: row["code"],
        orderings={"weight": lambda row: row["weight"]},
    )


def walked(query: str, ask: Any = page) -> list[list[str]]:
    """All pages of a list, by their cursors."""
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        found = ask(query + (f"&cursor={cursor}" if cursor else ""))
        pages.append(found["results"])
        cursor = found["next"]
    return pages


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?limit=3", "c0 c1 c2|c3 c4 c5|c6"),
        ("?limit=7", "c0 c1 c2 c3 c4 c5 c6"),
        ("?limit=3&ordering=weight", "c0 c6 c1|c4 c2 c5|c3"),
        ("?limit=3&ordering=-weight", "c3 c5 c2|c4 c1 c6|c0"),
    ],
)
def test_pages_follow_each_other_in_their_order(query: str, expected: str) -> None:
    assert walked(query) == [each.split() for each in expected.split("|")]


def test_no_row_is_told_twice_while_others_come_and_go() -> None:
    first = page("?limit=3")
    rows = [*({"code": code, "weight": 0} for code in ("a0", "c25")), *ROWS[:2], *ROWS[3:]]
    assert page(f"?limit=3&cursor={first['next']}", rows)["results"] == ["c25", "c3", "c4"]


def test_a_cursor_serves_its_own_list_only() -> None:
    cursor = page("?limit=3")["next"]
    for query, path in (
        ("?limit=3&ordering=weight&cursor=", "/list"),
        ("?limit=3&cursor=", "/other"),
        ("?limit=3&q=x&cursor=", "/list"),
        ("?cursor=x", "/list"),
    ):
        with pytest.raises(Problem) as refusal:
            page(query + cursor, path=path)
        assert refusal.value.get_codes() == "invalid_cursor"
    assert page(f"?limit=2&cursor={cursor}")["results"] == ["c3", "c4"]


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=201", "?limit=x", "?limit=", "?ordering=name", "?ordering="]
)
def test_what_a_page_cannot_be_is_refused(query: str) -> None:
    with pytest.raises(Problem) as refusal:
        page(query)
    assert refusal.value.get_codes() == "invalid_parameter"


class UnitFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=[("team", "Team"), ("division", "Division")])


@pytest.mark.django_db
@pytest.mark.both_databases
def test_rows_of_the_database_come_in_pages(acme: World, django_assert_num_queries: Any) -> None:
    def ask(query: str) -> Any:
        asked = request(query)
        units = filtered(asked, UnitFilter, Unit.objects.filter(organization=acme.organization))
        with django_assert_num_queries(1):
            return listed_query(
                asked, units, key=("code",), answer=lambda unit: unit.code, orderings=("kind",)
            )

    assert walked("?limit=2", ask) == [["acme", "ada"], ["apac", "emea"], ["sales"]]
    by_kind = [["acme", "apac"], ["emea", "ada"], ["sales"]]
    assert walked("?limit=2&ordering=kind", ask) == by_kind
    downwards = [["sales", "ada"], ["emea", "apac"], ["acme"]]
    assert walked("?limit=2&ordering=-kind", ask) == downwards
    assert walked("?kind=division&limit=1", ask) == [["apac"], ["emea"]]
    with pytest.raises(Problem) as refusal:
        ask("?kind=planet")
    assert refusal.value.get_codes() == "invalid_parameter"


# --- Versions

SAID = {"name": "Revenue", "weight": 1.5}


def test_a_tag_names_what_is_said_whatever_the_order_of_fields() -> None:
    assert etag_of(SAID) == etag_of(dict(reversed(SAID.items()))) == tagged(SAID)["ETag"]
    assert etag_of(SAID) != etag_of({**SAID, "weight": 1.6})
    assert tagged(SAID, 201, "/here")["Location"] == "/here"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (etag_of(SAID), ""),
        (f"W/{etag_of(SAID)}", ""),
        (f'"other", {etag_of(SAID)}', ""),
        ("*", ""),
        ("", "version_missing"),
        ('"other"', "version_stale"),
        (etag_of(SAID)[1:-1], "version_stale"),
    ],
)
def test_an_edit_names_what_it_changes(sent: str, code: str) -> None:
    asked = request(**({"If-Match": sent} if sent else {}))
    if not code:
        require_match(asked, SAID)
        return
    with pytest.raises(Problem) as refusal:
        require_match(asked, SAID)
    assert refusal.value.get_codes() == code
    if code == "version_stale":
        assert refusal.value.more["current"] == SAID
        assert refusal.value.headers["ETag"] == etag_of(SAID)
