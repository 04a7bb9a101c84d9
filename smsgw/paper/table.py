"""A table as every writer takes it: what it is about, its columns with what stands in them, its rows and totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal, format_percent

Cell: TypeAlias = "str | int | Decimal | None"
RIGHT_TO_LEFT = frozenset({"fa", "ar", "he", "ur"})


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    COUNT = "count"  # whole numbers
    MONEY = "money"  # Decimal, two decimals or as many as it takes up to six
    SHARE = "share"  # Decimal from 0 to 1, told in per cent


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and what stands below it."""

    heading: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """title: of the sheet. rows: as many cells as columns; None is empty. totals: the last line, if there is one.

    about: sentences above the table: for whom, from when to when, in which currency.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Cell] | None = None
    about: Sequence[str] = field(default=())


def locale_of(language: str) -> Locale:
    """The rules of a language for numbers; English for one that nobody knows."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def right_to_left(language: str) -> bool:
    """Whether the language is written from right to left."""
    return language.replace("-", "_").split("_")[0] in RIGHT_TO_LEFT


def spelled(cell: Cell, kind: Kind, locale: Locale) -> str:
    """A cell as people read it: 1.234,50 in Slovenian."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if kind is Kind.SHARE:
        return format_percent(cell, "#,##0.0 %", locale=locale)
    return format_decimal(cell, "#,##0.00####" if kind is Kind.MONEY else "#,##0", locale=locale)
