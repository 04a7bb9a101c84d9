"""Sign what is sent, as Standard Webhooks 1.0 wants it, and make the secrets.

The signed words are `id.timestamp.body`, the signature is HMAC-SHA256 in base64 after `v1,`; while a secret is being
replaced there is one signature for each secret, with spaces between.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

PREFIX = "whsec_"
LENGTH = 32  # octets of chance in a secret; the standard wants 24 to 64


class Signer:
    """Signs with several secrets. Each secret is a `whsec_…` as `new_secret` makes it."""

    def __init__(self, known: Sequence[str]) -> None:
        self._keys = [hmac.new(key_of(secret), digestmod="sha256") for secret in known]

    def signature(self, id: bytes, timestamp: bytes, body: bytes) -> bytes:
        """The header webhook-signature for what is sent under this id at this time (seconds since 1970)."""
        signed = b"%b.%b.%b" % (id, timestamp, body)
        return b" ".join([self._one(key, signed) for key in self._keys])

    def _one(self, key: Any, signed: bytes) -> bytes:
        fresh = key.copy()  # a key that is laid out already: half the cost of a new one
        fresh.update(signed)
        return b"v1," + b64encode(fresh.digest())


def signed_headers(key: str, id: bytes, timestamp: bytes, body: bytes) -> dict[str, str]:
    """The headers that sign a body and its time, and with a `whsec_…` the id too; none without a key."""
    if not key:
        return {}
    if key.startswith(PREFIX):
        signature = Signer([key]).signature(id, timestamp, body)
        told = (("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature))
        return {name: value.decode() for name, value in told}
    signed = hmac.new(key.encode(), body + timestamp, "sha256").hexdigest()
    return {"X-Signature": signed, "X-Timestamp": timestamp.decode()}


def new_secret() -> str:
    """A fresh secret."""
    return PREFIX + b64encode(secrets.token_bytes(LENGTH)).decode()


def key_of(secret: str) -> bytes:
    """The octets that sign. Raises ValueError when it is no secret of ours."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    return b64decode(secret.removeprefix(PREFIX), validate=True)
