"""Recognise the head of a request that the front answers itself: POST of plain JSON to the one hot address.

This is no reader of HTTP. Whatever is not exactly of this form is None, and is read by waitress from its first octet
on; so what is strange, wrong or dangerous is understood in one place only. What is taken here means the same there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smsgw.access.keys import hashed

from .api.routes import PREFIX

LONGEST = 8192  # octets of a head that is looked at here
LARGEST = 256 * 1024  # octets of a body: more than the longest text needs
MANY = 1000  # heads remembered
PATH = f"{PREFIX}/messages"
_LINE = f"POST {PATH} HTTP/1.1".encode()
START = _LINE + b"\r\n"
_FIELDS = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)+")  # RFC 9112 section 5, no folds
_HOST = re.compile(rb"[A-Za-z0-9._:\[\]-]{1,255}")
_JSON = re.compile(rb'application/json(?:; ?charset="?utf-8"?)?', re.IGNORECASE)
_BEARER = re.compile(rb"[Bb]earer ([\x21-\x3c\x3e-\x7e]+=*)")  # an = inside makes it a list of parameters
_LENGTH = re.compile(rb"[0-9]{1,7}")
_READ = (b"host", b"content-type", b"content-length", b"authorization", b"connection", b"x-request-id")
_STRANGE = frozenset((b"transfer-encoding", b"content-encoding", b"expect", b"prefer", b"idempotency-key"))
_TRACED = re.compile(rb"\r\ntraceparent:", re.IGNORECASE)
_CLOSES = {b"": False, b"keep-alive": False, b"close": True}


@dataclass(frozen=True, slots=True)
class Head:
    """What a head says. size: its own octets; length: the body's. key: the hash of the secret that it carries."""

    size: int
    length: int
    secret: str
    key: bytes
    close: bool
    request_id: str


class Heads:
    """Reads heads, and remembers them: a client sends the same one again and again."""

    def __init__(self, traced: bool = False) -> None:
        """traced: whether what belongs to a trace (`traceparent`) is for Flask, which remembers that."""
        self._known: dict[bytes, Head | None] = {}
        self._traced = traced

    def of(self, heard: bytearray) -> Head | bool:
        """The head at the beginning of `heard`; True when more must come first; False when it is none of ours."""
        if not heard.startswith(START):
            return len(heard) < len(START) and START.startswith(heard)
        end = heard.find(b"\r\n\r\n", 0, LONGEST)
        if end < 0:
            return len(heard) < LONGEST
        octets = bytes(heard[: end + 4])
        if octets not in self._known:
            if len(self._known) >= MANY:
                self._known.clear()
            self._known[octets] = None if self._traced and _TRACED.search(octets) else read_head(octets)
        return self._known[octets] or False


def read_head(octets: bytes) -> Head | None:
    """What a whole head says (request line, fields, empty line), or None when it is not of the one form."""
    line, _, fields = octets[:-2].partition(b"\r\n")
    if line != _LINE or not _FIELDS.fullmatch(fields):
        return None
    given = dict.fromkeys(_READ, b"")
    for field in fields[:-2].split(b"\r\n"):
        name, _, value = field.partition(b":")
        name = name.lower()
        if name in _STRANGE or given.get(name):
            return None
        if name in given:
            given[name] = value.strip(b" \t")
    return _told(len(octets), given)


def _told(size: int, given: dict[bytes, bytes]) -> Head | None:
    bearer = _BEARER.fullmatch(given[b"authorization"])
    length = int(given[b"content-length"]) if _LENGTH.fullmatch(given[b"content-length"]) else 0
    close = _CLOSES.get(given[b"connection"].lower())
    plain = _HOST.fullmatch(given[b"host"]) and _JSON.fullmatch(given[b"content-type"])
    if not plain or bearer is None or close is None or not 0 < length <= LARGEST:
        return None
    secret = bearer[1].decode()
    return Head(size, length, secret, hashed(secret), close, given[b"x-request-id"].decode("latin-1"))
