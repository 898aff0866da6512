"""Whether one OpenAPI document still serves those who wrote their programs against another.

Within v1 nothing may be taken away that a program sends, reads or tells problems by. New addresses,
parameters that may be left out, fields of answers and codes of problems break nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
# Bounds that narrow what may be sent: by growing, or by shrinking.
LOWER = ("minLength", "minimum", "minItems", "exclusiveMinimum")
UPPER = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")


def breaking_changes(before: Schema, after: Schema) -> list[str]:
    """What breaks for those who rely on `before`, a sentence each; empty where nothing does."""
    return list(_Comparison(before, after).changes())


@dataclass(frozen=True)
class _Comparison:
    """Two documents side by side."""

    before: Schema
    after: Schema

    def changes(self) -> Iterator[str]:
        for path, methods in self.before["paths"].items():
            for method in METHODS:
                if method in methods:
                    place = f"{method.upper()} {path}"
                    now = self.after["paths"].get(path, {}).get(method)
                    if now is None:
                        yield f"{place} is gone."
                    else:
                        yield from self._operation(place, methods[method], now)

    def _operation(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        if before.get("operationId") != after.get("operationId"):
            yield f"{place}: the operation has another name."
        yield from _locked_out(place, before, after)
        yield from self._parameters(place, before, after)
        yield from self._body(place, before.get("requestBody"), after.get("requestBody"))
        for status, answer in before.get("responses", {}).items():
            if status.startswith("2"):
                now = after.get("responses", {}).get(status)
                yield from self._answer(f"{place} → {status}", answer, now)
        for status, code in sorted(_problems(before) - _problems(after)):
            yield f"{place}: the problem {code} with status {status} is gone."

    def _parameters(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        old, new = _by_name(before), _by_name(after)
        for key, parameter in old.items():
            where = f"{place}: parameter {key[1]}"
            if key not in new:
                yield f"{where} is gone."
            else:
                now = new[key]
                if now.get("required") and not parameter.get("required"):
                    yield f"{where} must be given now."
                yield from self._sent(where, parameter.get("schema", {}), now.get("schema", {}))
        for key in new.keys() - old.keys():
            if new[key].get("required"):
                yield f"{place}: parameter {key[1]} is new and must be given."

    def _body(self, place: str, before: Schema | None, after: Schema | None) -> Iterator[str]:
        if after and after.get("required") and not (before and before.get("required")):
            yield f"{place}: a body must be sent now."
        for media_type, content in (before or {}).get("content", {}).items():
            now = (after or {}).get("content", {}).get(media_type)
            if now is None:
                yield f"{place}: bodies of {media_type} are not taken any more."
            else:
                yield from self._sent(f"{place}: body", content["schema"], now["schema"])

    def _answer(self, place: str, before: Schema, after: Schema | None) -> Iterator[str]:
        if after is None:
            yield f"{place} is gone."
            return
        for name in sorted(before.get("headers", {}).keys() - after.get("headers", {}).keys()):
            yield f"{place}: the header {name} is gone."
        for media_type, content in before.get("content", {}).items():
            now = after.get("content", {}).get(media_type)
            if now is None:
                yield f"{place}: answers of {media_type} are gone."
            else:
                yield from self._told(place, content["schema"], now["schema"])

    def _sent(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        """What may be sent must not become less."""
        for path, old, new in self._pairs(place, before, after):
            yield from (f"{path} {said}" for said in _narrowed(old, new))

    def _told(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        """What is answered must keep its fields, each with no type that it did not have."""
        for path, old, new in self._pairs(place, before, after):
            yield from (f"{path} {said}" for said in _unreliable(old, new))

    def _pairs(
        self,
        place: str,
        before: Schema,
        after: Schema,
        seen: frozenset[tuple[str, str]] = frozenset(),
    ) -> Iterator[tuple[str, Schema, Schema]]:
        """The schemas and all beneath them that both have, by where they stand."""
        names = (before.get("$ref", ""), after.get("$ref", ""))
        if all(names) and names in seen:
            return
        seen |= {names}
        old, new = _resolved(self.before, before), _resolved(self.after, after)
        yield place, old, new
        for name, schema in old["properties"].items():
            if name in new["properties"]:
                yield from self._pairs(f"{place}.{name}", schema, new["properties"][name], seen)
        for key, sign in (("items", "[]"), ("additionalProperties", ".*")):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self._pairs(f"{place}{sign}", old[key], new[key], seen)


def _locked_out(place: str, before: Schema, after: Schema) -> Iterator[str]:
    """Each way in that sufficed must go on to suffice: with these schemes and no scope more."""
    ways = after.get("security") or [{}]
    for old in before.get("security", []):
        if not any(_suffices(old, way) for way in ways):
            named = " and ".join(" ".join([name, *old[name]]) for name in old)
            yield f"{place}: {named} does not suffice any more."


def _suffices(sent: Schema, asked: Schema) -> bool:
    return all(name in sent and set(asked[name]) <= set(sent[name]) for name in asked)


def _by_name(operation: Schema) -> dict[tuple[str, str], Schema]:
    return {(each["in"], each["name"]): each for each in operation.get("parameters", [])}


def _problems(operation: Schema) -> set[tuple[str, str]]:
    """(status, code) of each problem; components of answers are named by their codes."""
    named = {s: each.get("$ref", "") for s, each in operation.get("responses", {}).items()}
    codes = {status: ref.rpartition("/")[2].split(".") for status, ref in named.items() if ref}
    return {(status, code) for status, found in codes.items() for code in found}


def _resolved(document: Schema, schema: Schema) -> Schema:
    """The schema with what it refers to and what it is made of, and `types` that it may have."""
    whole: Schema = {"properties": {}, "required": [], "types": set()}
    for part in _parts(document, schema):
        properties, needed = part.get("properties", {}), part.get("required", [])
        rest = {k: v for k, v in part.items() if k not in {"properties", "required", "$ref"}}
        whole = {**whole, **rest, "properties": whole["properties"] | properties}
        whole["required"] = [*whole["required"], *needed]
        whole["types"] = whole["types"] | _types(part)
    return whole


def _parts(document: Schema, schema: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        kind, name = schema["$ref"].split("/")[-2:]
        yield from _parts(document, document["components"][kind][name])
    for each in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _parts(document, each)
    yield schema


def _types(schema: Schema) -> set[str]:
    said = schema.get("type", [])
    return set(said) if isinstance(said, list) else {said}


def _narrowed(old: Schema, new: Schema) -> Iterator[str]:
    lost = old["types"] - new["types"]
    if lost == {"integer"} and "number" in new["types"]:
        lost = set()
    if lost and new["types"]:
        yield f"cannot be {' or '.join(sorted(lost))} any more."
    if new["types"] and not old["types"]:
        yield f"must be {' or '.join(sorted(new['types']))} now."
    if "enum" in new and not set(map(str, old.get("enum", ["…"]))) <= set(map(str, new["enum"])):
        yield "may have fewer values."
    yield from _narrowed_form(old, new)
    yield from _narrowed_fields(old, new)


def _narrowed_form(old: Schema, new: Schema) -> Iterator[str]:
    for name in ("pattern", "format"):
        if name in new and new[name] != old.get(name):
            yield f"must have another {name}."
    for name in (*LOWER, *UPPER):
        if name in new and (name not in old or _is_tighter(name, old[name], new[name])):
            yield f"is bounded more tightly by {name}."
    if "default" in old and ("default" not in new or new["default"] != old["default"]):
        yield "means something else where it is left out."


def _narrowed_fields(old: Schema, new: Schema) -> Iterator[str]:
    for name in sorted(set(new["required"]) - set(old["required"])):
        yield f"must have {name} now."
    for name in sorted(old["properties"].keys() - new["properties"].keys()):
        yield f"cannot have {name} any more."
    was, now = (each.get("additionalProperties", True) for each in (old, new))
    if "object" in old["types"] and now != was and (now is False or was in (True, {})):
        yield "cannot have just any other field now."


def _is_tighter(name: str, old: float, new: float) -> bool:
    return new > old if name in LOWER else new < old


def _unreliable(old: Schema, new: Schema) -> Iterator[str]:
    gained = new["types"] - old["types"]
    if old["types"] and gained and not (gained == {"integer"} and "number" in old["types"]):
        yield f"can be {' or '.join(sorted(gained))} now."
    if "format" in old and new.get("format") != old["format"]:
        yield f"need not have the format {old['format']} any more."
    for name in sorted(old["properties"].keys() - new["properties"].keys()):
        yield f"lacks {name}."
    kept = set(new["properties"])
    for name in sorted((set(old["required"]) & kept) - set(new["required"])):
        yield f"may lack {name}."
