"""Store what messages carry, with the messages themselves, and look it up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select

from ..errors import NotFound, StoreError
from ..link import LinkDown, LinkError, RejectedForGood, WirePart
from ..media import contents, pages, store
from ..media.building import Builder
from ..store.database import Database
from ..store.prepared import Prepared
from ..store.tables import message_content, message_medium
from .asked import Ready

_CONTENT = Prepared(insert(message_content), [column.name for column in message_content.c])
_MEDIA = Prepared(insert(message_medium), [column.name for column in message_medium.c])


def keep_contents(conn: Connection, ready: Sequence[Ready], now: datetime) -> None:
    """Store the contents of messages whose rows were just stored, in the same transaction."""
    if not ready:
        return
    _CONTENT.many(conn, [one.content for one in ready if one.content is not None])
    media = [row for one in ready for row in one.media]
    _MEDIA.many(conn, media)
    store.use(conn, sorted({row[key] for row in media for key in ("sha256", "original")}), now)
    pages.keep(conn, [one.page for one in ready if one.page is not None])


def digest_of(conn: Connection, message_id: str) -> str | None:
    """What tells the content of a message from another; None for a text."""
    return conn.scalar(select(message_content.c.digest).where(message_content.c.message_id == message_id))


def carried_by(conn: Connection, message_id: str) -> contents.Contents | None:
    """What a message carries, or what the one carries that it stands for; None for a text.

    Its media may be gone: whoever sends it again is told so.
    """
    c = message_content.c
    row = conn.execute(select(message_content).where(c.message_id == message_id)).first()
    if row is not None and row.instead_of is not None and not row.slides and not row.attached:
        row = conn.execute(select(message_content).where(c.message_id == row.instead_of)).first()
    if row is None:
        return None
    return contents.told(
        row.slides, row.attached, subject=row.subject, policy=row.policy, profile=row.profile, language=row.language,
        from_name=row.from_name, read_report=row.read_report, reply_to=row.reply_to,
    )  # fmt: skip


def built(database: Database, builder: Builder, part: WirePart) -> WirePart | LinkError:
    """A claimed part with what it carries, read from the store only now; or why there is nothing to send."""
    try:
        with database.reading() as conn:
            return replace(part, content=builder.build(conn, part.message_id))
    except NotFound as gone:
        return RejectedForGood(str(gone), code="media_gone")
    except StoreError as problem:
        return LinkDown(f"what it carries could not be read: {problem}", code="store")
