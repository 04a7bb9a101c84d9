"""Pages that show a message where a phone cannot: made with the text that carries their link, ended by time or by hand.

Whoever has the token may look: 128 bits of chance, of which only the SHA-256 is kept. What is wrong, what has ended and
what was taken back cannot be told apart: `find` asks the same one question for all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from ..errors import BadInput, Fault, NotFound
from ..store import history
from ..store.database import Writer
from ..store.ids import new_id
from ..store.lifecycle import MESSAGE
from ..store.tables import address, customer, inbound_medium, medium, message, message_medium, message_page, rendition
from ..store.tables.types import AnyRow
from .screens import PHONE

TOKEN_OCTETS = 16  # 128 bits: 22 letters
LASTS = timedelta(days=14)
TRIES = 5  # wrong codes until a page is locked
SHORTEST_PIN, LONGEST_PIN = 4, 12
AT_ONCE = 500
_ROUNDS = 50_000  # of PBKDF2: a code is short, so its hash is made dear


@dataclass(frozen=True, slots=True)
class PageTerms:
    """What holds for every page. base: what stands before /m/ in a link. lasts: for how long a page can be opened."""

    base: str = ""
    lasts: timedelta = LASTS


@dataclass(frozen=True, slots=True)
class Page:
    """A new page. token: is in the link alone. url: the link. pin: what is kept of its code."""

    id: str
    message_id: str
    token: str
    url: str
    created_at: datetime
    expires_at: datetime
    pin: bytes | None = None


def new(message_id: str, now: datetime, terms: PageTerms | None = None, pin: str | None = None) -> Page:
    """A page that is not stored yet: for a text with its link, which must be known before the message is.

    pin: a code that must be given before anything is shown. Raises BadInput for a code that is too short or too long.
    """
    terms = terms or PageTerms()
    token = secrets.token_urlsafe(TOKEN_OCTETS)
    pin_hash = None if pin is None else _pin_hash(hash_of(token), checked_pin(pin))
    return Page(new_id("page", now), message_id, token, link_of(terms, token), now, now + terms.lasts, pin_hash)


def keep(conn: Connection, pages: Sequence[Page]) -> None:
    """Store new pages, within the caller's transaction. The rows of their messages are there."""
    rows = [
        {
            "id": page.id,
            "message_id": page.message_id,
            "token_hash": hash_of(page.token),
            "created_at": page.created_at,
            "expires_at": page.expires_at,
            "pin_hash": page.pin,
            "pin_tries": 0,
        }
        for page in pages
    ]
    if rows:
        conn.execute(insert(message_page), rows)


def make(
    conn: Connection, message_id: str, now: datetime, terms: PageTerms | None = None, pin: str | None = None
) -> Page:
    """`new` and `keep` for a message that is stored; a page that it had before ends."""
    page = new(message_id, now, terms, pin)
    revoke(conn, message_id, "a newer link", now)
    keep(conn, [page])
    return page


def link_of(terms: PageTerms, token: str) -> str:
    """The link with a token: nothing in it tells who gets it, or what it shows."""
    return f"{terms.base}/m/{token}"


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def checked_pin(pin: str) -> str:
    """A code as it is compared: without what people put between letters. Raises BadInput."""
    plain = plain_pin(pin)
    if not SHORTEST_PIN <= len(plain) <= LONGEST_PIN:
        says = f"a code has {SHORTEST_PIN} to {LONGEST_PIN} letters or digits"
        raise BadInput([Fault("/pin", "pin_invalid", says)])
    return plain


def plain_pin(pin: str) -> str:
    """The letters and digits of a code; digits of any script are the same digits."""
    return "".join(str(int(one)) if one.isdecimal() else one.casefold() for one in pin[:100] if one.isalnum())


