"""What a mail to a customer has besides its content: the way to end it, and whether a person wrote it.

The address behind it is the page of choices of that mail address; one POST to it ends the offers (RFC 8058). The key
that signs it must be there (`ready`): contents are built where nothing can be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..customers.consent import choice
from ..customers.consent.suppression import key, make_key
from ..link import Content, ContentPart
from ..store.tables import message
from ..text.wording import wording

PEOPLE = ("acc_", "mail", "cli")  # how the clients begin behind whom a person writes: all others are programs


def ready(conn: Connection, batch: list[None]) -> list[None]:
    """Writer step: make the key of these links, if it is not there."""
    for _ in batch:
        make_key(conn, choice.LINK_KEY)
    return [None] * len(batch)


class Addition:
    """Adds to the contents of mails. public_url: where our pages are, None where nobody can reach them."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url

    def to(self, conn: Connection, message_id: str, row: Mapping[str, Any], content: Content) -> Content:
        """The content of a mail with what belongs to it. row: of `message_content`, its language."""
        m = message.c
        found = conn.execute(select(m.recipient, m.purpose, m.client, m.created_at).where(m.id == message_id)).one()
        content = replace(content, automatic=not found.client.startswith(PEOPLE))
        if found.purpose != "marketing":
            return content
        url = self._ending(conn, found.recipient, found.created_at)
        words = wording("mail_ending", row["language"] or "en").format(url=url)
        ending = (ContentPart("text/plain", words.encode(), "ending.txt", "utf-8"),) if url else ()
        return replace(content, unsubscribe=url, parts=(*content.parts, *ending))

    def _ending(self, conn: Connection, address: str, at: datetime) -> str:
        secret = key(conn, choice.LINK_KEY)
        if self._public_url is None or secret is None:
            return ""
        return f"{self._public_url}/c/{choice.signed(secret, address, at)}"
