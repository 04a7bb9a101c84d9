"""Readings as lines of JSON: what `smsgw read --jsonl` takes in and writes, in the format of docs/reading.md."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from smsgw.inbound.reading.explain import words
from smsgw.inbound.reading.terms import Choice, Item, Open, Product, Reading


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
        choices=tuple(
            Choice(number=int(one["n"]), sku=one.get("sku"), label=one.get("label"))
            for one in context.get("options") or ()
        ),
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


def _exact(number: float | str) -> Fraction:
    return Fraction(Decimal(str(number)))


def _number(quantity: Fraction) -> int | float:
    return int(quantity) if quantity.denominator == 1 else float(quantity)
