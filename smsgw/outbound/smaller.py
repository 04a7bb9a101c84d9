"""Send an MMS once more, made smaller, where the network refused the first for its content.

The surprise: it is a new message that points back, as every resend is, so both tell what became of them. It is tried
once, and before the link to the page, which then waits for the smaller one; also where no link may follow.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from ..errors import SmsgwError
from ..media import contents
from ..media.profiles import PROFILES, Profile
from ..store import history
from ..store.database import Database
from ..store.lifecycle import MESSAGE
from ..store.tables import message, message_content
from ..store.tables.types import AnyRow
from .asked import Asked
from .fallback import AT_ONCE
from .submit import Door

log = logging.getLogger(__name__)

# How the code of such a refusal begins (see `link_errors.RejectedForGood`), and those of MM1 (OMA-TS-MMS_ENC 7.3.48).
CODES = ("(content-", "(MMS 87)", "(MMS E5)", "(HTTP 413)")


class Smaller:
    """The step; holds the database and the door."""

    def __init__(self, database: Database, door: Door) -> None:
        self._database = database
        self._door = door

    def run(self, now: datetime) -> int:
        """Send again what was refused for its content, smaller; returns how many went. Not a writer step: pictures are
        made to fit here."""
        with self._database.reading() as conn:
            rows = _refused(conn)
        return sum(self._again(row, profile, now) for row in rows if (profile := smaller_than(row)) is not None)

    def _again(self, row: AnyRow, profile: Profile, now: datetime) -> bool:
        content = replace(
            contents.told(
                row.slides, row.attached, subject=row.subject, policy=row.policy, language=row.language,
                from_name=row.from_name,
            ),
            profile=profile.name,
            read_report=row.read_report,
        )  # fmt: skip
        asked = Asked(
            row.recipient, "", row.client, client_ref=f"smaller than {row.id}", priority=row.priority,
            purpose=row.purpose, expires_in=max(3600, int((row.valid_until - now).total_seconds())),
            reply_to=row.reply_to, allow_duplicate=True, metadata={"instead_of": row.id}, link=row.wanted_link,
            campaign_id=row.campaign_id, category=row.category, content=content,
        )  # fmt: skip
        try:
            again = str(self._door.submit(asked).row["id"])
        except SmsgwError as no:  # then the link goes out
            log.info("%s could not be sent smaller: %s", row.id, no)
            return False
        self._database.writer.do(_points, (row.id, again, now))
        return True


def smaller_than(row: AnyRow) -> Profile | None:
    """The largest profile that the content of this message is too large for; None when there is none, or it was a
    smaller one already."""
    fits = [one for one in PROFILES.values() if one.room < row.size]
    return fits[-1] if fits and row.instead_of is None else None


def _refused(conn: Connection) -> Sequence[AnyRow]:
    c, m = message_content.c, message.c
    query = (
        select(message, *(column for column in message_content.c if column.name not in ("why", "message_id")))
        .join_from(message_content, message, m.id == c.message_id)
        .where(c.fallback_at.is_not(None), c.fallback_id.is_(None), c.instead_of.is_(None), c.way == "mms")
        .where(m.state == "failed", or_(*(m.why.contains(code, autoescape=True) for code in CODES)))
        .order_by(c.fallback_at)
        .limit(AT_ONCE)  # in the order of links and as many, so that no link overtakes what can go smaller
    )
    return conn.execute(query).all()


def _points(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[None]:
    """Writer step: the first message and the smaller one, each points to the other."""
    for first, again, now in batch:
        c = message_content.c
        conn.execute(update(message_content).where(c.message_id == again).values(instead_of=first))
        conn.execute(update(message_content).where(c.message_id == first).values(fallback_at=None, fallback_id=again))
        step = history.Step(first, f"the network refused its content: it goes again, smaller, as {again}")
        history.note(conn, MESSAGE, "fallback", [step], by="clock", now=now)
    return [None] * len(batch)
