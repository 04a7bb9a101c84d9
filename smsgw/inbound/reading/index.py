"""The products of a catalogue, made ready to be found in texts; compiled once for each catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from smsgw.inbound.reading.languages import Languages, load
from smsgw.inbound.reading.terms import Product


@dataclass(frozen=True)
class Compiled:
    """A catalogue that can be read with, together with the languages that it is read in."""

    products: dict[str, Product]
    languages: Languages


def compile_catalogue(products: Iterable[Product], languages: Languages | None = None) -> Compiled:
    """A catalogue ready for reading."""
    return Compiled({product.sku: product for product in products}, languages or load())
