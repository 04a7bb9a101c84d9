"""A gateway with a modem is killed in the middle of sending and receiving: nothing is lost, and nothing doubled.

The modem is a program of its own that goes on, and counts. SMSGW_KILL_ROUNDS kills more often than CI does (an eighth
of them fall on the modem), SMSGW_KILL_SEED repeats the chance.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.flows import counting
from tests.flows.killing import Caller, Siege, Typist, Wanted
from tests.flows.modem_wire import Stick
from tests.flows.running import Running, environment

ROUNDS = environment("SMSGW_KILL_ROUNDS", 24) // 8
SEED = environment("SMSGW_KILL_SEED", int(time.time()))
SENDING = {"unsure_wait": 12, "retry_first": 1, "retry_most": 4, "resend_unsure": "resend"}


class Leisure(Caller):
    """A caller who does not ask for more than a modem can send."""

    def _ask(self, batch: list[Wanted]) -> None:
        super()._ask(batch[:1])
        self._book.unanswered(batch[1:])
        time.sleep(self._chance.uniform(0.05, 0.25))


class ModemSiege(Siege):
    """A siege with the pauses of a modem: it is ready a second after the gateway."""

    def round(self, name: str) -> None:
        """Start, load, and kill at a random moment, early or late."""
        self.starts.append(self.gateway.start())
        load = self.load(name)
        time.sleep(self.chance.uniform(0, 4))
        self._kill()
        for thread in load:
            thread.ended.set()
            thread.join(180)
            assert not thread.is_alive(), "a caller hangs"

    def load(self, name: str) -> list[Caller | Typist]:
        """One caller, and somebody with the phones."""
        caller = Leisure(self.book, self.gateway.client(self.secret), Random(self.chance.random()))
        load: list[Caller | Typist] = [caller, Typist(self.wire, self.gateway.client(), self.chance, name)]
        for thread in load:
            thread.start()
        return load


@pytest.mark.slow
def test_whatever_was_promised_is_kept_over_kills_with_a_modem(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    wire = Stick(tmp_path, air=0.05, seed=SEED % 1000)
    gateway = Running(tmp_path / "smsgw", f"sqlite:///{tmp_path}/store.db", [wire.link()], sending=SENDING)
    try:
        secret = gateway.smsgw("key", "create", "caller").stdout.strip()
        siege = ModemSiege(gateway, wire, secret, Random(f"{SEED} modem"))
        for number in range(ROUNDS):
            siege.round(f"round {number}")
            with gateway.looking() as conn:
                broken = counting.not_kept(siege.book, wire, conn)
            assert broken == [], f"after round {number}, seed {SEED}"
        stored = counting.quiet(siege, 120)
        record_property("figures", f"seed {SEED}, {counting.figures(siege, stored)}")
        wrong = counting.faults(siege.book, wire, stored)
        assert not wrong, f"{len(wrong)} faults, seed {SEED}:\n" + "\n".join(wrong[:20])
        assert wire.taken(), "there was no load"
        assert stored.texts, "no phone wrote"
    finally:
        gateway.kill()
        wire.close()


def _events(client: Any, id: str) -> list[str]:
    return [event["event"] for event in client.get(f"/messages/{id}/events")["data"]]


@pytest.mark.slow
@pytest.mark.parametrize(("air", "policy"), [(3.0, "hold"), (0.6, "resend")])
def test_a_text_in_the_air_when_the_gateway_is_killed_goes_out_once(tmp_path: Path, air: float, policy: str) -> None:
    wire = Stick(tmp_path, air=air)
    gateway = Running(
        tmp_path / "smsgw", f"sqlite:///{tmp_path}/store.db", [wire.link(answer_timeout=20.0)],
        sending=SENDING | {"unsure_wait": 600},
    )  # fmt: skip
    try:
        gateway.start()
        client = gateway.client()
        id = client.send("+38641000002", "once only", on_unsure=policy)
        wire.modem.wait(wire.taken, "it was not sent", 120)  # taken, and its answer not told for half of `air`
        gateway.kill()
        client.close()
        gateway.start()
        client = gateway.client()
        wire.modem.wait(
            lambda: client.get(f"/messages/{id}")["status"] == "delivered",
            f"it was not delivered, but {_events(client, id)}", 120,
        )  # fmt: skip
        client.close()
        assert [one.text for one in wire.taken()] == ["once only"]
    finally:
        gateway.kill()
        wire.close()
