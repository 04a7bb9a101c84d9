"""Several nodes that share one store, callers that go to whichever answers, and what went out counted at the SMSC.

The surprise: a caller that is cut goes to another node with the same client_ref, as behind a load balancer it would.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.pool import NullPool

from smsgw.access import keys
from smsgw.gateway import utc_now
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import history, message
from tests.flows.killing import Book, Caller
from tests.flows.running import Client, Running, until
from tests.flows.wires import Journal

LEASE = 4  # seconds: the shortest there is, for tests wait for it


class Cluster:
    """Nodes by name on one store; all may have the link of `wire`, and each has none of its own unless told.

    urls: of the store as a node sees it, where that is not the same for all. more: sections for all of them.
    """

    patience = 60.0  # seconds for which a caller waits for an answer, before it goes to another node

    def __init__(
        self, folder: Path, url: str, wire: Journal, names: list[str], urls: dict[str, str] | None = None, **more: Any
    ) -> None:
        self.wire, self.book = wire, Book()
        self._store = create_engine(url, poolclass=NullPool)
        database = Database(url)
        schema.upgrade(database)
        wish = keys.NewKey("load", ["admin:*"], utc_now())
        _, self.secret = keys.create(database.writer, wish)
        database.close()
        self.nodes = {
            name: Running(
                folder / name,
                (urls or {}).get(name, url),
                [wire.link()],
                node={"name": name, "lease": LEASE},
                sending={"retry_first": 1, "unsure_wait": 2, **more.get("sending", {})},
            )
            for name in names
        }

    def start(self) -> None:
        """Start all of them, one after the other."""
        for node in self.nodes.values():
            node.start(patience=120)

    def kill(self) -> None:
        """End everything."""
        for node in self.nodes.values():
            if node.process is not None and node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
            node.kill()

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection to the store, past whatever stands between it and a node."""
        with self._store.connect() as conn:
            yield conn

    def holder(self, name: str) -> str | None:
        """The node that has a lease by the store."""
        with self.looking() as conn:
            found = conn.scalar(
                text("SELECT node FROM lease WHERE name = :name AND until > clock_timestamp() AT TIME ZONE 'UTC'"),
                {"name": name},
            )
        return None if found is None else str(found)

    def held(self, name: str, not_by: str | None = None, seconds: float = 60) -> tuple[str, float]:
        """Wait until another node than `not_by` has it; returns it, and how long that took."""
        begun = time.monotonic()

        def found() -> str | None:
            node = self.holder(name)
            return None if node == not_by else node

        return until(found, seconds, f"nobody took {name}"), time.monotonic() - begun

    def lives(self, name: str) -> bool:
        """Whether a node tells that it lives."""
        alive = text("SELECT 1 FROM node WHERE name = :name AND until > clock_timestamp() AT TIME ZONE 'UTC'")
        with self.looking() as conn:
            return conn.scalar(alive, {"name": name}) is not None

    def is_up(self, seconds: float = 60) -> None:
        """Wait until the link is connected, as whoever has it wrote down."""

        def up() -> bool:
            with self.looking() as conn:
                return conn.scalar(text("SELECT health FROM link WHERE name = 'net'")) == "up"

        until(up, seconds, "the link did not come up")

    def callers(self, names: list[str], each: int = 2, pause: float = 0.02) -> list[Caller]:
        """Callers of these nodes begin; pause: the most seconds that one waits between two requests."""
        made = [
            Caller(
                self.book,
                self.client(name, timeout=self.patience),
                Random(f"{name} {number}"),
                pause=pause,
            )
            for name in names
            for number in range(each)
        ]
        for one in made:
            one.start()
        return made

    def client(self, name: str, timeout: float = 120) -> Client:
        """A client of this node."""
        node = self.nodes[name]
        return Client(node.port, self.secret, timeout, node.host)

    def asked(self, count: int, seconds: float = 150) -> None:
        """Wait until so many more messages were answered with yes."""
        before = len(self.book.told)
        until(lambda: len(self.book.told) >= before + count, seconds, "the nodes take no messages")

    def ask_again(self, name: str) -> None:
        """Everything that was cut is asked for again at this node, until it is answered."""
        deadline = time.monotonic() + 180
        while self.book.cut:
            assert time.monotonic() < deadline, f"{len(self.book.cut)} messages are not answered"
            caller = Caller(self.book, self.client(name), Random(0), new=False)
            caller.start()
            caller.join(180)

    def settle(self, seconds: float = 180) -> None:
        """Wait until no message is on its way any more; what is unsure and held for a person rests."""
        m = message.c
        busy = select(func.count()).where(
            m.state.in_(("accepted", "held", "queued", "sending", "sent"))
            | ((m.state == "unsure") & (m.on_unsure != "hold"))
        )

        def rests() -> bool:
            with self.looking() as conn:
                return not conn.scalar(busy)

        try:
            until(rests, seconds, "some messages never ended", every=0.3)
        except AssertionError as problem:
            with self.looking() as conn:
                m = message.c
                left = conn.execute(
                    select(m.id, m.state, m.on_unsure, m.link, m.due_at, m.claimed_at, m.sent_at, m.why)
                    .where(m.final_at.is_(None))
                    .limit(5)
                ).all()
                found = [*left, self.figures(), conn.execute(text("SELECT name, fence, node, until FROM lease")).all()]
            raise AssertionError(f"{problem}: " + "\n".join(map(str, found))) from None

    def faults(self) -> list[str]:
        """What is wrong, in sentences: lost, stored twice, or sent more often than policy sent it."""
        found = list(self.book.strange)
        with self.looking() as conn:
            rows = {row.client_ref: row for row in conn.execute(select(message))}
            stored = conn.scalar(select(func.count()).select_from(message))
            again = Counter(
                conn.scalars(
                    select(history.c.record_id).where(
                        history.c.event == "put_back", history.c.was == "unsure", history.c.by == "policy"
                    )
                )
            )
        found += [f"{ref} was answered with yes and is not in the store" for ref in self.book.told if ref not in rows]
        if stored != len(rows):
            found.append(f"{stored} messages are stored under {len(rows)} references")
        sent = Counter((part.to, part.position) for part in self.wire.taken())
        by_number = {row.recipient: row for row in rows.values()}
        for (to, position), count in sent.items():
            if count > 1 + again[by_number[to].id]:
                found.append(f"{to}, part {position}: sent {count} times, {again[by_number[to].id]} times by policy")
        for row in rows.values():
            parts = {position for to, position in sent if to == row.recipient}
            if row.state == "delivered" and len(parts) != row.parts:
                found.append(f"{row.id} is delivered, and {len(parts)} of {row.parts} parts were on the wire")
            if row.state not in ("delivered", "unsure", "failed"):
                found.append(f"{row.id} is {row.state}: {row.why}")
        return found

    def figures(self) -> str:
        """What happened, in one line."""
        with self.looking() as conn:
            states = dict(conn.execute(select(message.c.state, func.count()).group_by(message.c.state)).all())
            lost = conn.scalar(select(func.count()).where(history.c.event == "lose"))
        sent = Counter((part.to, part.position) for part in self.wire.taken())
        twice = sum(count - 1 for count in sent.values())
        return (
            f"{len(self.book.told)} messages, {states}; {lost} times unsure, {twice} parts more than once on the wire"
        )
