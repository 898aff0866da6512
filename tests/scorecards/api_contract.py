"""The promise of v1, frozen: what programs rely on, without the words that explain it.

`api_v1.json` is not made anew with the description: `python -m tests.scorecards.api_contract` adds
what is new to it, and writes nothing where something that it promises would be taken away. Whoever
means to break the promise does so in v2.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.generated_docs import DOCS

Schema = dict[str, Any]
FROZEN = Path(__file__).with_name("api_v1.json")
WORDS = {"description", "title", "example", "examples"}
NAMED = ("properties", "headers")  # whose keys are names, which may be called like words
METHODS = ("get", "post", "put", "patch", "delete")
PROMISED = ("operationId", "security", "parameters", "requestBody", "responses")


def frozen(frozen_at: Path = FROZEN) -> Schema:
    """The promised document."""
    return whole(json.loads(frozen_at.read_text()))


def contract(document: Schema) -> Schema:
    """What is promised of the document; what operations share stands once, by its digest."""
    shared: Schema = {}
    paths = {
        path: {method: _packed(about[method], shared) for method in METHODS if method in about}
        for path, about in document["paths"].items()
    }
    schemas = _plain(document["components"]["schemas"], has_names=True)
    return {"paths": paths, "schemas": schemas, "shared": dict(sorted(shared.items()))}


def whole(promised: Schema) -> Schema:
    """A contract as the document that it was made of."""
    shared = promised["shared"]
    paths = {
        path: {method: _unpacked(operation, shared) for method, operation in about.items()}
        for path, about in promised["paths"].items()
    }
    return {"paths": paths, "components": {"schemas": promised["schemas"]}}


def _packed(operation: Schema, shared: Schema) -> Schema:
    said: Schema = _plain({name: operation[name] for name in PROMISED if name in operation})
    said["parameters"] = [_share(each, shared) for each in said.get("parameters", [])]
    said["responses"] = {key: _share(each, shared) for key, each in said["responses"].items()}
    return said


def _unpacked(operation: Schema, shared: Schema) -> Schema:
    parameters = [shared[key] for key in operation["parameters"]]
    responses = {status: shared[key] for status, key in operation["responses"].items()}
    return {**operation, "parameters": parameters, "responses": responses}


def _share(value: Any, shared: Schema) -> str:
    key = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
    shared[key] = value
    return key


def _plain(value: Any, *, has_names: bool = False) -> Any:
    """Without words; has_names: the keys are names of fields, which may be called like these."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = (name for name in value if has_names or name not in WORDS)
    return {name: _plain(value[name], has_names=not has_names and name in NAMED) for name in kept}


def written(promised: Schema) -> str:
    """As text: a line for each operation, schema and shared part, so that changes can be read."""
    return "{\n" + ",\n".join(_sections(promised)) + "\n}\n"


def _sections(promised: Schema) -> Iterator[str]:
    for name, rows in promised.items():
        lines = ",\n".join(f"  {json.dumps(key)}: {_line(row)}" for key, row in rows.items())
        yield f' "{name}": {{\n{lines}\n }}'


def _line(row: Any) -> str:
    if isinstance(row, dict) and row.keys() <= set(METHODS):
        operations = ",\n".join(f"   {json.dumps(key)}: {_line(row[key])}" for key in row)
        return f"{{\n{operations}\n  }}"
    return json.dumps(row, sort_keys=True, separators=(",", ":"))


def freeze(document: Schema, frozen_at: Path = FROZEN) -> list[str]:
    """Promise what the document says, unless that takes something away: then what."""
    from scorecards.api.schema.comparison import breaking_changes

    broken = breaking_changes(frozen(frozen_at), document) if frozen_at.exists() else []
    if not broken:
        frozen_at.write_text(written(contract(document)))
    return broken


def main() -> str:
    """What keeps the description from being promised."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scorecard_site.settings")
    django.setup()
    broken = freeze(yaml.load((DOCS / "openapi.yaml").read_text(), yaml.CSafeLoader))
    return "\n".join(["Nothing was written; this would be taken away:", *broken]) if broken else ""


if __name__ == "__main__":
    sys.exit(main() or 0)
