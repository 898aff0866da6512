"""The API's description: that of the code, and a promise that no change may break."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from organizations.models.token import SCOPES
from scorecards.api.schema.comparison import breaking_changes
from tests.generated_docs import DOCS
from tests.scorecards.api_contract import FROZEN, freeze, frozen

KPI: dict[str, Any] = {
    "type": "object",
    "required": ["code", "kind"],
    "properties": {
        "code": {"type": "string", "maxLength": 50},
        "kind": {"type": "string", "enum": ["number", "graded"]},
        "target": {"type": ["number", "null"]},
        "since": {"type": "string", "format": "date"},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Kpi"}},
    },
}
"""A schema that is answered and refers to itself; nearly the same one is sent."""
NEW_KPI = {**KPI, "properties": {k: v for k, v in KPI["properties"].items() if k != "parts"}}
PLAN: dict[str, Any] = {
    "paths": {
        "/kpis": {
            "post": {
                "operationId": "post_kpis",
                "security": [{"token": ["read"]}, {"session": []}],
                "parameters": [
                    {
                        "name": "mode",
                        "in": "query",
                        "schema": {"enum": ["atomic", "partial"], "default": "atomic"},
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": NEW_KPI}},
                },
                "responses": {
                    "201": {
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Kpi"}}
                        },
                    }
                },
            }
        }
    },
    "components": {"schemas": {"Kpi": KPI}},
}
DOCUMENT = json.loads(json.dumps(PLAN))  # nothing is shared between its parts


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The document as the code says it; a warning of the generator is a failure."""
    path = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", file=str(path), validate=True, fail_on_warn=True)
    return path.read_text()


def loaded(text: str) -> Any:
    return yaml.load(text, yaml.CSafeLoader)


@pytest.fixture(scope="module")
def document(generated: str) -> Any:
    return loaded(generated)


def test_no_change_breaks_who_uses_the_api(document: Any) -> None:
    """Neither what was promised once and for all, nor what is described since."""
    assert breaking_changes(frozen(), document) == []
    stored = loaded((DOCS / "openapi.yaml").read_text())
    assert breaking_changes(stored, document) == []


def test_the_stored_description_is_that_of_the_code(generated: str) -> None:
    stored = (DOCS / "openapi.yaml").read_text()
    assert stored == generated, "Run: manage.py spectacular --file docs/openapi.yaml"


def test_every_operation_is_described_wholly(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert len(operations) >= 8
    for operation in operations:
        name = operation["operationId"]
        assert operation["summary"], name
        *tokens, session = operation["security"]
        assert session == {"session": []}, name
        assert tokens, name
        assert all(list(way) == ["token"] for way in tokens), name
        assert {scope for way in tokens for scope in way["token"]} <= set(SCOPES), name
        assert {"400", "401", "404", "429", "500", "503"} <= operation["responses"].keys(), name
        assert all(each["description"] for each in operation["parameters"]), name
    for name, answer in document["components"]["responses"].items():
        examples = answer["content"]["application/problem+json"]["examples"]
        assert ".".join(examples) == name
        assert all(code in answer["description"] for code in examples)


# --- What breaks


def at(document: Any, *path: Any) -> Any:
    for name in path:
        document = document[name]
    return document


POST = ("paths", "/kpis", "post")
SENT = (*POST, "requestBody", "content", "application/json", "schema")
TOLD = ("components", "schemas", "Kpi")
MODE = (*POST, "parameters", 0)


@pytest.mark.parametrize(
    ("place", "key", "value", "said"),
    [
        (("paths",), "/kpis", None, "POST /kpis is gone."),
        (("paths", "/kpis"), "post", None, "POST /kpis is gone."),
        (POST, "operationId", "create", "another name"),
        (POST, "security", [{"token": ["read"]}], "POST /kpis: session does not suffice"),
        (POST, "security", [{"token": ["read", "write"]}, {"session": []}], "token read does not"),
        (POST, "security", [{"token": ["write"]}, {"session": []}], "token read does not suffice"),
        (POST, "parameters", [], "parameter mode is gone"),
        (MODE, "required", True, "parameter mode must be given now"),
        ((*MODE, "schema"), "enum", ["atomic"], "parameter mode may have fewer values"),
        ((*MODE, "schema"), "pattern", "^a", "parameter mode must have another pattern"),
        ((*MODE, "schema"), "default", "partial", "mode means something else where it is left out"),
        ((*MODE, "schema"), "default", None, "mode means something else where it is left out"),
        ((*POST, "responses", "201"), "headers", {}, "→ 201: the header ETag is gone"),
        ((*POST, "responses"), "201", None, "→ 201 is gone"),
        ((*POST, "responses", "201"), "content", {}, "answers of application/json are gone"),
        ((*POST, "requestBody"), "content", {}, "bodies of application/json are not taken"),
        (SENT, "required", ["code", "kind", "target"], "body must have target now"),
        ((*SENT, "properties", "code"), "type", "integer", "body.code cannot be string"),
        ((*SENT, "properties", "code"), "maxLength", 40, "body.code is bounded more tightly"),
        ((*SENT, "properties", "code"), "minLength", 1, "body.code is bounded more tightly"),
        ((*SENT, "properties", "target"), "type", ["number"], "body.target cannot be null"),
        ((*SENT, "properties", "kind"), "enum", ["number"], "body.kind may have fewer values"),
        ((*SENT, "properties"), "kind", None, "body cannot have kind any more"),
        ((*SENT, "properties", "code"), "format", "uuid", "body.code must have another format"),
        (SENT, "additionalProperties", False, "body cannot have just any other field"),
        (TOLD, "required", ["kind"], "→ 201 may lack code"),
        ((*TOLD, "properties"), "code", None, "→ 201 lacks code"),
        ((*TOLD, "properties", "code"), "type", ["string", "null"], "201.code can be null now"),
        ((*TOLD, "properties", "since"), "format", None, "201.since need not have the format date"),
        ((*TOLD, "properties", "parts"), "items", {"type": "string"}, "parts[] can be string now"),
    ],
)
def test_what_takes_something_away_is_told(place: Any, key: Any, value: Any, said: str) -> None:
    after = copy.deepcopy(DOCUMENT)
    if value is None:
        del at(after, *place)[key]
    else:
        at(after, *place)[key] = value
    assert said in "\n".join(breaking_changes(DOCUMENT, after))


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        (("paths",), "/units", {"get": {"operationId": "get_units"}}),
        (POST, "parameters", [at(DOCUMENT, *MODE), {"name": "wait", "in": "query", "schema": {}}]),
        ((*MODE, "schema"), "enum", ["atomic", "partial", "rehearsed"]),
        (POST, "security", [{"token": []}, {"session": []}, {"key": []}]),
        ((*POST, "responses", "201", "headers"), "Location", {"schema": {"type": "string"}}),
        ((*SENT, "properties", "code"), "default", "c1"),
        (TOLD, "additionalProperties", False),
        (SENT, "required", ["code"]),
        ((*SENT, "properties", "code"), "maxLength", 60),
        ((*SENT, "properties"), "note", {"type": "string"}),
        ((*TOLD, "properties"), "note", {"type": "string"}),
        ((*TOLD, "properties", "target"), "type", "number"),
        ((*POST, "responses"), "409", {"description": "In use."}),
    ],
)
def test_what_adds_something_breaks_nothing(place: Any, key: Any, value: Any) -> None:
    after = copy.deepcopy(DOCUMENT)
    at(after, *place)[key] = value
    assert breaking_changes(DOCUMENT, after) == []


