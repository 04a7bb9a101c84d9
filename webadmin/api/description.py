"""The API describes itself: OpenAPI 3.1, made of the table of routes, and the catalogue of problems.

Only rules that Flask really serves get into the document; one that is in no table of routes makes it fail, loudly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import Flask, Response, current_app
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from smsgw.errors import NotFound

from .. import catalogue
from .matching import IF_MATCH
from .routes import KEY_HEADER, PREFIX, ROUTES, Route, answer, route
from .shapes import Problem
from .surroundings import CatalogueEntry, CataloguePage
from .telling import EVENTS, SIGNATURE

_REF = "#/components/schemas/"
_PLACE = re.compile(r"<(?:(int):)?(\w+)>")  # as Flask writes them
_QUOTA = {
    "RateLimit-Policy": 'How many requests a key may make in how many seconds: `"requests";q=6000;w=60`.',
    "RateLimit": 'How many of them are left, and for how many seconds: `"requests";r=5999;t=60`.',
}
_SAID = """Every answer is JSON. What goes wrong is answered with application/problem+json (RFC 9457): `code` is stable,
`errors` tells every mistake at once. Listings answer `data` and `next_cursor`; give that as `cursor` for the next page.
Send `Idempotency-Key` or `client_ref` with what you send, then nothing is sent twice however often you ask."""


@route("GET", "/openapi.json", scope=None, answers={200: None})
def openapi() -> Response:
    """Describe this API (OpenAPI 3.1)."""
    return answer(document(current_app))


@route("GET", "/problems", scope=None, answers={200: CataloguePage})
def problems() -> Response:
    """List every kind of problem."""
    return answer({"data": [asdict(entry) for entry in catalogue.catalogue()], "next_cursor": None})


@route("GET", "/problems/<name>", scope=None, answers={200: CatalogueEntry}, errors=("not_found",))
def problem(name: str) -> Response:
    """Explain one kind of problem; its `type` is this address."""
    entry = catalogue.BY_CODE.get(name.replace("-", "_"))
    if entry is None:
        raise NotFound(f"there is no problem {name[:60]!r}", hint=f"GET {PREFIX}/problems lists them")
    return answer(asdict(entry))


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of what an app serves under /api/v1, and its health. Raises KeyError for a stray rule."""
    known = {one.endpoint: one for one in ROUTES}
    served = sorted(
        (rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX) or rule.endpoint in known
    )
    paths: dict[str, dict[str, Any]] = {}
    for path, endpoint in served:
        one = known[endpoint]
        paths.setdefault(_PLACE.sub(r"{\2}", path), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "smsgw", "version": _version(), "summary": "A two-way SMS gateway.", "description": _SAID},
        "servers": [{"url": "/", "description": "This gateway."}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(known[endpoint]) for _, endpoint in served)],
        "paths": paths,
        "webhooks": {kind: {"post": _event(kind, shape)} for kind, shape in EVENTS.items()},
        "components": {
            "schemas": _schemas()[1],
            "headers": {name: {"description": words, "schema": {"type": "string"}} for name, words in _QUOTA.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
                "basic": {"type": "http", "scheme": "basic", "description": "An API key as the user, for curl -u."},
            },
        },
    }


def _event(kind: str, shape: type[BaseModel]) -> dict[str, Any]:
    """What a webhook is sent for a type of event, signed as Standard Webhooks says."""
    words = (shape.__doc__ or "").strip().split("\n")[0]
    return {
        "operationId": kind.replace(".", "_"),
        "summary": words,
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": says, "schema": {"type": "string"}}
            for name, says in SIGNATURE.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(shape, "serialization")}},
        },
        "responses": {"2XX": {"description": "The receiver took it; anything else, and it comes again."}},
    }


def _version() -> str:
    try:
        return version("smsgw")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"


def _tag(one: Route) -> str:
    first = one.path.removeprefix(PREFIX).split("/")[1]
    return {"healthz": "health", "readyz": "health", "openapi.json": "description", "problems": "description"}.get(
        first, first
    )


