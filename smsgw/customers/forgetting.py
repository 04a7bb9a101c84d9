"""Clear the words of records: of messages, texts that came in, orders and whatever speaks of them.

Everything that keeps words or numbers of people is named here once; erasing a person and the retention of bodies both
use it. Records stay, with their states, times and costs; what was said is gone, also from history and webhooks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select, update

from ..store.history import chunks
from ..store.tables import (
    auto_answer,
    call,
    consent_answer,
    correction,
    delivery,
    history,
    inbound,
    inbound_content,
    inbound_medium,
    inbound_part,
    inquiry,
    mail,
    medium,
    message,
    message_content,
    message_medium,
    message_page,
    order,
    order_line,
    order_revision,
    page_visit,
    part,
    receipt,
    rendition,
    short_link,
    submitted_part,
    survey_answer,
    suspected_stop,
    talk,
)

GONE = "forgotten"
EMPTY_BODY = '{"forgotten":true}'


def messages(conn: Connection, ids: Sequence[str]) -> None:
    """Clear what messages say and what networks said of them."""
    _clear(conn, message, message.c.id, ids, text="", metadata=None, trace=None, why=GONE, client_ref=None)
    _clear(conn, part, part.c.message_id, ids, user_data=b"", udh=b"")
    _clear(conn, receipt, receipt.c.message_id, ids, said=None, recipient=None)
    _clear(conn, submitted_part, submitted_part.c.message_id, ids, user_data=b"", udh=b"", asked={})
    content = message_content.c.message_id
    _clear(conn, message_content, content, ids, subject="", slides=[], attached=None, from_name="", reply_to=None)
    for some in chunks(ids):  # what was sent is ours and may be others' too: what nobody needs goes by its time
        conn.execute(delete(message_medium).where(message_medium.c.message_id.in_(some)))
        _end_pages(conn, some)
        conn.execute(delete(short_link).where(short_link.c.message_id.in_(some)))  # one recipient's own
    tales(conn, ids)


def _end_pages(conn: Connection, ids: Sequence[str]) -> None:
    """Links to pages of these messages lead nowhere from now on, and nobody knows from where somebody came to them."""
    p = message_page.c
    its = p.message_id.in_(ids)
    visits = page_visit.c.page_id.in_(select(p.id).where(its))
    conn.execute(update(page_visit).where(visits).values(address=""))
    conn.execute(update(message_page).where(its).values(expires_at=p.created_at, held_why=None))


def texts(conn: Connection, ids: Sequence[str]) -> None:
    """Clear texts that came in, and what was made of their words."""
    _clear(conn, inbound, inbound.c.id, ids, text="", explanation=None, why=GONE)
    _clear(conn, inbound_part, inbound_part.c.inbound_id, ids, user_data=b"", udh=b"")
    _clear(conn, inbound_content, inbound_content.c.inbound_id, ids, subject="", also_to=[])
    _media(conn, ids)
    _clear(conn, mail, mail.c.inbound_id, ids, subject=GONE)  # the rest of such a letter is read where this was
    _clear(conn, auto_answer, auto_answer.c.inbound_id, ids, text="", why=GONE)
    _clear(
        conn, correction, correction.c.inbound_id, ids, text="", words="", why=GONE, only=correction.c.kind == "alias"
    )
    _clear(conn, correction, correction.c.inbound_id, ids, text="", why=GONE)
    _clear(conn, survey_answer, survey_answer.c.inbound_id, ids, words="", comment=None)
    _clear(conn, suspected_stop, suspected_stop.c.inbound_id, ids, words="")
    _clear(conn, consent_answer, consent_answer.c.inbound_id, ids, text="", why=None)
    tales(conn, ids)


def _media(conn: Connection, ids: Sequence[str]) -> None:
    """Take away the pictures and files that came with texts, at once: with all that was made of them, where nothing
    else that came in or went out has the same."""
    got: set[str] = set()
    for some in chunks(ids):
        mine = inbound_medium.c.inbound_id.in_(some)
        got |= set(conn.scalars(select(inbound_medium.c.sha256).where(mine)))
        conn.execute(delete(inbound_medium).where(mine))
    for some in chunks(sorted(got)):
        made = set(
            conn.scalars(select(rendition.c.sha256).where(rendition.c.source.in_(some), rendition.c.sha256 != ""))
        )
        m = medium.c.sha256
        used = (
            select(inbound_medium.c.sha256).where(inbound_medium.c.sha256 == m).exists()
            | select(message_medium.c.sha256).where(message_medium.c.sha256 == m).exists()
            | select(message_medium.c.original).where(message_medium.c.original == m).exists()
        )
        conn.execute(delete(medium).where(m.in_([*some, *sorted(made)]), ~used))


def orders(conn: Connection, ids: Sequence[str]) -> None:
    """Clear the words of orders; products, quantities and prices stay, for the books."""
    _clear(conn, order, order.c.id, ids, wish=None, request=None, candidates=None, why=GONE)
    _clear(conn, order, order.c.id, ids, proof={GONE: True}, only=order.c.confirmed_at.is_not(None))
    _clear(conn, order_revision, order_revision.c.order_id, ids, words="")
    _clear(conn, order_line, order_line.c.order_id, ids, spans=[], how="")
    for id in ids:  # letters about an order are called after it: ord_…:REVISION
        letters = and_(mail.c.reference.between(f"{id}:", f"{id}:9999999"), mail.c.reference.startswith(f"{id}:"))
        conn.execute(update(mail).where(letters).values(subject=GONE, body="", why=GONE))
    tales(conn, ids)


def calls(conn: Connection, ids: Sequence[str]) -> None:
    """Clear who rang."""
    _clear(conn, call, call.c.id, ids, caller=None, why=GONE)
    tales(conn, ids)


def talks(conn: Connection, ids: Sequence[str]) -> None:
    """Clear who was spoken with, and what was written of it."""
    _clear(conn, talk, talk.c.id, ids, number=None, reference=None, why=GONE)
    notes(conn, ids)


def notes(conn: Connection, ids: Sequence[str]) -> None:
    """Clear what was written of calls at the desk."""
    _clear(conn, talk, talk.c.id, ids, note="")
    _clear(conn, talk, talk.c.id, ids, promised=GONE, only=talk.c.promised.is_not(None))
    tales(conn, ids)


def inquiries(conn: Connection, ids: Sequence[str]) -> None:
    """Clear what inquiries say of themselves; their texts are texts."""
    _clear(conn, inquiry, inquiry.c.id, ids, why=GONE, proposal=None)
    tales(conn, ids)


def tales(conn: Connection, ids: Sequence[str]) -> None:
    """Clear what history and the log of webhooks tell of records."""
    _clear(conn, history, history.c.record_id, ids, why=GONE)
    _clear(conn, delivery, delivery.c.record_id, ids, body=EMPTY_BODY, said=None, tries=None, request=None, reply=None)


def records(conn: Connection, table: Table, ids: Sequence[str]) -> None:
    """Take whole records (`message`, `inbound`, `call`, `talk`) away, with what tells of them; what they cost stays."""
    for some in chunks(ids):
        conn.execute(delete(table).where(table.c.id.in_(some)))
        conn.execute(delete(history).where(history.c.record_id.in_(some)))
        conn.execute(delete(delivery).where(delivery.c.record_id.in_(some)))
        if table is message:
            conn.execute(delete(receipt).where(receipt.c.message_id.in_(some)))


def _clear(conn: Connection, table: Table, key: Any, ids: Sequence[str], *, only: Any = None, **values: Any) -> None:
    changed = update(table).values(**values)
    if only is not None:
        changed = changed.where(only)
    for some in chunks(ids):
        conn.execute(changed.where(key.in_(some)))
