"""What carries MMS between us and an MMSC: `get` and `post`, whichever way the octets take, and how they may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import quote, urljoin, urlsplit

from smsgw.link import LinkError, WirePart

STEPS = {
    "set-up": "what is configured",
    "bearer": "the data connection over which MMS go",
    "name": "the address behind the name of the proxy or MMSC",
    "connection": "the connection to the proxy or MMSC",
    "request": "the request",
    "answer": "the answer",
}
"""The steps of an exchange in their order, and what each is about."""


class CarrierFailed(Exception):
    """The exchange did not succeed. step: of `STEPS`. written: whether the MMSC may have the request. hint: what may
    help. for_good: trying again is of no use."""

    def __init__(self, says: str, step: str, *, written: bool = False, hint: str = "", for_good: bool = False) -> None:
        super().__init__(says)
        self.step = step
        self.written = written
        self.hint = hint
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; media_type in small letters, without parameters."""

    status: int
    media_type: str
    body: bytes


class Carrier(Protocol):
    """A way to an MMSC. Each waits, and raises CarrierFailed."""

    def get(self, url: str, most: int) -> Answer:
        """Fetch what is at `url`, at most so many octets."""

    def post(self, url: str, body: bytes, most: int) -> Answer:
        """Hand an MMS PDU over, and read the answer."""


@runtime_checkable
class SendsItself(Protocol):
    """A carrier that makes the MMS itself, of a part with a content."""

    def send(self, part: WirePart) -> str | LinkError:
        """What we call it when it was sent, or why not. Waits, and raises CarrierFailed."""


def whole_url(location: str, mmsc: str) -> str:
    """A Content-Location as a URL: relative to the MMSC where it names no host. Raises CarrierFailed.

    It comes from outside, from anybody who can send a WAP push: only HTTP is taken, and nothing that would not stay
    in its line.
    """
    try:
        split = urlsplit(location.strip())
        url = location.strip() if split.scheme and split.netloc else urljoin(mmsc, location.strip())
        split = urlsplit(url)
        port = split.port
    except ValueError as wrong:
        raise CarrierFailed(f"the place of the message is no URL: {wrong}", "set-up", for_good=True) from wrong
    if split.scheme not in ("http", "https") or not split.hostname or port == 0:
        raise CarrierFailed(
            f"the place of the message is no URL that can be asked: {url[:200]!r}", "set-up", for_good=True
        )
    if any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in split.netloc):
        raise CarrierFailed("the place of the message has no proper host", "set-up", for_good=True)
    return quote(url, safe="%/:?#[]@!$&'()*+,;=-._~|")
