"""Requests over HTTP and their answers as the console of a link shows them: in short, and nothing of what they carry.

An address may hold a number, a text or a password behind its question mark, so of that only the names are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from smsgw.link_verbs import WireLine, text_told

Way = Literal["<", ">"]
FORM = "application/x-www-form-urlencoded"


def request(way: Way, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Iterator[WireLine]:
    """A request. url: whole, or from its path on."""
    split = urlsplit(url)
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    told = {"host": split.hostname or ""} | _names("query", split.query)
    if body:
        told |= {"type": kind.partition(";")[0], "body": text_told(len(body), "octets")}
        if kind.startswith(FORM):
            told |= _names("fields", body.decode("latin-1"))
    yield WireLine(way, f"{method} {split.path or '/'}", {name: value for name, value in told.items() if value})


def answer(way: Way, status: int, headers: Mapping[str, str], body: bytes) -> Iterator[WireLine]:
    """An answer. headers: names in small letters."""
    told = {"type": headers.get("content-type", "").partition(";")[0], "retry-after": headers.get("retry-after", "")}
    if body:
        told["body"] = text_told(len(body), "octets")
    yield WireLine(way, f"HTTP {status}", {name: value for name, value in told.items() if value})


def broken(way: Way, problem: Exception) -> Iterator[WireLine]:
    """There was no answer, or no connection."""
    yield WireLine(way, type(problem).__name__, {"why": str(problem)})


def _names(what: str, encoded: str) -> dict[str, str]:
    found = dict.fromkeys(name for name, _ in parse_qsl(encoded, keep_blank_values=True))
    return {what: ", ".join(found)} if found else {}
