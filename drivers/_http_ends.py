"""How asking somebody over HTTP ends: with an answer, or without one, and then whether the request had left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class NotWritten(Exception):
    """There is no connection, and nothing of the request left."""


class Unanswered(Exception):
    """The request was written, at least in part, and there is no answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered. headers: names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
