"""Make of history what a client is to be told: receipts for what it submitted, and the texts that are meant for it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import Connection, func, select

from ..errors import BadInput
from ..link import Abilities, Alphabet
from ..listener import Octets, Parcel, ReceiptParcel, TextParcel
from ..store import followers, history
from ..store.lifecycle import MESSAGE
from ..store.tables import history as lines
from ..store.tables import inbound, inbound_part, message
from ..store.tables.types import AnyRow
from ..text import parts
from .asking import OURS
from .verbs import STATES, bare, error_of

log = logging.getLogger(__name__)
TOLD = (*sorted(MESSAGE.final), "sent")  # the states that a receipt can be about
SHOWN = 20  # letters of a message in its receipt (SMPP 3.4 appendix B)

# Not compared as it is: an engine without statistics would then read all messages of a client to find a few by id.
_whose = func.coalesce(message.c.client, "")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to tell: the line of history it comes from, whom it is about (told in order), and the parcel."""

    id: int
    about: str
    parcel: Parcel


def between(conn: Connection, client: str, wanted: Sequence[str], after: int, upto: int) -> list[Line]:
    """What happened with `after` < id <= `upto` in history that this client is told, in order.

    wanted: which texts of phones it gets (see `access.smpp_clients.Terms.inbound`).
    """
    found = list(_receipts(conn, client, after, upto))
    if wanted:
        found += _texts(conn, frozenset(one.removeprefix("+") for one in wanted), after, upto)
        found.sort(key=lambda line: line.id)
    return found


def end_of(conn: Connection, client: str, id: str, upto: int) -> list[Line]:
    """How a message, or a part, that the client knows as `id` ended, if that stands in history up to this line."""
    h = lines.c
    query = select(h.id).where(h.record_id == bare(id), h.now.in_(MESSAGE.final), h.was != h.now, h.id <= upto)
    at = conn.scalar(query.order_by(h.id.desc()).limit(1))
    found = [] if at is None else between(conn, client, (), at - 1, at)
    return [line for line in found if line.parcel.id == id]


def _receipts(conn: Connection, client: str, after: int, upto: int) -> Iterable[Line]:
    moves = followers.lines(conn, after, upto, (MESSAGE.record,), TOLD)
    rows = _messages(conn, client, [line.record_id for line in moves])
    for line in moves:
        row = rows.get(line.record_id)
        if row is None or line.was == line.now:
            continue
        kept = row.metadata[OURS]
        if not _asked_for(kept.get("wants", ""), line.now):
            continue
        error = error_of(conn, row.id) if line.now in ("undelivered", "failed") else ""
        for id in kept.get("ids", [row.id]):
            yield Line(
                line.id,
                row.id,
                ReceiptParcel(
                    id=id,
                    to=kept.get("to", ""),
                    sender=kept.get("from", ""),
                    state=STATES[line.now],
                    submitted_at=row.created_at,
                    at=line.at,
                    progress=line.now == "sent",
                    error=error,
                    text=row.start,
                ),
            )


def _asked_for(wants: str, state: str) -> bool:
    if state == "sent":
        return "p" in wants
    return ("s" if state == "delivered" else "f") in wants


def _messages(conn: Connection, client: str, ids: Sequence[str]) -> dict[str, AnyRow]:
    """Those of these messages that the client submitted to a listener."""
    m = message.c
    found: dict[str, AnyRow] = {}
    for some in history.chunks(list(dict.fromkeys(ids))):
        query = select(m.id, m.metadata, m.created_at, func.substr(m.text, 1, SHOWN).label("start"))
        for row in conn.execute(query.where(m.id.in_(some), _whose == client)):
            if row.metadata is not None and OURS in row.metadata:
                found[row.id] = row
    return found


def _texts(conn: Connection, wanted: frozenset[str], after: int, upto: int) -> Iterable[Line]:
    births = [line for line in followers.lines(conn, after, upto, ("inbound",)) if line.was is None]
    born = {line.record_id: line.id for line in births}
    for some in history.chunks(list(born)):
        for row in conn.execute(select(inbound).where(inbound.c.id.in_(some), inbound.c.kind != "silent")):
            if not wanted & {"*", (row.recipient or "").removeprefix("+"), f"link:{row.link}"}:
                continue
            pieces = _pieces(conn, row)
            if pieces:
                yield Line(born[row.id], row.id, TextParcel(row.id, row.sender, row.recipient, pieces))


def _pieces(conn: Connection, row: AnyRow) -> tuple[Octets, ...]:
    """A text is cut anew, for it may have come in another alphabet than the client's; data stays as it came."""
    if row.kind == "data":
        c = inbound_part.c
        rows = conn.execute(select(inbound_part).where(c.inbound_id == row.id).order_by(c.position))
        return tuple(Octets(Alphabet(one.alphabet), bytes(one.user_data), bytes(one.udh)) for one in rows)
    try:
        cut = parts.split(row.text, Abilities(), crc32(row.id.encode()))  # the same reference when it is told again
    except BadInput as problem:
        log.error("%s cannot be told to an SMPP client: %s", row.id, problem)
        return ()
    return tuple(Octets(one.alphabet, one.user_data, one.udh) for one in cut)
