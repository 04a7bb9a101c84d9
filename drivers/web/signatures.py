"""Whether a notice is the carrier's: each kind of signature, compared in constant time."""

from __future__ import annotations

import hmac
import time
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Mapping
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from smsgw.link_verbs import Notice

LATE = 600.0  # seconds that a signature's time may differ from ours


def is_signed(kind: str, notice: Notice, words: Mapping[str, Any], secret: str, now: float | None = None) -> bool:
    """Whether a notice carries the proof of this kind, or the secret itself as ?token=."""
    if not secret:
        return False
    token = dict(parse_qsl(urlsplit(notice.url).query)).get("token", "")
    if kind != "twilio" and token and hmac.compare_digest(token.encode(), secret.encode()):
        return True
    check = CHECKS.get(kind)
    return check is not None and check(notice, words, secret, time.time() if now is None else now)


def _twilio(notice: Notice, words: Mapping[str, Any], secret: str, now: float) -> bool:
    pairs = parse_qsl(notice.body.decode("utf-8", "replace"), keep_blank_values=True) if notice.method == "POST" else []
    signed = notice.url + "".join(name + value for name, value in sorted(set(pairs)))
    wanted = b64encode(hmac.new(secret.encode(), signed.encode(), sha1).digest()).decode()
    return _same(notice.headers.get("x-twilio-signature", ""), wanted)


def _vonage(notice: Notice, words: Mapping[str, Any], secret: str, now: float) -> bool:
    if not _fresh(str(words.get("timestamp", "")), now):
        return False
    pairs = sorted((name, str(value)) for name, value in words.items() if name != "sig")
    signed = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in pairs)
    wanted = hmac.new(secret.encode(), signed.encode(), "sha256").hexdigest()
    return _same(str(words.get("sig", "")).lower(), wanted)


def _android(notice: Notice, words: Mapping[str, Any], secret: str, now: float) -> bool:
    stamp = notice.headers.get("x-timestamp", "")
    if not _fresh(stamp, now):
        return False
    wanted = hmac.new(secret.encode(), notice.body + stamp.encode(), "sha256").hexdigest()
    return _same(notice.headers.get("x-signature", "").lower(), wanted)


def _standard(notice: Notice, words: Mapping[str, Any], secret: str, now: float) -> bool:
    stamp, id = notice.headers.get("webhook-timestamp", ""), notice.headers.get("webhook-id", "")
    if not _fresh(stamp, now):
        return False
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except (Error, ValueError):
        return False
    wanted = b64encode(hmac.new(key, f"{id}.{stamp}.".encode() + notice.body, "sha256").digest()).decode()
    given = notice.headers.get("webhook-signature", "").split()
    return any(_same(one.partition(",")[2], wanted) for one in given[:20] if one.startswith("v1,"))


def _fresh(stamp: str, now: float) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) < 13 and abs(now - int(stamp)) <= LATE


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


CHECKS: dict[str, Callable[[Notice, Mapping[str, Any], str, float], bool]] = {
    "twilio": _twilio,
    "vonage": _vonage,
    "android": _android,
    "standard": _standard,
}
