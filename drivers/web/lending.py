"""Addresses at which a carrier fetches a medium: what they lend and until when stands in them, signed.

Nothing is kept for them: a carrier that comes late, or after a restart, still finds what it was told to fetch, and
nobody can make such an address without the link's secret.
"""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

LASTS = 48 * 3600  # seconds
_PROOF = 16  # octets of the HMAC-SHA256
_HEAD = struct.Struct(">I32s")


def lend(secret: str, sha256: str, until: float) -> str:
    """A token for the medium with this hash (hexadecimal digits)."""
    head = _HEAD.pack(int(until), bytes.fromhex(sha256))
    return urlsafe_b64encode(head + _proof(secret, head)).rstrip(b"=").decode()


def lent(secret: str, token: str, now: float) -> str | None:
    """The hash of the medium that a token lends; None for one that is not ours, or whose time is over."""
    try:
        octets = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (Error, ValueError):
        return None
    head = octets[: _HEAD.size]
    if len(head) < _HEAD.size or not hmac.compare_digest(octets[_HEAD.size :], _proof(secret, head)):
        return None
    until, sha256 = _HEAD.unpack(head)
    return sha256.hex() if now < until else None


def _proof(secret: str, head: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"lent medium " + head, "sha256")[:_PROOF]
