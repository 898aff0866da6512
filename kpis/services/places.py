"""Where values go: the assignments that pushed rows name, and which of them take values."""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from kpis.models import KPI
from kpis.selectors.entering import ROLLED_UP, Days, Follows, days_beneath, follows
from kpis.selectors.places import Place, assigned_places
from organizations.access import Access, Action

from .refusals import Refused, is_code, quoted

__all__ = ["Place", "Places"]


class Named(Protocol):
    """What names a place: a KPI by its code, and a unit where the KPI is measured at several."""

    @property
    def kpi(self) -> str: ...
    @property
    def unit(self) -> str | None: ...


class Places:
    """Finds the assignment of each row among those that the access may write."""

    def __init__(self, access: Access, rows: Sequence[Named]) -> None:
        self.access = access
        # Many rows share few codes: each is looked at once.
        self.kpi_codes = {code for code in {row.kpi for row in rows} if is_code(code)}
        units = {row.unit for row in rows}
        self.unit_codes = {code for code in units if code is not None and is_code(code)}
        found = self._read(has_open_unit=any(row.unit is None for row in rows))
        self.by_codes = {(place.kpi, place.unit): place for place in found}
        self.by_kpi: dict[str, list[Place]] = {}
        for place in found:
            self.by_kpi.setdefault(place.kpi, []).append(place)
        self.refusals: dict[tuple[str, str | None], Refused] = {}

    def _read(self, *, has_open_unit: bool) -> list[Place]:
        places = assigned_places(
            self.access.organization.pk,
            self.kpi_codes,
            None if has_open_unit else self.unit_codes,
        )
        sees = {unit_id: self.access.sees(unit_id) for unit_id in {p.unit_id for p in places}}
        self.may_write = {
            unit_id: self.access.can(Action.RECORD_VALUES, unit_id) for unit_id in sees
        }
        return [place for place in places if sees[place.unit_id]]

    def find(self, row: Named) -> Place:
        place = self.by_codes.get((row.kpi, row.unit)) if row.unit is not None else self._only(row)
        if place is None:
            raise self._refusal(row)
        if not self.may_write[place.unit_id]:
            raise Refused("not_permitted", f'You may not record values at "{place.unit}".', "unit")
        return place

    def check_takes_values(self, place: Place, start: dt.date, end: dt.date) -> None:
        """Refuse a value where it follows from others in the period [start, end)."""
        key = place.kpi_id, place.unit_id
        beneath = self._beneath.get(key, ()) if place.unit_rule in ROLLED_UP else ()
        what = follows(place.has_formula, place.own_values, beneath, start, end)
        if what is Follows.UNITS:
            raise Refused(
                "rolled_up",
                f'The value of "{place.kpi}" at "{place.unit}" follows from the units beneath;'
                " record it there.",
                "unit",
            )
        if what is Follows.FORMULA:
            raise Refused(
                "computed",
                f'"{place.kpi}" is computed by its formula; record the KPIs that it reads.',
                "kpi",
            )

    @cached_property
    def _beneath(self) -> dict[tuple[int, int], set[Days]]:
        """By rolled-up KPI and unit, on which days units beneath measure it; by one statement."""
        kpi_ids = {place.kpi_id for place in self.by_codes.values() if place.unit_rule in ROLLED_UP}
        return days_beneath(self.access, kpi_ids)

    def _only(self, row: Named) -> Place | None:
        """Without a unit, the KPI must be measured at exactly one."""
        found = self.by_kpi.get(row.kpi, [])
        if len(found) > 1:
            named = ", ".join(place.unit for place in found[:5])
            raise Refused(
                "unit_required",
                f'"{row.kpi}" is measured at {len(found)} units ({named}…); name one of them.',
                "unit",
            )
        return found[0] if found else None

    def _refusal(self, row: Named) -> Refused:
        key = (row.kpi, row.unit)
        if key not in self.refusals:
            self.refusals[key] = self._reason(row)
        return self.refusals[key]

    @cached_property
    def _known_kpis(self) -> frozenset[str]:
        known = KPI.objects.visible_in(self.access.visible_unit_ids).filter(
            organization=self.access.organization, code__in=self.kpi_codes
        )
        return frozenset(known.values_list("code", flat=True))

    def _reason(self, row: Named) -> Refused:
        if row.kpi not in self._known_kpis:
            return Refused("unknown_kpi", f"There is no KPI {quoted(row.kpi)} here.", "kpi")
        if row.unit is not None and self.access.visible_unit(row.unit) is None:
            return Refused("unknown_unit", f"There is no unit {quoted(row.unit)} here.", "unit")
        where = (
            f" at {quoted(row.unit)}" if row.unit is not None else " at any unit that you may see"
        )
        return Refused(
            "not_assigned",
            f"{quoted(row.kpi)} is not measured{where}; assign it there first.",
            "unit",
        )
