"""Say it: data on standard output, chatter on standard error, either for people or as JSON.

The surprise: what people wrote to each other is shown with its control characters spelled out, so that no text
from a phone can command the terminal of whoever reads it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Voice:
    """How a command speaks. as_json: data as one JSON value (or one a line) in place of words."""

    def __init__(self) -> None:
        self.as_json = False

    def data(self, value: Any, words: Iterable[str]) -> None:
        """Give a result: `value` for programs, `words` (lines) for people."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, default=_plain))
        else:
            for line in words:
                click.echo(line, color=_colour())

    def rows(self, values: Sequence[Mapping[str, Any]], columns: Mapping[str, str], none: str) -> None:
        """Give a list: a table with `columns` (key to heading), or the sentence `none` when it is empty."""
        if not values and not self.as_json:
            self.chat(none)
        lines = table([[_cell(row.get(key)) for key in columns] for row in values], list(columns.values()))
        self.data(list(values), lines if values else [])

    def chat(self, words: str) -> None:
        """Tell the person something that is not the result."""
        click.echo(words, err=True, color=_colour())


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> list[str]:
    """Lines with columns of equal width; the last one is free."""
    if not rows:
        return []
    widths = [max(len(line[i]) for line in [headings, *rows]) for i in range(len(headings))]
    return ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in [headings, *rows]]


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return local(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return harmless(str(value)).replace("\n", "⏎")


def local(at: datetime) -> str:
    """A time as people here read it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def harmless(text: str) -> str:
    """A text without anything that a terminal obeys."""
    return _COMMANDS.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\r\n", "\n"))


def shortened(text: str, most: int = 60) -> str:
    """The beginning of a text, on one line."""
    line = harmless(text).replace("\n", " ⏎ ")
    return line if len(line) <= most else line[: most - 1] + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _colour() -> bool | None:
    """No colour where NO_COLOR is set (no-color.org); otherwise click looks whether it is a terminal."""
    return False if os.environ.get("NO_COLOR") else None
