"""When a text left its phone, by our clock: networks stamp texts by clocks of their own, which may be hours off."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ...store.tables import inbound
from ..dialogue.terms import Heard

LATELY = 500  # the newest texts that are looked at
ENOUGH = 3  # of these from the same link, before its clock is believed to be off


def left_at(conn: Connection, heard: Heard) -> datetime | None:
    """When the text was sent; None when the network does not say.

    A text takes seconds. So the quickest of a link's last texts tells by how much its network's clock is off.
    """
    if heard.sent_at is None:
        return None
    i = inbound.c
    newest = select(i.link, i.sent_at, i.received_at).order_by(i.id.desc()).limit(LATELY).subquery()
    took = [
        row.received_at - row.sent_at
        for row in conn.execute(select(newest).where(newest.c.link == heard.link, newest.c.sent_at.is_not(None)))
    ]
    return heard.sent_at + (min(took) if len(took) >= ENOUGH else timedelta())
