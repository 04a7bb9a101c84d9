"""Make what came from outside fit to be stored: no letter that a database refuses, no more than a column holds.

A network may say anything. What it says must never make a write fail, or it would say it again for ever.
"""

from __future__ import annotations


def storable(said: str, most: int) -> str:
    """`said` with lone surrogates and NULs as U+FFFD, cut to `most` characters."""
    said = said[:most]
    if said.isascii() and "\x00" not in said:  # as nearly all that networks say
        return said
    return "".join("\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in said)


def storable_or_none(said: str | None, most: int) -> str | None:
    """The same for what may be missing."""
    return None if said is None else storable(said, most)
