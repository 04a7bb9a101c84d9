"""Addresses that answers and bounces come back to: `r-`, `c-` or `b-` and 24 letters that nobody can guess.

The letters are base32 of 15 octets: a conversation's number in five, and ten of an HMAC-SHA256 over it (RFC 2104 with
RFC 6234; 80 bits, RFC 2104 section 5 allows the cut). Mail servers fold the case of local parts, so case means nothing.
A key that is revoked takes all its addresses with it; a conversation's series that grows takes those of one.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Purpose = Literal["r", "c", "b"]  # an answer of the company, of the customer by a message's page, a bounce

LENGTH = 24  # letters behind the prefix: 15 octets
_OCTETS = 5  # of the conversation's number
MOST = 1 << 8 * _OCTETS
_LOCAL = re.compile(r"([rcb])-([a-z2-7]{24})")


@dataclass(frozen=True, slots=True)
class Token:
    """What an address says, before anybody has proved it. thread: a conversation's number."""

    purpose: Purpose
    thread: int
    proof: bytes


def local_part(purpose: Purpose, thread: int, series: int, secret: bytes) -> str:
    """What stands before the @. series: how often the conversation's addresses were revoked. Raises ValueError."""
    if not 0 < thread < MOST:
        raise ValueError(f"{thread} is no number of a conversation")
    octets = thread.to_bytes(_OCTETS, "big") + _proof(purpose, thread, series, secret)
    return f"{purpose}-{base64.b32encode(octets).decode().lower()}"


def read(local: str) -> Token | None:
    """The token in a local part, in any case; None for every other local part."""
    found = _LOCAL.fullmatch(local.strip().lower())
    if found is None:
        return None
    octets = base64.b32decode(found[2].upper())  # 24 letters of its alphabet are always whole
    purpose: Purpose = "r" if found[1] == "r" else "c" if found[1] == "c" else "b"
    return Token(purpose, int.from_bytes(octets[:_OCTETS], "big"), octets[_OCTETS:])


def is_ours(token: Token, series: int, secrets: Iterable[bytes]) -> bool:
    """Whether one of these keys made the token for this series; takes the same time whichever it was."""
    ours = False
    for secret in secrets:
        ours |= hmac.compare_digest(token.proof, _proof(token.purpose, token.thread, series, secret))
    return ours


def _proof(purpose: Purpose, thread: int, series: int, secret: bytes) -> bytes:
    return hmac.digest(secret, f"smsgw mail {purpose} {thread} {series}".encode(), "sha256")[:10]
