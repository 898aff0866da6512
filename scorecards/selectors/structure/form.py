"""What somebody typed into the structure's page, read against the structure that they saw.

A row that another has saved meanwhile is compared with its older version from the history, so that
only what was typed counts as a change, and nothing else of the page takes the other's work back.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scorecards.selectors.editions.changes import weight_text

from .nodes import FIELDS, StructureNode

WEIGHT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?")
WRONG_WEIGHT = "Write a number from 0 to 1,000,000, such as 30 or 2.5."
OFFERED = ("name", "weight", "rule", "is_capped")
LONGEST = 300  # characters of a field that are read: one past what a name may have is refused


@dataclass(frozen=True)
class TypedStructure:
    """`values` by key of the node, `texts` and `problems` by `<key>.<field>`.

    `values` holds only what differs from what its author saw, and for each node the version.
    """

    versions: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def text(self, node: StructureNode, name: str) -> str:
        """What the field shows: what was typed where it differs, or else what is stored."""
        return self.texts.get(f"{node.key}.{name}", stored_text(node.row, name))

    def meanwhile(self, node: StructureNode, name: str) -> str:
        """What another has saved in a field that was typed into, in words; "" where nobody has."""
        if self.versions.get(node.key, node.row.version) == node.row.version:
            return ""
        now = stored_text(node.row, name)
        if self.texts.get(f"{node.key}.{name}", now) == now:
            return ""
        if name == "is_capped":
            return "capped at 100" if now else "not capped"
        return now.replace("_", " ") if name == "rule" else now


def form_fields(kind: str) -> tuple[str, ...]:
    """The fields that the page offers for that kind of node."""
    return tuple(name for name in FIELDS[kind] if name in OFFERED)


def stored_text(row: Any, name: str) -> str:
    """A field of a row as the page's control holds it; a box that is not ticked holds nothing."""
    value = getattr(row, name)
    if name == "is_capped":
        return "on" if value else ""
    return weight_text(value) if name == "weight" else str(value)


def typed_structure(nodes: Iterable[StructureNode], posted: Mapping[str, str]) -> TypedStructure:
    """What was typed; nodes that the page did not show yet are left out."""
    versions: dict[str, int] = {}
    values: dict[str, dict[str, Any]] = {}
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for node in nodes:
        version = posted.get(f"{node.key}.version", "")
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            continue
        versions[node.key] = int(version)
        seen = seen_row(node, int(version))
        for name in form_fields(node.kind):
            text = posted.get(f"{node.key}.{name}", "")[:LONGEST].strip()
            if seen is not None and text == stored_text(seen, name):
                continue
            texts[f"{node.key}.{name}"] = text
            if name == "weight" and not WEIGHT.fullmatch(text):
                problems[f"{node.key}.weight"] = WRONG_WEIGHT
                continue
            values.setdefault(node.key, {})[name] = _value(name, text)
    return TypedStructure(versions, values, texts, problems)


def _value(name: str, text: str) -> Any:
    if name == "weight":
        return float(text)
    return bool(text) if name == "is_capped" else text


def seen_row(node: StructureNode, version: int) -> Any:
    """The row as its author saw it; None where that is not known."""
    if node.row.version == version:
        return node.row
    return type(node.row).history.filter(id=node.row.pk, version=version).first()
