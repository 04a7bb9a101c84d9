"""How many octets the contents of messages have, which their price depends on; texts are not looked up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ..money.booking import Charged
from ..store.history import chunks
from ..store.tables import message_content
from .cutting import carries

NO_CHARGE = "mail"  # what costs nothing, whatever links charge for texts


def sized(conn: Connection, charged: Sequence[Charged], encodings: Sequence[str]) -> list[Charged]:
    """The same with the sizes of those that carry a content, and without mails. encodings: of each, in order."""
    if not any(carries(encoding) for encoding in encodings):
        return list(charged)
    pairs = list(zip(charged, encodings, strict=True))
    sizes = _sizes(conn, [one.message_id for one, encoding in pairs if carries(encoding)])
    return [
        one._replace(size=sizes.get(one.message_id, 0)) if carries(encoding) else one
        for one, encoding in pairs
        if encoding != NO_CHARGE
    ]


def size_of(conn: Connection, message_id: str, encoding: str) -> int | None:
    """The size of one message's content; None for a text."""
    return _sizes(conn, [message_id]).get(message_id, 0) if carries(encoding) else None


def _sizes(conn: Connection, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    c = message_content.c
    for some in chunks(ids):
        found |= dict(conn.execute(select(c.message_id, c.size).where(c.message_id.in_(some))).all())
    return found
