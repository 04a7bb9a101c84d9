"""The settings in force, written as a file of the configuration again: to keep, to compare, to begin another host with.

A secret is never in it: in its place stands a comment that says where it is kept here. What nobody set stands as a
comment too, so that a later version's own value holds where nobody decided otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smsgw.config.file import Origin

SECRET = re.compile(r'"\*{10}"|:\*{3}@')  # as `Origin.value` hides one: as a whole, or within a url
UNSET = "–"  # of what there is none; TOML has no word for it


def written(origins: Iterable[Origin]) -> str:
    """The settings as TOML 1.0, each with its origin. Values that wait for a restart are as they are in force."""
    tables: dict[str, list[str]] = {}
    for one in origins:
        table, _, key = one.key.rpartition(".")
        steps = table.split(".")
        for n in range(1, len(steps) + 1):  # a table comes after the one that it is in: [[links]] before [links.tls]
            tables.setdefault(".".join(steps[:n]), [])
        tables[table].append(_line(key, one))
    return "\n".join(part for table, lines in tables.items() for part in _part(table, lines))


def _part(table: str, lines: list[str]) -> list[str]:
    if not table or not (lines or table.endswith("]")):
        return [*lines, ""] if lines else []
    name = re.sub(r"\[\d+\]", "", table)
    return [f"[[{name}]]" if table.endswith("]") else f"[{name}]", *lines, ""]


def _line(key: str, one: Origin) -> str:
    source = " ".join(one.source.split())  # a comment ends with its line
    if one.value == UNSET:
        return f"# {key}: not set"
    if SECRET.search(one.value):
        where = source if source not in ("", "default") else "where the gateway was started with it"
        return f"# {key}: a secret, which is not in this file; it is kept here: {where}"
    if source == "default":
        return f"# {key} = {one.value}"
    return f"{key} = {one.value}" + (f"  # {source}" if source else "")
