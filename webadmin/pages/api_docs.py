"""The API explained on pages of our own, drawn from the OpenAPI document: what it has, then one page for each subject.

The document is made once for each start. Nothing is loaded from elsewhere, and no script is needed but to try what is
explained; it is open to all, as the document is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import current_app, make_response, render_template, url_for
from werkzeug.wrappers import Response

from smsgw.errors import NotFound

from ..api.description import document
from ..packing import page_may_be_packed
from .blueprint import pages

EVENTS = "events"
_REF = "#/components/schemas/"
_BOUNDS = {"minLength": "at least {} letters", "maxLength": "at most {} letters", "minItems": "at least {}",
           "maxItems": "at most {}", "minimum": "from {}", "maximum": "up to {}", "exclusiveMinimum": "more than {}",
           "pattern": "as {}", "format": "{}"}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One field or parameter. kind: its type in words; shape: the schema that it is or holds, if that has a name."""

    name: str
    kind: str
    shape: str
    required: bool
    bounds: str
    says: str


@dataclass(frozen=True)
class Operation:
    """One method at one path. takes and answers: (media type or status, words, shape); sample: a body to begin with."""

    id: str
    method: str
    path: str
    summary: str
    says: str
    scope: str
    parameters: list[Part]
    takes: list[tuple[str, str, str]]
    answers: list[tuple[str, str, str]]
    sample: str


@dataclass(frozen=True)
class Shape:
    """A schema with a name."""

    name: str
    says: str
    parts: list[Part]


@dataclass(frozen=True)
class Subject:
    """What belongs together: operations or events, and the shapes that they name."""

    name: str
    operations: list[Operation] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)


@pages.get("/api/docs")
def api_docs() -> Response:
    """What the API has, by subject."""
    told = _subjects()
    page_may_be_packed()
    return make_response(render_template("api_docs.html", subjects=list(told.values()), about=_told()["info"]))


@pages.get("/api/docs/<subject>")
def api_subject(subject: str) -> Response:
    """One subject: its operations, and the shapes of what is sent and answered."""
    found = _subjects().get(subject)
    if found is None:
        raise NotFound(f"the API has no subject {subject[:60]!r}", hint=f"{url_for('pages.api_docs')} lists them")
    page_may_be_packed()
    return make_response(render_template("api_subject.html", subject=found, subjects=list(_subjects().values())))


@lru_cache(maxsize=1)
def _told() -> dict[str, Any]:
    return document(current_app)


@lru_cache(maxsize=1)
def _subjects() -> dict[str, Subject]:
    told = _told()
    found: dict[str, Subject] = {}
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            subject = found.setdefault(one["tags"][0], Subject(one["tags"][0]))
            subject.operations.append(_operation(method.upper(), path, one))
    events = found.setdefault(EVENTS, Subject(EVENTS))
    for kind, one in told["webhooks"].items():
        events.operations.append(_operation("", kind, one["post"]))
    for subject in found.values():
        subject.shapes.extend(_shapes(subject))
    return found


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Operation:
    scopes = told.get("security") or []
    bodies = told.get("requestBody", {}).get("content", {})
    takes = [(media, _kind(body["schema"]), _shape_of(body["schema"])) for media, body in bodies.items()]
    return Operation(
        id=told["operationId"],
        method=method,
        path=path,
        summary=told["summary"],
        says=told.get("description", ""),
        scope=scopes[0]["bearer"][0] if scopes else "",
        parameters=[_parameter(one) for one in told.get("parameters", [])],
        takes=takes,
        answers=list(_answers(told["responses"])) if method else [],
        sample=_sample(next((body["schema"] for media, body in bodies.items() if media.endswith("json")), {})),
    )


def _sample(schema: Mapping[str, Any]) -> str:
    """What must be said, or else may be, as the document's examples say it; empty where it is no object."""
    told = schema
    while name := told.get("$ref"):
        told = _told()["components"]["schemas"][name.removeprefix(_REF)]
        told = told.get("anyOf", [told])[0]
    known = {key: one["examples"][0] for key, one in told.get("properties", {}).items() if one.get("examples")}
    needed = {key: value for key, value in known.items() if key in (*told.get("required", ()), "text")}
    return json.dumps(needed or known, ensure_ascii=False, indent=2) if "properties" in told else ""


def _answers(told: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for status, one in told.items():
        content = one.get("content", {})
        schema = next(iter(content.values()))["schema"] if content else {}
        media = [name for name in content if name not in ("application/json", "application/problem+json")]
        yield status, one["description"] + (f" ({', '.join(media)})" if media else ""), _shape_of(schema)


def _parameter(told: Mapping[str, Any]) -> Part:
    schema, where = told.get("schema", {}), told["in"]
    says = told.get("description", "")
    kind = _kind(schema) if where == "query" else f"{_kind(schema)}, {where}"
    return Part(told["name"], kind, "", bool(told.get("required")), _bounds(schema), says)


def _shapes(subject: Subject) -> Iterator[Shape]:
    """The shapes that a subject's operations name, and those that these name, each once."""
    schemas = _told()["components"]["schemas"]
    waiting = [shape for one in subject.operations for _, _, shape in (*one.takes, *one.answers) if shape]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        shape = _shape(name, schemas[name])
        waiting += [part.shape for part in shape.parts if part.shape]
        yield shape


def _shape(name: str, told: Mapping[str, Any]) -> Shape:
    required = set(told.get("required", ()))
    parts = [
        Part(key, _kind(one), _shape_of(one), key in required, _bounds(one), one.get("description", ""))
        for key, one in told.get("properties", {}).items()
    ]
    for place, one in enumerate(told.get("anyOf", ())):
        parts.append(Part("or" if place else "either", _kind(one), _shape_of(one), required=False, bounds="", says=""))
    return Shape(name, told.get("description", ""), parts)


def _shape_of(schema: Mapping[str, Any]) -> str:
    """The name of the schema that this one is, is a list of, or may be."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    inner = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]
    return next((name for one in inner if isinstance(one, Mapping) and (name := _shape_of(one))), "")


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "const" in schema:
        return repr(schema["const"])
    kind = schema.get("type", "string" if "enum" in schema else "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_kind(schema['additionalProperties'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _bounds(schema: Mapping[str, Any]) -> str:
    """What a value may be, and what it is when nothing is said."""
    found = [words.format(schema[name]) for name, words in _BOUNDS.items() if name in schema]
    if "enum" in schema:
        found.append(" | ".join(str(one) for one in schema["enum"]))
    found += [words for one in schema.get("anyOf", ()) if (words := _bounds(one))]
    if schema.get("default") not in (None, "", [], {}):
        found.append(f"default {schema['default']}")
    return "; ".join(found)
