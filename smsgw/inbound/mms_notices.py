"""MMS that wait in the network: a row for each, from the push that announces it until the network knows we have it.

The row is written in the transaction that stores the push, by what the link makes of its octets. An MMSC announces a
message again until it hears of it; two links may be told of the same one; each is one row, which counts. Reports on
what we sent come as pushes too and become receipts; other pushes go into a log and are nothing for the inbox.

Who wrote and about what is kept here only as long as the message is not; then it stands in the inbox.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..errors import Conflict, NotFound
from ..link import Link, Receipt
from ..link_verbs import FetchesMms, Notification, OtherPush
from ..outbound.receipts import Receipts, Told
from ..store import history
from ..store.database import Writer
from ..store.ids import new_id
from ..store.lifecycle import MMS_NOTICE
from ..store.storable import storable, storable_or_none
from ..store.tables import inbound, inbound_part, mms_notice, wap_push
from ..store.tables.types import AnyRow
from ..text import header

log = logging.getLogger(__name__)

PORT = 2948  # of WAP pushes (IANA)
WAP_PUSH = "wap_push"  # what the text of `inbound` is understood as that such a push is
KEPT = timedelta(days=3)  # in the network, where it does not say for how long
LONGEST = timedelta(days=30)  # for which it is believed, whatever it says
_AFTERWARDS = timedelta(days=1)  # for which an MMSC may still announce what is over
_ONCE_MORE = timedelta(minutes=10)  # for what a person wants tried again though its time is over


@dataclass(frozen=True, slots=True)
class Pushed:
    """A WAP push: which text of `inbound` it is, over which link, from whom, its octets, when.

    missing: how many of its pieces never came.
    """

    inbound_id: str
    link: str
    sender: str
    octets: bytes
    at: datetime
    missing: int = 0


def pushed(inbound_id: str, pieces: Sequence[Mapping[str, Any]], now: datetime) -> Pushed | None:
    """The push that these pieces of one text are (rows of `inbound_part` in order); None for everything else."""
    first = pieces[0]
    if not is_push(pieces):
        return None
    octets = b"".join(bytes(piece["user_data"]) for piece in pieces)
    missing = int(first["of"]) - len(pieces)
    return Pushed(inbound_id, str(first["link"]), str(first["sender"]), octets, now, missing)


def is_push(pieces: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these pieces of one text (some or all) go to the port of WAP pushes."""
    if pieces[0]["kind"] != "data":
        return False
    ports = next((found for piece in pieces if (found := header.ports(bytes(piece["udh"])))), None)
    return ports is not None and ports[0] == PORT


class Notices:
    """The steps about pushes, each within the caller's transaction."""

    def __init__(self, links: Mapping[str, Link], receipts: Receipts) -> None:
        self._links = links
        self._receipts = receipts
        self._readers: dict[str, FetchesMms] = {}  # also of links that a reload takes away while their pushes are kept

    def take(self, conn: Connection, pushes: Sequence[Pushed]) -> int:
        """Make of pushes what their links read in them; returns how many MMS are to be fetched."""
        waiting = 0
        for one in pushes:
            reader = self._reader(one.link)
            if reader is None:
                continue
            if one.missing:
                _note(conn, one, OtherPush("", None, f"{one.missing} of its pieces never came: it cannot be read"))
                continue
            found = reader.read_push(one.octets, one.at)
            if isinstance(found, Notification):
                waiting += _announced(conn, one, found)
            elif isinstance(found, Receipt):
                told = replace(found, reference=storable(found.reference, 80))
                self._receipts.store(conn, [Told(one.link, told, one.at)])
            else:
                _note(conn, one, found)
        return waiting

    def _reader(self, name: str) -> FetchesMms | None:
        link = self._links.get(name)
        if isinstance(link, FetchesMms):
            self._readers[name] = link
        return self._readers.get(name)


def _place(found: Notification) -> str:
    """What tells one MMS from another: where it is, and for a place that is none without it, the transaction."""
    whole = found.location + (found.transaction if found.location.endswith("=") else "")
    return _hashed(whole)


