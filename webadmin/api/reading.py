"""Read what a request brings, JSON or query parameters, and tell everything that is wrong with it."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from smsgw.errors import BadInput, Fault, SmsgwError

from .shapes import HALF

Shape = TypeVar("Shape", bound=BaseModel)
JSON = "application/json"
MERGE = "application/merge-patch+json"  # RFC 7396: what every PATCH means, however it is called
LONGEST_NUMBER = 1000  # digits; Python itself reads no more than 4300
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")


class MalformedBody(SmsgwError):
    """The body is no JSON text."""

    code = "malformed_body"


class UnsupportedMediaType(SmsgwError):
    """The body has a type that is not taken."""

    code = "unsupported_media_type"


def body_of(request: Request, *types: str) -> bytes:
    """The body, if it has one of these media types. Raises UnsupportedMediaType, RequestEntityTooLarge."""
    if request.mimetype not in types:
        has = f"is {request.mimetype!r}" if request.mimetype else "is missing"
        raise UnsupportedMediaType(f"the Content-Type {has}; it must be {' or '.join(types)}")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("compressed bodies are not taken: send it without Content-Encoding")
    return request.get_data(cache=False)


def json_of(raw: bytes) -> Any:
    """The value of a JSON text (RFC 8259): UTF-8, no key twice, no NaN. Raises MalformedBody, which says where."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise MalformedBody(f"the body is not UTF-8: byte {wrong.start + 1} cannot be read") from wrong
    try:
        return _DECODER.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as wrong:
        says = f"the body is not JSON: {wrong.msg[0].lower()}{wrong.msg[1:]} at line {wrong.lineno}"
        raise MalformedBody(f"{says}, column {wrong.colno}") from wrong
    except RecursionError as wrong:
        raise MalformedBody("the body nests too deep") from wrong
    except ValueError as wrong:
        raise MalformedBody(f"the body is not JSON: {wrong}") from wrong


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!a} is there twice")
    return found


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"the number {written[:30]} is too large")
    return number


def _whole(written: str) -> int:
    if len(written) > LONGEST_NUMBER:
        raise ValueError(f"the number {written[:30]}… has {len(written)} digits")
    return int(written)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_key_twice, parse_int=_whole, parse_float=_finite, parse_constant=_no_constant
)


def shaped(shape: type[Shape], value: Any) -> Shape:
    """`value` as `shape`. Raises BadInput with every fault, each with its JSON pointer."""
    try:
        return shape.model_validate(value)
    except ValidationError as wrong:
        raise BadInput(faults_of(wrong, shape), hint=_HINT) from wrong


def merged(told: Any, patch: Any) -> Any:
    """What a JSON Merge Patch makes of a value (RFC 7396 section 2)."""
    if not isinstance(patch, dict):
        return patch
    found = dict(told) if isinstance(told, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


def typed(body: Shape) -> dict[str, str]:
    """Of a change whose fields are text as in a form: those that it names, an empty one for null (RFC 7396)."""
    return {name: "" if value is None else str(value) for name, value in body.model_dump(exclude_unset=True).items()}


def query_of(request: Request, shape: type[Shape]) -> Shape:
    """The query parameters as `shape`. Raises BadInput; the pointers are the parameters' names."""
    faults = [
        Fault(f"/{_pointed(name)}", "parameter_repeated", f"the parameter {name!r} is there {len(values)} times")
        for name, values in request.args.lists()
        if len(values) > 1
    ]
    try:
        read = shape.model_validate(request.args.to_dict(), strict=False)
    except ValidationError as wrong:
        raise BadInput(faults + faults_of(wrong, shape), hint=_HINT) from wrong
    if faults:
        raise BadInput(faults, hint=_HINT)
    return read


_HINT = "correct what each pointer in errors points at"
_MISSING = {"/to": "recipient_missing", "/text": "text_missing"}
_CODES = {
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "too_long": "too_many",
    "too_short": "too_few",
    "literal_error": "unknown_value",
    "string_pattern_mismatch": "wrong_form",
}
_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "list_type": "a list",
}


def faults_of(wrong: ValidationError, shape: type[BaseModel]) -> list[Fault]:
    """The faults that pydantic found, in our words and codes."""
    return [_fault(error, shape) for error in wrong.errors(include_url=False)]


def _fault(error: ErrorDetails, shape: type[BaseModel]) -> Fault:
    pointer = "".join(f"/{_pointed(str(step))}" for step in error["loc"] if step != "[key]")
    kind, given = error["type"], error["input"]
    length = kind.removeprefix("string_")
    if kind == "missing":
        return Fault(pointer, _MISSING.get(pointer, "field_missing"), "this field is missing")
    if kind == "string_unicode":
        return Fault(pointer, "text_undecodable", HALF)
    if kind == "extra_forbidden":
        return Fault(pointer, "unknown_field", _unknown(str(error["loc"][-1]), shape))
    if kind in _TYPES:
        return Fault(pointer, "wrong_type", f"must be {_TYPES[kind]}, and is {_kind(given)}")
    if length in ("too_short", "too_long") and isinstance(given, str):
        most, bound = ("least", "min_length") if length == "too_short" else ("most", "max_length")
        says = f"must have at {most} {error['ctx'][bound]} characters, and has {len(given)}"
        return Fault(pointer, length, says)
    said = error["msg"].replace("Input should", "must").replace("String should", "must")
    return Fault(pointer, _CODES.get(kind, kind), said[0].lower() + said[1:])


def _unknown(name: str, shape: type[BaseModel]) -> str:
    known = [field.alias or key for key, field in shape.model_fields.items()]
    close = difflib.get_close_matches(name, known, 1)
    return f"there is no such field; did you mean {close[0]}?" if close else f"there are only: {', '.join(known)}"


def _kind(given: Any) -> str:
    kinds: Mapping[type, str] = {str: "a string", bool: "true or false", int: "a number", float: "a number"}
    kinds = {**kinds, list: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(given), "something else")


def _pointed(step: str) -> str:
    """A step of a JSON pointer (RFC 6901 section 3), short, and without what is no letter."""
    step = step if len(step) <= 60 else step[:59] + "…"
    return step.replace("~", "~0").replace("/", "~1").encode("utf-8", "replace").decode()
