"""Short links of our own domain: `/l/` and seven letters that lead elsewhere, made by hand or for the links of a text.

The codes of a text are not drawn but derived: the same text asked for again becomes the same words, so that a repeated
client_ref and the guard against duplicates see what they would see without. Of marketing each recipient has own codes
(the gate lets it pass with a consent alone); of everything else a client has one code for an address, and so has each
campaign. They are stored in the transaction that stores the message: what the gate refuses leaves none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..customers.consent.suppression import key, make_key
from ..errors import BadInput, Fault, NotFound
from ..store import history, keyset
from ..store.database import Database
from ..store.ids import new_id
from ..store.keyset import Edge
from ..store.prepared import Prepared, among
from ..store.tables import campaign, message, short_link, short_link_click
from ..store.tables.types import AnyRow
from .asked import Asked, Ready

LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # base 58: without 0, O, I and l
LENGTH = 7
LONGEST = 2000  # letters of an address
KEY = "short links"  # of the gateway's own keys
USED_AGAIN = timedelta(days=1)  # how exactly the last use is known
_IN_TEXT = re.compile(r"https?://[^\s<>\"«»“”„]+", re.IGNORECASE)
_TAIL = ".,;:!?'’…"
NO_BASE = "short links need an address that phones reach: set [pages] url or [web] public_url"
Taken = Sequence[Any]
_LOOKED_UP: ContextVar[Mapping[str, Taken | None]] = ContextVar("_LOOKED_UP", default=MappingProxyType({}))
_ALL_TAKEN = Prepared(
    select(short_link.c.code, short_link.c.url, short_link.c.by, short_link.c.campaign_id, message.c.recipient)
    .outerjoin_from(short_link, message, message.c.id == short_link.c.message_id)
    .where(among(short_link.c.code))
)


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
            raise BadInput([Fault(pointer, "no_public_url", NO_BASE)])

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
        good = self._good(asked.text)
        if not good:
            return asked, []
        own = asked.purpose == "marketing"
        codes = {url: self._code(asked, url, recipient) for url in good}
        text = _IN_TEXT.sub(lambda match: self._short(match[0], codes), asked.text)
        rows = [
            {
                "id": new_id("sl", now), "code": code, "url": url, "created_at": now, "by": asked.client,
                "used_at": now, "campaign_id": asked.campaign_id, "own": own, "note": None,
            }
            for url, code in codes.items()
        ]  # fmt: skip
        return replace(asked, text=text), rows

    @contextmanager
    def together(self, some: Iterable[Asked]) -> Iterator[None]:
        """While this lasts, `shorten` knows which codes of these messages are taken: they are looked up at once.

        For batches; a message whose number is not in its one spelling is looked up by itself.
        """
        tracked = [one for one in some if one.track_links] if self.base else []
        found: dict[str, Taken | None] = {
            self._turn(one, url, one.to, 0): None for one in tracked for url in self._good(one.text)
        }
        if found:
            with self._database.reading() as conn:
                found.update({code: taken for code, *taken in _ALL_TAKEN.run(conn, {"ids": list(found)})})
        before = _LOOKED_UP.set(found)
        try:
            yield
        finally:
            _LOOKED_UP.reset(before)

    def _good(self, text: str) -> list[str]:
        """The addresses of a text that can go short."""
        found = {_plain(one) for one in _IN_TEXT.findall(text)}
        return sorted(url for url in found if self._wrong(url) is None)

    def _code(self, asked: Asked, url: str, recipient: str) -> str:
        """The code of an address in a text: derived, so that it is the same again; the next where it is another's."""
        mine = [url, asked.client, asked.campaign_id, recipient if asked.purpose == "marketing" else None]
        for turn in count():
            code = self._turn(asked, url, recipient, turn)
            taken = self._taken(code)
            if taken is None or list(taken) == mine:
                break
        return code

    def _turn(self, asked: Asked, url: str, recipient: str, turn: int) -> str:
        whose = [asked.client, url]
        if asked.purpose == "marketing":
            whose += [recipient, asked.campaign_id or "", asked.text]
        elif asked.campaign_id is not None:
            whose.append(asked.campaign_id)
        told = "\0".join(whose).encode("utf-8", "replace")
        return spell(int.from_bytes(hmac.digest(self._key(), b"%d\0" % turn + told, hashlib.sha256)))

    def _taken(self, code: str) -> Taken | None:
        """Of which address, client, campaign and recipient a code is."""
        looked_up = _LOOKED_UP.get()
        if code in looked_up:
            return looked_up[code]
        with self._database.reading() as conn:
            found = _ALL_TAKEN.run(conn, {"ids": [code]})
        return found[0][1:] if found else None

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
    conn: Connection, limit: int, edge: Edge, *, message_id: str | None = None, campaign_id: str | None = None,
    words: str = "",
) -> list[AnyRow]:  # fmt: skip
    """Links, newest first, with the `recipient` whose own one is and the `campaign` that it was made for, by its name.

    At most `limit`; of one message or campaign; words: of the code, the address, the note or the recipient.
    """
    s = short_link.c
    query = (
        select(short_link, message.c.recipient, campaign.c.name.label("campaign"))
        .outerjoin_from(short_link, message, message.c.id == s.message_id)
        .outerjoin(campaign, campaign.c.id == s.campaign_id)
    )
    if words:
        found = [column.icontains(words, autoescape=True) for column in (s.url, s.note, message.c.recipient)]
        query = query.where(or_(s.code == words, *found))
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
