"""Reading YAML as plain nodes with their lines; nothing of it is ever made an object.

Of YAML only what people write by hand is taken: mappings, lists and scalars. Anchors, aliases, tags
and several documents in one are refused, so a small text stays small.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 10 * 1024 * 1024
MOST_DEPTH = 20
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class NotReadable(Exception):
    """The text is no document; `line` counts from 1, 0 where it is the whole."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.text, self.line = text, line


@dataclass(frozen=True)
class Scalar:
    """A text as it was written; is_plain: without quotes."""

    text: str
    line: int
    is_plain: bool = True

    @property
    def is_nothing(self) -> bool:
        return self.is_plain and self.text in NOTHING

    @property
    def said(self) -> str:
        return "" if self.is_nothing else self.text


@dataclass
class Mapping:
    """Entries in their order; no key stands twice."""

    line: int
    entries: dict[str, tuple[Scalar, "Node"]] = field(default_factory=dict)


@dataclass
class Sequence:
    """Items in their order."""

    line: int
    items: list["Node"] = field(default_factory=list)


Node = Scalar | Mapping | Sequence


def parsed_document(content: bytes | str) -> Node:
    """The one document that the text holds. Raises NotReadable, with the line."""
    if len(content) > MOST_BYTES:
        raise NotReadable(f"The text has more than {MOST_BYTES // 1024**2} MB; write it in parts.")
    text = _decoded(content) if isinstance(content, bytes) else content
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as refusal:
        raise NotReadable(*_told(refusal)) from None
    except yaml.YAMLError:
        raise NotReadable("The text holds a character that cannot be stored; remove it.") from None
    except UnicodeEncodeError:
        raise NotReadable("The text holds a character that cannot be stored; remove it.") from None
    if builder.root is None:
        raise NotReadable("The text is empty; begin with format: 1.")
    return builder.root


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as refusal:
        line = content[: refusal.start].count(b"\n") + 1
        raise NotReadable("The text is not UTF-8; save it as UTF-8.", line) from None


def _told(refusal: yaml.MarkedYAMLError) -> tuple[str, int]:
    mark: Any = refusal.problem_mark or refusal.context_mark
    why = refusal.problem or refusal.context or "it cannot be read"
    return f"This is not YAML: {why}.", mark.line + 1 if mark else 0


class _Builder:
    """Puts nodes together from the parser's events, without recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Mapping | Sequence] = []
        self.keys: list[Scalar | None] = []  # of each open node, the key that waits for its value
        self.documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise NotReadable("A second document begins here; keep one in the text.", line)
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotReadable("References (& and *) are not read; write the text out.", line)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, line)
            self._add(Scalar(event.value, line, event.style in (None, "")))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._refuse_tag(event, line)
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            self._begin(Mapping(line) if is_mapping else Sequence(line))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.keys.pop()

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None:
            raise NotReadable("Tags (!) are not read; leave it out.", line)

    def _begin(self, node: Mapping | Sequence) -> None:
        if len(self.open) >= MOST_DEPTH:
            raise NotReadable(f"The text is nested deeper than {MOST_DEPTH} levels.", node.line)
        self._add(node)
        self.open.append(node)
        self.keys.append(None)

    def _add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        above, key = self.open[-1], self.keys[-1]
        if isinstance(above, Sequence):
            above.items.append(node)
        elif key is not None:
            above.entries[key.text] = (key, node)
            self.keys[-1] = None
        elif not isinstance(node, Scalar):
            raise NotReadable("A key is a plain word; write it in one line.", node.line)
        elif node.text in above.entries:
            first = above.entries[node.text][0].line
            raise NotReadable(f"“{node.text[:50]}” stands here and in line {first}.", node.line)
        else:
            self.keys[-1] = node


def pairs_of(node: Mapping) -> Iterator[tuple[Scalar, Node]]:
    """Keys and values in their order."""
    yield from node.entries.values()