def _hashed(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def _announced(conn: Connection, push: Pushed, found: Notification) -> bool:
    """Keep a notification; whether something is to be done for it now."""
    place, c = _place(found), mms_notice.c
    known = conn.execute(select(mms_notice).where(c.place == place).with_for_update()).first()
    if known is not None and not _same(known, found, push.at):  # the MMSC began to count its places anew
        conn.execute(update(mms_notice).where(c.id == known.id).values(place=_hashed(known.id)))
        known = None
    if known is None:
        _begin(conn, push, found, place)
        return True
    moved = {"link": push.link, "due_at": push.at} if known.link != push.link and known.state == "waiting" else {}
    newest = {"transaction_id": storable(found.transaction, 400)}  # which our answer has to name
    conn.execute(update(mms_notice).where(c.id == known.id).values(copies=c.copies + 1, **newest, **moved))
    if known.state == "done":  # the network did not hear that we have it
        values = {"due_at": push.at, "attempts": 0, "ended_at": None, "deferred_at": None}
        step = history.Step(known.id, "announced again: the network is told again", values)
        history.move(conn, MMS_NOTICE, "repeat", [step], by=push.link, now=push.at)
    return known.state == "done" or bool(moved)


def _same(known: AnyRow, found: Notification, now: datetime) -> bool:
    """Whether an announcement is of the MMS that stands there: an MMSC may count its transactions on, but not the
    octets of a message, and it keeps none for longer than it said."""
    alike = found.transaction == known.transaction_id or found.size == known.size
    return alike and bool(now <= known.expires_at + _AFTERWARDS)


def _begin(conn: Connection, push: Pushed, found: Notification, place: str) -> None:
    values = {
        "id": new_id("mms", push.at),
        "inbound_id": push.inbound_id,
        "link": push.link,
        "place": place,
        "location": storable(found.location, 4000),
        "transaction_id": storable(found.transaction, 400),
        "version": found.version[:8],
        "sender": storable_or_none(found.sender, 254),
        "subject": storable(found.subject, 400),
        "size": max(0, found.size),
        "announced_at": push.at,
        "expires_at": min(found.expires_at or push.at + KEPT, push.at + LONGEST),
        "copies": 1,
        "attempts": 0,
        "due_at": push.at,
        "deferred_at": None,
        "fetch_id": None,
        "reference": None,
        "ended_at": None,
    }
    why = f"it waits in the network: {size_words(found.size)}"
    history.begin(conn, MMS_NOTICE, [history.Birth(values, [("announce", why)])], by=push.link, now=push.at)


def _note(conn: Connection, push: Pushed, found: OtherPush) -> None:
    log.info("%s: a WAP push from %s is no MMS: %s %s", push.link, push.sender, found.content_type, found.says)
    conn.execute(delete(wap_push).where(wap_push.c.inbound_id == push.inbound_id))  # what was said while pieces missed
    conn.execute(
        insert(wap_push).values(
            inbound_id=push.inbound_id,
            link=push.link,
            sender=push.sender,
            content_type=storable(found.content_type, 120),
            application=storable_or_none(found.application, 80),
            says=storable(found.says, 500),
            octets=push.octets,
            received_at=push.at,
        )
    )


def forget_pushes(conn: Connection, inbound_ids: Sequence[str]) -> None:
    """Forget the octets of pushes whose MMS has come, or never will: they name who wrote, and nobody needs them."""
    conn.execute(update(inbound).where(inbound.c.id.in_(inbound_ids)).values(text=""))
    conn.execute(update(inbound_part).where(inbound_part.c.inbound_id.in_(inbound_ids)).values(user_data=b""))


def size_words(octets: int) -> str:
    """How large it is, for people."""
    return f"{max(1, round(octets / 1000))} kB" if octets else "of a size that was not told"


def notification_of(row: AnyRow) -> Notification:
    """The notification that a row holds."""
    return Notification(
        row.transaction_id, row.location, row.sender, row.subject, row.size, row.expires_at, row.version
    )


# To look at, and to try again


def due(conn: Connection, now: datetime, most: int = 200) -> list[AnyRow]:
    """Rows for which something is to be done at `now`, the one that waits longest first."""
    c = mms_notice.c
    return list(
        conn.execute(
            select(mms_notice).where(c.ended_at.is_(None), c.due_at <= now).order_by(c.due_at, c.id).limit(most)
        )
    )


def next_due(conn: Connection) -> datetime | None:
    """When something is to be done next; None when nothing is."""
    first: datetime | None = conn.scalar(select(func.min(mms_notice.c.due_at)).where(mms_notice.c.ended_at.is_(None)))
    return first


def listing(conn: Connection, limit: int, state: str | None = None) -> list[AnyRow]:
    """MMS that were announced, newest first; state: waiting, fetched, done or given_up."""
    query = select(mms_notice).order_by(mms_notice.c.id.desc()).limit(limit)
    return list(conn.execute(query if state is None else query.where(mms_notice.c.state == state)))


def pushes(conn: Connection, limit: int) -> list[AnyRow]:
    """The log of WAP pushes that are no MMS, newest first."""
    return list(conn.execute(select(wap_push).order_by(wap_push.c.inbound_id.desc()).limit(limit)))


def again(writer: Writer, id: str, by: str, now: datetime) -> None:
    """Try once more to fetch an MMS that was given up. Raises NotFound, Conflict."""
    writer.do(_again, (id, by, now))


def _again(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for id, by, now in batch:
        row = conn.execute(select(mms_notice).where(mms_notice.c.id == id)).first()
        if row is None:
            results.append(NotFound(f"there is no MMS {id!r}", hint="smsgw modem mms shows them"))
            continue
        values = {
            "due_at": now,
            "attempts": 0,
            "ended_at": None,
            "expires_at": max(row.expires_at, now + _ONCE_MORE),
        }
        [was] = history.move(
            conn, MMS_NOTICE, "again", [history.Step(id, "to be fetched again", values)], by=by, now=now
        )
        results.append(Conflict(f"{id} is {row.state}, not given up") if was is None else None)
    return results
