"""What is written to customers about an order, in their language, and short: one or two parts if that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...link import Abilities
from ...store.tables.types import AnyRow
from ...text import parts
from ...text.wording import wording
from .money import money, quantity
from .orders import Line

GOOD_PARTS = 2
SHORT_NAME, LONG_WISH = 16, 40
_X = {"pcs": "{count} x {name}", "pack": "{count} x {name}", "kg": "{count} kg {name}"}


def about(key: str, row: AnyRow, lines: Sequence[AnyRow | Line]) -> str:
    """The sentence `key` about an order. Names are shortened only when it takes more than two parts with them whole."""
    whole = _written(key, row, lines, None)
    if len(parts.split(whole, Abilities(), 0)) <= GOOD_PARTS:
        return whole
    return _written(key, row, lines, SHORT_NAME)


def _written(key: str, row: AnyRow, lines: Sequence[AnyRow | Line], most: int | None) -> str:
    told = listed(lines, row.language, most)
    if row.wish:
        told += f" ({_cut(row.wish, LONG_WISH)})"
    total = money(row.total, row.currency, row.language)
    return wording(key, row.language).format(number=number(row), lines=told, total=total)


def number(row: AnyRow) -> str:
    """What the customer calls the order; in digits that every telephone can send back."""
    return str(row.number)


def listed(lines: Sequence[Any], language: str, most: int | None = None) -> str:
    """Lines as a list of words: "2 x Notebook A4, 1.5 kg apples". most: letters of a name."""
    return ", ".join(
        _X[line.unit].format(count=quantity(line.quantity, language), name=_cut(line.name, most)) for line in lines
    )


def _cut(words: str, most: int | None) -> str:
    words = " ".join(words.split())
    return words if most is None or len(words) <= most else words[: most - 1].rstrip() + "."
