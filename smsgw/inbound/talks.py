"""Calls at the desk: who rings, who took it, what came of it, and the answer that was promised.

A call is told by a telephone system, by the ringing of a modem, or typed by whoever takes it. The surprise: a modem's
ringing stays a `call` of its own, which may be answered by a text; what somebody of ours says to it is a talk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ..errors import BadInput, Conflict, Fault, NotFound
from ..store import history, keyset
from ..store.database import Database, Writer
from ..store.ids import first_id, new_id
from ..store.keyset import Edge
from ..store.lifecycle import TALK
from ..store.storable import storable
from ..store.tables import call, talk
from ..store.tables.talks import OUTCOMES
from ..store.tables.types import AnyRow
from ..text.number import read_number
from .consent.saying import language_for
from .inquiries import promising

STATUSES = ("ringing", "answered", "ended", "missed")
RINGS = timedelta(minutes=2)  # nobody lets it ring longer: what is not taken by then was missed
_EVENTS: Mapping[str, tuple[str, ...]] = {  # what a telephone system says, as the moves that lead there
    "ringing": (), "answered": ("take",), "ended": ("take", "end"), "missed": ("miss",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a call. source: who tells; reference: their name for the call, told again as it goes on.

    number: as it was written, None: withheld. agent: the account of who speaks. call_id: the ringing of a modem.
    """

    source: str
    direction: str
    number: str | None
    status: str
    at: datetime
    reference: str | None = None
    agent: str | None = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. promised: the answer that was promised, until `promised_at`; about: its topic.

    message_id: the planned message that keeps the promise, else an inquiry reminds of it. ended_at: now if None.
    """

    id: str
    by: str
    at: datetime
    outcome: str
    note: str = ""
    ended_at: datetime | None = None
    promised: str | None = None
    promised_at: datetime | None = None
    about: str | None = None
    message_id: str | None = None


def tell(writer: Writer, told: Told, region: str | None) -> str:
    """Store a call, or what is new about one that is known; returns its id. Raises BadInput, Conflict.

    The same told again changes nothing; a call that was ended stays so.
    """
    faults = []
    if told.direction not in ("in", "out"):
        faults.append(Fault("/direction", "unknown_value", "it is in or out"))
    if told.status not in STATUSES:
        faults.append(Fault("/status", "unknown_value", f"it is one of {', '.join(STATUSES)}"))
    if told.number is None and told.direction == "out":
        faults.append(Fault("/number", "number_missing", "say whom you call"))
    if faults:
        raise BadInput(faults)
    return writer.do(_tell, (told, region))


def _tell(conn: Connection, batch: Sequence[tuple[Told, str | None]]) -> list[str | Exception]:
    ids: list[str | Exception] = []
    for told, region in batch:
        known = _known(conn, told)
        ids.append(_begin(conn, told, _spelled(told.number, region)) if known is None else _go_on(conn, known, told))
    return ids


def _known(conn: Connection, told: Told) -> AnyRow | None:
    t = talk.c
    if told.call_id is not None:
        return conn.execute(select(talk).where(t.call_id == told.call_id)).first()
    if told.reference is None:
        return None
    return conn.execute(select(talk).where(t.source == told.source, t.reference == told.reference)).first()


def _spelled(number: str | None, region: str | None) -> str | None:
    """The one spelling of a number; a short or inner number stays as it is written."""
    if number is None or not number.strip():
        return None
    try:
        return read_number(number, region)
    except BadInput:
        return storable(number.strip(), 20)


def _begin(conn: Connection, told: Told, number: str | None) -> str:
    id, moves = new_id("talk", told.at), _EVENTS[told.status]
    values: dict[str, Any] = {
        "id": id,
        "direction": told.direction,
        "number": number,
        "source": told.source,
        "reference": told.reference,
        "call_id": told.call_id,
        "began_at": told.at,
        "taken_at": told.at if "take" in moves else None,
        "ended_at": told.at if moves and moves[-1] in ("end", "miss") else None,
        "agent": told.agent,
        "outcome": None,
        "note": "",
        "promised": None,
        "promised_at": None,
        "inquiry_id": None,
        "message_id": None,
    }
    events = [("ring", f"{number or 'somebody'} {'rings' if told.direction == 'in' else 'is called'}")]
    events += [(move, _why(move)) for move in moves]
    history.begin(conn, TALK, [history.Birth(values, events)], by=told.agent or told.source, now=told.at)
    return id


def _why(move: str) -> str:
    return {"take": "somebody speaks", "end": "it is over", "miss": "nobody took it"}[move]


def _go_on(conn: Connection, row: AnyRow, told: Told) -> str | Exception:
    """Move a known call on to where it is by now. An open one that ends waits for what came of it, as open."""
    if told.status == "missed" and row.state == "open":
        return Conflict(f"{row.id} was taken: it is not missed", code="call_state")
    by = told.agent or told.source
    if told.status in ("answered", "ended") and row.state == "ringing":
        values = {"taken_at": told.at, "agent": told.agent or row.agent}
        history.move(conn, TALK, "take", [history.Step(row.id, _why("take"), values)], by=by, now=told.at)
    if told.status == "missed" and row.state == "ringing":
        history.move(
            conn, TALK, "miss", [history.Step(row.id, _why("miss"), {"ended_at": told.at})], by=by, now=told.at
        )
    if told.status == "ended" and row.ended_at is None:
        conn.execute(update(talk).where(talk.c.id == row.id).values(ended_at=told.at))
        history.note(conn, TALK, "hang_up", [history.Step(row.id, "it is over")], by=by, now=told.at)
    return str(row.id)


def take(writer: Writer, id: str, by: str, now: datetime) -> str:
    """Somebody takes a call that rings: of a telephone system by its id, of a modem by that of its ringing.

    Returns the call's id. Raises NotFound, Conflict (somebody has it, or it was missed).
    """
    return writer.do(_take, (id, by, now))


def _take(conn: Connection, batch: Sequence[tuple[str, str, datetime]]) -> list[str | Exception]:
    return [_take_one(conn, *one) for one in batch]


def _take_one(conn: Connection, id: str, by: str, now: datetime) -> str | Exception:
    if id.startswith("call_"):
        rang = conn.execute(select(call).where(call.c.id == id)).first()
        if rang is None:
            return NotFound(f"there is no call {id[:60]}")
        told = Told(rang.link, "in", rang.caller, "answered", now, agent=by, call_id=id)
        known = _known(conn, told)
        if known is not None:
            return str(known.id) if known.agent == by else _taken(known)
        return _begin(conn, told, rang.caller)
    row = get(conn, id)
    if row.state == "open" and row.agent in (None, by):  # the telephone system said already that it is taken
        conn.execute(update(talk).where(talk.c.id == id).values(agent=by))
        return id
    values = {"taken_at": now, "agent": by}
    [was] = history.move(conn, TALK, "take", [history.Step(id, "somebody speaks", values)], by=by, now=now)
    return id if was is not None else _taken(row)


def _taken(row: AnyRow) -> Conflict:
    says = f"{row.id} is {row.state}: {row.why}"
    return Conflict(
        says, code="call_state", hint="take another, or write down what you talked about as a call of your own"
    )


def finish(writer: Writer, wish: Outcome) -> None:
    """Write down what came of a call; a promise becomes an inquiry, unless a planned message keeps it.

    A call that is over already may get another outcome; its promise stays. Raises NotFound, Conflict, BadInput.
    """
    faults = []
    if wish.outcome not in OUTCOMES:
        says = f"there is no outcome {wish.outcome[:20]!r}; there are: {', '.join(OUTCOMES)}"
        faults.append(Fault("/outcome", "unknown_value", says))
    if len(wish.note) > 5000:
        faults.append(Fault("/note", "wrong_length", "a note has at most 5000 letters"))
    if (wish.promised is None) != (wish.promised_at is None):
        faults.append(Fault("/promised_at", "promise_whole", "a promise says what, and until when"))
    if wish.promised_at is not None and wish.promised_at <= wish.at:
        faults.append(Fault("/promised_at", "time_past", "a promise lies ahead"))
    if wish.promised is not None and not 0 < len(wish.promised) <= 1000:
        faults.append(Fault("/promised", "wrong_length", "a promise has 1 to 1000 letters"))
    if faults:
        raise BadInput(faults)
    writer.do(_finish, wish)


def _finish(conn: Connection, batch: Sequence[Outcome]) -> list[Exception | None]:
    return [_finish_one(conn, wish) for wish in batch]


def _finish_one(conn: Connection, wish: Outcome) -> Exception | None:
    row = get(conn, wish.id)
    if row.state not in ("open", "done"):
        return _taken(row)
    values: dict[str, Any] = {"outcome": wish.outcome, "note": storable(wish.note, 5000)}
    values["ended_at"] = row.ended_at or wish.ended_at or wish.at
    values["agent"] = row.agent or wish.by
    if wish.promised is not None and row.promised is None:
        values |= {"promised": storable(wish.promised, 1000), "promised_at": wish.promised_at}
        values["message_id"] = wish.message_id
        if wish.message_id is None and row.number is not None and wish.promised_at is not None:
            about = f"promised in {row.id}: {wish.promised}"
            promise = promising.Promised(
                row.number,
                wish.about or "help",
                language_for(conn, row.number),
                wish.promised_at,
                wish.by,
                about,
                wish.at,
            )
            values["inquiry_id"] = promising.promise(conn, promise)
    step = history.Step(wish.id, wish.outcome.replace("_", " "), values)
    if row.state == "open":
        history.move(conn, TALK, "end", [step], by=wish.by, now=wish.at)
    else:
        conn.execute(update(talk).where(talk.c.id == wish.id).values(**values))
        history.note(conn, TALK, "correct", [step], by=wish.by, now=wish.at)
    return None


def miss(database: Database, now: datetime) -> int:
    """What rings since long was missed; returns how many calls that were."""
    with database.reading() as conn:
        late = [row.id for row in running(conn) if row.state == "ringing" and row.began_at < now - RINGS]
    return database.writer.do(_miss, (late, now)) if late else 0


def _miss(conn: Connection, batch: Sequence[tuple[Sequence[str], datetime]]) -> list[int]:
    counts = []
    for ids, now in batch:
        steps = [history.Step(id, _why("miss"), {"ended_at": now}) for id in ids]
        counts.append(sum(was is not None for was in history.move(conn, TALK, "miss", steps, by="clock", now=now)))
    return counts


# Looking


def get(conn: Connection, id: str) -> AnyRow:
    """One call. Raises NotFound."""
    row = conn.execute(select(talk).where(talk.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no call {id[:60]}", hint="the page Calls lists them")
    return row


def listing(conn: Connection, limit: int, before: Edge = None, number: str | None = None) -> list[AnyRow]:
    """Calls, newest first: at most `limit`, those with ids before `before`."""
    query = select(talk)
    if number is not None:
        query = query.where(talk.c.number == number)
    return keyset.rows(conn, query, talk.c.id, before, limit)


def running(conn: Connection) -> list[AnyRow]:
    """What rings or is spoken now, oldest first."""
    t = talk.c
    return list(conn.execute(select(talk).where(t.ended_at.is_(None)).order_by(t.id).limit(50)))


def unwritten(conn: Connection, agent: str, since: datetime) -> list[AnyRow]:
    """Calls of somebody's, or of nobody known, that are over and about which nothing is written, newest first."""
    t = talk.c
    over = select(talk).where(t.id >= first_id("talk", since), t.state == "open", t.ended_at.is_not(None))
    theirs = over.where(t.agent.is_(None) | (t.agent == agent))
    return list(conn.execute(theirs.order_by(t.id.desc()).limit(20)))


def rung(conn: Connection, now: datetime) -> list[AnyRow]:
    """The ringing of modems of the last minutes that nobody took: rows of `call`, newest first."""
    c = call.c
    taken = select(talk.c.id).where(talk.c.call_id == c.id).exists()
    lately = select(call).where(c.id >= first_id("call", now - timedelta(hours=1)), c.heard > now - RINGS, ~taken)
    return list(conn.execute(lately.order_by(c.id.desc()).limit(20)))
