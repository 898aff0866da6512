"""Which values are entered, and which follow from others."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import StrEnum

from calculations.units import UnitRule
from kpis.models import Assignment
from organizations.access import Access

ROLLED_UP = frozenset({UnitRule.SUM, UnitRule.MEAN})
Days = tuple[dt.date | None, dt.date | None]


class Follows(StrEnum):
    """What a value follows from, where nobody enters it."""

    NOTHING = ""
    UNITS = "units"
    FORMULA = "formula"


def follows(
    has_formula: bool,
    own_values: str,
    beneath: Iterable[Days],
    start: dt.date,
    end: dt.date,
) -> Follows:
    """What the value of an assignment follows from in the period [start, end).

    beneath: on which days units beneath measure a KPI that is rolled up.
    """
    if any((not first or first < end) and (not last or last > start) for first, last in beneath):
        is_rolled_up = own_values == Assignment.OwnValues.NONE
        return Follows.UNITS if is_rolled_up else Follows.NOTHING
    return Follows.FORMULA if has_formula else Follows.NOTHING


def days_beneath(access: Access, kpi_ids: Collection[int]) -> dict[tuple[int, int], set[Days]]:
    """By KPI and unit, the days on which units beneath it measure the KPI; by one statement."""
    rows = Assignment.objects.live().filter(kpi_id__in=kpi_ids, unit__deleted_at=None)
    found: dict[tuple[int, int], set[Days]] = defaultdict(set)
    for kpi_id, unit_id, first, last in rows.values_list(
        "kpi_id", "unit_id", "starts_on", "ends_on"
    ):
        for node in access.tree.line(unit_id)[:-1]:
            found[kpi_id, node.id].add((first, last))
    return found
