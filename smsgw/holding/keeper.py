"""Take what is free of what nodes share, keep it, and let go of it in time.

Each link and the clock are one node's by a lease (`store.nodes`). A thread tells every quarter of its time that this
node lives. By its own clock a node gives up sooner than another may take over by the database's: what it was asked for
is counted from before the question. A second thread looks only at that clock, so that nothing that hangs, and no pause
of the whole process, keeps a link connected that another node may have by now.

A link that only this node could take stays connected while the store is away: nobody else wants its session, and the
answers that come meanwhile are written when it is back.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from .. import __version__
from ..errors import Conflict, SmsgwError
from ..gateway import Gateway
from ..outbound.serving import published
from ..store import links, nodes, schema
from ..store.database import FROZEN, explained, open_engine
from ..store.fences import Alone, Guard, steady
from ..store.nodes import LINK, Me, Others
from ..store.tables import message
from ..store.wake import CHANNEL, MISSED, Bell
from .connecting import Connecting
from .hearing import Hearing

log = logging.getLogger(__name__)

ROLES = ("web", "links", "clock")
BY_CLOCK = ("clock", "reading", "webhooks")  # what one node does for all
MARGIN = 0.125  # of a lease's time: by so much this node gives up before another may take over
PATIENCE = 0.6  # seconds that a free link is left to others for each one that we have, so that they spread
CLIENTS_IN_A_WORD = 50  # a notification of PostgreSQL has less than 8000 octets
ORPHANS_EVERY = 5.0  # seconds between two looks for what a node left that nobody takes over


class Keeper(Alone):
    """See the module's docstring; started before the other parts of the daemon. roles: of ROLES."""

    several = True
    name = "nodes"

    def __init__(self, gateway: Gateway, roles: Collection[str] = ROLES) -> None:
        self.node = gateway.config.node.called
        self.roles = tuple(role for role in ROLES if role in roles)
        self.bell = Bell(gateway.config.store.full_url, self._heard)
        self._gateway = gateway
        self._lasts = float(gateway.config.node.lease)
        self._engine = _quick_engine(gateway.config.store.full_url, self._lasts)
        self._guards: dict[str, Guard] = {}
        self._wanted: set[str] = set(BY_CLOCK) if "clock" in self.roles else set()
        self._published: dict[str, Any] = {}
        self._connecting = Connecting(gateway, self.node, self._dropped)
        self._hearing = Hearing(gateway, self._published.keys(), self._connecting.busy)
        self._others = Others([], [])
        self._orphans_at = 0.0
        self._away = False  # the store does not answer
        self._beats = time.monotonic()
        self._end = threading.Event()
        self._came = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nodes", daemon=True)
        self._watch = threading.Thread(target=self._look_at_the_clock, name="nodes-watch", daemon=True)
        self._thaw = threading.Thread(target=self._end_frozen, name="nodes-thaw", daemon=True)

    # What others ask: see `Alone`.

    def holds(self, name: str) -> bool:
        """Whether the thing of this name is ours now, by our own clock."""
        guard = self._guards.get(name)
        return guard is not None and guard.holds()

    def guard(self, name: str) -> Guard:
        """What its writes carry; of what is not ours one that never stands."""
        return self._guards.get(name) or Guard(name, -1, 0.0)

    def want(self, name: str) -> None:
        """Have this taken as soon as it is free, and kept."""
        if name not in self._wanted:
            self._wanted.add(name)
            self.look()

    def leave(self, name: str) -> None:
        """Give this back."""
        self._wanted.discard(name)
        if (guard := self._guards.get(name)) is not None:
            guard.lost = True
            self._dropped(guard, True)

    def holder(self, name: str) -> str | None:
        """The node that has the thing of this name now, as far as is known here."""
        return self.node if self.holds(name) else self._others.holder(name)

    def elsewhere(self, link: str) -> Conflict | None:
        """See `Alone`: it names the node that has the link."""
        gateway = self._gateway
        if link in gateway.links or link not in gateway.network.links:
            return None
        node, hint = self.holder(LINK + link), "smsgw doctor tells where each link is; try again in a moment"
        if node is not None and node != self.node:
            says, hint = f"{link} is at node {node}, and this is {self.node}", f"ask node {node}"
        elif node is not None:
            says = f"{link} is being connected at this node"
        else:
            says = f"somebody stopped {link}" if link in gateway.halted else f"no node has {link} now"
        return Conflict(says, code="link_elsewhere", hint=hint)

    def look(self) -> None:
        """Something changed: look at once, not when it is time."""
        self._came.set()

    def others(self) -> Others:
        """Who there is and who has what, as last seen."""
        return self._others

    # A part of the daemon

    def start(self) -> None:
        """Take what is free, connect the links that are ours, and go on so. Raises StoreError."""
        gateway = self._gateway
        gateway.holdings, gateway.bell = self, self.bell
        gateway.reading.holdings = gateway.fetching.holdings = gateway.reception.courier.holdings = self
        gateway.recall.holdings = gateway.replacing.holdings = gateway.balances.holdings = self
        for link in gateway.config.links:
            if link.enabled:
                self._publish(link.name)
        gateway.till.brake.shared = gateway.receipts.shared = gateway.silence.shared = True
        gateway.links.clear()  # from now on: what is held here
        gateway.senders.clear()
        gateway.read_money()
        try:
            self._round(born=True)
        except SQLAlchemyError as problem:
            raise explained(problem) from problem
        self._connecting.wait(self._lasts)
        # What nobody's configuration has any more is forgotten.
        links.forget_others(gateway.database.writer, sorted({*self._published, *self._hearing.elsewhere}))
        self._thread.start()
        self._watch.start()
        self._thaw.start()
        self.bell.start()
        self.bell.ring("leases")

    def stop(self, deadline: float) -> None:
        """Take nothing more; what is held is kept until `give_back`, while the links end well."""
        self._end.set()
        self._connecting.ending.set()
        self._came.set()
        for thread in (self._thread, self._watch, self._thaw):
            if thread.is_alive():
                thread.join(max(0.1, deadline - time.monotonic()))
        with suppress(SQLAlchemyError):
            self._renew(born=False)

    def give_back(self) -> None:
        """The links have stopped: another node may have them at once."""
        guards, self._guards = list(self._guards.values()), {}
        try:
            with self._engine.begin() as conn:
                nodes.release(conn, self.node, guards)
                nodes.gone(conn, self.node)
                conn.execute(text("SELECT pg_notify(:channel, 'leases')"), {"channel": CHANNEL})
        except SQLAlchemyError as problem:
            log.warning("what this node had could not be given back, its time will end it: %s", problem)
        self.bell.stop()
        self._engine.dispose()

    def alive(self) -> bool:
        """Whether it still tells that this node lives."""
        return time.monotonic() - self._beats < 120

    def reconfigured(self, names: Iterable[str]) -> None:
        """These links of the configuration are new, others, or gone: give back those that we have, and look anew."""
        configured = {link.name for link in self._gateway.config.links if link.enabled}
        for name in names:
            self._published.pop(name, None)
            if name in configured:
                self._publish(name)
            if (guard := self._guards.get(LINK + name)) is not None:
                self._connecting.stop(name, guard, ours=True)
        self.look()

    def _publish(self, name: str) -> None:
        link = next(one for one in self._gateway.config.links if one.name == name)
        self._published[name] = published(link, self._gateway.network.links[name].abilities)

    # The rounds

    def _run(self) -> None:
        while not self._end.is_set():
            self._came.wait(self._lasts / 4)
            self._came.clear()
            if self._end.is_set():
                return
            try:
                self._round(born=False)
                if self._away:
                    log.info("the store answers again")
                self._away = False
            except (SQLAlchemyError, SmsgwError) as problem:
                if not self._away:
                    log.error("node %s cannot tell that it lives: %s", self.node, problem)
                self._away = True
                self._end.wait(0.5)
            except Exception:  # this thread must outlive any mistake: without it everything is lost to others
                log.exception("a round of node %s failed", self.node)
                self._end.wait(0.5)

    def _round(self, *, born: bool) -> None:
        self._beats = time.monotonic()
        me = self._renew(born=born)
        with self._engine.begin() as conn:
            self._others = nodes.others(conn)
            told = {row.name: row for row in links.listing(conn)}
        self._hearing.hear(self._others, told)
        for guard in self._take(me):
            self._guards[guard.name] = guard
            if guard.name.startswith(LINK):
                self._connecting.start(guard.name.removeprefix(LINK), guard)
            else:
                log.info("this node, %s, has the %s now", self.node, guard.name)
        for guard in list(self._guards.values()):
            if guard.lost:
                self._let_go(guard)
        self._stop_halted()
        self._tell_the_brakes()
        if self.holds("clock") and steady() - self._orphans_at > ORPHANS_EVERY:
            self._orphans_at = steady()
            self._recover_orphans(me)

    def _renew(self, *, born: bool) -> Me:
        me = Me(self.node, __version__, self.roles, schema.newest(), dict(self._published), self._lasts)
        asked, mine = steady(), list(self._guards.values())
        with self._engine.begin() as conn:
            nodes.live(conn, me, born=born)
            kept = nodes.renew(conn, me, mine)
        for guard in mine:
            if guard.name in kept:
                guard.until = self._until(asked)
            else:
                guard.lost = True
        return me

    def _until(self, asked: float) -> float:
        """Until when we may believe in what we asked for at a time of our clock."""
        return asked + self._lasts * (1 - MARGIN)

    def _take(self, me: Me) -> list[Guard]:
        """Take what is free of what we want."""
        asked = steady()
        free = [LINK + name for name in self._published if "links" in self.roles and not self._connecting.busy(name)]
        free = [name for name in [*self._wanted, *free] if name not in self._guards]
        shared = [name for name in free if self._shared(name)]
        have = sum(self._shared(name) for name in self._guards)
        with self._engine.begin() as conn:
            taken = nodes.take(conn, me, [name for name in free if name not in shared])
            more = nodes.take(conn, me, shared, patience=PATIENCE * have, most=1)
        if more:
            self._came.set()  # there may be another one for us
        return [Guard(name, fence, self._until(asked)) for name, fence in [*taken, *more]]

    def _shared(self, name: str) -> bool:
        """Whether this is a link that another node that lives could have too."""
        link = name.removeprefix(LINK)
        others = (row for row, alive in self._others.nodes if alive and row.name != self.node)
        return name.startswith(LINK) and any(link in row.links and "links" in row.roles for row in others)

    # Letting go

    def _let_go(self, guard: Guard) -> None:
        """Somebody else has it, or may have it."""
        if guard.name.startswith(LINK):
            self._connecting.stop(guard.name.removeprefix(LINK), guard, ours=False)
        else:
            log.warning("node %s has the %s no more", self.node, guard.name)
            self._dropped(guard, False)

    def _dropped(self, guard: Guard, ours: bool) -> None:
        """What was held is not used here any more; ours: until now, so that it can be given back."""
        if self._guards.get(guard.name) is guard:
            del self._guards[guard.name]
        if ours:
            try:
                with self._engine.begin() as conn:
                    nodes.release(conn, self.node, [guard])
                self.bell.ring("leases")
            except SQLAlchemyError as problem:
                log.warning("%s could not be given back, its time will end it: %s", guard.name, problem)
        self.look()

    def _look_at_the_clock(self) -> None:
        """Let go of links that another node may have by now, however long the store takes to say so."""
        while not self._end.wait(0.25):
            for guard in list(self._guards.values()):
                if not guard.holds() and self._shared(guard.name):
                    self._let_go(guard)

    def _end_frozen(self) -> None:
        """End writers of any node that stand still; by a thread of its own, for a round may wait for just these."""
        while not self._end.wait(self._lasts / 4):
            with suppress(SQLAlchemyError), self._engine.begin() as conn:
                if ended := nodes.end_frozen(conn, FROZEN / 1000):
                    log.warning(
                        "%d writers that did nothing for %g s and kept others waiting: ended", ended, FROZEN / 1000
                    )
                    self.look()  # what they kept may be taken now

    def _stop_halted(self) -> None:
        """Links that somebody stopped are given back by whoever has them."""
        halted = {row.name.removeprefix(LINK) for row, _ in self._others.leases if row.halted}
        self._gateway.halted.clear()
        self._gateway.halted.update(halted)
        for link in halted:
            if (guard := self._guards.get(LINK + link)) is not None:
                self._connecting.stop(link, guard, ours=True)

    def _recover_orphans(self, me: Me) -> None:
        """What was in the air over links that no node took over is unsure, so that it goes on by its policy."""
        gateway = self._gateway
        sending = select(message.c.link).where(message.c.state == "sending", message.c.final_at.is_(None)).distinct()
        asked = steady()
        with self._engine.begin() as conn:
            names = [LINK + name for name in conn.scalars(sending) if LINK + name not in self._guards]
            taken = nodes.take(conn, me, names, patience=self._lasts / 2)
        for name, fence in taken:
            link, guard = name.removeprefix(LINK), Guard(name, fence, self._until(asked))
            lost = gateway.database.writer.do(gateway.handover.recover, (link, gateway.clock()), guard=guard)
            log.warning("%s: %d messages were in the air when its node was lost: they are unsure", link, lost)
            self._dropped(guard, True)

    def _tell_the_brakes(self) -> None:
        """What clients sent here counts at the other nodes too."""
        passed = list(self._gateway.till.brake.passed().items())
        for start in range(0, len(passed), CLIENTS_IN_A_WORD):
            self.bell.ring(f"brake:{json.dumps(dict(passed[start : start + CLIENTS_IN_A_WORD]))}")

    def _heard(self, word: str) -> None:
        """A word of another node."""
        kind, _, name = word.partition(":")
        gateway = self._gateway
        if kind == "link" and (sender := gateway.senders.get(name)) is not None:
            sender.wake()
        elif kind == "reading":
            gateway.reading.wake()
        elif kind in ("links", "leases"):
            self.look()
        elif kind == "brake":
            gateway.till.brake.elsewhere(json.loads(name), gateway.clock())
        elif (hear := gateway.hears.get(kind)) is not None:
            hear(name)
        elif word == MISSED:
            self.look()
            gateway.reading.wake()
            for one in list(gateway.senders.values()):
                one.wake()


def _quick_engine(url: str, lasts: float) -> Engine:
    """A connection of its own, which finds out within a part of a lease's time that the store is out of reach.

    If this process is frozen while it renews, the rows are locked: so the server ends such a session soon.
    """
    most = str(int(lasts * 1000 / 3))
    quick = {"connect_timeout": "3", "tcp_user_timeout": most, "keepalives_idle": "1", "keepalives_interval": "1"}
    parsed = make_url(url)
    parsed = parsed.update_query_dict({name: said for name, said in quick.items() if name not in parsed.query})
    said = parsed.query.get("options", "")
    said = said if isinstance(said, str) else " ".join(said)
    parsed = parsed.update_query_dict({"options": f"{said} -c idle_in_transaction_session_timeout={most}".strip()})
    return open_engine(parsed.render_as_string(hide_password=False))
