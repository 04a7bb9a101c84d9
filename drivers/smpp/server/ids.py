"""Message ids as clients see them: ours without `msg_`.

The surprise: a receipt's text is read by many clients as GSM letters, by others as ASCII, and the two disagree about
`_` (23.038 section 6.2.1: it is a section sign). So what stands there must have only letters that both know.
"""

from __future__ import annotations

_PREFIX = "msg_"
# Printable ASCII that the GSM default alphabet has in the same places.
ALIKE = frozenset(map(chr, range(0x20, 0x7B))) - set("$@[\\]^_`")


def written(id: str) -> str:
    """For the wire."""
    return id.removeprefix(_PREFIX)


def read(id: str) -> str:
    """From the wire; ids as the API shows them are understood too."""
    return id if id.startswith(_PREFIX) or not id else _PREFIX + id


def plain(text: str) -> str:
    """A text with `?` for every letter that not everybody would read the same."""
    return "".join(letter if letter in ALIKE else "?" for letter in text)
