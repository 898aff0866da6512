"""What a reader is told of records, without what they may not see, with what is only read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from kpis.models import QUESTIONS, Assignment
from organizations.access import Access
from scorecards.models import Edition, Scorecard
from scorecards.selectors.records import Record, records_of
from scorecards.services.records.publishing import STRUCTURE

from .resources import Resource
from .values import answered


class Telling:
    """The records of a resource that the reader sees, read once."""

    def __init__(self, access: Access, resource: Resource) -> None:
        self.access, self.resource = access, resource

    @cached_property
    def records(self) -> list[Record]:
        return records_of(self.access, self.resource.name)

    def beneath(self, codes: Mapping[str, Any]) -> list[Record]:
        """Those that belong to what the address of the list names."""
        named = self.resource.fields_named(codes)
        return [r for r in self.records if all(r[name] == code for name, code in named.items())]

    def find(self, codes: Mapping[str, Any]) -> Record | None:
        """The one that the address names."""
        wanted, key_of = self.resource.key(codes), self.resource.kind.key_of
        return next((record for record in self.records if key_of(record) == wanted), None)

    def answer(self, record: Record) -> dict[str, Any]:
        """What is told of it."""
        told = answered(self.resource.kind, record)
        if self.resource.name == "units":
            above = told["parent"]
            told["parent"] = above if above and self.access.visible_unit(above) else None
        if self.resource.name == "kpis":
            told["weighting"] = told["weighting"] if told["weighting"] in self._codes else None
        return told | self.extras(record)

    def extras(self, record: Record) -> dict[str, Any]:
        """What is only read."""
        if self.resource.name in STRUCTURE:
            first, end = self._holds.get(record.get("scorecard") or record["code"], (None, None))
            return {"valid_from": first, "valid_until": end}
        if self.resource.name != "kpis":
            return {}
        said = {
            name: {"answer": record[f"question_{name}"], "note": record[f"question_{name}_note"]}
            for name in QUESTIONS
        }
        answers = {name: each for name, each in said.items() if any(each.values())}
        return {"answers": answers, "units": self._units.get(record["code"], [])}

    @cached_property
    def _holds(self) -> Mapping[str, tuple[str | None, str | None]]:
        """By scorecard: since when its structure holds as it stands, and the day of its end."""
        editions = Edition.objects.filter(
            organization=self.access.organization,
            scorecard__deleted_at=None,
            superseded_at=None,
        ).exclude(scorecard__status=Scorecard.State.DRAFT)
        found: dict[str, tuple[str | None, str | None]] = {}
        rows = editions.order_by("valid_from").values_list(
            "scorecard__code", "valid_from", "is_end"
        )
        for code, day, is_end in rows:
            first, _ = found.get(code, (None, None))
            found[code] = (first, day.isoformat()) if is_end else (day.isoformat(), None)
        return found

    @cached_property
    def _codes(self) -> set[str]:
        return {record["code"] for record in self.records}

    @cached_property
    def _units(self) -> Mapping[str, Sequence[str]]:
        """By KPI: the units at which it is measured, as far as the reader sees them."""
        pairs = (
            Assignment.objects.live()
            .filter(organization=self.access.organization, unit_id__in=self.access.visible_unit_ids)
            .order_by("unit__code")
            .values_list("kpi__code", "unit__code")
        )
        units: dict[str, list[str]] = defaultdict(list)
        for kpi, unit in pairs:
            units[kpi].append(unit)
        return units
