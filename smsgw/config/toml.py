"""TOML as the configuration needs it: on which line each key stands, and how a value is written.

The surprise: the standard library reads TOML without telling lines, so a second, coarser look finds them in a
text that is known to be valid.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from pydantic_core import to_jsonable_python

from smsgw.config.shape import Place

# A valid document is a row of these; only strings and comments can hide a bracket or the end of a line.
_TOKEN = re.compile(
    r"""(?P<hidden> \#[^\n]* | \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\])*" | '[^']*' )
      | (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<end>\n) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SEGMENT = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_SEGMENT}(?:[ \t]*\.[ \t]*{_SEGMENT})*)")


class Lines:
    """Where the keys of a valid TOML document stand."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        self._items: dict[Place, int] = {}  # how many [[tables]] of a name there were so far
        table: Place = ()
        for line, statement in _statements(text):
            if statement.startswith("[["):
                table = self._next_item(_key(statement[2:]))
            elif statement.startswith("["):
                table = self._resolved(_key(statement[1:]))
            else:
                self._note((*table, *_key(statement)), line)
                continue
            self._note(table, line)

    def __contains__(self, place: Place) -> bool:
        """Whether the place itself stands in the document."""
        return place in self._lines

    def find(self, place: Place) -> int | None:
        """The line (from 1) of a key, or of the nearest thing around it that has one, or None."""
        return next((self._lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self._lines), None)

    def _note(self, place: Place, line: int) -> None:
        for n in range(1, len(place) + 1):
            self._lines.setdefault(place[:n], line)

    def _resolved(self, key: tuple[str, ...]) -> Place:
        """`links.tls` under the second `[[links]]` is links, 1, tls."""
        place: Place = ()
        for segment in key:
            place = (*place, segment)
            if place in self._items:
                place = (*place, self._items[place] - 1)
        return place

    def _next_item(self, key: tuple[str, ...]) -> Place:
        array = (*self._resolved(key[:-1]), key[-1])
        self._items[array] = self._items.get(array, 0) + 1
        return (*array, self._items[array] - 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header or assignment with its line; those that span lines (lists, long strings) are one."""
    depth, line, first, statement = 0, 1, 1, ""
    for token in _TOKEN.finditer(text + "\n"):
        depth += {"open": 1, "close": -1}.get(token.lastgroup or "", 0)
        if token.lastgroup == "end" and depth == 0:
            if statement.strip():
                yield first, statement.strip()
            statement, first = "", line + 1
        elif not token.group().startswith("#"):
            statement += token.group()
        line += token.group().count("\n")


def _key(statement: str) -> tuple[str, ...]:
    """The dotted key that a statement begins with; its quotes are read by the library."""
    found = _KEY.match(statement)
    tree: Any = tomllib.loads(f"{found.group(1)} = 0") if found else {}
    segments = []
    while isinstance(tree, dict) and tree:
        [(segment, tree)] = tree.items()
        segments.append(segment)
    return tuple(segments)


def as_toml(value: Any) -> str:
    """A value as it stands in the file; an enumeration, a path or a model as its plain form."""
    plain = to_jsonable_python(value)
    if isinstance(plain, dict):
        return "{ " + ", ".join(f"{_text(k)} = {as_toml(v)}" for k, v in plain.items()) + " }"
    if isinstance(plain, list):
        return "[" + ", ".join(as_toml(each) for each in plain) + "]"
    return _text(plain)


def _text(plain: Any) -> str:
    """As JSON has it, but for one letter that TOML wants escaped too (toml.io/en/v1.0.0, control characters)."""
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
