"""Readings as lines of JSON: what `smsgw read --jsonl` takes in and writes, in the format of docs/reading.md."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from smsgw.errors import BadInput, Fault
from smsgw.inbound.reading.explain import words
from smsgw.inbound.reading.terms import Choice, Item, Open, Product, Reading

_Quantity = Annotated[Decimal, Field(gt=0, lt=10**7)]


class _Product(BaseModel):
    sku: str = Field(min_length=1)
    unit: Literal["pcs", "pack", "kg"] = "pcs"
    code: str | None = None
    max_auto: _Quantity = Decimal(50)
    names: dict[str, str] = {}
    aliases: dict[str, list[str]] = {}


class _Catalogue(BaseModel):
    products: list[_Product]


class _Option(BaseModel):
    n: int
    sku: str | None = None
    label: str | None = None


class _Pending(BaseModel):
    sku: str
    qty: _Quantity


class _Context(BaseModel):
    id: str | int = ""
    type: Literal["offer", "confirm", "survey", "rsvp", "clarify", "optin", "notice"]
    text: str = ""
    campaign: str | None = None
    sent_h_ago: float = 0
    options: list[_Option] | None = None
    default_qty: _Quantity | None = None
    pending: list[_Pending] | None = None
    scale: tuple[int, int] | None = None
    order_id: str | int | None = None
    older: list[_Context] | None = None


class _Line(BaseModel):
    id: str | int
    text: str
    context: _Context | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A text to read. open: what was open with its sender."""

    id: str
    text: str
    open: Open | None


def read_catalogue(text: str) -> list[Product]:
    """The products of a catalogue file. Raises BadInput with every mistake."""
    try:
        found = _Catalogue.model_validate_json(text)
    except ValidationError as wrong:
        raise BadInput(
            [Fault("/catalogue", "bad_catalogue", f"catalogue: {one}") for one in _mistakes(wrong)]
        ) from None
    products = [product(one.model_dump()) for one in found.products]
    twice = [sku for sku, count in Counter(one.sku for one in products).items() if count > 1]
    if twice:
        raise BadInput([Fault("/catalogue", "bad_catalogue", f"catalogue: sku {sku!r} stands twice") for sku in twice])
    return products


def read_texts(text: str, products: list[Product]) -> list[Asked]:
    """The texts of a file with one JSON object a line. Raises BadInput with every mistake and its line."""
    skus = {one.sku for one in products}
    asked: list[Asked] = []
    faults: list[str] = []
    ids: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = _Line.model_validate_json(line)
        except ValidationError as wrong:
            faults += [f"line {number}: {one}" for one in _mistakes(wrong)]
            continue
        id = str(found.id)
        if id in ids:
            faults.append(f"line {number}: id {id!r} stands in line {ids[id]} already")
        ids.setdefault(id, number)
        context = found.context.model_dump() if found.context is not None else None
        faults += [f"line {number}: the catalogue has no product {sku!r}" for sku in _named(context) if sku not in skus]
        asked.append(Asked(id, found.text, opened(context)))
    if faults:
        raise BadInput([Fault("/jsonl", "bad_line", one) for one in faults])
    return asked


def _mistakes(wrong: ValidationError) -> list[str]:
    """One sentence for each mistake, with the place in the object."""
    return [
        (f"{'.'.join(map(str, one['loc']))}: " if one["loc"] else "") + one["msg"]
        for one in wrong.errors(include_url=False, include_input=False)
    ]


def _named(context: dict[str, Any] | None) -> Iterator[str]:
    """The products that a context names."""
    if context is None:
        return
    for one in [*(context.get("options") or ()), *(context.get("pending") or ())]:
        if one.get("sku"):
            yield one["sku"]
    for older in context.get("older") or ():
        yield from _named(older)


def product(entry: dict[str, Any]) -> Product:
    """A product of a catalogue file."""
    return Product(
        sku=str(entry["sku"]),
        unit=entry.get("unit", "pcs"),
        code=entry.get("code"),
        max_auto=_exact(entry.get("max_auto", 50)),
        names=dict(entry.get("names", {})),
        aliases={language: tuple(names) for language, names in entry.get("aliases", {}).items()},
    )


def opened(context: dict[str, Any] | None) -> Open | None:
    """The open message of a line, with the older ones."""
    if context is None:
        return None
    scale = context.get("scale")
    return Open(
        id=str(context.get("id", "")),
        kind=context["type"],
        text=context.get("text", ""),
        age=float(context.get("sent_h_ago", 0)),
        campaign=context.get("campaign"),
        choices=tuple(Choice(int(one["n"]), one.get("sku"), one.get("label")) for one in context.get("options") or ()),
        quantity=_exact(context["default_qty"]) if context.get("default_qty") is not None else None,
        pending=tuple(Item(one["sku"], _exact(one["qty"])) for one in context.get("pending") or ()),
        scale=(int(scale[0]), int(scale[1])) if scale else None,
        order=str(context["order_id"]) if context.get("order_id") is not None else None,
        older=tuple(found for one in context.get("older") or () if (found := opened(one)) is not None),
    )


def prediction(id: str, text: str, reading: Reading) -> dict[str, Any]:
    """A reading as a line."""
    line: dict[str, Any] = {
        "id": id,
        "kind": reading.kind,
        "items": [
            {"sku": item.sku, "qty": _number(item.quantity)} for item in reading.items if item.quantity is not None
        ],
        "needs_review": reading.needs_review,
        "explanation": words(reading, text),
    }
    if reading.topic is not None:
        line["topic"] = reading.topic
    if reading.answer is not None:
        line["answer"] = reading.answer
    return line


def written(line: dict[str, Any]) -> str:
    """A line as it is written to a file."""
    return json.dumps(line, ensure_ascii=False) + "\n"


def _exact(number: float | str | Decimal) -> Fraction:
    return Fraction(Decimal(str(number)))


def _number(quantity: Fraction) -> int | float:
    return int(quantity) if quantity.denominator == 1 else float(quantity)
