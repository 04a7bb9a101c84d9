"""Missed calls: each is stored once, then answered by a text where its link's configuration wants that.

Whether a call is answered is decided as it is stored; the text itself goes through the door a moment later, under the
call's own id, so that a crash between the two neither loses it nor sends it twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select, update

from ..errors import BadInput, Conflict, QueueFull, RefusedByPolicy, SmsgwError, StoreError
from ..link import Call
from ..outbound.submit import Asked, Door
from ..store import history, keyset
from ..store.database import Database
from ..store.ids import first_id, new_id
from ..store.keyset import Edge
from ..store.lifecycle import CALL
from ..store.storable import storable
from ..store.tables import call
from ..store.tables.types import AnyRow
from ..text.number import is_reachable, read_number

log = logging.getLogger(__name__)

SAME_RINGING = timedelta(seconds=10)  # told again within it (phones ring every 5 s), it is the same call
WORTH_ANSWERING = timedelta(hours=1)  # nobody wants to be told "we call back" the day after
CLIENT = "missed_call"
MANY = 100  # calls answered in one go


@dataclass(frozen=True, slots=True)
class Answering:
    """How one link answers calls. text: what is sent; every: at most once to a caller in that time; most: texts an
    hour that it sends by itself, to whomever."""

    text: str
    every: timedelta
    most: int


@dataclass(frozen=True, slots=True)
class Rang:
    """A call, the link that rang, and when that was told."""

    link: str
    call: Call
    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a call that a text was owed to: the text's id, or why there is none."""

    id: str
    message_id: str | None
    why: str
    at: datetime


class Calls:
    """The steps about calls. answering: by link, those that answer. ours: our own numbers, which are never answered."""

    def __init__(
        self,
        answering: Mapping[str, Answering] | None = None,
        region: str | None = None,
        ours: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self.answering = dict(answering or {})
        self._region = region
        self._ours = ours

    def take(self, conn: Connection, batch: list[Rang]) -> list[None]:
        """Store calls; the same ringing told again is counted and changes nothing."""
        for rang in batch:
            caller = self._spelled(rang.call.caller)
            if not _counted(conn, rang, caller):
                self._store(conn, rang, caller)
        return [None] * len(batch)

    def _spelled(self, caller: str | None) -> str | None:
        """The caller in the one spelling that numbers have here, so that the call stands beside their texts."""
        if caller is None:
            return None
        try:
            return read_number(caller, self._region)
        except BadInput:
            return storable(caller, 20)

    def _store(self, conn: Connection, rang: Rang, caller: str | None) -> None:
        quiet = self._quiet(conn, rang, caller)
        values = {
            "id": new_id("call", rang.at),
            "link": rang.link,
            "caller": caller,
            "at": rang.call.at,
            "heard": rang.at,
            "copies": 1,
            "message_id": None,
        }
        events = [("ring", f"rang {rang.link}")] + ([("note", quiet)] if quiet else [])
        history.begin(conn, CALL, [history.Birth(values, events)], by=rang.link, now=rang.at)

    def _quiet(self, conn: Connection, rang: Rang, caller: str | None) -> str | None:
        """Why no text is sent to this caller; None when one is."""
        terms = self.answering.get(rang.link)
        if terms is None:
            return f"{rang.link} answers no calls by itself"
        if caller is None:
            return "the caller hid the number"
        if not is_reachable(caller):
            return f"nothing can be sent to {caller}"
        if caller in set(self._ours()):
            return f"{caller} is a number of our own"
        answered = call.c.state.in_(("rang", "answered"))
        if _count(conn, answered, call.c.caller == caller, call.c.heard > rang.at - terms.every):
            return "this caller had an automatic text a while ago"
        since = rang.at - timedelta(hours=1)
        if _count(conn, answered, call.c.link == rang.link, call.c.id > first_id("call", since)) >= terms.most:
            return f"{terms.most} automatic texts went out within the hour, which is the bound"
        return None

    # The text

    def answer(self, database: Database, door: Door, now: datetime) -> int:
        """Send the texts that are owed; returns how many calls were settled. Raises StoreError."""
        with database.reading() as conn:
            owed = list(conn.execute(select(call).where(call.c.state == "rang").order_by(call.c.id).limit(MANY)))
        decided = [one for row in owed if (one := self._answer(door, row, now)) is not None]
        for future in database.writer.put_all(self._settle, decided):
            future.result(60)
        return len(decided)

    def _answer(self, door: Door, row: AnyRow, now: datetime) -> Decided | None:
        """Answer one call; None when it must be tried again."""
        terms = self.answering.get(row.link)
        if terms is None or now - row.heard > WORTH_ANSWERING:
            why = "it is too late for a text" if terms else f"{row.link} answers no calls any more"
            return Decided(row.id, None, why, now)
        asked = Asked(
            row.caller,
            terms.text,
            CLIENT,
            client_ref=row.id,
            purpose="conversational",
            link=row.link,
            expires_in=int(WORTH_ANSWERING.total_seconds()),
            metadata={"call": row.id},
        )
        try:
            message_id = str(door.submit(asked).row["id"])
        except (QueueFull, StoreError) as later:
            log.warning("the call %s is answered later: %s", row.id, later)
            return None
        except (BadInput, Conflict, RefusedByPolicy, SmsgwError) as refusal:
            return Decided(row.id, None, f"no text went out: {refusal}", now)
        return Decided(row.id, message_id, "a text of the configuration went to the caller", now)

    @staticmethod
    def _settle(conn: Connection, batch: list[Decided]) -> list[None]:
        for one in batch:
            event = "note" if one.message_id is None else "answer"
            step = history.Step(one.id, one.why, {"message_id": one.message_id})
            history.move(conn, CALL, event, [step], by=CLIENT, now=one.at)
        return [None] * len(batch)


def _counted(conn: Connection, rang: Rang, caller: str | None) -> bool:
    """Whether this ringing is stored already; then it is counted there."""
    c = call.c
    same = conn.execute(
        select(c.id)
        .where(c.link == rang.link, c.caller.is_(None) if caller is None else c.caller == caller)
        .where(c.heard > rang.at - SAME_RINGING, c.id > first_id("call", rang.at - timedelta(hours=1)))
        .order_by(c.id.desc())
        .limit(1)
    ).scalar()
    if same is not None:
        conn.execute(update(call).where(c.id == same).values(copies=c.copies + 1, heard=rang.at))
    return same is not None


def _count(conn: Connection, *where: ColumnElement[bool]) -> int:
    return conn.scalar(select(func.count()).select_from(call).where(*where)) or 0


def listing(conn: Connection, limit: int, before: Edge = None, caller: str | None = None) -> list[AnyRow]:
    """Calls, newest first: at most `limit`, those with ids before `before`."""
    query = select(call)
    if caller is not None:
        query = query.where(call.c.caller == caller)
    return keyset.rows(conn, query, call.c.id, before, limit)
