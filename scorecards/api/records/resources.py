"""Which kinds of records have which addresses, and what may be done there.

One row for each kind of the registry (`scorecards.selectors.records`): all else follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scorecards.selectors.records import ALL_KINDS, Field, Form, Key, Kind, Record

READ, WRITE = ("structure:read", "structure:write"), ("structure:write",)
# By which a list may be ordered, where a record says it.
ORDERINGS = frozenset(
    {
        *("name", "position", "weight", "status", "starts_on", "ends_on", "due_on", "percent_done"),
        *("kind", "frequency"),
    }
)


@dataclass(frozen=True)
class Resource:
    """A kind at its addresses.

    path: of the list. one: what follows it to name a single record. named: by the names in the
    addresses, the fields of the key that they say. is_open: any token may read it. is_whole: the
    list is answered at once, unless a page of it is asked for.
    """

    name: str
    one_name: str  # of its component, and of addresses: Objective, api-objective
    path: str
    one: str
    named: Mapping[str, str]
    is_written: bool = True
    is_open: bool = False
    is_whole: bool = False

    @cached_property
    def kind(self) -> Kind:
        return ALL_KINDS[self.name]

    @property
    def list_named(self) -> tuple[str, ...]:
        """The names in the address of the list."""
        return tuple(name for name in self.named if f":{name}>" in self.path)

    @property
    def address_name(self) -> str:
        """Of the address of one record, for `reverse`."""
        return f"api-{self.name.replace('_', '-')}{'-one' if self.one else ''}"

    def fields_named(self, codes: Mapping[str, Any]) -> Record:
        """What the address says of a record."""
        return {field: codes[name] for name, field in self.named.items() if name in codes}

    def key(self, codes: Mapping[str, Any]) -> Key:
        """Of the record that the address names."""
        return self.kind.key_of(self.fields_named(codes))

    def codes(self, record: Record) -> dict[str, Any]:
        """What the address of the record says."""
        return {name: record[field] for name, field in self.named.items()}

    @property
    def filters(self) -> tuple[Field, ...]:
        """The fields by which a list may be narrowed: references, and what has few values."""
        known = {"code", *(self.named[name] for name in self.list_named)}
        told = (Form.CODE, Form.CHOICE)
        fields = (f for f in self.kind.fields if f.form in told and f.name not in known)
        return tuple(field for field in fields if not field.name.startswith("question_"))

    @property
    def orderings(self) -> tuple[str, ...]:
        return tuple(name for name in self.kind.names if name in ORDERINGS)


def _own(name: str, one_name: str, code: str, **about: Any) -> Resource:
    """A kind whose records are named by one code."""
    return Resource(name, one_name, name, f"/<slug:{code}>", {code: "code"}, **about)


def _of_scorecard(name: str, one_name: str, code: str) -> Resource:
    path = f"scorecards/<slug:scorecard>/{name}"
    return Resource(
        name, one_name, path, f"/<slug:{code}>", {"scorecard": "scorecard", code: "code"}
    )


def _pair(name: str, one_name: str, *names: str, **about: Any) -> Resource:
    """A kind whose records tie others together, and are named by all of them."""
    one = "".join(f"/<slug:{each}>" for each in names)
    return Resource(name, one_name, name, one, {each: each for each in names}, **about)


RESOURCES: tuple[Resource, ...] = (
    _own("people", "Person", "person", is_written=False),
    _own("units", "Unit", "unit", is_open=True, is_whole=True),
    _pair("roles", "Role", "person", "unit", is_written=False),
    _own("kpis", "Kpi", "kpi", is_open=True, is_whole=True),
    _pair("assignments", "Assignment", "kpi", "unit"),
    Resource(
        "targets",
        "Target",
        "targets",
        "/<slug:kpi>/<slug:unit>/<str:valid_from>",
        {"kpi": "kpi", "unit": "unit", "valid_from": "valid_from"},
    ),
    _own("scorecards", "Scorecard", "scorecard"),
    _of_scorecard("perspectives", "Perspective", "perspective"),
    _of_scorecard("themes", "Theme", "theme"),
    _of_scorecard("objectives", "Objective", "objective"),
    Resource(
        "objective_kpis",
        "ObjectiveKpi",
        "scorecards/<slug:scorecard>/objectives/<slug:objective>/kpis",
        "/<slug:kpi>",
        {"scorecard": "scorecard", "objective": "objective", "kpi": "kpi"},
    ),
    _pair(
        "alignments",
        "Alignment",
        *("scorecard", "objective", "supported_scorecard", "supported_objective"),
    ),
    _own("initiatives", "Initiative", "initiative"),
    Resource(
        "milestones",
        "Milestone",
        "initiatives/<slug:initiative>/milestones",
        "/<path:milestone>/<int:milestone_number>",
        {"initiative": "initiative", "milestone": "name", "milestone_number": "number"},
    ),
)
SETTINGS = Resource("settings", "Settings", "settings", "", {})
