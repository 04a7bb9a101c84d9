"""Take a consent back: written down, and in the same transaction nothing that waits may go any more.

A no of one number of a person is a no of all of them, for it is the person who said it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from ...store import history
from ...store.lifecycle import MESSAGE, WAITING
from ...store.tables import address, message, opt_in
from .consent import EVERYTHING, MARKETING, Statement, record, stop_words


def withdraw(conn: Connection, statements: Sequence[Statement], now: datetime, by: str | None = None) -> int:
    """Write down withdrawals and refuse what waits because of them; returns how many messages that were.

    by: who moves the messages, if not whoever wrote the statement down.
    """
    refused = 0
    for said in statements:
        all_of_them = _with_other_numbers(conn, said)
        record(conn, all_of_them)
        for one in all_of_them:
            refused += _refuse_waiting(conn, one, now, by or said.by)
            _decline_questions(conn, one, now)
    return refused


def _with_other_numbers(conn: Connection, said: Statement) -> list[Statement]:
    """The statement, and the same for the other addresses of that person."""
    owner = conn.execute(select(address.c.customer_id).where(address.c.address == said.address)).scalar()
    if owner is None:
        return [said]
    said = replace(said, customer_id=owner)
    others = conn.scalars(
        select(address.c.address).where(address.c.customer_id == owner, address.c.address != said.address)
    )
    note = f"said by {said.address}, another address of the same person"
    return [said, *(replace(said, address=other, note=said.note or note) for other in others)]


def _refuse_waiting(conn: Connection, said: Statement, now: datetime, by: str) -> int:
    m = message.c
    which = [m.recipient == said.address, m.state.in_(WAITING)]
    if said.scope != EVERYTHING:
        which.append(m.purpose == "marketing")
    if said.scope not in (EVERYTHING, MARKETING):
        which.append(m.category == said.scope)
    ids = conn.scalars(select(m.id).where(*which)).all()
    steps = [history.Step(id, stop_words(said), {"final_at": now}) for id in ids]
    return sum(was is not None for was in history.move(conn, MESSAGE, "refuse", steps, by=by, now=now))


def _decline_questions(conn: Connection, said: Statement, now: datetime) -> None:
    """A question whether they want it is answered by a no."""
    o = opt_in.c
    which = [o.address == said.address, o.closed_at.is_(None)]
    if said.scope not in (EVERYTHING, MARKETING):
        which.append(o.category == said.scope)
    conn.execute(update(opt_in).where(*which).values(closed_at=now, outcome="declined"))
