"""Read a text: a pure, deterministic function of the text, the catalogue, and what is open with the customer."""

from __future__ import annotations

from smsgw.inbound.reading.index import Compiled, compile_catalogue
from smsgw.inbound.reading.terms import Open, Reading

__all__ = ["Compiled", "compile_catalogue", "read"]


def read(text: str, catalogue: Compiled, open: Open | None = None) -> Reading:
    """What the text says, with the words that say so, and why a person must look."""
    return Reading(kind="other", topic="unclear", reasons=("nothing was understood",))
