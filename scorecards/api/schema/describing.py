"""What a method of a view says of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .parameters import Parameter

Schema = dict[str, Any]
JSON = "application/json"


@dataclass(frozen=True)
class Component:
    """A schema by a name of its own, for what is no type: what a registry of fields says."""

    name: str
    schema: Callable[[], Schema]


@dataclass(frozen=True)
class Listing:
    """A page of a list: `results`, and `next` for the page after it."""

    item: Any
    has_cursor: bool = True


@dataclass(frozen=True)
class Many:
    """An array."""

    item: Any
    most: int


@dataclass(frozen=True)
class OneOf:
    """One of several, by what it looks like."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class Described:
    """What the schema says of a method, beside its docstring.

    answer: what a success holds: a type that msgspec knows (TypedDict, Struct, plain types), a
    Component, a Listing or Many of them; None for an answer without content. body: the same for
    what is sent, or by media type. status: of a success. parameters: those that this method means
    otherwise than the registry says. problems: codes beyond those that every address may answer.
    answer_type: of the answer, where it is no JSON. headers: of the answer, by name. example and
    body_example: shown as they are. summary: where the docstring serves several kinds.
    """

    answer: Any = None
    body: Any = None
    status: int = 200
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    example: Any = None
    body_example: Any = None
    media_type: str = JSON
    answer_type: str = JSON
    summary: str = ""
    is_guarded: bool = False  # takes If-Match
    is_tagged: bool = False  # answers with an ETag that If-Match takes


def described(answer: Any = None, **about: Any) -> Callable[[Any], Any]:
    """Note on a method what `Described` says; the docstring's first line becomes its summary."""

    def note(method: Any) -> Any:
        method.described = Described(answer, **about)
        return method

    return note
