"""The OpenAPI description of records, from the registry of their fields."""

from collections.abc import Callable
from typing import Any

from scorecards.api.schema import Component, Described, Listing, Many, OneOf, Parameter
from scorecards.api.schema.parameters import CODE, PERIOD, SWITCH
from scorecards.selectors.records import Field, Form
from scorecards.services.records.publishing import STRUCTURE

from .resources import Resource

MOST_ROWS = 1000
Schema = dict[str, Any]
DRY_RUN = Parameter("1 answers as if it were done, and stores nothing.", SWITCH, "1")
VALID_FROM = Parameter(
    "The period from which the changed structure holds; by default the running one, or the first"
    " that is open.",
    PERIOD,
    "2026-04",
)
SEARCH = Parameter("Words of the name or code.", {"type": "string", "maxLength": 200})
DAY = {"type": ["string", "null"], "format": "date", "readOnly": True}
HOLDS: Schema = {
    "valid_from": {
        **DAY,
        "description": "Since when the scorecard's structure holds as it stands; null of a draft.",
    },
    "valid_until": {
        **DAY,
        "description": "From when on the scorecard has no structure; null while it holds on.",
    },
}
LONG = {"type": "string", "minLength": 1, "maxLength": 200}
PATHS = {
    "valid_from": Parameter("Label of the first period for which it holds.", PERIOD, "2026-01"),
    "milestone": Parameter("Name of the milestone.", LONG),
    "milestone_number": Parameter(
        "1, or counting on where milestones share a name.",
        {"type": "integer", "minimum": 1, "maximum": 100},
    ),
    "person": Parameter("Code of a person.", CODE, "ada"),
}
STATES = ("invalid_body", "already_exists", "period_closed", "conflict")


def described(resource: Resource, method: str, *, is_list: bool) -> Described:
    """What the schema says of a method."""
    about = _of_list(resource, method) if is_list else _of_one(resource, method)
    paths = {name: PATHS[name] for name in resource.named if name in PATHS}
    return Described(**{**about, "parameters": {**paths, **about.get("parameters", {})}})


def component(resource: Resource) -> Component:
    """A record as it is answered."""
    return Component(resource.one_name, lambda: _answer(resource))


def _of_list(resource: Resource, method: str) -> dict[str, Any]:
    if method == "get":
        return {
            "answer": Listing(component(resource)),
            "parameters": _filters(resource),
            "summary": f"List {_plural(resource)}",
        }
    new = Component(f"New{resource.one_name}", lambda: _new(resource))
    found = Many(component(resource), MOST_ROWS)
    return {
        "answer": OneOf((component(resource), Listing(component(resource), has_cursor=False))),
        "body": OneOf((new, Many(new, found.most))),
        "status": 201,
        "problems": (*STATES, "too_many_rows", *_periods(resource)),
        "parameters": {"dry_run": DRY_RUN, "valid_from": VALID_FROM},
        "summary": f"Add {_singular(resource)}",
    }


def _of_one(resource: Resource, method: str) -> dict[str, Any]:
    word = _singular(resource)
    if method == "get":
        return {"answer": component(resource), "is_tagged": True, "summary": f"Read {word}"}
    writing = {"is_guarded": True, "parameters": {"dry_run": DRY_RUN, "valid_from": VALID_FROM}}
    if method == "delete":
        problems = ("period_closed", "in_use", "conflict", *_periods(resource))
        return {**writing, "status": 204, "problems": problems, "summary": f"Remove {word}"}
    change = Component(f"{resource.one_name}Change", lambda: _change(resource))
    told = {"answer": component(resource), "body": change, "is_tagged": True}
    problems = (*STATES, *_periods(resource))
    return {**writing, **told, "problems": problems, "summary": f"Change {word}"}


def _periods(resource: Resource) -> tuple[str, ...]:
    """What belongs to a scorecard is written from a period on."""
    return ("invalid_period",) if resource.name in STRUCTURE else ()


def _singular(resource: Resource) -> str:
    word = resource.kind.word
    if resource.name == "settings":
        return "the settings"
    return f"an {word}" if word[0] in "aeio" else f"a {word}"


