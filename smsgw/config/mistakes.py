"""Say what is wrong with a configuration, in words for the person who wrote it: what, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from smsgw.config.links import LinkConfig, did_you_mean
from smsgw.config.sections import Config
from smsgw.config.shape import Place, field_at, fields_of, inner_model, is_list, is_secret
from smsgw.config.toml import as_toml

_PLAIN = {
    "string_type": 'must be text in quotes, such as "…"',
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list, such as [1, 2]",
    "path_type": 'must be a path in quotes, such as "/…"',
}
_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be less than"),
}


def mistakes(wrong: ValidationError, tree: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Each mistake as the place in the file and a sentence without it.

    tree: the document as it was read. A value is quoted, unless it is or may hold a secret.
    """
    for error in wrong.errors(include_url=False):
        place = place_of(error["loc"], tree)
        yield place, _sentence(error, place, tree)


def place_of(loc: tuple[int | str, ...], tree: Any) -> Place:
    """The place in the file that a validator means, which has a step `driver` that the file has not."""
    if loc[:1] == ("links",) and loc[2:3] == ("driver",):
        loc = loc[:2] + loc[3:]
    place: Place = ()
    for step in loc:
        if not isinstance(tree, Mapping | list):
            break
        place = (*place, step)
        tree = tree.get(step) if isinstance(tree, Mapping) else tree[int(step)]
    return place


def unknown(key: str, model: type[BaseModel], table: Mapping[str, Any]) -> str:
    """What to say of a key that a table does not take."""
    fields = fields_of(model, table)
    known = [*fields, *(f"{name}_file" for name, field in fields.items() if is_secret(field))]
    if hint := did_you_mean(key, known):
        return f"unknown key{hint}"
    elsewhere = [
        name for name, field in Config.model_fields.items() if key in (inner_model(field) or Config).model_fields
    ]
    if elsewhere and model is not Config:
        return "unknown key here; it belongs in " + " or ".join(_header(name) for name in elsewhere)
    return "unknown key"


def _header(section: str) -> str:
    return f"[[{section}]]" if is_list(Config.model_fields[section]) else f"[{section}]"


def _sentence(error: ErrorDetails, place: Place, tree: Mapping[str, Any]) -> str:
    field = field_at(Config, tree, place)
    about = (field.description or "") if field else ""
    match error["type"]:
        case "missing":
            return f"is missing: {about}" if about else "is missing"
        case "extra_forbidden":
            return _unknown_at(place, tree)
        case "model_type" | "model_attributes_type" | "dict_type":
            return (
                f"must be a table: {_header(str(place[0]))}" if len(place) < 3 else "must be a table: { key = value }"
            )
        case "list_type" if place == ("links",):
            return "write [[links]], with two brackets, above the keys of each link"
    return _words(error, about) + _quoted(error["input"], place, is_secret(field))


def _words(error: ErrorDetails, about: str) -> str:
    """What is wrong with a value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{words} {context[name]:g}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        listed = " or ".join(f'"{each}"' for each in choices).replace(" or ", ", ", len(choices) - 2)
        return f"must be {listed}{did_you_mean(str(error['input']), choices)}"
    if kind == "string_pattern_mismatch" and about:
        return f"does not fit here: {about}"
    return _PLAIN.get(kind) or re.sub("^Input should", "should", error["msg"].removeprefix("Value error, "))


def _unknown_at(place: Place, tree: Mapping[str, Any]) -> str:
    table: Any = tree
    for step in place[:-1]:
        table = table[step]
    field = field_at(Config, tree, place[:-1])
    model = Config if field is None else inner_model(field)
    return unknown(str(place[-1]), model or LinkConfig, table)


def _quoted(value: Any, place: Place, secret: bool) -> str:
    """The value that is wrong; nothing of what is secret, or long, or may hold a password (a url)."""
    key = next((step for step in reversed(place) if isinstance(step, str)), "")
    if secret or re.search("password|secret|token|pin|url|key", key) or not isinstance(value, str | int | float):
        return ""
    shown = as_toml(value)
    return f" (it is {shown})" if len(shown) <= 60 else ""
