"""Tables in a file of SQL: what mysqldump, phpMyAdmin, pg_dump and sqlite3's .dump write, read line by line.

Nothing is run. INSERT and COPY are read for their values; CREATE TABLE only for the names of columns. MySQL escapes
with a backslash, the others do not: which it is, the quotes of its names tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
LONGEST = 64 * 1024 * 1024  # letters of one statement
_INSERT = re.compile(r'\s*INSERT\s+(?:IGNORE\s+)?INTO\s+(?:[\w"`]+\.)?([`"]?)(\w+)\1\s*(\([^)]*\))?\s*VALUES?\s*', re.I)
_CREATE = re.compile(r'\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:[\w"`]+\.)?[`"]?(\w+)[`"]?\s*\(', re.I)
_COPY = re.compile(r'\s*COPY\s+(?:[\w"]+\.)?"?(\w+)"?\s*\(([^)]*)\)\s+FROM\s+stdin', re.I)
_COLUMN = re.compile(r'\s*[`"]?(\w+)[`"]?\s+\w')
_NO_COLUMN = {"primary", "unique", "key", "index", "constraint", "foreign", "check", "fulltext"}
_STRING = {
    True: r"'([^'\\]*(?:(?:\\.|'')[^'\\]*)*)'",  # MySQL, chapter "String Literals"
    False: r"'([^']*(?:''[^']*)*)'",  # SQL-92; standard_conforming_strings
}
_VALUE = r"\s*(?:(NULL)|(0x[0-9A-Fa-f]+)|(-?[0-9][0-9.eE+-]*)|(TRUE|FALSE)|(?:_\w+\s*|E)?{})\s*([,)])"
_VALUES = {is_mysql: re.compile(_VALUE.format(string), re.I | re.S) for is_mysql, string in _STRING.items()}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "b": "\b", "Z": "\x1a"}
_COPIED = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\", "\\b": "\b", "\\f": "\f", "\\v": "\v"}


class Unreadable(Exception):
    """A statement that is no list of values as we know them; says where."""


class Dump:
    """A file of SQL. Reads it anew for every table that is asked for, so that its size does not matter."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: dict[str, list[str]] = {}
        self.names: set[str] = set()
        for _, line in self._lines():
            if found := _CREATE.match(line):
                self.names.add(found[1].lower())
            elif found := _INSERT.match(line):
                self.names.add(found[2].lower())
            elif found := _COPY.match(line):
                self.names.add(found[1].lower())

    def rows(self, table: str) -> Iterator[tuple[str, Row]]:
        """Each row of a table with where it stands; names of columns in small letters. Raises Unreadable."""
        lines, wanted, count = self._lines(), table.lower(), 0
        for number, line in lines:
            if (found := _CREATE.match(line)) and found[1].lower() == wanted:
                self._columns[wanted] = list(_columns(line, lines))
            elif (found := _COPY.match(line)) and found[1].lower() == wanted:
                names = [one.strip(' "').lower() for one in found[2].split(",")]
                for at, values in _copied(lines):
                    yield f"line {at}", dict(zip(names, values, strict=False))
            elif (found := _INSERT.match(line)) and found[2].lower() == wanted:
                named = [one.strip(' `"()').lower() for one in found[3].split(",")] if found[3] else None
                columns = named or self._columns.get(wanted)
                if columns is None:
                    raise Unreadable(
                        f"line {number}: nobody said what the columns of {table} are: dump its CREATE TABLE too"
                    )
                for values in _values(line, found.end(), "`" in found[0], lines, number):
                    count += 1
                    yield f"line {number}, row {count} of {table}", dict(zip(columns, values, strict=False))

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self._path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for number, line in enumerate(file, 1):
                yield number, line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _columns(first: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """The names of columns in a CREATE TABLE, which may stand on one line or on many."""
    text = first[first.index("(") + 1 :]
    while text.count("(") >= text.count(")") and (following := next(lines, None)) is not None:
        text += following[1]
    level, piece = 0, ""
    for letter in text:
        if letter == "," and level == 0:
            yield from _column(piece)
            piece = ""
            continue
        level += {"(": 1, ")": -1}.get(letter, 0)
        if level < 0:
            break
        piece += letter
    yield from _column(piece)


def _column(piece: str) -> Iterator[str]:
    found = _COLUMN.match(piece)
    if found and found[1].lower() not in _NO_COLUMN:
        yield found[1].lower()


def _values(
    text: str, place: int, is_mysql: bool, lines: Iterator[tuple[int, str]], number: int
) -> Iterator[list[Any]]:
    """The rows behind VALUES; takes further lines while the statement goes on. Raises Unreadable."""
    value = _VALUES[is_mysql]
    while True:
        row: list[Any] = []
        place = _skip(text, place, " \r\n\t,")
        if place < len(text) and text[place] != "(":
            return  # the end: a semicolon, or ON CONFLICT
        at, is_whole = place + 1, False
        while at <= len(text) and (found := value.match(text, at)):
            row.append(_value(found, is_mysql))
            at, is_whole = found.end(), found[6] == ")"
            if is_whole:
                break
        if is_whole:
            yield row
            place = at
            continue
        following = next(lines, None)
        if following is None or len(text) > LONGEST:
            if place < len(text):
                raise Unreadable(f"line {number}: from {text[place : place + 40]!r} on this is no list of values")
            return
        text, place = text[place:] + following[1], 0


def _skip(text: str, place: int, letters: str) -> int:
    while place < len(text) and text[place] in letters:
        place += 1
    return place


def _value(found: re.Match[str], is_mysql: bool) -> Any:
    null, octets, number, truth, string, _ = found.groups()
    if null:
        return None
    if octets:
        return bytes.fromhex(octets[2:].rjust((len(octets) - 1) // 2 * 2, "0")).decode("utf-8", "replace")
    if number:
        return number
    if truth:
        return truth.lower()
    text = string.replace("''", "'")
    return re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[1]), text, flags=re.S) if is_mysql else text


def _copied(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[Any]]]:
    r"""The rows of a COPY, up to \. (PostgreSQL, COPY, "Text Format")."""
    for number, line in lines:
        line = line.rstrip("\n")
        if line == "\\.":
            return
        yield number, [None if one == "\\N" else _uncopied(one) for one in line.split("\t")]


def _uncopied(text: str) -> str:
    return re.sub(r"\\.", lambda one: _COPIED.get(one[0], one[0][1:]), text) if "\\" in text else text
