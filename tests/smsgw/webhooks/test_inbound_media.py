"""An event of an MMS tells its media, one of a text tells none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import select

from smsgw.inbound.contents import Brought, Contents
from smsgw.inbound.inbox import Inbox
from smsgw.link import Content, ContentPart, InboundContent
from smsgw.store.database import Database
from smsgw.store.tables import history
from smsgw.webhooks import events

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
GIF = b"GIF89a a picture"


def test_an_event_of_an_mms_tells_its_media(database: Database) -> None:
    parts = (ContentPart("text/plain", b"look", "t.txt", "utf-8"), ContentPart("image/jpeg", GIF, "p.jpg"))
    told = InboundContent("r1", "+38640111222", None, Content(parts, "Subject"))
    database.writer.do(Contents(Inbox()).take, Brought("way", told, NOW))
    with database.reading() as conn:
        lines = conn.execute(select(history).where(history.c.event == "receive")).all()
        data = json.loads(events.bodies(conn, lines)[0])["data"]
    assert (data["kind"], data["text"], data["subject"]) == ("mms", "look", "Subject")
    picture = data["media"][1]
    assert (picture["type"], picture["said_type"], picture["size"]) == ("image/gif", "image/jpeg", len(GIF))
    assert picture["url"] == f"/api/v1/media/{picture['id']}/content"