def _operation(one: Route) -> dict[str, Any]:
    said = "\n".join(line.strip() for line in (one.view.__doc__ or "").strip().split("\n")[1:]).strip()
    told: dict[str, Any] = {"operationId": one.operation, "summary": one.summary, "tags": [_tag(one)]}
    if said:
        told["description"] = said
    if one.deprecated is not None:
        told["deprecated"] = True
    told["security"] = [] if one.scope is None else [{"bearer": [one.scope]}, {"basic": [one.scope]}]
    if parameters := _parameters(one):
        told["parameters"] = parameters
    bodies = dict.fromkeys(one.media, one.takes) if one.takes is not None else one.bodies
    if bodies:
        content = {media: {"schema": _schema(shape, "validation")} for media, shape in bodies.items()}
        told["requestBody"] = {"required": True, "content": content}
    told["responses"] = _responses(one)
    return told


def _parameters(one: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if kind else "string"}}
        for kind, name in _PLACE.findall(one.path)
    ]
    if one.query is not None:
        shape = one.query.model_json_schema(ref_template=_REF + "{model}")
        for name, schema in shape["properties"].items():
            words = schema.pop("description")
            schema.pop("title", None)
            found.append({"name": name, "in": "query", "description": words, "schema": schema})
    heeded = (KEY_HEADER if one.repeatable else {}) | (IF_MATCH if one.matched else {})
    for name, words in {**heeded, **one.headers}.items():
        found.append({"name": name, "in": "header", "description": words, "schema": {"type": "string"}})
    return found


def _responses(one: Route) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for status, shape in one.answers.items():
        words = one.summary if shape is None else (shape.__doc__ or "").strip().split("\n")[0]
        schema = {"type": "object"} if shape is None else _schema(shape, "serialization")
        told[str(status)] = {"description": words}
        if one.counted:
            told[str(status)]["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _QUOTA}
        if status == 204:  # which has no body (RFC 9110 section 15.3.5)
            continue
        files = one.files if status == next(iter(one.answers)) else ()
        content = {media: {"schema": {"type": "string", "format": "binary"}} for media in files}
        if shape is not None or not files:
            content = {"application/json": {"schema": schema}} | content
        told[str(status)]["content"] = content
    by_status: dict[int, list[catalogue.Entry]] = {}
    for code in dict.fromkeys(_codes(one)):
        entry = catalogue.BY_CODE[code]
        by_status.setdefault(entry.status, []).append(entry)
    for status, entries in sorted(by_status.items()):
        words = "; ".join(f"`{entry.code}`: {entry.title.lower()}" for entry in entries)
        content = {"application/problem+json": {"schema": {"$ref": _REF + "Problem"}}}
        told.setdefault(str(status), {"description": words, "content": content})
    return told


def _codes(one: Route) -> Iterable[str]:
    """The problems that a route may answer with: its own, and those that its fields imply."""
    yield from one.errors
    if one.scope is not None:
        yield from ("unauthenticated", "forbidden_scope", "rate_limited", "store_unreachable")
        if one.method != "GET":
            yield "store_full"
    if one.repeatable:
        yield from ("validation_failed", "idempotency_conflict", "idempotency_in_progress")
        yield "idempotency_outcome_unknown"
    if one.matched:
        yield "precondition_failed"
    if one.query is not None or one.takes is not None or one.bodies:
        yield "validation_failed"
    if one.takes is not None or one.bodies:
        yield from ("malformed_body", "unsupported_media_type", "body_too_large")
    yield "internal"


def _schema(shape: Any, mode: JsonSchemaMode) -> dict[str, Any]:
    """A reference to a shape's schema; what is written as a schema already may have a shape in `items`."""
    if isinstance(shape, dict):
        return {key: _schema(value, mode) if _is_shape(value) else value for key, value in shape.items()}
    told: dict[str, Any] = _schemas()[0][(shape, mode)]
    return told


def _is_shape(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


@lru_cache(maxsize=1)
def _schemas() -> tuple[dict[tuple[Any, JsonSchemaMode], Any], dict[str, Any]]:
    """The reference to each shape in the table, and the definitions they refer to."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for one in ROUTES:
        for taken in (one.takes, *one.bodies.values()):
            for shape in taken.values() if isinstance(taken, dict) else (taken,):
                if _is_shape(shape):
                    wanted[(shape, "validation")] = None
        wanted.update(((shape, "serialization"), None) for shape in one.answers.values() if shape is not None)
    wanted.update(((shape, "serialization"), None) for shape in EVENTS.values())
    told, definitions = models_json_schema(list(wanted), ref_template=_REF + "{model}")
    return dict(told), definitions["$defs"]
