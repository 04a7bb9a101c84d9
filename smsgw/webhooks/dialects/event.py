"""What a dialect is given and what it makes of it: an event with its record, and a request as it goes out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from ..addresses import read_url
from ..told import PLACE as PLACE  # where a dialect looks for what it must remember

APART = "\x1e"  # stands between recipient, sender and words of an answer to a phone that names these


@dataclass(frozen=True, slots=True)
class Event:
    """A record that moved. row: of the message or the inbound text. parts: of the message, (reference, error) each.

    terms: what the client asked for, with its `url`. secret: what signs. id: the delivery's own. by: who moved it.
    """

    record: str
    was: str | None
    now: str
    why: str
    at: datetime
    row: Mapping[str, Any]
    terms: Mapping[str, Any]
    hook: str = ""
    secret: str = ""
    parts: Sequence[tuple[str | None, str | None]] = ()
    id: str = ""
    by: str = ""

    @property
    def is_inbound(self) -> bool:
        """Whether a phone sent it."""
        return self.record == "inbound"


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a receiver. expects: how its answer must begin. replies: its answer may be a text for the phone.

    key: signs it as it goes out, if not empty: a `whsec_…` as Standard Webhooks says, another one body and time in the
    header X-Signature.
    """

    method: str
    url: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    expects: str = ""
    replies: str = ""
    key: str = ""

    def kept(self) -> dict[str, Any]:
        """What is stored of it beside the body."""
        kept = asdict(self)
        del kept["body"]
        return {name: value for name, value in kept.items() if value}


def origin(url: str) -> str:
    """The part of a URL that says who is called. Raises BadInput for one that cannot be called."""
    written = ascii_url(url)
    try:
        split = urlsplit(written)
    except ValueError:
        split = urlsplit("//")  # read_url says what is wrong
    target = read_url(urlunsplit((split.scheme, split.netloc.rpartition("@")[2], "/", "", "")))
    return f"{'https' if target.tls else 'http'}://{target.authority}"


def ascii_url(url: str) -> str:
    """A URL whose other letters are percent-encoded, so that it can be written in a request."""
    return quote(url.strip(), safe="!#$%&'()*+,/:;=?@[]~")


def callable_url(url: str) -> tuple[str, dict[str, str]]:
    """A URL without the name and password in it, and the header that carries these."""
    split = urlsplit(ascii_url(url))
    user, at, host = split.netloc.rpartition("@")
    bare = urlunsplit((split.scheme, host, split.path or "/", split.query, ""))
    if not at:
        return bare, {}
    name, _, word = user.partition(":")
    pair = f"{unquote(name)}:{unquote(word)}"
    return bare, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def form(method: str, url: str, words: Sequence[tuple[str, str]]) -> Request:
    """A request that carries words: in the body of a POST, else in the query."""
    bare, headers = callable_url(url)
    said = urlencode(words)
    if method.upper() == "GET":
        return Request("GET", f"{bare}{'&' if '?' in bare else '?'}{said}", "", headers)
    return Request("POST", bare, said, {**headers, "Content-Type": "application/x-www-form-urlencoded"})
