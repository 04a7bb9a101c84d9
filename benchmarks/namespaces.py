"""Three nodes on one PostgreSQL, each as on a machine of its own: one is killed, frozen, or its cables are pulled.

Under load; the database and the SMSC are reached over networks of their own, so that a node can be cut off from the one
and not from the other: the harder case, for it could go on sending. What became of every message is counted by callers,
at the SMSC and in the store, as in the tests (tests/flows/noding.py). The lease is the one that people have.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks import apart
from benchmarks.apart import OUTSIDE, STORE, Machine
from benchmarks.measure import table
from benchmarks.stage import ROOT
from smsgw.config.node import NodeConfig
from tests.conftest import Postgres
from tests.flows.noding import Cluster
from tests.flows.running import until
from tests.flows.wires import Journal

NAMES = ("alpha", "beta", "gamma")
LEASE = NodeConfig().lease
ASKED = 150  # messages that are taken before and after each strike
HEADINGS = ("", "messages", "taken over after s", "sends again after s", "unsure", "sent twice", "doubled", "lost")
SENDING = {"retry_first": 1, "unsure_wait": 2}


def run(rounds: int) -> bool:
    """Every strike so often, in a namespace of our own; prints the table. False when something was lost or doubled."""
    if why := apart.forbidden():
        print(f"namespaces: not here: {why}")
        return True
    command = ["unshare", "--net", sys.executable, "-m", "benchmarks.namespaces", str(rounds)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


class Reached(Postgres):
    """A server that listens in the network of the stores."""

    listens = apart.HERE[STORE]

    def start(self) -> None:
        """Start it; whoever is in that network may come in."""
        with (self.folder / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        super().start()


class Apart(Cluster):
    """Nodes that are called as their machines."""

    patience = 8.0

    def __init__(self, folder: Path, url: str, wire: Journal, database: str, machines: dict[str, Machine]) -> None:
        super().__init__(folder, url, wire, [*machines])
        self.machines = machines
        for name, node in self.nodes.items():
            node.store = f"postgresql+psycopg://smsgw@{apart.HERE[STORE]}/{database}"
            listen = f"{machines[name].outside}:8080"
            node.configure([wire.link()], node={"name": name}, sending=SENDING, web={"listen": listen})

    def start_one(self, name: str) -> None:
        """Start a node on its machine."""
        self.nodes[name].start(self.machines[name].inside, 240)

    def start(self) -> None:
        """Start all of them."""
        for name in self.nodes:
            self.start_one(name)

    def sends(self, name: str) -> bool:
        """Whether the link is connected at this node, as it says itself."""
        with self.looking() as conn:
            row = conn.execute(text("SELECT health, facts FROM link WHERE name = 'net'")).first()
        return row is not None and row.health == "up" and (row.facts or {}).get("node") == name

    def signal(self, name: str, what: signal.Signals) -> None:
        """Send a node a signal."""
        process = self.nodes[name].process
        assert process is not None
        process.send_signal(what)


@dataclass(frozen=True)
class Strike:
    """What is done to the node that has the link, and how it is made good."""

    name: str
    strike: Callable[[Apart, str], Any]
    heal: Callable[[Apart, str], Any]


STRIKES = (
    Strike("killed (-9)", lambda cluster, name: cluster.nodes[name].kill(), Apart.start_one),
    Strike(
        "frozen, then woken",
        lambda cluster, name: cluster.signal(name, signal.SIGSTOP),
        lambda cluster, name: cluster.signal(name, signal.SIGCONT),
    ),
    Strike(
        "cut off from the database",
        lambda cluster, name: cluster.machines[name].cut(STORE),
        lambda cluster, name: cluster.machines[name].heal(),
    ),
    Strike(
        "cut off from everything",
        lambda cluster, name: cluster.machines[name].cut(STORE, OUTSIDE),
        lambda cluster, name: cluster.machines[name].heal(),
    ),
)


@dataclass
class Told:
    """What was measured of one kind of strike."""

    taken: list[float] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """As HEADINGS wants it."""
        return [name, self.cells[0], _span(self.taken), _span(self.sends), *self.cells[1:]]


def _span(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.1f}-{max(seconds):.1f}"


def suffer(cluster: Apart, strike: Strike, rounds: int) -> Told:
    """Load, strike, take-over, more load, healing; so often. Then everybody is answered, and all is counted."""
    told = Told()
    for _ in range(rounds):
        first, _ = cluster.held("link:net")
        until(partial(cluster.sends, first), 60, "the link is not connected")
        load = cluster.callers([*NAMES], each=1, pause=0.05)
        cluster.asked(ASKED)
        begun = time.monotonic()
        strike.strike(cluster, first)
        second, after = cluster.held("link:net", not_by=first)
        told.taken.append(after)
        until(partial(cluster.sends, second), 60, "who took the link over does not connect it")
        told.sends.append(time.monotonic() - begun)
        cluster.asked(ASKED)
        time.sleep(max(0.0, begun + 2 * LEASE - time.monotonic()))
        strike.heal(cluster, first)
        until(partial(cluster.lives, first), 60, "it did not come back")
        for caller in load:
            caller.ended.set()
        for caller in load:
            caller.join(90)
    cluster.ask_again(NAMES[0])
    cluster.settle()
    told.wrong = cluster.faults()
    told.cells = _counted(cluster, told.wrong)
    return told


def _counted(cluster: Apart, wrong: Sequence[str]) -> list[str]:
    """Messages; times unsure; parts sent again by policy; doubled without it; lost."""
    taken = [(part.to, part.position) for part in cluster.wire.taken()]
    with cluster.looking() as conn:
        unsure = conn.scalar(text("SELECT count(*) FROM history WHERE event = 'lose'"))
    doubled = sum("times by policy" in one for one in wrong)
    lost = sum("is not in the store" in one or "were on the wire" in one for one in wrong)
    again = len(taken) - len(set(taken))
    return [str(len(cluster.book.told)), str(unsure), str(again - doubled), str(doubled), str(lost)]


def main() -> None:
    """Within a network namespace of this process alone. Ends with 1 when something is wrong."""
    rounds, rows, well = int(sys.argv[1]), [], True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the machines are taken away then, too
    apart.between()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build")))
        machines = {}
        for number, name in enumerate(NAMES, 1):
            machines[name] = Machine(number)
            ends.callback(machines[name].close)
        server = Reached()
        ends.callback(server.remove)
        for number, strike in enumerate(STRIKES):
            database = f"apart_{number}"
            with server.connect() as admin:
                admin.execute(f"CREATE DATABASE {database}")
            place = folder / database
            place.mkdir()
            with ExitStack() as scene:
                wire = Journal(place, rate=1, count=1, host=apart.HERE[OUTSIDE])
                scene.callback(wire.close)
                cluster = Apart(place, server.url(database), wire, database, machines)
                scene.callback(cluster.kill)
                cluster.start()
                told = suffer(cluster, strike, rounds)
            rows.append(told.row(strike.name))
            seconds = ", ".join(f"{after:.1f}" for after in told.taken)
            wrong = "; ".join(told.wrong[:10]) or "nothing is wrong"
            print(f"{strike.name}: taken over after {seconds} s; {wrong}", flush=True)
            well = well and not told.wrong
    title = f"(t) three nodes in namespaces, lease of {LEASE} s, each {rounds} times"
    table(title, HEADINGS, rows)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
