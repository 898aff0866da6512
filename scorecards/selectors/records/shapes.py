"""What a kind of record is, and the fields of which kinds are made."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from calculations.rollup import RollUpRule
from scorecards.models.scorecard import MAX_WEIGHT

from .fields import Field, Form, Value

Record = dict[str, Value]
Key = tuple[Value, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of record: what it says, and which of its fields name one."""

    name: str
    label: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]

    @property
    def word(self) -> str:
        """One of them, in a sentence."""
        return _WORDS.get(self.name, self.name[:-1].replace("_", " "))

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def key_of(self, record: Mapping[str, Value]) -> Key:
        """What names the record; a part that it does not say is its default."""
        return tuple(record.get(name, self.by_name[name].default) for name in self.key)

    def blank(self) -> Record:
        """What a new record holds before it says anything."""
        return {field.name: copy.copy(field.default) for field in self.fields}


_WORDS = {
    "settings": "settings",
    "people": "person",
    "kpis": "KPI",
    "objective_kpis": "KPI of an objective",
}
TEXT = 5000
LARGEST = 2**31 - 1
RULES = tuple(rule.value for rule in RollUpRule)


def code_field(name: str, label: str, refers_to: str = "", hint: str = "") -> Field:
    return Field(name, label, hint, Form.CODE, default="", refers_to=refers_to, longest=50)


def key_field(name: str, label: str, refers_to: str = "") -> Field:
    """A code that must be said."""
    return replace(code_field(name, label, refers_to), is_required=True)


def name_field() -> Field:
    return Field("name", "Name", is_required=True, default="")


def text_field(name: str, label: str, hint: str = "", longest: int = TEXT) -> Field:
    return Field(name, label, hint, default="", longest=longest)


def choice_field(
    name: str, label: str, choices: Iterable[str], default: str, hint: str = ""
) -> Field:
    return Field(name, label, hint, Form.CHOICE, default=str(default), choices=tuple(choices))


def number_field(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.NUMBER)


def whole_field(name: str, label: str, highest: int, hint: str = "") -> Field:
    return Field(name, label, hint, Form.WHOLE, default=0, lowest=0, highest=highest)


def day_field(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.DATE)


def yes_no_field(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.YES_NO, default=False)


def weight_field(default: float, hint: str = "") -> Field:
    return Field(
        "weight", "Weight", hint, Form.NUMBER, default=default, lowest=0, highest=MAX_WEIGHT
    )


def rolled_up_fields() -> tuple[Field, Field]:
    return (
        choice_field("rule", "Roll-up rule", RULES, RollUpRule.WEIGHTED_MEAN),
        yes_no_field(
            "is_capped", "Capped at 100", "Whether more than on target counts as on target."
        ),
    )


POSITION = whole_field("position", "Position", LARGEST, "Its place among its siblings, from 0.")
