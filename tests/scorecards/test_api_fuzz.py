"""Requests made of the API's own description: whatever is sent, nothing breaks, now or later.

Each operation gets requests that follow the description and some that do not, by an administrator.
Codes in addresses, parameters and bodies are mostly ones that exist, and If-Match mostly names what
stands, so that many requests come to where things are written. Then every list and page is read.
`API_EXAMPLES=200` asks each operation so often; the seed is fixed.
"""

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
import pytest
import yaml
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import api_access
from tests.generated_docs import DOCS
from tests.test_access import CODES
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
DOCUMENT = yaml.load((DOCS / "openapi.yaml").read_text(), yaml.CSafeLoader)
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
ORDER = ["get", "put", "patch", "post", "delete"]
SUBJECTS: dict[str, list[tuple[str, str]]] = {}
for _path, _method in OPERATIONS:
    _tag = DOCUMENT["paths"][_path][_method]["tags"][0]
    SUBJECTS.setdefault(_tag, []).append((_path, _method))
LISTS = [path for path, method in OPERATIONS if method == "get" and path.count("{") == 1]
PAGES = ["/acme/", "/acme/kpis/", "/acme/units/sales/scorecard/"]
# What exists in Acme, by how addresses and bodies call it.
KNOWN: dict[str, list[Any]] = {
    **{name: [code] for name, code in {**CODES, **api_access.CODES}.items()},
    "unit": ["sales", "emea", "acme", "ada"],
    "kpi": ["revenue", "nps", "rating", "certified"],
    "person": ["bob", "ada"],
    "owner": ["bob", "ada"],
    "parent": ["emea", "acme"],
    "period": ["2026-03", "2026-Q1", "2026"],
    "valid_from": ["2026-01", "2026-04-01"],
    "from": ["2026-01"],
    "to": ["2026-06"],
}


@dataclass(frozen=True)
class Sent:
    """A request as it goes out."""

    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: bytes
    media_type: str


@functools.cache
def described() -> Any:
    """The description as schemathesis reads it."""
    import schemathesis

    return schemathesis.openapi.from_dict(DOCUMENT)


@functools.cache
def validator(path: str, method: str, status: str) -> Any:
    """Of the answers of a status; a field that is not described is an error."""
    answer = DOCUMENT["paths"][path][method]["responses"][status]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].split("/")[-1]]
    content = answer.get("content", {})
    schemas = [each["schema"] for each in content.values()]
    if not schemas:
        return None
    whole = strict if status < "400" else lambda schema: schema
    components = {"schemas": whole(DOCUMENT["components"]["schemas"])}
    return jsonschema_rs.validator_for({**whole(schemas[0]), "components": components})


def strict(schema: Any) -> Any:
    """The schema with every object closed that names its fields."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(each) for name, each in schema.items()}
    if isinstance(closed.get("properties"), dict) and closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


@st.composite
def requests(draw: Any, path: str, method: str) -> Sent:
    """A request of the operation, one in four against its description."""
    from schemathesis import GenerationMode

    is_wrong = draw(st.sampled_from([False, False, False, True]))
    mode = GenerationMode.NEGATIVE if is_wrong else GenerationMode.POSITIVE
    case = draw(strategy(path, method, mode))
    codes = {name: draw(known(name, value)) for name, value in (case.path_parameters or {}).items()}
    codes["organization"] = "acme"
    query = {name: draw(known(name, value)) for name, value in plain(case.query).items()}
    headers = {
        name: str(value)
        for name, value in plain(case.headers).items()
        if name in {"If-Match", "Idempotency-Key"} and str(value).isascii()
    }
    body = case.body if isinstance(case.body, bytes) else encoded(draw(filled(case.body)))
    address = path
    for name, value in codes.items():
        address = address.replace(f"{{{name}}}", quote(str(value), safe=""))
    return Sent(method, address, query, headers, body, case.media_type or "application/json")


@functools.cache
def strategy(path: str, method: str, mode: Any) -> Any:
    return described()[path][method.upper()].as_strategy(generation_mode=mode)


def plain(values: Any) -> dict[str, Any]:
    return dict(values) if isinstance(values, dict) else {}


def known(name: str, value: Any) -> Any:
    """Mostly what exists, sometimes what was generated."""
    if name not in KNOWN:
        return st.just(value)
    return st.one_of(*(st.just(each) for each in KNOWN[name] * 2), st.just(value))


@st.composite
def filled(draw: Any, body: Any) -> Any:
    """The body with mostly known codes."""
    if isinstance(body, list):
        return [draw(filled(each)) for each in body[:20]]
    if not isinstance(body, dict):
        return body
    return {name: draw(known(name, each)) for name, each in body.items()}


def encoded(body: Any) -> bytes:
    import json

    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError):
        return b""


# --- Asking


@dataclass(frozen=True)
class Asker:
    """An administrator of Acme at the API."""

    client: Client

    def ask(self, sent: Sent) -> Any:
        address = f"{sent.path}?{urlencode(sent.query, doseq=True)}"
        headers = dict(sent.headers)
        if "If-Match" in headers and len(headers["If-Match"]) % 3:
            headers["If-Match"] = self.client.get(sent.path).get("ETag", headers["If-Match"])
        with transaction.atomic():
            answer = self.client.generic(
                sent.method.upper(), address, sent.body, sent.media_type, headers=headers
            )
            # What is deleted would be missed by the requests that follow.
            transaction.set_rollback(sent.method == "delete")
        return answer


@pytest.fixture
def asker(acme: World) -> Asker:
    api_access.furnish(acme)
    client = Client()
    client.raise_request_exception = False
    client.force_login(acme.users["root"])
    return Asker(client)


def check(path: str, method: str, sent: Sent, answer: Any) -> None:
    """No failure, and only what is described."""
    status = str(answer.status_code)
    assert answer.status_code < 500, (sent, answer.content)
    said = DOCUMENT["paths"][path][method]["responses"]
    if answer.status_code == 404 and b'"code"' not in answer.content:
        return  # the address was none
    assert status in said or status == "405", (status, sent, answer.content)
    shape = validator(path, method, status) if status in said else None
    if shape is not None and "json" in answer["Content-Type"]:
        errors = [f"{e.instance_path}: {e.message}" for e in shape.iter_errors(answer.json())]
        assert not errors, (sent, errors)


def shown(asker: Asker) -> Iterator[str]:
    """What does not answer 200 of all lists and pages."""
    for path in [*(each.replace("{organization}", "acme") for each in LISTS), *PAGES]:
        answer = asker.client.get(path)
        if answer.status_code != 200:
            yield f"{path}: {answer.status_code}"


def test_lists_and_pages_are_found(asker: Asker) -> None:
    assert len(LISTS) >= 10
    assert list(shown(asker)) == []


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_nothing_breaks(subject: str, asker: Asker) -> None:
    """All operations of a subject, those that read before those that write."""
    count = EXAMPLES if connection.vendor == "postgresql" else max(1, EXAMPLES // 4)
    operations = sorted(SUBJECTS[subject], key=lambda each: ORDER.index(each[1]))
    for path, method in operations:
        asked(asker, path, method, count)
    if operations[-1][1] != "get":
        assert list(shown(asker)) == []


def asked(asker: Asker, path: str, method: str, count: int) -> None:
    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(requests(path, method))
    def ask(sent: Sent) -> None:
        check(path, method, sent, asker.ask(sent))

    ask()
