"""Take an MMS or a mail in: its media into the store, its words to the readers, as one text; all in one transaction.

The network acknowledges after the commit and may hand the same over again: that is counted and changes nothing. What
phones say beside the words (SMIL, files of every kind) is kept as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..link import ContentPart, InboundContent
from ..media import capability, store
from ..media.capability import Says, Sign
from ..outbound.familiar import PAGE
from ..store import history
from ..store.ids import new_id
from ..store.storable import storable, storable_or_none
from ..store.tables import inbound, inbound_content, inbound_medium
from ..store.tables.types import AnyRow
from .inbox import LONGEST, Inbox
from .readers import Reader

MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """A content, the link it came over, and when."""

    link: str
    inbound: InboundContent
    at: datetime


class Contents:
    """The step; holds the inbox, whose readers read the words."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def with_readers(self, readers: Sequence[Reader]) -> Inbox:
        """The inbox with other readers, for what is not to be believed; the same mailboxes are told."""
        inbox = Inbox(readers)
        inbox.boxes = self._inbox.boxes
        return inbox

    def take(self, conn: Connection, batch: list[Brought]) -> list[str | None]:
        """Store contents and let the readers act; the ids of what is new, None for repeats."""
        return [self._take(conn, one) for one in batch]

    def _take(self, conn: Connection, brought: Brought) -> str | None:
        told = brought.inbound
        reference = storable(told.reference, 120)
        i = inbound.c
        before = conn.scalar(select(i.id).where(i.link == brought.link, i.reference == reference))
        if before is not None:
            c = inbound_content.c
            conn.execute(update(inbound_content).where(c.inbound_id == before).values(copies=c.copies + 1))
            return None
        parts = told.content.parts[:MOST_PARTS]
        values = _row(brought, reference, parts)
        [id] = self._inbox.begin(conn, [(values, f"came over {brought.link}")], brought.at)
        self._keep(conn, id, brought, parts)
        if values["kind"] == "mms" and brought.link != PAGE:  # a browser says nothing of the phone's MMS
            sign = Sign(values["sender"], Says.INBOUND, brought.link, brought.at, id)
            if len(sign.number) <= 20:
                capability.hear(conn, [sign])
        return id

    def _keep(self, conn: Connection, id: str, brought: Brought, parts: Sequence[ContentPart]) -> None:
        told = brought.inbound
        given = [store.as_it_came(part.data, brought.at) for part in parts]
        if given:
            store.take(conn, given)
        conn.execute(
            insert(inbound_content).values(
                inbound_id=id, subject=storable(told.content.subject, 2000), copies=1,
                also_to=[storable(one, 254) for one in told.also_to[:100]], size=sum(len(part.data) for part in parts),
            )
        )  # fmt: skip
        rows = [
            {
                "inbound_id": id, "position": position, "sha256": one.medium.sha256,
                "media_type": storable(part.media_type, 80), "name": storable(part.name, 120),
                "content_id": storable(part.content_id, 120), "charset": storable_or_none(part.charset, 40),
            }
            for position, (part, one) in enumerate(zip(parts, given, strict=True), 1)
        ]  # fmt: skip
        if rows:
            conn.execute(insert(inbound_medium), rows)


def _row(brought: Brought, reference: str, parts: Sequence[ContentPart]) -> dict[str, Any]:
    told = brought.inbound
    return {
        "id": new_id("in", brought.at),
        "link": brought.link,
        "reference": reference,
        "sender": storable(told.sender, 254),
        "recipient": storable_or_none(told.to, 254),
        "text": storable(words(parts, told.content.subject), LONGEST),
        "kind": "mail" if "@" in told.sender or told.envelope is not None else "mms",
        "parts": 1,
        "missing": 0,
        "sent_at": told.sent_at,
        "received_at": brought.at,
        "understood_as": None,
        "explanation": None,
        "handled_at": None,
    }


def words(parts: Sequence[ContentPart], subject: str) -> str:
    """What somebody wrote: their text parts, a line each; the subject where there is none."""
    said = [decoded(part).strip() for part in parts if part.media_type == "text/plain"]
    return "\n".join(one for one in said if one) or subject.strip()


def decoded(part: ContentPart) -> str:
    """The words of a text part. What its charset does not know is shown as a question mark in a diamond."""
    for charset in (part.charset, "utf-8"):
        try:
            return part.data.decode(charset or "utf-8").removeprefix("\ufeff")
        except (LookupError, ValueError):  # no set of letters, or not of these
            continue
    return part.data.decode("latin-1" if part.charset is None else "utf-8", "replace")


def content_row(conn: Connection, id: str) -> AnyRow | None:
    """The row of what came in besides its words; None for a text."""
    return conn.execute(select(inbound_content).where(inbound_content.c.inbound_id == id)).first()


def media_of(conn: Connection, ids: Sequence[str]) -> Mapping[str, list[AnyRow]]:
    """The parts of what came in, by its id: rows of `inbound_medium`, in order."""
    found: dict[str, list[AnyRow]] = {}
    c = inbound_medium.c
    for some in history.chunks(ids):
        query = select(inbound_medium).where(c.inbound_id.in_(some)).order_by(c.inbound_id, c.position)
        for row in conn.execute(query):
            found.setdefault(row.inbound_id, []).append(row)
    return found
