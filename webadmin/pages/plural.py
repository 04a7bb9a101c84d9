"""Marks the sentences of the core that count something, so that `docs/words.py` asks for every plural form of them."""

from __future__ import annotations


def counted(sentence: str) -> str:
    """The same sentence, whose place `num` counts: Slovenian has four forms of it, Russian three."""
    return sentence
