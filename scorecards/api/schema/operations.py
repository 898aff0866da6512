"""Operations of the OpenAPI schema, from what the views say of their methods."""

import inspect
import json
import re
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from .components import Components
from .describing import Described, Schema
from .parameters import PATH, QUERY, Parameter
from .problems import problem_codes, problem_component, problem_response

WRITING = ("POST", "PUT", "PATCH", "DELETE")
KEY = Parameter(
    "Names this request, so that it can be sent again: what was done is not done twice, and the"
    " answer is the one it got. Kept for a day.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
)
IF_MATCH = Parameter(
    "The ETag of what was read; `*` for whatever stands.",
    {"type": "string", "minLength": 1, "maxLength": 200},
    is_required=True,
)
UNCHANGED = {"304": {"description": "What If-None-Match names still stands."}}
ETAG = "Names what stands; send it as If-Match to change it."
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of the organization, as Authorization: Bearer …",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of the pages; what writes carries X-CSRFToken, too.",
    },
}


class ApiSchema(AutoSchema):
    """One operation, wholly from its `Described`, its parameters, its scopes and its docstring."""

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> Schema | None:
        """The operation object; registers what it refers to."""
        view: Any = self.view
        self.method = method
        handler = getattr(view, method.lower())
        said: Described = view.describe(method.lower())
        components = Components()
        scopes = list(view.scopes.get(method.lower(), ()))
        summary, description = _sentences(handler)
        operation: Schema = {
            "operationId": operation_id(path, method),
            "summary": said.summary or summary,
            **({"description": description} if description else {}),
            "tags": [_tag(path)],
            "parameters": _parameters(view, said, path_regex, method),
            "security": [*_ways(scopes, needs_all=view.needs_all_scopes), {"session": []}],
            **_body(said, components),
            "responses": _success(said, components) | (UNCHANGED if method == "GET" else {}),
        }
        for status, codes in problem_codes(view, said, method).items():
            name = ".".join(codes)
            _register(registry, "responses", name, problem_response(codes))
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
        components.schemas["Problem"] = problem_component()
        for name, schema in components.schemas.items():
            _register(registry, "schemas", name, schema)
        for name, schema in SECURITY.items():
            _register(registry, "securitySchemes", name, schema)
        return operation


def _ways(scopes: list[str], *, needs_all: bool) -> list[Schema]:
    """With which tokens: each way is one that suffices, and names all the scopes it takes."""
    if needs_all or not scopes:
        return [{"token": scopes}]
    return [{"token": [scope]} for scope in scopes]


def operation_id(path: str, method: str) -> str:
    """Method and address: `patch_kpis_kpi`."""
    return "_".join([method.lower(), *(part.strip("{}") for part in _segments(path))])


def _segments(path: str) -> list[str]:
    """Of an address what stands behind /api/v1/{organization}/."""
    return path.strip("/").split("/")[3:]


def _tag(path: str) -> str:
    """What the operation is about, as a heading."""
    return _segments(path)[0].replace("_", " ").capitalize().replace("Kpi", "KPI")


def _register(registry: ComponentRegistry, kind: str, name: str, schema: Schema) -> None:
    """Two schemas of one name would leave one of them undescribed."""
    component = ResolvedComponent(name, kind, schema=schema, object=name)  # type: ignore[no-untyped-call]
    registry.register_on_missing(component)
    if registry[component].schema != schema:
        raise ValueError(f"Two {kind} are called {name}.")


def _sentences(handler: Any) -> tuple[str, str]:
    """The docstring's first sentence, and what follows it."""
    text = inspect.getdoc(handler) or ""
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
    first, _, rest = paragraphs[0].partition(". ")
    return first.removesuffix("."), "\n\n".join(each for each in (rest, *paragraphs[1:]) if each)


# --- Parameters


def _parameters(view: Any, said: Described, path_regex: str, method: str) -> list[Schema]:
    found = [
        _parameter(name, "path", said.parameters.get(name) or _in_path(name, converter))
        for converter, name in re.findall(r"<(?:(\w+):)?(\w+)>", path_regex)
    ]
    found += [
        _parameter(name, "query", said.parameters.get(name) or QUERY[name])
        for name in view.parameters.get(method.lower(), ())
    ]
    if method == "POST":
        found.append(_parameter("Idempotency-Key", "header", KEY))
    if said.is_guarded:
        found.append(_parameter("If-Match", "header", IF_MATCH))
    return found


def _in_path(name: str, converter: str) -> Parameter:
    if converter == "int":
        return Parameter(f"Number of the {name}.", {"type": "integer", "minimum": 0})
    return PATH.get(name) or Parameter(f"Code of the {name}.")


def _parameter(name: str, place: str, parameter: Parameter) -> Schema:
    schema: Schema = {
        "name": name,
        "in": place,
        "required": parameter.is_required or place == "path",
        "description": parameter.meaning,
        "schema": dict(parameter.schema),
    }
    if parameter.example is not None:
        schema["example"] = parameter.example
    return schema


# --- What is sent and answered


def _body(said: Described, components: Components) -> Schema:
    if said.body is None:
        return {}
    by_type = said.body if isinstance(said.body, dict) else {said.media_type: said.body}
    content: Schema = {}
    for media_type, what in by_type.items():
        content[media_type] = {"schema": components.schema(what)}
        if said.body_example is not None and media_type == said.media_type:
            content[media_type]["example"] = _plain(said.body_example)
    return {"requestBody": {"required": True, "content": content}}


def _success(said: Described, components: Components) -> Schema:
    answer: Schema = {"description": HTTPStatus(said.status).phrase}
    headers = {**({"ETag": ETAG} if said.is_tagged else {}), **said.headers}
    if headers:
        answer["headers"] = {
            name: {"description": meaning, "schema": {"type": "string"}}
            for name, meaning in headers.items()
        }
    if said.answer is not None:
        content: Schema = {"schema": components.schema(said.answer)}
        if said.example is not None:
            content["example"] = _plain(said.example)
        answer["content"] = {said.answer_type: content}
    return {str(said.status): answer}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
