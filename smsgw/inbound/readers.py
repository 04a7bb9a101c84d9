"""The ordered list of readers: each looks at a whole text and says what becomes of it, if it understood it.

The first that understands wins. A reader sees a text before its row is stored, in the same transaction: what it decides
is stored with the row. What none of them takes stays `received`: it is read a moment later (`dialogue`), by what is
open with its sender and by the catalogue; where nothing shall be read, the person is the last of the readers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from .consent.words import consent_words
from .decision import Decision, Reader

__all__ = ["READERS", "Decision", "Reader"]

log = logging.getLogger(__name__)


def no_text(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """Data for a phone's programs (WAP pushes and the like) is kept and logged, and is nothing for a person."""
    if text["kind"] not in ("data", "silent"):
        return None
    log.info("%s: %s came from %s and is no text", text["link"], text["kind"], text["sender"])
    return Decision("ignore", f"it is {text['kind']}, no text", "no_text")


def person(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """Whatever nobody understood waits for a person."""
    return Decision("wait", "no reader understood it: a person must look", "person")


READERS: tuple[Reader, ...] = (consent_words, no_text, person)
FIRST: tuple[Reader, ...] = (consent_words, no_text)


def readers(*, stop_words: bool, understand: bool) -> tuple[Reader, ...]:
    """The readers of a configuration: with stop words or without; understand: the rest is read a moment later."""
    first = tuple(reader for reader in FIRST if stop_words or reader is not consent_words)
    return first if understand else (*first, person)
