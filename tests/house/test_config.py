"""Every field of the configuration, also of every driver's, carries its sentence: the manual is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, Field

from smsgw.config import Config, driver_config, kinds


def sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type: itself, the items of a list, the choices of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from sections(inner)


def without_a_sentence(models: Iterable[type[BaseModel]]) -> list[str]:
    """The fields of these models, and of the models in them, that have no sentence; and models without words."""
    found: list[str] = []
    waiting = list(models)
    seen = set(waiting)
    while waiting:
        model = waiting.pop()
        if not (model.__doc__ or "").strip():
            found.append(f"{model.__name__} has no docstring")
        for name, field in model.model_fields.items():
            words = field.description or ""
            if not words.endswith(".") or " " not in words:
                found.append(f"{model.__name__}.{name}: {words!r} is no sentence")
            inner = [section for section in sections(field.annotation) if section not in seen]
            waiting += inner
            seen.update(inner)
    return sorted(found)


def test_every_field_of_the_configuration_has_its_sentence() -> None:
    drivers = [driver_config(kind) for kind in kinds()]
    assert {"fake", "modem", "smpp"} <= set(kinds())
    assert not (told := without_a_sentence([Config, *drivers])), "\n".join(told)


def test_a_field_without_a_sentence_is_told() -> None:
    class Inner(BaseModel):
        """An inner table."""

        bare: int = 0
        half: int = Field(default=0, description="the port")

    class Outer(BaseModel):
        """A table."""

        good: int = Field(default=0, description="The port.")
        items: list[Inner] | None = Field(default=None, description="The inner tables.")

    assert without_a_sentence([Outer]) == [
        "Inner.bare: '' is no sentence",
        "Inner.half: 'the port' is no sentence",
    ]
