"""Messages that are written from a template: their texts are looked up and filled in before the door sees them."""

from __future__ import annotations

from collections.abc import Sequence

from smsgw.campaigns import filling
from smsgw.errors import BadInput, Fault

from ..context import the_gateway
from .shapes import NewMessage

_OF_TEMPLATES = ("locale", "vars")


def is_templated(shape: NewMessage) -> bool:
    """Whether the message says anything of a template."""
    return shape.template is not None or shape.locale is not None or shape.vars is not None


def worded(shapes: Sequence[NewMessage]) -> list[NewMessage | BadInput]:
    """Each message with its text, or what is wrong with it; for many the store is asked once."""
    results: list[NewMessage | BadInput] = list(shapes)
    blanks: dict[int, filling.Blank] = {}
    for place, shape in enumerate(shapes):
        if not is_templated(shape):
            continue
        if faults := _wrong(shape):
            results[place] = BadInput(faults)
        else:
            values = {name: str(value) for name, value in (shape.vars or {}).items()}
            blanks[place] = filling.Blank(shape.template or "", shape.to, shape.locale or filling.AUTO, values)
    if blanks:
        gateway = the_gateway()
        with gateway.database.reading() as conn:
            texts = filling.fill(conn, list(blanks.values()), gateway.door.terms.region)
        for place, text in zip(blanks, texts, strict=True):
            told = {"text": text, "template": None, "locale": None, "vars": None}
            results[place] = text if isinstance(text, BadInput) else shapes[place].model_copy(update=told)
    return results


def _wrong(shape: NewMessage) -> list[Fault]:
    if shape.template is None:
        says = "belongs to a template, and there is none: name one in template, or leave this out"
        named = [name for name in _OF_TEMPLATES if getattr(shape, name) is not None]
        return [Fault(f"/{name}", "template_missing", says) for name in named]
    if shape.text or shape.slides or shape.data is not None or shape.data_hex is not None:
        says = "a message is a text, slides, data or a template: leave the others out"
        return [Fault("/template", "text_and_template", says)]
    return []
