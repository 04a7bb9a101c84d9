"""What the clock does with messages that wait: release, expire, move to another link.

Every step is safe to run twice, and looks at a bounded batch: what is left is taken at the next tick. What no link
serves any more is held, not refused: it says so, and goes when a link is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, select, update

from ..money.booking import Charged
from ..store import history
from ..store.lifecycle import MESSAGE, WAITING
from ..store.prepared import Prepared
from ..store.tables import message, part
from ..store.tables.types import AnyRow
from .cutting import carries
from .familiar import Familiar, familiar
from .gate import gate
from .moving import BATCH, LOOK_AGAIN, NOWHERE, Moving, no_link
from .routing import Choice, Network
from .sizes import sized
from .spending import keep

_MISSING = {"expire": "expire", "undelivered": "bounce"}  # the event for a message whose receipt never came

_NOW = bindparam("now", type_=message.c.due_at.type)
_SOME_DUE = Prepared(
    select(message.c.id)
    .where(
        message.c.state == "held", message.c.final_at.is_(None), message.c.due_at <= _NOW, message.c.valid_until > _NOW
    )
    .limit(1)
)


class Waiting:
    """The steps; holds the links, the gate's rules, and what moves messages between links.

    sticky: the purposes whose messages keep to the link and number that the customer knows.
    """

    def __init__(
        self,
        network: Network,
        rules: gate.Rules,
        references: Callable[[], int],
        may_double: frozenset[str] = frozenset(),
        sticky: frozenset[str] = frozenset({"conversational"}),
    ) -> None:
        self.moving = Moving(network, references, may_double)
        self._network = network
        self._rules = rules
        self._sticky = sticky
        self.missing = "expire"  # what becomes of messages without a receipt: expire, undelivered or keep

    def release(self, conn: Connection, batch: list[datetime]) -> list[set[str]]:
        """For each `now`: held messages whose time has come go back through the gate.

        Returns the links that got work. A consent withdrawn overnight stops the morning's text here.
        """
        return [self._release(conn, now) for now in batch]

    def _release(self, conn: Connection, now: datetime) -> set[str]:
        if not _SOME_DUE.run(conn, {"now": now}):
            return set()  # as nearly every second, so that it must cost nearly nothing
        m = message.c
        due = conn.execute(
            select(message)
            .where(m.state == "held", m.final_at.is_(None), m.due_at <= now, m.valid_until > now)
            .order_by(m.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        due = self._with_a_way(conn, due, now)
        steps = [history.Step(row.id, f"its time has come: {row.why}") for row in due]
        history.move(conn, MESSAGE, "release", steps, by="clock", now=now)
        candidates = [gate.candidate_of(row._asdict(), row.due_at, True) for row in due]
        woken: set[str] = set()
        moves: dict[str, list[history.Step]] = {}
        for row, verdict in zip(due, gate.check(conn, candidates, self._rules, now), strict=True):
            event, step = self._admit(conn, row, verdict, now)
            moves.setdefault(event, []).append(step)
            if event == "admit":
                woken.add(step.values["link"])
        for event, listed in moves.items():
            history.move(conn, MESSAGE, event, listed, by="gate", now=now)
        return woken

    def _with_a_way(self, conn: Connection, due: Sequence[AnyRow], now: datetime) -> list[AnyRow]:
        """Those that some link serves. The others were told already that there is none: they wait on, quietly."""
        stuck = {row.id for row in due if row.why.startswith(NOWHERE) and self._choose(row, now) is None}
        for ids in history.chunks(sorted(stuck)):
            conn.execute(update(message).where(message.c.id.in_(ids)).values(due_at=now + LOOK_AGAIN))
        return [row for row in due if row.id not in stuck]

    def _admit(
        self, conn: Connection, row: AnyRow, verdict: gate.Verdict | None, now: datetime
    ) -> tuple[str, history.Step]:
        if isinstance(verdict, gate.Refuse):
            return "refuse", history.Step(row.id, verdict.says, {"final_at": now})
        if isinstance(verdict, gate.Hold):
            return "hold", history.Step(row.id, verdict.says, {"due_at": verdict.until})
        known = familiar(conn, row.recipient, row.reply_to) if row.purpose in self._sticky else None
        choice = self._choose(row, now, known)
        if choice is None:
            return "hold", history.Step(row.id, no_link(row.recipient), {"due_at": now + LOOK_AGAIN})
        values = {"due_at": now, **self.moving.given(conn, row, choice, now)}
        [no] = keep(conn, self._network.books.budgets, [{**row._mapping, **values}], [None], now)
        if no is not None:
            return self._admit(conn, row, no, now)
        return "admit", history.Step(row.id, "; ".join(choice.trace), values)

    def _choose(self, row: AnyRow, now: datetime, known: Familiar | None = None) -> Choice | None:
        unfit, carried = self._network.unfit(row.encoding), carries(row.encoding)
        return self._network.choose(row.recipient, row.wanted_link, unfit, now=now, known=known, carries=carried)

    def expire(self, conn: Connection, batch: list[tuple[datetime, timedelta]]) -> list[int]:
        """For (now, receipt wait): expire what is past its time, waiting or without a receipt; returns how many."""
        counts: list[int] = []
        m = message.c
        since = since_it_may_arrive()
        for now, receipt_wait in batch:
            open_still = m.final_at.is_(None)
            late = select(m.id).where(m.state.in_(WAITING), open_still, m.valid_until <= now)
            waiting = conn.scalars(late.limit(BATCH)).all()
            self.moving.charge_taken(conn, waiting, now)
            steps = [history.Step(id, "its validity was over before it was sent", {"final_at": now}) for id in waiting]
            history.move(conn, MESSAGE, "expire", steps, by="clock", now=now)
            overdue = select(m.id).where(m.state == "sent", open_still, since <= now - receipt_wait).limit(BATCH)
            counts.append(len(steps) + self._without_trouble(conn, overdue, receipt_wait, now))
            silent = [] if self.missing == "keep" else conn.scalars(overdue).all()
            why = f"no receipt came within {_words(receipt_wait)}: nobody knows whether it arrived"
            ended = [history.Step(id, why, {"final_at": now}) for id in silent]
            history.move(conn, MESSAGE, _MISSING.get(self.missing, "expire"), ended, by="clock", now=now)
            counts[-1] += len(ended)
        return counts

    def _without_trouble(self, conn: Connection, overdue: Select[tuple[str]], wait: timedelta, now: datetime) -> int:
        """Where a link asks for word of failures only, silence about all parts is what a delivered message brings."""
        links = [name for name, link in self._network.links.items() if link.abilities.reports == "failures"]
        if not links:
            return 0
        m = message.c
        told = select(part.c.message_id).where(part.c.message_id == m.id, part.c.outcome.is_not(None))
        rows = conn.execute(
            overdue.where(m.link.in_(links), ~told.exists()).add_columns(
                m.link, m.recipient, m.parts, m.sent_at, m.encoding
            )
        ).all()
        why = f"this link reports failures only, and told of none within {_words(wait)}: taken for delivered"
        ended = [history.Step(row.id, why, {"final_at": now}) for row in rows]
        history.move(conn, MESSAGE, "deliver", ended, by="clock", now=now)
        if self._network.books.some:
            went = [Charged(row.id, row.link, row.recipient, row.parts, row.sent_at) for row in rows]
            self._network.books.delivered(conn, sized(conn, went, [row.encoding for row in rows]), now)
        return len(rows)

    def reroute(self, conn: Connection, batch: list[tuple[datetime, timedelta]]) -> list[set[str]]:
        """For (now, patience): what waits for a link that is away so long goes to another; returns these links."""
        return self.moving.away(conn, batch)


def since_it_may_arrive() -> ColumnElement[datetime]:
    """From when on a receipt may be awaited: what the network keeps until a time has none before."""
    m = message.c
    return case((m.deliver_at > m.sent_at, m.deliver_at), else_=m.sent_at)


def _words(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:g} hours" if hours >= 1 else f"{span.total_seconds():g} seconds"
