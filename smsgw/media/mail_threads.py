"""Conversations that mails are about, and the addresses that answers to them come back to.

A conversation is a customer's number or mail address, as everywhere. Its addresses hold until `answers_until`, until
their key is revoked, or until they are revoked for this conversation alone; whoever is told next has new ones.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from ..errors import NotFound
from ..store.tables import mail, mail_answer, mail_key, mail_thread
from ..store.tables.types import AnyRow
from .mail_tokens import Purpose, Token, is_ours, local_part


@dataclass(frozen=True, slots=True)
class Found:
    """The conversation that an address of ours belongs to. expired: it says so, but its time is over."""

    id: int
    address: str
    inbound_id: str | None
    expired: bool


def opened(conn: Connection, address: str, now: datetime, answers: timedelta, inbound_id: str | None = None) -> AnyRow:
    """The conversation with this address, opened if need be; answers come for so long from now on.

    inbound_id: what is told of now, which an answer then answers.
    """
    values = {"answers_until": now + answers} | ({} if inbound_id is None else {"inbound_id": inbound_id})
    t = mail_thread.c
    if not conn.execute(update(mail_thread).where(t.address == address).values(values)).rowcount:
        conn.execute(insert(mail_thread).values(address=address, series=0, created_at=now, **values))
    return conn.execute(select(mail_thread).where(t.address == address)).one()


def address_for(conn: Connection, purpose: Purpose, thread: AnyRow, domain: str, now: datetime) -> str:
    """The address for answers or bounces of a conversation, made with the newest key."""
    series = 0 if purpose == "b" else thread.series  # a bounce is heard also when nobody may answer any more
    return f"{local_part(purpose, thread.id, series, _newest_key(conn, now))}@{domain}"


def for_customer(conn: Connection, address: str, now: datetime, answers: timedelta, domain: str) -> str:
    """The address by which a customer writes into the conversation of their number, opened if need be.

    Known only to who was given it, as the page of a message is. answers: for how long, if nobody said so before.
    """
    row = conn.execute(select(mail_thread).where(mail_thread.c.address == address)).first()
    return address_for(conn, "c", row or opened(conn, address, now, answers), domain, now)


def for_customer_if_any(conn: Connection, address: str, domain: str, now: datetime) -> str | None:
    """The same, if it was made before; nothing is written."""
    row = conn.execute(select(mail_thread).where(mail_thread.c.address == address)).first()
    there = conn.scalar(select(mail_key.c.id).where(mail_key.c.revoked_at.is_(None)).limit(1)) is not None
    return address_for(conn, "c", row, domain, now) if row is not None and there else None


def found(conn: Connection, token: Token, now: datetime) -> Found | None:
    """The conversation of an address; None when we did not make it, or it is revoked."""
    row = conn.execute(select(mail_thread).where(mail_thread.c.id == token.thread)).first()
    keys = conn.scalars(select(mail_key.c.secret).where(mail_key.c.revoked_at.is_(None))).all()
    series = row.series if row is not None and token.purpose != "b" else 0
    ours = is_ours(token, series, [bytes(key) for key in keys])  # also without a row: the same time for all
    if row is None or not ours:
        return None
    return Found(row.id, row.address, row.inbound_id, token.purpose != "b" and row.answers_until < now)


def told(conn: Connection, thread: int) -> set[str]:
    """The mailboxes that were told of a conversation."""
    return set(conn.scalars(select(mail.c.recipient).where(mail.c.thread_id == thread).distinct()))


def heard(conn: Connection, thread: int, message_id: str) -> None:
    """Somebody answered with this mail: the next letter follows it."""
    conn.execute(update(mail_thread).where(mail_thread.c.id == thread).values(last_mail=message_id))


def revoke(conn: Connection, address: str) -> None:
    """No address of this conversation that is out there is good any more. Raises NotFound."""
    t = mail_thread.c
    if not conn.execute(update(mail_thread).where(t.address == address).values(series=t.series + 1)).rowcount:
        raise NotFound(f"no mail was written about {address}", hint="smsgw mail threads shows the conversations")


def threads(conn: Connection, limit: int) -> list[AnyRow]:
    """Conversations, the newest first."""
    return list(conn.execute(select(mail_thread).order_by(mail_thread.c.id.desc()).limit(limit)))


def answers(conn: Connection, limit: int, refused: bool = False) -> list[AnyRow]:
    """Answers that came by mail, with whom they were for, the newest first. refused: only those that were not sent."""
    a, t = mail_answer.c, mail_thread.c
    query = select(a.at, a.sender, t.address, a.sent_id, a.why, a.message_id).join(mail_thread, t.id == a.thread_id)
    if refused:
        query = query.where(a.sent_id.is_(None))
    return list(conn.execute(query.order_by(a.id.desc()).limit(limit)))


def keys(conn: Connection) -> list[AnyRow]:
    """The keys without their secrets, the newest last."""
    k = mail_key.c
    return list(conn.execute(select(k.id, k.created_at, k.revoked_at).order_by(k.id)))


def new_key(conn: Connection, now: datetime) -> None:
    """From now on addresses are made with another key; those made with older ones stay good."""
    conn.execute(insert(mail_key).values(secret=secrets.token_bytes(32), created_at=now))


def revoke_key(conn: Connection, id: int, now: datetime) -> None:
    """No address that was made with this key is good any more. Raises NotFound."""
    k = mail_key.c
    if not conn.execute(update(mail_key).where(k.id == id, k.revoked_at.is_(None)).values(revoked_at=now)).rowcount:
        raise NotFound(f"there is no key {id} in use", hint="smsgw mail keys shows them")


def _newest_key(conn: Connection, now: datetime) -> bytes:
    newest = select(mail_key.c.secret).where(mail_key.c.revoked_at.is_(None)).order_by(mail_key.c.id.desc()).limit(1)
    secret = conn.scalar(newest)
    if secret is None:
        new_key(conn, now)
        secret = conn.scalar(newest)
    assert secret is not None
    return bytes(secret)