KPIS = "/api/v1/{organization}/kpis"
FIELDS = ("components", "schemas", "Kpi", "properties")
LINKS = "/api/v1/{organization}/public-links"


@pytest.mark.parametrize(
    ("place", "key", "value", "said"),
    [
        (("paths",), f"{KPIS}/{{kpi}}/chart", None, f"GET {KPIS}/{{kpi}}/chart is gone."),
        (FIELDS, "frequency", None, f"GET {KPIS}/{{kpi}} → 200 lacks frequency."),
        (FIELDS, "name", {"type": "integer"}, f"GET {KPIS}/{{kpi}} → 200.name can be integer now."),
        (
            ("components", "schemas", "NewKpi"),
            "required",
            ["code", "name", "owner"],
            f"POST {KPIS}: body must have owner now.",
        ),
        (
            ("components", "schemas", "NewKpi", "properties", "decimals"),
            "type",
            "string",
            f"POST {KPIS}: body.decimals cannot be integer or null any more.",
        ),
        (
            ("components", "schemas", "NewPublicLink", "properties", "days"),
            "default",
            30,
            f"POST {LINKS}: body.days means something else where it is left out.",
        ),
        (
            ("paths", f"{KPIS}/{{kpi}}", "get", "responses", "200"),
            "headers",
            {},
            f"GET {KPIS}/{{kpi}} → 200: the header ETag is gone.",
        ),
        (
            ("paths", KPIS, "post"),
            "security",
            [{"token": ["structure:write", "measurements:write"]}, {"session": []}],
            f"POST {KPIS}: token structure:write does not suffice any more.",
        ),
        (
            ("paths", f"{KPIS}/{{kpi}}", "delete", "responses"),
            "409",
            {"$ref": "#/components/responses/conflict"},
            f"DELETE {KPIS}/{{kpi}}: the problem in_use with status 409 is gone.",
        ),
    ],
)
def test_the_promise_of_v1_holds_whatever_is_described(
    document: Any, place: Any, key: Any, value: Any, said: str, tmp_path: Path
) -> None:
    """Also where description and code are changed together, and it is asked to be frozen anew."""
    after = copy.deepcopy(document)
    if value is None:
        del at(after, *place)[key]
    else:
        at(after, *place)[key] = value
    assert said in breaking_changes(frozen(), after)
    copied = tmp_path / "api_v1.json"
    copied.write_text(FROZEN.read_text())
    assert said in freeze(after, copied)
    assert copied.read_text() == FROZEN.read_text()


# --- The page


@pytest.mark.django_db
def test_the_description_is_for_everybody() -> None:
    answer = Client().get("/api/v1/openapi.yaml")
    assert answer["Content-Type"] == "application/yaml"
    assert answer.content == (DOCS / "openapi.yaml").read_bytes()
    assert "data-csrf" not in Client().get("/api/docs").text
