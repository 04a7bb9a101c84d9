"""Answer phones with what clients' programs say: the body of a get-url, or TwiML, becomes a text (at most once each).

A reply is stored with its delivery, then sent under a client_ref made of the delivery's id, then forgotten: killed in
between, it is sent again under the same name, which is once.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from sqlalchemy import Connection, select, update

from ..errors import BadInput, Conflict, RefusedByPolicy
from ..outbound.submit import Asked, Door
from ..store.database import Database
from ..store.tables import delivery, inbound, webhook
from ..store.tables.types import AnyRow
from ..webhooks.dialects.event import APART

log = logging.getLogger(__name__)

BATCH = 200
MOST_TEXTS = 10  # of one reply


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be sent. to, sender: where the reply names them, else the phone and our number."""

    words: str
    to: str | None = None
    sender: str | None = None


class Replies:
    """See the module's docstring."""

    def __init__(self, database: Database, door: Door) -> None:
        self._database = database
        self._door = door

    def act(self, now: datetime) -> int:
        """Send what waits; returns how many replies that were. Raises QueueFull, StoreError: then it waits on."""
        d = delivery.c
        query = (
            select(d.id, d.reply, d.request, webhook.c.client, inbound.c.id.label("text_id"), inbound.c.sender,
                   inbound.c.recipient)
            .join_from(delivery, webhook, webhook.c.id == d.webhook_id)
            .join(inbound, inbound.c.id == d.record_id)
            .where(d.reply.is_not(None)).order_by(d.id).limit(BATCH)
        )  # fmt: skip
        with self._database.reading() as conn:
            rows = conn.execute(query).all()
        for row in rows:
            self._send(row)
            self._database.writer.do(_forget, row.id)
        return len(rows)

    def _send(self, row: AnyRow) -> None:
        read = READERS.get((row.request or {}).get("replies", ""), plain)
        for place, text in enumerate(read(row.reply)[:MOST_TEXTS], 1):
            asked = Asked(
                to=text.to or row.sender,
                text=text.words,
                client=row.client,
                sender=text.sender or row.recipient,
                client_ref=f"reply:{row.id}:{place}",
                purpose="conversational",
                reply_to=row.text_id,
                allow_duplicate=True,
            )
            try:
                self._door.submit(asked)
            except (BadInput, RefusedByPolicy, Conflict) as problem:
                log.warning("what %s answered to %s is not sent: %s", row.client, row.text_id, problem)


def _forget(conn: Connection, batch: list[str]) -> list[None]:
    conn.execute(update(delivery).where(delivery.c.id.in_(batch)).values(reply=None))
    return [None] * len(batch)


def kannel(body: str) -> list[Text]:
    """A body with whom it goes to and from whom, where the answer said so."""
    to, sender, words = ("", "", body) if body.count(APART) < 2 else body.split(APART, 2)
    return [Text(text.words, to or None, sender or None) for text in plain(words)]


def plain(body: str) -> list[Text]:
    """A body that is the text itself; of HTML what is to be read."""
    words = body.strip()
    if words.startswith("<"):
        words = re.sub(r"(?is)<(head|script|style)\b.*?</\1>|<!--.*?-->", "", words)
        words = re.sub(r"(?i)<(br|p|/p|/div)\b[^>]*>", "\n", words)
        words = html.unescape(re.sub(r"<[^>]*>", "", words)).strip()
    return [Text(words)] if words else []


def twiml(body: str) -> list[Text]:
    """The messages of TwiML; a body that is no XML is the text itself."""
    words = body.strip()
    if not words.startswith("<"):
        return plain(words)
    if "<!DOCTYPE" in words or "<!ENTITY" in words:
        return []
    try:
        root = ElementTree.fromstring(words)
    except (ElementTree.ParseError, ValueError):
        log.warning("a reply is no TwiML, and is not sent")
        return []
    texts = []
    for verb in root if root.tag == "Response" else ():
        if verb.tag in ("Message", "Sms"):
            said = verb.findtext("Body") if verb.find("Body") is not None else verb.text
            if said and said.strip():
                texts.append(Text(said.strip(), verb.get("to"), verb.get("from")))
    return texts


READERS: dict[str, Callable[[str], list[Text]]] = {"kannel": kannel, "twilio": twiml}
