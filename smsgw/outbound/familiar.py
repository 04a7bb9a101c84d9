"""Which of our links and numbers somebody knows: those that they last wrote to, or were last written from.

An answer must leave by the number that the customer knows, else it lands in another conversation on their phone.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from ..store.tables import inbound, message
from ..store.tables.types import AnyRow


@dataclass(frozen=True, slots=True)
class Familiar:
    """A link that somebody knows, our number there if it is known, and how they know it, in words."""

    link: str
    number: str | None
    words: str


PAGE = "web page"
"""What stands as the link of an answer that was written on the page of a message: no link can have this name."""

# Built once: to build a statement anew costs more than to run it. Both walk an index to one row.
_ANSWERED = select(inbound.c.link, inbound.c.recipient).where(
    inbound.c.id == bindparam("its_id"), inbound.c.sender == bindparam("number"), inbound.c.link != PAGE
)
_WROTE = (
    select(inbound.c.id, inbound.c.link, inbound.c.recipient)
    .where(inbound.c.sender == bindparam("number"), inbound.c.link != PAGE)
    .order_by(inbound.c.id.desc())
    .limit(1)
)
_GOT = (
    select(message.c.id, message.c.link, message.c.sender)
    .where(message.c.recipient == bindparam("number"), message.c.sent_at.is_not(None))
    .order_by(message.c.id.desc())
    .limit(1)
)


def familiar(conn: Connection, number: str, reply_to: str | None = None) -> Familiar | None:
    """What this number (E.164 or short code) knows of us; None when nothing went to and fro.

    reply_to: the id of the inbound text that is being answered, which decides if it is theirs.
    """
    if reply_to is not None:
        asked = conn.execute(_ANSWERED, {"its_id": reply_to, "number": number}).first()
        if asked is not None:
            return Familiar(asked.link, asked.recipient, "is where they wrote what this answers")
    wrote = conn.execute(_WROTE, {"number": number}).first()
    got = conn.execute(_GOT, {"number": number}).first()
    if wrote is not None and (got is None or _place(wrote) > _place(got)):
        return Familiar(wrote.link, wrote.recipient, "is where they wrote last")
    return None if got is None else Familiar(got.link, got.sender, "is where they were written from last")


def _place(row: AnyRow) -> str:
    """Ids sort by time behind their prefix (see store/ids)."""
    return str(row.id).rpartition("_")[2]
