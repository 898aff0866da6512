"""JSON schemas of what is sent and answered, from the types that read and make it."""

from typing import Any

import msgspec

from .describing import Component, Listing, Many, OneOf, Schema

REFERENCE = "#/components/schemas/{name}"


class Components:
    """The named schemas that operations refer to, collected on the way."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def schema(self, what: Any) -> Schema:
        """The schema of a type, a component, a listing or many of them, or a schema as it is."""
        match what:
            case dict():
                return what
            case Component():
                return self._add(what.name, what.schema())
            case Listing():
                return self._listing(what)
            case Many():
                return {"type": "array", "items": self.schema(what.item), "maxItems": what.most}
            case OneOf():
                return {"oneOf": [self.schema(each) for each in what.items]}
        (schema,), named = msgspec.json.schema_components([what], ref_template=REFERENCE)
        for name, one in named.items():
            self._add(name, one)
        return dict(schema)

    def _listing(self, listing: Listing) -> Schema:
        properties: Schema = {"results": {"type": "array", "items": self.schema(listing.item)}}
        if listing.has_cursor:
            properties["next"] = {
                "type": ["string", "null"],
                "description": "The cursor of the next page; null on the last one.",
            }
        return {"type": "object", "required": list(properties), "properties": properties}

    def _add(self, name: str, schema: Schema) -> Schema:
        plain = _in_json(schema)
        if self.schemas.setdefault(name, plain) != plain:
            raise ValueError(f"Two schemas are called {name}.")
        return {"$ref": REFERENCE.format(name=name)}


def _in_json(value: Any) -> Any:
    """Tuples as lists, and names of references as OpenAPI takes them."""
    return msgspec.to_builtins(value)
