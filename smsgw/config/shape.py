"""What the configuration expects at a place: which keys a table takes, and of what sort each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from smsgw.config.links import LinkConfig, driver_fields

Place = tuple[str | int, ...]  # ("links", 0, "port")


def fields_of(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, FieldInfo]:
    """The keys that a table takes; for a link those of its driver too, when its `kind` is known."""
    if model is not LinkConfig:
        return dict(model.model_fields)
    own = {key: field for key, field in LinkConfig.model_fields.items() if key != "driver"}
    return own | {key: field for key, field in driver_fields(table.get("kind")).items() if key not in own}


def field_at(model: type[BaseModel], tree: Any, place: Place) -> FieldInfo | None:
    """The field that a place in the file belongs to (for an item of a list: the list's), or None."""
    field = None
    for step in place:
        if isinstance(step, str):
            fields = fields_of(model, tree) if isinstance(tree, Mapping) else {}
            if (field := fields.get(step)) is None:
                return None
            model = inner_model(field) or BaseModel
        tree = below(tree, step)
    return field


def below(tree: Any, step: str | int) -> Any:
    """What stands at one step down in a document, or None."""
    try:
        return tree[step]
    except (LookupError, TypeError):
        return None


def is_secret(field: FieldInfo | None) -> bool:
    """Whether it holds a password or the like, which may also stand in a file of its own."""
    return field is not None and SecretStr in _flat(field.annotation)


def is_list(field: FieldInfo) -> bool:
    """Whether it holds several values."""
    return any(each in (list, tuple, set, frozenset) for each in _flat(field.annotation))


def inner_model(field: FieldInfo) -> type[BaseModel] | None:
    """The model of the table (or of each table in the list) that it holds, if any."""
    found = (each for each in _flat(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel))
    return next(found, None)


def _flat(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of, outermost first: `list[str] | None` is list, str, NoneType."""
    if (origin := get_origin(annotation)) is None:
        yield annotation
        return
    yield origin
    for inner in get_args(annotation):
        yield from _flat(inner)