def _plural(resource: Resource) -> str:
    label = resource.kind.label
    return label if label.startswith("KPI") else label.lower()


def _filters(resource: Resource) -> dict[str, Parameter]:
    found = {field.name: _filter(field) for field in resource.filters}
    if resource.orderings:
        names = [each for name in resource.orderings for each in (name, f"-{name}")]
        meaning = "The field that orders the list; with - downwards."
        found["ordering"] = Parameter(meaning, {"type": "string", "enum": names})
    return {**found, "q": SEARCH}


def _filter(field: Field) -> Parameter:
    if field.form is Form.CHOICE:
        return Parameter(f"{field.label}.", {"type": "string", "enum": list(field.choices)})
    return Parameter(f"Code: {field.label.lower()}.", CODE)


# --- Components


def _answer(resource: Resource) -> Schema:
    properties = {field.name: _property(field, is_read=True) for field in resource.kind.fields}
    if resource.name == "kpis":
        properties["answers"] = {"type": "object", "readOnly": True}
        properties["units"] = {
            "type": "array",
            "items": {"type": "string"},
            "readOnly": True,
            "description": "Codes of the units at which it is measured.",
        }
    if resource.name in STRUCTURE:
        properties |= HOLDS
    return {"type": "object", "required": list(properties), "properties": properties}


def _new(resource: Resource) -> Schema:
    named = {resource.named[name] for name in resource.list_named}
    fields = [field for field in resource.kind.fields if field.name not in named]
    required = [field.name for field in fields if field.is_required]
    return {
        "type": "object",
        "required": required,
        "properties": {field.name: _property(field) for field in fields},
        "additionalProperties": False,
    }


def _change(resource: Resource) -> Schema:
    fields = [field for field in resource.kind.fields if field.name not in resource.kind.key]
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "additionalProperties": False,
    }


def _property(field: Field, *, is_read: bool = False) -> Schema:
    """The JSON schema of a field's value."""
    by_field = _BY_FIELD.get(field.form)
    schema = dict(by_field(field) if by_field else _ALIKE[field.form])
    if field.help:
        schema["description"] = field.help
    may_be_null = not field.is_required
    if is_read:
        is_naming = field.form in (Form.CODE, Form.CHOICE) and field.default in ("", None)
        may_be_null = may_be_null and (field.default is None or is_naming)
    return _or_null(schema) if may_be_null else schema


def _or_null(schema: Schema) -> Schema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _text(field: Field) -> Schema:
    about: Schema = {"type": "string", "maxLength": field.longest}
    return {**about, "minLength": 1} if field.is_required else about


def _number(field: Field) -> Schema:
    return {"type": "number", "minimum": field.lowest, "maximum": field.highest}


def _whole(field: Field) -> Schema:
    return {"type": "integer", "minimum": int(field.lowest), "maximum": int(field.highest)}


def _choice(field: Field) -> Schema:
    return {"type": "string", "enum": list(field.choices)}


def _choices(field: Field) -> Schema:
    return {"type": "array", "items": _choice(field), "minItems": 1}


def _list_of(*types: str) -> Schema:
    pair = {"type": "array", "prefixItems": [{"type": each} for each in types]}
    return {"type": "array", "items": {**pair, "minItems": 2, "maxItems": 2}}


# Of the forms whose fields are all alike, and of the others by the field.
_ALIKE: dict[Form, Schema] = {
    Form.CODE: CODE,
    Form.CODES: {"type": "array", "items": {"type": "string", "maxLength": 101}},
    Form.MONEY: {"type": "string", "pattern": r"^[0-9]{1,14}(\.[0-9]{1,2})?$"},
    Form.YES_NO: {"type": "boolean"},
    Form.DATE: {"type": "string", "format": "date"},
    Form.PERIOD: PERIOD,
    Form.PAIRS: _list_of("string", "number"),
    Form.POINTS: _list_of("number", "number"),
}
_BY_FIELD: dict[Form, Callable[[Field], Schema]] = {
    Form.TEXT: _text,
    Form.NUMBER: _number,
    Form.WHOLE: _whole,
    Form.CHOICE: _choice,
    Form.CHOICES: _choices,
}
