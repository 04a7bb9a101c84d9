"""Double opt-in: somebody said yes for a number, and the number itself is asked whether that is so.

The question is pending for three days; it is asked once more in between, and then lapses. Only a yes that comes from
the number counts, and only as the answer to our question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from ...customers.consent.consent import EVERYTHING, Statement, record
from ...customers.consent.proof import wording_id
from ...customers.consent.stop import withdraw
from ...customers.consent.suppression import came_back
from ...store.database import Database
from ...store.tables import opt_in
from ...store.tables.types import AnyRow
from .. import expectations
from .saying import Said, language_for, owe, sentence
from .vocabulary import Vocabulary, vocabulary

PENDING_FOR = timedelta(hours=72)
REMIND_AFTER = timedelta(hours=24)
MANY = 200  # questions reminded of, or closed, in one go


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody said that a number wants offers. category: a code, or "*". source, words, by: as of a Statement."""

    address: str
    category: str
    source: str
    words: str
    by: str
    inbound_id: str | None = None


def ask(conn: Connection, wish: Wish, known: Vocabulary, now: datetime, spoken: str = "any") -> int:
    """Ask a number whether it wants offers; returns the question's id, of the one that is open if there is one."""
    open_one = _open(conn, wish.address, wish.category, now)
    if open_one is not None:
        return int(open_one.id)
    language = language_for(conn, wish.address, spoken)
    names = {} if wish.category == EVERYTHING else {"category": wish.category}
    key = "opt_in_question_all" if wish.category == EVERYTHING else "opt_in_question"
    text = sentence(key, language, names, known)
    row = {
        "address": wish.address,
        "category": wish.category,
        "language": language,
        "wording_id": wording_id(conn, f"double_opt_in.{language}", text, now),
        "source": wish.source,
        "words": wish.words[:500],
        "by": wish.by,
        "asked_at": now,
        "remind_at": now + REMIND_AFTER,
        "expires_at": now + PENDING_FOR,
    }
    id = int(conn.execute(insert(opt_in).values(row).returning(opt_in.c.id)).scalar_one())
    owe(conn, Said("ask", key, wish.address, wish.inbound_id, language, names), known, now)
    asked = expectations.Expected(
        wish.address, "optin", now, now + PENDING_FOR, expectations.payload_of(text), subject=f"opt_in:{id}"
    )
    expectations.open(conn, [asked])
    return id


def _open(conn: Connection, number: str, category: str, now: datetime) -> AnyRow | None:
    o = opt_in.c
    query = select(opt_in).where(o.address == number, o.category == category, o.closed_at.is_(None), o.expires_at > now)
    return conn.execute(query.order_by(o.id.desc()).limit(1)).first()


def pending(conn: Connection, number: str, now: datetime) -> AnyRow | None:
    """The newest question to a number that is open."""
    o = opt_in.c
    query = select(opt_in).where(o.address == number, o.closed_at.is_(None), o.expires_at > now)
    return conn.execute(query.order_by(o.id.desc()).limit(1)).first()


def by_subject(conn: Connection, subject: str) -> AnyRow | None:
    """The question that an expectation of kind "optin" is about, by the expectation's subject."""
    return conn.execute(select(opt_in).where(opt_in.c.id == int(subject.removeprefix("opt_in:")))).first()


def answered(
    conn: Connection, question: AnyRow, yes: bool, words: str, by: str, inbound_id: str | None, now: datetime
) -> bool:
    """Write down what a number answered to a question; returns whether that was still open."""
    o = opt_in.c
    outcome = "granted" if yes else "declined"
    open_still = update(opt_in).where(o.id == question.id, o.closed_at.is_(None), o.expires_at > now)
    if not conn.execute(open_still.values(closed_at=now, outcome=outcome)).rowcount:
        return False
    expectations.close(conn, now, outcome, subject=f"opt_in:{question.id}", address=question.address)
    said = Statement(
        question.address,
        yes,
        words,
        now,
        "sms",
        by,
        inbound_id,
        question.category,
        wording_id=question.wording_id,
        opt_in_id=question.id,
    )
    if yes:
        record(conn, [said])
        came_back(conn, said.address, by, now)
    elif question.category != EVERYTHING:
        withdraw(conn, [said], now)
    return True


def some_due(database: Database, now: datetime) -> bool:
    """Whether `advance` would find anything: a look that writes nothing, for the many times when nothing is there."""
    o = opt_in.c
    due = (o.expires_at <= now) | (o.remind_at <= now)
    with database.reading() as conn:
        return conn.execute(select(o.id).where(o.closed_at.is_(None), due).limit(1)).first() is not None


def advance(conn: Connection, batch: list[datetime]) -> list[int]:
    """For each `now`: remind of questions once, and close those that nobody answered; returns how many these were."""
    return [_remind(conn, now) + _lapse(conn, now) for now in batch]


def _remind(conn: Connection, now: datetime) -> int:
    o = opt_in.c
    due = conn.execute(
        select(opt_in).where(o.closed_at.is_(None), o.expires_at > now, o.remind_at <= now).limit(MANY)
    ).all()
    known = vocabulary(conn) if due else None
    for row in due:
        assert known is not None
        names = {} if row.category == EVERYTHING else {"category": row.category}
        key = "opt_in_question_all" if row.category == EVERYTHING else "opt_in_question"
        owe(conn, Said("remind", key, row.address, None, row.language, names), known, now)
        conn.execute(update(opt_in).where(o.id == row.id).values(remind_at=None))
    return len(due)


def _lapse(conn: Connection, now: datetime) -> int:
    o = opt_in.c
    ids = conn.scalars(select(o.id).where(o.closed_at.is_(None), o.expires_at <= now).limit(MANY)).all()
    for id in ids:
        conn.execute(update(opt_in).where(o.id == id).values(closed_at=now, outcome="lapsed"))
        expectations.close(conn, now, "nobody answered", subject=f"opt_in:{id}")
    return len(ids)
