"""What stands, what was given, and what would stand after it: read once for a whole plan."""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from calculations.periods import Calendar, Frequency, InvalidPeriod
from organizations.access import Access
from organizations.models import Person
from scorecards.selectors.records import (
    ALL_KINDS,
    Form,
    Key,
    Kind,
    Record,
    Unreadable,
    Value,
    records_of,
)

from .shapes import Problem, Records

UNSAID_START = ("starts_on", None)
MOST_HINTS = 50  # of codes that may have been meant: each is compared with all that there are
TWICE = "This stands here twice; leave one of the two."


@dataclass
class Given:
    """A record as it was given: what it says, in the form in which it is compared."""

    kind: Kind
    row: int
    said: Record
    key: Key
    problems: list[Problem] = field(default_factory=list)
    before: Record | None = None

    @cached_property
    def after(self) -> Record:
        """What the record would hold: what it does not say stays."""
        return {**(self.before or self.kind.blank()), **self.said}

    def stays(self, name: str) -> bool:
        """Whether the field says what it said."""
        return self.before is not None and self.before[name] == self.after[name]

    def refuse(self, name: str, text: str, code: str = "invalid_value") -> None:
        self.problems.append(Problem(name, text, code))


class Standing:
    """The records that stand now, by kind and key, and those that would stand after the plan."""

    def __init__(self, access: Access, records: Records, *, removes: bool) -> None:
        self.access = with_new_calendar(access, records)
        self.removes = removes
        self.hints_left = MOST_HINTS
        self._current: dict[str, dict[Key, Record]] = {}
        self._after: dict[str, dict[Key, Record]] = {}
        self.given: dict[str, list[Given]] = {}
        for name, kind in ALL_KINDS.items():
            if name in records:
                self.given[name] = self._read(kind, records[name])

    def current(self, kind: str) -> dict[Key, Record]:
        if kind not in self._current:
            key_of = ALL_KINDS[kind].key_of
            rows = records_of(self.access, kind)
            self._current[kind] = {key_of(record): record for record in rows}
        return self._current[kind]

    def after(self, kind: str) -> Mapping[Key, Record]:
        """Those that would stand, whether or not something is wrong with them."""
        if kind not in self._after:
            given = self.given.get(kind)
            stays = {} if given is not None and self.removes else self.current(kind)
            self._after[kind] = {**stays, **{each.key: each.after for each in given or ()}}
        return self._after[kind]

    def removed(self, kind: str) -> list[Key]:
        """What stands and was not given, though its kind was."""
        if not self.removes or kind not in self.given:
            return []
        return [key for key in self.current(kind) if key not in self.after(kind)]

    @cached_property
    def person_codes(self) -> set[str]:
        """Of everybody in the organization: owners are named to all who see what they own."""
        people = Person.objects.live().filter(organization=self.access.organization)
        codes = set(people.values_list("code", flat=True))
        gone = {key[0] for key in self.removed("people")}
        return (codes - gone) | {each.key[0] for each in self.given.get("people", ())}

    @property
    def calendar(self) -> Calendar:
        return self.access.organization.calendar

    def _read(self, kind: Kind, rows: Iterable[Mapping[str, Value]]) -> list[Given]:
        read = [self._given(kind, at, record) for at, record in enumerate(rows)]
        seen: set[Key] = set()
        for each in read:
            if each.key in seen and not any(problem.field in kind.key for problem in each.problems):
                each.refuse(kind.key[-1] if kind.key else "", TWICE, "duplicate")
            seen.add(each.key)
        return read

    def _given(self, kind: Kind, row: int, record: Mapping[str, Value]) -> Given:
        said, problems = _said(kind, record)
        if kind.name == "scorecards" and said.get("status") != "draft":
            # Without a day it begins when it is published, or goes on as it began.
            said = {name: value for name, value in said.items() if (name, value) != UNSAID_START}
        self._canonical_period(kind, said, problems)
        key = tuple(_hashable(part) for part in kind.key_of(said))
        given = Given(kind, row, said, key, problems, self.current(kind.name).get(key))
        for item in kind.fields:
            is_needed = item.name in kind.key or given.before is None
            if item.is_required and is_needed and item.name not in record:
                text = f"{item.label} is missing; write {item.example}."
                given.refuse(item.name, text, "missing_field")
        return given

    def _canonical_period(self, kind: Kind, said: Record, problems: list[Problem]) -> None:
        """The label of the KPI's own period that contains the day, so that keys compare."""
        for item in kind.fields:
            if item.form is not Form.PERIOD or item.name not in said:
                continue
            frequency = self._frequencies.get(str(said.get("kpi", "")))
            if frequency is None or any(problem.field == item.name for problem in problems):
                continue
            try:
                period = self.calendar.parse(said[item.name], frequency)
                said[item.name] = self.calendar.label(period)
            except InvalidPeriod as refusal:
                problems.append(Problem(item.name, f"{refusal}."))

    @cached_property
    def _frequencies(self) -> dict[str, Frequency]:
        """By code of the KPI, as it would be."""
        known = {key[0]: record["frequency"] for key, record in self.after("kpis").items()}
        return {
            code: Frequency(frequency)
            for code, frequency in known.items()
            if frequency in set(Frequency)
        }


def _said(kind: Kind, record: Mapping[str, Value]) -> tuple[Record, list[Problem]]:
    """What the record says, in the form in which it is compared, and what cannot be read."""
    said: Record = {}
    problems: list[Problem] = []
    for name, value in record.items():
        if name not in kind.by_name:
            problems.append(Problem(name, f"{kind.label} have no “{name}”.", "unknown_field"))
            continue
        try:
            said[name] = kind.by_name[name].checked(value)
        except Unreadable as refusal:
            problems.append(Problem(name, str(refusal)))
            # The record is refused anyway; its key still tells it from others.
            said[name] = value if name in kind.key else kind.by_name[name].default
    return said, problems


def _hashable(value: Value) -> Value:
    return str(value) if isinstance(value, list | dict) else value


def with_new_calendar(access: Access, records: Records) -> Access:
    """As if the fiscal year were the one that is given: labels of periods are read with it."""
    new: dict[str, Value] = defaultdict()
    for record in records.get("settings", ()):
        for name in ("fiscal_month", "fiscal_year_named_by"):
            try:
                new[name] = ALL_KINDS["settings"].by_name[name].checked(record[name])
            except (KeyError, Unreadable):
                continue
    if all(getattr(access.organization, name) == value for name, value in new.items()):
        return access
    organization = copy.copy(access.organization)
    for name, value in new.items():
        setattr(organization, name, value)
    return replace(access, organization=organization)