def _pin_hash(hashed: bytes, plain: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", plain.encode(), hashed, _ROUNDS)


def find(conn: Connection, token: str, now: datetime) -> AnyRow | None:
    """The page with this token: its row, with the recipient and sender of its message. None for wrong ones, and for
    those that have ended or were taken back."""
    p, m = message_page.c, message.c
    return conn.execute(
        select(
            message_page, m.recipient, m.sender, m.link, m.text, m.created_at.label("sent_at"),
            m.state.label("message_state"),
        )
        .join(message, m.id == p.message_id)
        .where(p.token_hash == hash_of(token), p.revoked_at.is_(None), p.expires_at > now)
    ).first()  # fmt: skip


def pin_of(conn: Connection, page: AnyRow, by_reference: bool) -> bool:
    """Whether a page asks for a code: one of its own, or the end of the customer's reference where that is asked."""
    return page.pin_hash is not None or (by_reference and reference_end(conn, page.recipient) is not None)


def is_pin(conn: Connection, page: AnyRow, given: str, by_reference: bool) -> bool:
    """Whether this code opens the page."""
    plain = plain_pin(given)
    if page.pin_hash is not None:
        return hmac.compare_digest(_pin_hash(page.token_hash, plain), page.pin_hash)
    end = reference_end(conn, page.recipient) if by_reference else None
    return end is not None and hmac.compare_digest(plain.encode(), end.encode())


def reference_end(conn: Connection, recipient: str) -> str | None:
    """The last four letters of a customer's reference; None where there are not so many."""
    owned = (
        select(customer.c.reference)
        .join_from(address, customer, address.c.customer_id == customer.c.id)
        .where(address.c.address == recipient)
    )
    plain = plain_pin(conn.scalar(owned) or "")
    return plain[-SHORTEST_PIN:] if len(plain) >= SHORTEST_PIN else None


def of_message(conn: Connection, message_id: str) -> AnyRow | None:
    """The newest page of a message."""
    p = message_page.c
    return conn.execute(select(message_page).where(p.message_id == message_id).order_by(p.id.desc()).limit(1)).first()


def revoke(conn: Connection, message_id: str, by: str, now: datetime) -> int:
    """Take the pages of a message back; returns how many could still be opened. The text with the link stays sent."""
    p = message_page.c
    still = (p.message_id == message_id) & p.revoked_at.is_(None) & (p.expires_at > now)
    ended = conn.execute(update(message_page).where(still).values(revoked_at=now, revoked_by=by)).rowcount
    if ended:
        step = history.Step(message_id, "the link to its page was taken back")
        history.note(conn, MESSAGE, "page_revoked", [step], by=by, now=now)
    return ended


def take_back(writer: Writer, message_id: str, by: str, now: datetime) -> None:
    """The same for a person or program. Raises NotFound when there is no page that could be opened."""

    def act(conn: Connection, batch: list[None]) -> list[Exception | None]:
        if revoke(conn, message_id, by, now):
            return [None] * len(batch)
        return [NotFound(f"{message_id} has no page that can be opened")] * len(batch)

    writer.do(act, None)


def hold(writer: Writer, message_id: str, why: str | None, by: str, now: datetime) -> None:
    """Keep what the pages of a message show behind their end (a legal hold), or no longer (None).

    Raises NotFound when it has no page.
    """

    def act(conn: Connection, batch: list[None]) -> list[Exception | None]:
        values: dict[str, Any] = {"held_why": why}
        p = message_page.c
        if not conn.execute(update(message_page).where(p.message_id == message_id).values(values)).rowcount:
            return [NotFound(f"{message_id} has no page")] * len(batch)
        words = f"what its page shows is held: {why}" if why else "what its page shows is not held any more"
        history.note(conn, MESSAGE, "page_held", [history.Step(message_id, words)], by=by, now=now)
        return [None] * len(batch)

    writer.do(act, None)


def purge(conn: Connection, batch: list[datetime]) -> list[int]:
    """Writer step, for now: take away what was made for pages that have ended; who came to them stays known.

    What a hold keeps, of the page or of the customer, is left. Returns how many pages were cleared.
    """
    return [_purge(conn, now) for now in batch]


def _purge(conn: Connection, now: datetime) -> int:
    p = message_page.c
    owner = (
        select(customer.c.id)
        .join_from(address, customer, address.c.customer_id == customer.c.id)
        .join(message, message.c.recipient == address.c.address)
        .where(message.c.id == p.message_id, customer.c.hold_at.is_not(None))
    )
    due = (
        select(p.id)
        .where(
            p.purged_at.is_(None), or_(p.expires_at <= now, p.revoked_at.is_not(None)), p.held_why.is_(None),
            ~exists(owner),
        )
        .limit(AT_ONCE)
    )  # fmt: skip
    ended = list(conn.scalars(due))
    for some in history.chunks(ended):
        conn.execute(update(message_page).where(p.id.in_(some)).values(purged_at=now))
    if ended:
        _forget_renditions(conn)
    return len(ended)


def _forget_renditions(conn: Connection) -> None:
    """What was made for pages, of media that no page shows any more, and its octets where nothing else has them."""
    p, mm, r, m = message_page.c, message_medium.c, rendition.c, medium.c
    shown = (
        select(mm.message_id)
        .join(message_page, p.message_id == mm.message_id)
        .where(mm.original == r.source, p.purged_at.is_(None))
    )
    idle = r.fit == PHONE.fit, ~exists(shown)
    made = [sha for sha in conn.scalars(select(r.sha256).where(*idle)) if sha is not None]
    conn.execute(delete(rendition).where(*idle))
    elsewhere = (
        exists(select(mm.message_id).where((mm.sha256 == m.sha256) | (mm.original == m.sha256))),
        exists(select(inbound_medium.c.inbound_id).where(inbound_medium.c.sha256 == m.sha256)),
        exists(select(r.source).where((r.sha256 == m.sha256) | (r.source == m.sha256))),
    )
    for some in history.chunks(made):
        conn.execute(delete(medium).where(m.sha256.in_(some), *(~one for one in elsewhere)))
