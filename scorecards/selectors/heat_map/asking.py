"""What a heat map is asked for, and the units that are in it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from organizations.access import Access
from organizations.selectors import UnitNode

from .shapes import ALL, LEVEL, OBJECTIVES, PERSPECTIVES, HeatColumn, HeatKpi, HeatRow

OF_SCORES = ("name", "score")
OF_KPI = ("name", "value", "change", "score")
_CODE = "[a-z][a-z0-9_]{0,49}"


class NotOnMap(LookupError):
    """The unit behind which a page begins is not on the map, or not any more."""


@dataclass(frozen=True)
class Asked:
    """What is asked for, as far as it can be; see `heat_map`."""

    of: str
    scope: str
    sort: str
    page: int | str  # its number, or the code of the unit before it
    length: int

    @property
    def key(self) -> str:
        """What the order goes by, upwards or downwards."""
        return self.sort.removeprefix("-")


def asked_map(of: str, scope: str, sort: str, page: int | str, length: int) -> Asked:
    """What is none of the possible scopes and orders is left out."""
    is_of_scores = of in (PERSPECTIVES, OBJECTIVES)
    usual = LEVEL if is_of_scores else ALL
    names = OF_SCORES if is_of_scores else OF_KPI
    node = rf"{of.removesuffix('s')}:{_CODE}"
    key = sort.removeprefix("-")
    is_known = key in names or (is_of_scores and re.fullmatch(node, key))
    return Asked(
        of=of,
        scope=scope if scope in (LEVEL, ALL) else usual,
        sort=sort if is_known else "",
        page=page,
        length=length,
    )


@dataclass(frozen=True)
class Place:
    """A unit, with its depth beneath the one that the map is of."""

    node: UnitNode
    depth: int


def first_unit(access: Access) -> UnitNode | None:
    """The topmost unit that the reader sees."""
    seen = (node for node, _ in access.tree.depth_first() if access.sees(node.id))
    return next(seen, None)


def places(access: Access, unit: UnitNode, scope: str) -> list[Place]:
    """The unit and those beneath it that the reader sees, in the order of the tree."""
    if scope == ALL:
        beneath: Iterable[tuple[UnitNode, int]] = access.tree.depth_first(unit.id, 1)
    else:
        beneath = ((node, 1) for node in access.tree.children(unit.id))
    found = [Place(node, depth) for node, depth in beneath if access.sees(node.id)]
    return [Place(unit, 0), *found]


def blank_row(access: Access, unit: UnitNode, place: Place) -> HeatRow:
    """A row that says only which unit it is of."""
    line = access.tree.line(place.node.id)[:-1]
    above = line[[node.id for node in line].index(unit.id) + 1 :] if place.depth else []
    beneath = access.tree.children(place.node.id)
    return HeatRow(
        code=place.node.code,
        name=place.node.name,
        kind=place.node.kind,
        depth=place.depth,
        upper=line[-1].code if line else "",
        line_text=" › ".join(node.name for node in above if access.sees(node.id)),
        href="",
        n_beneath=sum(access.sees(node.id) for node in beneath),
    )


# --- Order and pages


@dataclass(frozen=True)
class Page:
    """A page of the units in their order."""

    places: tuple[Place, ...]
    number: int
    n_pages: int
    has_more: bool


@dataclass(frozen=True)
class Told:
    """A page of rows, with what they stand against."""

    page: Page
    n_units: int
    rows: tuple[HeatRow, ...]
    columns: tuple[HeatColumn, ...] = ()
    n_columns_left_out: int = 0
    kpi: HeatKpi | None = None


def page_of(found: Sequence[Place], asked: Asked) -> Page:
    """The page that is asked for, or the nearest that there is."""
    n_pages = max(1, -(-len(found) // asked.length))
    if isinstance(asked.page, str):
        first = 1 + _number_of(asked.page, found)
    else:
        first = (min(max(asked.page, 1), n_pages) - 1) * asked.length
    end = first + asked.length
    number = first // asked.length + 1
    return Page(tuple(found[first:end]), number, n_pages, has_more=end < len(found))


def _number_of(code: str, found: Sequence[Place]) -> int:
    number = next((at for at, place in enumerate(found) if place.node.code == code), None)
    if number is None:
        raise NotOnMap
    return number


def in_order(
    found: Sequence[Place], sort: str, value: Callable[[Place], float | str | None]
) -> list[Place]:
    """The map's unit first, then by what the order names; units that lack it come last.

    Without an order, and among equals, they stand as in the tree.
    """
    if not sort:
        return list(found)
    first = [place for place in found if place.depth == 0]
    known = [(value(place), place) for place in found if place.depth > 0]
    having = [(key, place) for key, place in known if key is not None]
    having.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
    return first + [place for _, place in having] + [place for key, place in known if key is None]
