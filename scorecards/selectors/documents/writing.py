"""Writing an organization as text: the same records always make the same text."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import yaml

from organizations.access import Access
from scorecards.selectors.records import ALL_KINDS, Field, Form, Key, Record, Value, records_of
from scorecards.selectors.records.fields import number_text

from .layout import FORMAT, SECTIONS, SETTINGS, Section

WIDTH = 100
Rows = Mapping[str, Mapping[Key, Sequence[Record]]]
"""By kind and what the entries above say: the records beneath them, in their order."""


def organization_text(access: Access) -> str:
    """All that the reader may see but values, by a fixed number of statements."""
    return document_text({kind: records_of(access, kind) for kind in ALL_KINDS})


def document_text(records: Mapping[str, Sequence[Record]]) -> str:
    """The records as text; what says no more than a new record would is left out."""
    document: dict[str, Any] = {"format": FORMAT}
    for record in records.get(SETTINGS.kind_name, ()):
        document[SETTINGS.name] = _entry(SETTINGS, record, {})
    rows = _rows_beneath(records)
    for section in SECTIONS:
        entries = _entries(section, (), rows)
        if entries:
            document[section.name] = entries
    text: str = yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=WIDTH,
    )
    return text


def _rows_beneath(records: Mapping[str, Sequence[Record]]) -> Rows:
    found: dict[str, dict[Key, list[Record]]] = {}
    for section in all_sections(SECTIONS):
        beneath: dict[Key, list[Record]] = defaultdict(list)
        kind = section.kind
        for record in sorted(records.get(kind.name, ()), key=lambda r: in_order(kind.name, r)):
            beneath[tuple(record[name] for name, _ in section.from_above)].append(record)
        found[kind.name] = beneath
    found["units"] = {(): list(_tree(found["units"].get((), [])))}
    return found


def all_sections(sections: Sequence[Section]) -> Iterator[Section]:
    """These and all beneath them."""
    for section in sections:
        yield section
        yield from all_sections(section.parts)


def in_order(kind: str, record: Record) -> tuple[Value, ...]:
    """How siblings are sorted: by their places, or days, and then by what names them."""
    if kind == "milestones":
        return record["due_on"], record["name"], record["number"]
    name = record["name"] if kind == "units" else ""  # as the tree shows equal places
    return record.get("position", 0), name, *ALL_KINDS[kind].key_of(record)


def _tree(units: Sequence[Record]) -> Iterator[Record]:
    """Depth first; without recursion, for a tree may be deep."""
    beneath: dict[str, list[Record]] = defaultdict(list)
    for unit in units:
        beneath[unit["parent"]].append(unit)
    waiting = beneath[""][::-1]
    while waiting:
        unit = waiting.pop()
        yield unit
        waiting += beneath[unit["code"]][::-1]


def _entries(section: Section, above: Key, rows: Rows) -> Any:
    records = rows[section.kind_name].get(above, ())
    if section.is_list:
        return [_entry(section, record, rows) for record in records]
    return {
        ".".join(str(record[name]) for name in section.named_by): _entry(section, record, rows)
        for record in records
    }


def _entry(section: Section, record: Record, rows: Rows) -> Any:
    if section.only:
        return _plain(section.kind.by_name[section.only], record[section.only])
    entry = {
        item.name: _plain(item, record[item.name])
        for item in section.fields
        if record[item.name] != item.default or (item.is_required and record[item.name] != "")
    }
    for part in section.parts:
        above = tuple(record[theirs] for _, theirs in part.from_above)
        entries = _entries(part, above, rows)
        if entries:
            entry[part.name] = entries
    return entry


def _plain(item: Field, value: Value) -> Any:
    """As the text shows it: pairs as a mapping."""
    return dict(value) if item.form in (Form.PAIRS, Form.POINTS) else value


class _Dumper(yaml.CSafeDumper):
    """Block style, without references; texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _number(dumper: yaml.CSafeDumper, value: float) -> yaml.ScalarNode:
    """Shortest; a tool that reads YAML takes what has no point for a whole number, which it is."""
    text = number_text(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")  # else YAML takes it for a word
    tag = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{tag}", text)


def _amount(dumper: yaml.CSafeDumper, value: Decimal) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)
_Dumper.add_representer(Decimal, _amount)
assert dt.date in yaml.CSafeDumper.yaml_representers
