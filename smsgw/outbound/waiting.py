"""What the clock does with messages that wait: release, expire, move to another link.

Every step is safe to run twice, and looks at a bounded batch: what is left is taken at the next tick.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from ..errors import BadInput
from ..link import LinkState
from ..store import history
from ..store.lifecycle import MESSAGE, WAITING
from ..store.tables import message, part
from ..store.tables.types import AnyRow
from ..text import parts
from . import gate
from .routing import Choice, Network
from .submit import encoding, part_rows

BATCH = 1000  # messages in one tick of a step


class Waiting:
    """The steps; holds the links, the gate's rules and a source of concatenation references."""

    def __init__(self, network: Network, rules: gate.Rules, references: Callable[[], int]) -> None:
        self._network = network
        self._rules = rules
        self._references = references

    def release(self, conn: Connection, batch: list[datetime]) -> list[set[str]]:
        """For each `now`: held messages whose time has come go back through the gate.

        Returns the links that got work. A consent withdrawn overnight stops the morning's text here.
        """
        return [self._release(conn, now) for now in batch]

    def _release(self, conn: Connection, now: datetime) -> set[str]:
        m = message.c
        due = conn.execute(
            select(message)
            .where(m.state == "held", m.due_at <= now, m.valid_until > now)
            .order_by(m.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        steps = [history.Step(row.id, f"its time has come: {row.why}") for row in due]
        history.move(conn, MESSAGE, "release", steps, by="clock", now=now)
        candidates = [
            gate.Candidate(row.recipient, row.text, row.purpose, row.due_at, row.reply_to, True, row.id) for row in due
        ]
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

    def _admit(
        self, conn: Connection, row: AnyRow, verdict: gate.Verdict | None, now: datetime
    ) -> tuple[str, history.Step]:
        if isinstance(verdict, gate.Refuse):
            return "refuse", history.Step(row.id, verdict.says, {"final_at": now})
        if isinstance(verdict, gate.Hold):
            return "hold", history.Step(row.id, verdict.says, {"due_at": verdict.until})
        choice = self._network.choose(row.recipient, row.wanted_link)
        if choice is None:
            why = f"no link serves {row.recipient} any more"
            return "refuse", history.Step(row.id, why, {"final_at": now})
        values = {"due_at": now, **self._recut(conn, row, choice)}
        return "admit", history.Step(row.id, "; ".join(choice.trace), values)

    def _recut(self, conn: Connection, row: AnyRow, choice: Choice) -> dict[str, Any]:
        """Give a message to a link; if that link carries other alphabets than the one it was cut for, cut it anew."""
        values: dict[str, Any] = {"link": choice.link.name, "trace": choice.trace}
        before = self._network.links.get(row.link)
        if before is not None and before.abilities == choice.link.abilities:
            return values
        started = conn.scalar(
            select(func.count()).select_from(part).where(part.c.message_id == row.id, part.c.written_at.is_not(None))
        )
        if started:  # some of it may be in the air: a phone can only join pieces that were cut together
            return values
        try:
            pieces = parts.split(row.text, choice.link.abilities, self._references())
        except BadInput:
            return values
        conn.execute(delete(part).where(part.c.message_id == row.id))
        conn.execute(insert(part), part_rows(row.id, pieces))
        return {**values, "parts": len(pieces), "encoding": encoding(pieces)}

    def expire(self, conn: Connection, batch: list[tuple[datetime, timedelta]]) -> list[int]:
        """For (now, receipt wait): expire what is past its time, waiting or without a receipt; returns how many."""
        counts: list[int] = []
        m = message.c
        for now, receipt_wait in batch:
            waiting = conn.scalars(select(m.id).where(m.state.in_(WAITING), m.valid_until <= now).limit(BATCH))
            steps = [history.Step(id, "its validity was over before it was sent", {"final_at": now}) for id in waiting]
            silent = conn.scalars(select(m.id).where(m.state == "sent", m.sent_at <= now - receipt_wait).limit(BATCH))
            why = f"no receipt came within {_words(receipt_wait)}: nobody knows whether it arrived"
            steps += [history.Step(id, why, {"final_at": now}) for id in silent]
            history.move(conn, MESSAGE, "expire", steps, by="clock", now=now)
            counts.append(len(steps))
        return counts

    def reroute(self, conn: Connection, batch: list[tuple[datetime, timedelta]]) -> list[set[str]]:
        """For (now, patience): what waits for a link that is down so long goes to another; returns these links."""
        return [self._reroute(conn, now, patience) for now, patience in batch]

    def _reroute(self, conn: Connection, now: datetime, patience: timedelta) -> set[str]:
        woken: set[str] = set()
        m = message.c
        names = conn.scalars(select(m.link).where(m.state == "queued").distinct()).all()
        for name in names:
            if name in self._network.links and not self._given_up_on(name, now, patience):
                continue
            rows = conn.execute(
                select(message).where(m.state == "queued", m.link == name, m.wanted_link.is_(None)).limit(BATCH)
            ).all()
            steps: list[history.Step] = []
            for row in rows:
                choice = self._network.choose(row.recipient, avoid=name)
                if choice is None or not self._able(choice.link.name):
                    continue
                steps.append(
                    history.Step(row.id, f"{name} is not there: {choice.trace[0]}", self._recut(conn, row, choice))
                )
                woken.add(choice.link.name)
            history.move(conn, MESSAGE, "reroute", steps, by="clock", now=now)
        return woken

    def _given_up_on(self, name: str, now: datetime, patience: timedelta) -> bool:
        health, since = self._network.health(name)
        return not _sends(health.state) and now - since >= patience

    def _able(self, name: str) -> bool:
        return _sends(self._network.health(name)[0].state)


def _sends(state: LinkState) -> bool:
    return state in (LinkState.UP, LinkState.DEGRADED)


def _words(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:g} hours" if hours >= 1 else f"{span.total_seconds():g} seconds"
