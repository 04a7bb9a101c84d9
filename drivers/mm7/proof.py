"""Whether a call is the MMSC's: HTTP basic (RFC 7617) and digest (RFC 7616), from the server's side.

The surprise: a nonce is signed and not remembered; what is remembered is how often it was used, so that nobody can say
again what he has heard.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import b64decode
from binascii import Error
from collections.abc import Callable
from threading import Lock
from typing import Literal
from urllib.parse import unquote, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

from smsgw.link_verbs import Notice

REALM = "smsgw"
FRESH = 300.0  # seconds that a nonce is good for
REMEMBERED = 10_000  # uses of nonces
LONGEST = 4096


class Doorkeeper:
    """Knows the one account that may call. now, chance: told for tests."""

    def __init__(
        self,
        how: Literal["none", "basic", "digest"],
        user: str,
        password: str,
        algorithm: Literal["MD5", "SHA-256"] = "MD5",
        now: Callable[[], float] = time.time,
        secret: bytes | None = None,
    ) -> None:
        self._how = how
        self._user = user
        self._password = password
        self._algorithm = algorithm
        self._now = now
        self._secret = secret or secrets.token_bytes(32)
        self._used: dict[tuple[str, int], float] = {}
        self._lock = Lock()

    def refuses(self, notice: Notice) -> str | None:
        """The challenge to answer with (WWW-Authenticate); None when the call is the MMSC's."""
        if self._how == "none":
            return None
        kind, _, said = notice.headers.get("authorization", "")[:LONGEST].partition(" ")
        if self._how == "basic":
            good = kind.lower() == "basic" and self._is_basic(said)
            return None if good else f'Basic realm="{REALM}", charset="UTF-8"'
        if kind.lower() != "digest":
            return self._challenge()
        verdict = self._is_digest(said, notice)
        return None if verdict == "good" else self._challenge(stale=verdict == "stale")

    def _is_basic(self, said: str) -> bool:
        try:
            given = b64decode(said.strip(), validate=True)
        except (Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self._user}:{self._password}".encode())

    def _challenge(self, stale: bool = False) -> str:
        more = ", stale=true" if stale else ""
        return f'Digest realm="{REALM}", qop="auth", algorithm={self._algorithm}, nonce="{self._nonce()}"{more}'

    def _nonce(self) -> str:
        stamp = f"{int(self._now())}-{secrets.token_hex(8)}"
        return f"{stamp}-{self._signed(stamp)}"

    def _signed(self, stamp: str) -> str:
        return hmac.new(self._secret, stamp.encode(), "sha256").hexdigest()[:32]

    def _is_digest(self, said: str, notice: Notice) -> Literal["good", "stale", "bad"]:
        try:
            given = parse_keqv_list(parse_http_list(said))
        except (ValueError, IndexError):
            return "bad"
        nonce, uri, count, client = (given.get(name, "") for name in ("nonce", "uri", "nc", "cnonce"))
        stamp, _, signature = nonce.rpartition("-")
        ours = hmac.compare_digest(signature.encode(), self._signed(stamp).encode())
        named = given.get("username", "") == self._user and given.get("realm") == REALM and given.get("qop") == "auth"
        right = given.get("algorithm", "MD5").upper() == self._algorithm
        if not (ours and named and right and _same_path(uri, notice.url) and _is_count(count)):
            return "bad"
        secret = self._hashed(f"{self._user}:{REALM}:{self._password}")
        asked = self._hashed(f"{notice.method}:{uri}")
        wanted = self._hashed(f"{secret}:{nonce}:{count}:{client}:auth:{asked}")
        if not hmac.compare_digest(given.get("response", "").lower().encode(), wanted.encode()):
            return "bad"
        if self._now() - int(stamp.partition("-")[0]) > FRESH or not self._first_use(nonce, int(count, 16)):
            return "stale"
        return "good"

    def _hashed(self, said: str) -> str:
        name = "md5" if self._algorithm == "MD5" else "sha256"
        return hashlib.new(name, said.encode(), usedforsecurity=False).hexdigest()

    def _first_use(self, nonce: str, count: int) -> bool:
        now = self._now()
        with self._lock:
            while self._used and (next(iter(self._used.values())) < now - FRESH or len(self._used) >= REMEMBERED):
                del self._used[next(iter(self._used))]
            if (nonce, count) in self._used:
                return False
            self._used[nonce, count] = now
            return True


def _is_count(count: str) -> bool:
    return len(count) == 8 and all(letter in "0123456789abcdefABCDEF" for letter in count)


def _same_path(uri: str, url: str) -> bool:
    """Whether a digest is for this address; a proxy before us may have another host and a prefix."""
    try:
        said, ours = urlsplit(uri), urlsplit(url)
    except ValueError:
        return False
    path, mine = unquote(said.path), unquote(ours.path)
    return bool(path) and (path.endswith(mine) or mine.endswith(path)) and said.query == ours.query
