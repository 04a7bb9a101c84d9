"""Short links of our own domain: `/l/` and seven letters that lead elsewhere, made by hand or for the links of a text.

The codes of a text are not drawn but derived: the same text asked for again becomes the same words, so that a repeated
client_ref and the guard against duplicates see what they would see without. Of marketing each recipient has own codes
(the gate lets it pass with a consent alone); of everything else a client has one code for an address. They are stored
in the transaction that stores the message: what the gate refuses leaves none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..customers.consent.suppression import key, make_key
from ..errors import BadInput, Fault, NotFound
from ..store import history, keyset
from ..store.database import Database
from ..store.ids import new_id
from ..store.keyset import Edge
from ..store.tables import message, short_link, short_link_click
from ..store.tables.types import AnyRow
from .asked import Asked, Ready

LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # base 58: without 0, O, I and l
LENGTH = 7
LONGEST = 2000  # letters of an address
KEY = "short links"  # of the gateway's own keys
USED_AGAIN = timedelta(days=1)  # how exactly the last use is known
_IN_TEXT = re.compile(r"https?://[^\s<>\"«»“”„]+", re.IGNORECASE)
_TAIL = ".,;:!?'’…"


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody or something followed a link."""

    link_id: str
    at: datetime
    human: bool


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link made by hand. note: the maker's own word for it."""

    url: str
    by: str
    at: datetime
    note: str | None = None


class Shortening:
    """Makes the links of a text short. base: what stands before /l/; own: this gateway, which is never led to."""

    def __init__(self, database: Database, base: str, own: str | None) -> None:
        self._database = database
        self.base = base
        self._own = {host for one in (base, own) if one and (host := urlsplit(one).hostname)}
        self._secret: bytes | None = None

    def link_of(self, code: str) -> str:
        """The whole short address."""
        return f"{self.base}/l/{code}"

    def check(self, url: str) -> str:
        """An address that a short link may lead to. Raises BadInput, code `url_invalid`, at /url."""
        if says := self._wrong(url):
            raise BadInput([Fault("/url", "url_invalid", says)])
        return url

    def check_base(self, pointer: str) -> None:
        """Raises BadInput where nothing says how phones reach us, so that no link could be written."""
        if not self.base:
            says = "short links need an address that phones reach: set [pages] url or [web] public_url"
            raise BadInput([Fault(pointer, "no_public_url", says)])

    def _wrong(self, url: str) -> str | None:
        try:
            split = urlsplit(url)
            host, _ = split.hostname, split.port
        except ValueError as wrong:
            return f"this address cannot be read: {wrong}"
        if split.scheme not in ("http", "https") or not host:
            return "an address begins with https:// or http:// and a host"
        if split.username is not None or split.password is not None:
            return "an address with a name or password in it is refused: whoever has the link would have these"
        if len(url) > LONGEST or not url.isprintable() or " " in url:
            return f"an address has at most {LONGEST} letters, without spaces"
        if host.rstrip(".") in self._own:
            return f"{host} is this gateway itself: a short link leads elsewhere"
        return None

    def shorten(self, asked: Asked, recipient: str, now: datetime) -> tuple[Asked, list[dict[str, Any]]]:
        """The message with short links for those of its text, and the rows of these, for `keep`.

        recipient: E.164. What is no good address, or one of our own, stays. Raises BadInput (`no_public_url`).
        """
        self.check_base("/track_links")
        found = {_plain(one) for one in _IN_TEXT.findall(asked.text)}
        good = sorted(url for url in found if self._wrong(url) is None)
        if not good:
            return asked, []
        own = asked.purpose == "marketing"
        secret = self._key()
        with self._database.reading() as conn:
            codes = {url: _code(conn, secret, asked, url, recipient if own else None) for url in good}
        text = _IN_TEXT.sub(lambda match: self._short(match[0], codes), asked.text)
        rows = [
            {
                "id": new_id("sl", now), "code": code, "url": url, "created_at": now, "by": asked.client,
                "used_at": now, "campaign_id": asked.campaign_id if own else None, "own": own, "note": None,
            }
            for url, code in codes.items()
        ]  # fmt: skip
        return replace(asked, text=text), rows

    def _short(self, written: str, codes: dict[str, str]) -> str:
        url = _plain(written)
        return self.link_of(codes[url]) + written[len(url) :] if url in codes else written

    def _key(self) -> bytes:
        if self._secret is None:
            with self._database.reading() as conn:
                found = key(conn, KEY)
            self._secret = found or self._database.writer.do(_make_key, None)
        return self._secret


def _make_key(conn: Connection, batch: list[None]) -> list[bytes]:
    return [make_key(conn, KEY) for _ in batch]


