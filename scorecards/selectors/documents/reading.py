"""From a text to records, with the line of each; what cannot be read is told with its line."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from scorecards.selectors.records import ALL_KINDS, Field, Form, Record, Unreadable, Value
from scorecards.selectors.records.fields import NUMBER, quoted

from .layout import BY_PLACE, FORMAT, SECTIONS, SETTINGS, Section
from .parsing import Mapping, Node, NotReadable, Scalar, Sequence, pairs_of, parsed_document

MOST_PROBLEMS = 200
CLOSE = 0.6


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with the text, and where; line 0: with all of it."""

    line: int
    text: str


@dataclass
class Document:
    """The records of a text by kind, each in the order of the text.

    lines: by kind, row and field ("" for the record itself).
    """

    records: dict[str, list[Record]] = field(default_factory=dict)
    lines: dict[tuple[str, int, str], int] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)

    def line(self, kind: str, row: int, name: str = "") -> int:
        known = self.lines.get((kind, row, name))
        return known if known is not None else self.lines.get((kind, row, ""), 0)

    @property
    def is_full(self) -> bool:
        """Whether it tells as many problems as anybody reads."""
        return len(self.problems) >= MOST_PROBLEMS

    def refuse(self, line: int, text: str) -> None:
        if not self.is_full:
            self.problems.append(LineProblem(line, text))


def read_document(content: bytes | str, *, keeps: bool = False) -> Document:
    """What the text says. Without keeps, what an entry leaves out is what a new record holds.

    With keeps, a record says only what stands in the text.
    """
    document = Document()
    if not keeps:
        document.records = {name: [] for name in ALL_KINDS}
    try:
        root = parsed_document(content)
        if not isinstance(root, Mapping):
            raise NotReadable("Begin with format: 1, and the organization beneath it.", 1)
    except NotReadable as refusal:
        document.refuse(refusal.line, refusal.text)
        return document
    _Reader(document, keeps=keeps).read(root)
    return document


class _Reader:
    def __init__(self, document: Document, *, keeps: bool) -> None:
        self.document, self.keeps = document, keeps

    def read(self, root: Mapping) -> None:
        sections = {section.name: section for section in (SETTINGS, *SECTIONS)}
        self._check_format(root)
        for key, node in pairs_of(root):
            if key.text in sections:
                self._section(sections[key.text], node, {})
            elif key.text != "format":
                self._unknown(key, ("format", *sections))
        if SETTINGS.name not in root.entries and not self.keeps:
            self.document.refuse(root.line, "The organization is missing; write organization:.")

    def _check_format(self, root: Mapping) -> None:
        node = root.entries.get("format", (None, None))[1]
        if not isinstance(node, Scalar) or node.text != str(FORMAT):
            line = node.line if node else root.line
            self.document.refuse(line, f"Write format: {FORMAT} first; no other format is known.")

    def _section(self, section: Section, node: Node, above: Record) -> None:
        if isinstance(node, Scalar) and node.is_nothing:
            return
        if section is SETTINGS:
            self._entry(section, node, above, node.line)
        elif section.is_list:
            self._list(section, node, above)
        elif not isinstance(node, Mapping):
            self.document.refuse(
                node.line, f"Write entries beneath {section.name}: code and colon."
            )
        else:
            for key, value in pairs_of(node):
                named = self._named(section, key)
                if named is not None:
                    self._entry(section, value, {**above, **named}, key.line)

    def _list(self, section: Section, node: Node, above: Record) -> None:
        if not isinstance(node, Sequence):
            self.document.refuse(node.line, f"Write {section.name} as a list, with - before each.")
            return
        numbers: dict[Value, int] = {}
        first = len(self.document.records.get(section.kind_name, ()))
        for item in node.items:
            self._entry(section, item, above, item.line)
        added = self.document.records.get(section.kind_name, [])[first:]
        for record in sorted(added, key=lambda each: str(each.get("due_on"))):
            name = record.get("name")
            record["number"] = numbers[name] = numbers.get(name, 0) + 1

    def _named(self, section: Section, key: Scalar) -> Record | None:
        """What the key of an entry says of it."""
        parts = key.text.split(".", len(section.named_by) - 1)
        if len(parts) < len(section.named_by):
            example = ".".join(section.named_by)
            self.document.refuse(key.line, f"{quoted(key.text)} lacks a part; write {example}.")
            return None
        named = {}
        for name, text in zip(section.named_by, parts, strict=True):
            try:
                named[name] = section.kind.by_name[name].read(text)
            except Unreadable as refusal:
                self.document.refuse(key.line, str(refusal))
                return None
        return named

    def _entry(self, section: Section, node: Node, named: Record, line: int) -> None:
        kind = section.kind
        said = {} if self.keeps else kind.blank()
        for name in BY_PLACE:
            said.pop(name, None)
        own = {name: value for name, value in named.items() if name in kind.by_name}
        record: Record = {**said, **own}
        rows = self.document.records.setdefault(kind.name, [])
        row = len(rows)
        self.document.lines[kind.name, row, ""] = line
        rows.append(record)
        if section.only:
            self._field(kind.by_name[section.only], node, record, row, kind.name)
        elif isinstance(node, Mapping):
            self._fields(section, node, record, row)
        elif not (isinstance(node, Scalar) and node.is_nothing):
            known = ", ".join(section.known[:4])
            self.document.refuse(node.line, f"Write its fields here, such as {known}.")

    def _fields(self, section: Section, node: Mapping, record: Record, row: int) -> None:
        parts = {part.name: part for part in section.parts}
        fields = {item.name: item for item in section.fields}
        for key, value in pairs_of(node):
            if key.text in fields:
                self.document.lines[section.kind_name, row, key.text] = key.line
                self._field(fields[key.text], value, record, row, section.kind_name)
            elif key.text in parts:
                part = parts[key.text]
                above = {mine: record[theirs] for mine, theirs in part.from_above}
                self._section(part, value, above)
            else:
                self._unknown(key, section.known)

    def _field(self, item: Field, node: Node, record: Record, row: int, kind: str) -> None:
        try:
            record[item.name] = _value(item, node)
        except Unreadable as refusal:
            why = str(refusal)
            label = "" if why.startswith(item.label) else f"{item.label}: "
            self.document.refuse(node.line, f"{label}{why}")

    def _unknown(self, key: Scalar, known: Iterable[str]) -> None:
        if self.document.is_full:
            return
        close = difflib.get_close_matches(key.text, list(known), 1, CLOSE)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}."
        self.document.refuse(key.line, f"There is no {quoted(key.text)} here; {hint}")


def _value(item: Field, node: Node) -> Value:
    if isinstance(node, Scalar):
        return item.read(node.said)
    if isinstance(node, Sequence) and item.form in (Form.CODES, Form.CHOICES):
        return item.checked([_text(item, each) for each in node.items])
    if isinstance(node, Mapping) and item.form in (Form.PAIRS, Form.POINTS):
        pairs = [[key.text, _text(item, value)] for key, value in pairs_of(node)]
        numbers = [text for pair in pairs for text in pair[item.form is Form.PAIRS :]]
        if all(NUMBER.fullmatch(text) for text in numbers):
            return item.checked(pairs)
    raise Unreadable(f"{item.label} is not written like this; write {item.example}.")


def _text(item: Field, node: Node) -> str:
    if not isinstance(node, Scalar):
        raise Unreadable(f"{item.label} is not written like this; write {item.example}.")
    return node.text
