"""What somebody typed into rows of the editor, read against the rows that they saw.

Only fields that were sent count, and only those that say something else than their author saw.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from calculations.rollup import RollUpRule
from organizations.models import Person
from organizations.models.structure import validate_text
from scorecards.models import Scorecard, Theme
from scorecards.selectors.administration.choices import chosen_person
from scorecards.selectors.editions.changes import weight_text
from scorecards.selectors.structure.form import WEIGHT, WRONG_WEIGHT, seen_row
from scorecards.selectors.structure.nodes import StructureNode

CAPPED = " capped"
# Texts of the one choice that stands for both the rule and whether children are capped at 100.
ROLL_UPS = tuple(
    (rule.value + suffix, rule.value.replace("_", " ") + words)
    for rule in RollUpRule
    for suffix, words in (("", ""), (CAPPED, ", capped at 100"))
)
# What may be typed into each kind of row.
OFFERED: dict[str, tuple[str, ...]] = {
    "scorecard": ("name", "roll_up"),
    "perspective": ("name", "weight", "roll_up"),
    "objective": ("name", "weight", "roll_up", "owner", "theme", "description", "hint"),
    "kpi": ("weight",),
    "contribution": ("weight",),
    "theme": ("name", "description"),
}
LONGEST = {"description": 5001, "hint": 501}  # one past what is stored is refused, not cut
LONGEST_OTHER = 300


@dataclass(frozen=True)
class Typed:
    """By key of the row: versions, values; texts and problems by `<key>.<field>`."""

    versions: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def text(self, node: StructureNode, name: str) -> str:
        """What the field shows: what was typed where it differs, or else what stands."""
        return self.texts.get(f"{node.key}.{name}", stored_text(node.row, name))

    def meanwhile(self, node: StructureNode, name: str) -> str:
        """What another has saved in a field that was typed into, in words; "" where nobody has."""
        if self.versions.get(node.key, node.row.version) == node.row.version:
            return ""
        now = stored_text(node.row, name)
        if self.texts.get(f"{node.key}.{name}", now) == now:
            return ""
        return said_text(node.row, name) or "nothing"


def stored_text(row: Any, name: str) -> str:
    """A field of a row as the editor's control holds it."""
    if name == "roll_up":
        return str(row.rule) + (CAPPED if row.is_capped else "")
    value = getattr(row, name)
    if name == "weight":
        return weight_text(value)
    return str(getattr(value, "code", value) or "") if name in ("owner", "theme") else str(value)


def said_text(row: Any, name: str) -> str:
    """A field of a row as people read it."""
    if name == "roll_up":
        return dict(ROLL_UPS)[stored_text(row, name)]
    if name in ("owner", "theme"):
        value = getattr(row, name)
        return value.name if value else ""
    return stored_text(row, name)


def typed_rows(
    scorecard: Scorecard, nodes: Iterable[StructureNode], posted: Mapping[str, str]
) -> Typed:
    """What was typed, by two statements at most for each owner, theme and stale row."""
    typed = Typed({}, {}, {}, {})
    versions = dict(each.partition("=")[::2] for each in posted.get("versions", "").split())
    for node in nodes:
        if any(f"{node.key}.{name}" in posted for name in OFFERED[node.kind]):
            version = posted.get(f"{node.key}.version", versions.get(node.key, ""))
            typed.versions[node.key] = _version(version)  # type: ignore[index]  # made above
            _read(scorecard, node, posted, typed)
    return typed


def _version(text: str) -> int:
    """The version that the author saw; 0, which no row has, where it cannot be read."""
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number else 0


def _read(
    scorecard: Scorecard, node: StructureNode, posted: Mapping[str, str], typed: Typed
) -> None:
    seen = seen_row(node, typed.versions[node.key])
    values: dict[str, Any] = {}
    for name in OFFERED[node.kind]:
        place = f"{node.key}.{name}"
        if place not in posted:
            continue
        text = _cut(posted[place], name)
        if seen is not None and text in _as_shown(stored_text(seen, name)):
            continue
        typed.texts[place] = text.replace("\x00", "")  # type: ignore[index]
        try:
            values |= _values(scorecard, name, text)
        except ValidationError as refusal:
            typed.problems[place] = " ".join(refusal.messages)  # type: ignore[index]
    if values:
        typed.values[node.key] = values  # type: ignore[index]


def _as_shown(text: str) -> tuple[str, str]:
    """A text as an area holds it, and as a line does, which knows no line ends."""
    return text, text.replace("\n", "")


def _cut(text: str, name: str) -> str:
    return text.replace("\r\n", "\n").strip()[: LONGEST.get(name, LONGEST_OTHER)]


def _values(scorecard: Scorecard, name: str, text: str) -> dict[str, Any]:
    """The fields of the row that the text means; raises ValidationError."""
    if name == "weight":
        if not WEIGHT.fullmatch(text):
            raise ValidationError(WRONG_WEIGHT)
        return {"weight": float(text)}
    if name == "roll_up":
        if text not in dict(ROLL_UPS):
            raise ValidationError("Choose one of these.")
        return {"rule": text.removesuffix(CAPPED), "is_capped": text.endswith(CAPPED)}
    if name in ("owner", "theme"):
        return {name: _named(scorecard, name, text) if text else None}
    if name == "name" and not text:
        raise ValidationError("Write a name.")
    validate_text(text)
    return {name: text}


def _named(scorecard: Scorecard, name: str, text: str) -> Person | Theme:
    """The person or theme that the text names; raises ValidationError."""
    if name == "owner":
        people = Person.objects.live().filter(organization_id=scorecard.organization_id)
        return chosen_person(text, people, "owner")
    # PostgreSQL cannot even be asked for a text with this character.
    found = None if "\x00" in text else _themes(scorecard).filter(code=text).first()
    if found is None:
        raise ValidationError("There is no such theme here any more; choose another.")
    theme: Theme = found
    return theme


def _themes(scorecard: Scorecard) -> Any:
    return Theme.objects.live().filter(scorecard=scorecard)