def _plain(written: str) -> str:
    """An address without what ends the sentence around it."""
    while written[-1] in _TAIL or (written[-1] in ")]}" and "([{"[")]}".index(written[-1])] not in written):
        written = written[:-1]
    return written


def _code(conn: Connection, secret: bytes, asked: Asked, url: str, recipient: str | None) -> str:
    """The code of an address in a text: derived, so that it is the same again; the next one where it is another's."""
    whose = [asked.client, url]
    if recipient is not None:
        whose += [recipient, asked.campaign_id or "", asked.text]
    told = "\0".join(whose).encode("utf-8", "replace")
    s, turn = short_link.c, 0
    while True:
        number = int.from_bytes(hmac.digest(secret, b"%d\0" % turn + told, hashlib.sha256))
        code = spell(number)
        query = select(s.url, s.by, message.c.recipient).outerjoin(message, message.c.id == s.message_id)
        row = conn.execute(query.where(s.code == code)).first()
        if row is None or (row.url, row.by, row.recipient) == (url, asked.client, recipient):
            return code
        turn += 1


def spell(number: int) -> str:
    """A code of a number, of which only as much counts as the code can hold."""
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return "".join(letters)


def keep(conn: Connection, batch: Sequence[Ready], now: datetime) -> None:
    """Store the links of new messages, within the caller's transaction. The rows of the messages are there."""
    rows: dict[str, dict[str, Any]] = {}
    for ready in batch:
        for told in ready.links:
            row = {name: value for name, value in told.items() if name != "own"}
            rows.setdefault(row["code"], {**row, "message_id": ready.row["id"] if told["own"] else None})
    if not rows:
        return
    s = short_link.c
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    conn.execute(dialect.insert(short_link).on_conflict_do_nothing(index_elements=["code"]), list(rows.values()))
    for some in history.chunks(list(rows)):
        again = s.code.in_(some) & (s.used_at < now - USED_AGAIN)
        conn.execute(update(short_link).where(again).values(used_at=now))


def make(conn: Connection, batch: list[NewLink]) -> list[AnyRow]:
    """Writer step: links made by hand, each with a code of its own; returns their rows."""
    return [_make(conn, wish) for wish in batch]


def _make(conn: Connection, wish: NewLink) -> AnyRow:
    s = short_link.c
    while True:
        code = spell(secrets.randbelow(len(LETTERS) ** LENGTH))
        if conn.scalar(select(s.id).where(s.code == code)) is None:
            break
    row = {
        "id": new_id("sl", wish.at), "code": code, "url": wish.url, "created_at": wish.at, "by": wish.by,
        "used_at": wish.at, "note": wish.note,
    }  # fmt: skip
    conn.execute(insert(short_link).values(row))
    return get(conn, code)


def find(conn: Connection, code: str) -> AnyRow | None:
    """The link with this code."""
    return conn.execute(select(short_link).where(short_link.c.code == code)).first()


def get(conn: Connection, code: str) -> AnyRow:
    """The same. Raises NotFound."""
    row = find(conn, code)
    if row is None:
        raise NotFound(f"there is no short link {code[:20]!r}", hint="GET /api/v1/short-links lists them")
    return row


def listing(
    conn: Connection, limit: int, edge: Edge, *, message_id: str | None = None, campaign_id: str | None = None
) -> list[AnyRow]:
    """Links, newest first: at most `limit`; of one message or campaign."""
    s = short_link.c
    query = select(short_link)
    if message_id is not None:
        query = query.where(s.message_id == message_id)
    if campaign_id is not None:
        query = query.where(s.campaign_id == campaign_id)
    return keyset.rows(conn, query, s.id, edge, limit)


def clicks(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How often each of these links was followed: people, bots, and when people did first and last."""
    c = short_link_click.c
    told: dict[str, dict[str, Any]] = {id: {"people": 0, "bots": 0, "first": None, "last": None} for id in ids}
    for some in history.chunks(list(ids)):
        query = select(
            c.link_id, c.human, func.count().label("many"), func.min(c.at).label("first"), func.max(c.at).label("last")
        )
        for row in conn.execute(query.where(c.link_id.in_(some)).group_by(c.link_id, c.human)):
            seen = {"people": row.many, "first": row.first, "last": row.last} if row.human else {"bots": row.many}
            told[row.link_id] |= seen
    return told


def followed(conn: Connection, batch: list[Click]) -> list[None]:
    """Writer step: count clicks on links that are still there."""
    s = short_link.c
    there = set()
    for some in history.chunks(sorted({click.link_id for click in batch})):
        there |= set(conn.scalars(select(s.id).where(s.id.in_(some))))
    rows = [{"link_id": one.link_id, "at": one.at, "human": one.human} for one in batch if one.link_id in there]
    if rows:
        conn.execute(insert(short_link_click), rows)
    return [None] * len(batch)
