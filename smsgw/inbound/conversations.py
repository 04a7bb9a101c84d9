"""Conversations: what we and one number said to each other, and when it rang, as one line of texts and calls.

There is no table of them. Ids sort by time in all three, so the 26 letters behind the prefix, the *place*, order
texts of both directions, and calls, and are the cursor of every page. A conversation is found through
`ix_message_recipient`, `ix_inbound_sender` and `ix_call_caller`; the list groups a window of the newest texts and no
more, however many are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, null, select

from ..store import history as moves
from ..store import keyset
from ..store.database import Writer
from ..store.keyset import Ahead
from ..store.lifecycle import INBOUND
from ..store.tables import call, history, inbound, message
from ..store.tables.types import AnyRow
from .inquiries import inquiries
from .mms_notices import WAP_PUSH

WINDOW = 1_000  # newest texts of each direction that the list looks at first
WIDER = 30  # times more, if these were with too few numbers to fill a page
GROUPS = 200  # numbers that come of one window, at most
END = "Z"  # behind every place in every collation: places begin with a small digit (see store/ids)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A number, its newest text (a row as `timeline` gives), and how many of its texts wait for a person."""

    number: str
    last: AnyRow | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A person has acted on what a number wrote, up to and with the text `upto` (an id of `inbound`)."""

    number: str
    upto: str
    by: str
    why: str
    at: datetime


def place(id: str) -> str:
    """Where a text stands among all texts of both directions."""
    return id.rpartition("_")[2]


def version(conn: Connection) -> int:
    """A number that grows whenever any text comes, goes or changes its state: nothing new, nothing to read again."""
    return conn.scalar(select(func.max(history.c.id))) or 0


def timeline(conn: Connection, number: str, limit: int = 200, edge: str | Ahead | None = None) -> list[AnyRow]:
    """The newest texts with one number, oldest first; with an edge those that stand next to that place (store.keyset).

    Each row: id, mine (we sent it), number, text, state, why, at, kind ("call" for a missed call, which has no text),
    missing, parts, understood_as, metadata (of ours).
    """
    sources: tuple[tuple[Any, ColumnElement[str], str], ...] = (
        (_out().where(message.c.recipient == number), message.c.id, "msg"),
        (_in().where(SAID, inbound.c.sender == number), inbound.c.id, "in"),
        (_rang().where(call.c.caller == number), call.c.id, "call"),
    )
    ahead = isinstance(edge, Ahead)
    rows: list[AnyRow] = []
    for query, id, prefix in sources:
        at = Ahead(f"{prefix}_{edge.id}") if isinstance(edge, Ahead) else f"{prefix}_{edge or END}"
        rows += keyset.rows(conn, query, id, at, limit)
    rows.sort(key=lambda row: place(row.id))
    return rows[:limit] if ahead else rows[-limit:]


def listing(
    conn: Connection,
    limit: int = 50,
    before: str = END,
    without: Callable[[list[str]], Collection[str]] = lambda numbers: (),
) -> tuple[list[Conversation], str | None]:
    """Conversations, the one with the newest text first, and where the next page begins (None: there is none).

    before: that cursor. without: says which of some numbers are left out. Where few numbers wrote very much, or many
    are left out, a page may be shorter than `limit` and still have a next.
    """
    newest: dict[str, str] = {}  # the id of its newest text, by number
    edge: str | None = before
    window = WINDOW
    while edge is not None and len(newest) < limit:
        found, edge = _walk(conn, edge, window)
        numbers = [number for number, _ in found]
        hidden = set(without(numbers))
        left_out = _wrote_since(conn, numbers, before) | hidden
        for number, id in found:
            if number in newest or number in left_out:
                continue
            if len(newest) == limit:
                edge = place(newest[next(reversed(newest))])
                break
            newest[number] = id
        if (newest or hidden) and window > WINDOW:
            break  # a short page: looking further would cost more than it shows
        window = WINDOW * WIDER
    return told(conn, newest), edge


def ahead(
    conn: Connection,
    limit: int,
    after: str,
    without: Callable[[list[str]], Collection[str]] = lambda numbers: (),
) -> tuple[list[Conversation], str | None]:
    """The way back: the conversations next to a place whose newest text is newer, the newest first, and where the page
    ahead of these begins (None: there is nothing newer). A page may be shorter than `limit` as in `listing`.
    """
    newest: dict[str, str] = {}
    edge: str | None = after
    for window in (WINDOW, WINDOW * WIDER):
        found, edge = _climb(conn, edge or after, window)
        numbers = [number for number, _ in found]
        left_out = set(without(numbers)) | (_wrote_since(conn, numbers, f"{edge}0") if edge is not None else set())
        for number, id in found:
            if number in left_out:
                continue
            if len(newest) == limit:
                edge = place(newest[next(reversed(newest))])
                break
            newest[number] = id
        if edge is None or len(newest) == limit:
            break
    return told(conn, dict(reversed(newest.items()))), edge


def of(conn: Connection, number: str) -> Conversation:
    """The conversation with one number; `last` is None when nothing was said yet."""
    newest = timeline(conn, number, 1)
    c = inbound.c
    waiting = conn.scalar(select(func.count()).select_from(inbound).where(c.sender == number, c.state == "waiting"))
    return Conversation(number, newest[-1] if newest else None, waiting or 0)


def handle(writer: Writer, seen: Seen) -> int:
    """Take what waits of a number off the pile, as far as the person saw it; returns how many texts that were."""
    return writer.do(handled, seen)


def handled(conn: Connection, batch: list[Seen]) -> list[int]:
    """Writer step: the same for several numbers."""
    counts: list[int] = []
    for seen in batch:
        c = inbound.c
        waiting = c.state.in_(("received", "waiting"))
        ids = conn.scalars(select(c.id).where(c.sender == seen.number, c.id <= seen.upto, waiting)).all()
        steps = [moves.Step(id, seen.why, {"handled_at": seen.at}) for id in ids]
        moved = moves.move(conn, INBOUND, "handle", steps, by=seen.by, now=seen.at)
        inquiries.texts_handled(conn, ids, seen.why, seen.by, seen.at)
        counts.append(sum(was is not None for was in moved))
    return counts


# A WAP push is nothing that anybody said: it is in a log of its own, and an MMS that it announces is here when it is.
SAID = func.coalesce(inbound.c.understood_as, "") != WAP_PUSH
_DIRECTIONS = (
    (message.c.recipient, message.c.id, "msg"),
    (inbound.c.sender, inbound.c.id, "in"),
    (call.c.caller, call.c.id, "call"),
)


def _out() -> Select[*tuple[object, ...]]:
    m = message.c
    return select(
        m.id,
        literal(True).label("mine"),
        m.recipient.label("number"),
        m.text,
        m.state,
        m.why,
        m.created_at.label("at"),
        null().label("kind"),
        literal(0).label("missing"),
        m.parts,
        null().label("understood_as"),
        m.metadata,
    )


def _in() -> Select[*tuple[object, ...]]:
    i = inbound.c
    return select(
        i.id,
        literal(False).label("mine"),
        i.sender.label("number"),
        i.text,
        i.state,
        i.why,
        i.received_at.label("at"),
        i.kind,
        i.missing,
        i.parts,
        i.understood_as,
        null().label("metadata"),
    )


def _rang() -> Select[*tuple[object, ...]]:
    c = call.c
    return select(
        c.id,
        literal(False).label("mine"),
        c.caller.label("number"),
        literal("").label("text"),
        c.state,
        c.why,
        c.at,
        literal("call").label("kind"),
        literal(0).label("missing"),
        literal(0).label("parts"),
        null().label("understood_as"),
        null().label("metadata"),
    )


def _walk(conn: Connection, before: str, window: int) -> tuple[list[tuple[str, str]], str | None]:
    """The numbers in the newest texts ahead of a place, each with its newest id there, newest first; and how far back
    that looked (None: to the beginning). window: how many texts of each direction."""
    newest: dict[str, str] = {}
    edges: list[str] = []
    for number, id, prefix in _DIRECTIONS:
        ahead = select(number.label("number"), id).where(id < f"{prefix}_{before}").order_by(id.desc())
        if number is call.c.caller:
            ahead = ahead.where(number.is_not(None))  # who hides the number has no conversation
        elif number is inbound.c.sender:
            ahead = ahead.where(SAID)
        texts = ahead.limit(window).subquery()
        last = func.max(texts.c.id)
        groups = conn.execute(
            select(texts.c.number, last).group_by(texts.c.number).order_by(last.desc()).limit(GROUPS)
        ).all()
        newest.update((row[0], row[1]) for row in groups if place(row[1]) > place(newest.get(row[0], "")))
        if len(groups) == GROUPS:
            edges.append(place(groups[-1][1]))
        elif behind := conn.scalar(ahead.with_only_columns(id).offset(window - 1).limit(1)):
            edges.append(place(behind))
    edge = max(edges, default=None)  # behind it one of the directions is not complete
    found = [(number, id) for number, id in newest.items() if edge is None or place(id) >= edge]
    return sorted(found, key=lambda one: place(one[1]), reverse=True), edge


def _climb(conn: Connection, after: str, window: int) -> tuple[list[tuple[str, str]], str | None]:
    """`_walk` the other way: the numbers in the texts next to a place, each with its newest id of these, oldest first;
    and how far that looked (None: to the newest text)."""
    newest: dict[str, str] = {}
    edges: list[str] = []
    for number, id, prefix in _DIRECTIONS:
        texts = select(number.label("number"), id).where(id > f"{prefix}_{after}").order_by(id)
        if number is call.c.caller:
            texts = texts.where(number.is_not(None))
        elif number is inbound.c.sender:
            texts = texts.where(SAID)
        rows = conn.execute(texts.limit(window)).all()
        for row in rows:
            if place(row[1]) > place(newest.get(row[0], "")):
                newest[row[0]] = row[1]
        if len(rows) == window:
            edges.append(place(rows[-1][1]))
    edge = min(edges, default=None)
    found = [(number, id) for number, id in newest.items() if edge is None or place(id) <= edge]
    return sorted(found, key=lambda one: place(one[1])), edge


def _wrote_since(conn: Connection, numbers: list[str], since: str) -> set[str]:
    """Those of the numbers that have a text at this place or after it: they stand on an earlier page."""
    found: set[str] = set()
    for number, id, prefix in _DIRECTIONS if since != END else ():
        query = select(number).where(number.in_(numbers), id >= f"{prefix}_{since}").distinct()
        query = query.where(SAID) if number is inbound.c.sender else query
        found |= set(conn.scalars(query))
    return found


def told(conn: Connection, newest: Mapping[str, str]) -> list[Conversation]:
    """The conversations of these numbers, in their order. newest: the id of the newest text, by number."""
    ids = list(newest.values())
    rows = {row.id: row for query, id in ((_out(), message.c.id), (_in(), inbound.c.id), (_rang(), call.c.id))
            for row in conn.execute(query.where(id.in_(ids)))}  # fmt: skip
    c = inbound.c
    pile = select(c.sender, func.count()).where(c.sender.in_(newest), c.state == "waiting").group_by(c.sender)
    waiting: dict[str, int] = {row[0]: row[1] for row in conn.execute(pile)}
    return [Conversation(number, rows[id], waiting.get(number, 0)) for number, id in newest.items()]
