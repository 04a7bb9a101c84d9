"""A gateway that is killed at random moments under load loses nothing, doubles nothing and explains everything.

SMSGW_KILL_ROUNDS=500 kills more often than CI does. SMSGW_KILL_SEED repeats the chance of a run, though not its
timing; the figures at the end of a run name it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.flows import counting
from tests.flows.killing import Siege
from tests.flows.running import Running, environment
from tests.flows.wires import Journal, Tape, Wire

ROUNDS = environment("SMSGW_KILL_ROUNDS", 24)  # altogether, over the four combinations
SEED = environment("SMSGW_KILL_SEED", int(time.time()))
PATIENCE = 120  # seconds until all is quiet, on a busy machine
# 12 s: just longer than a receipt that nobody owns must be old to settle an unsure message, so that both ways are gone.
SENDING = {"unsure_wait": 12, "retry_first": 1, "retry_most": 4, "resend_unsure": "resend"}
FAULTS = {
    "delay": 0.03, "receipt_delay": 0.1, "duplicate": 0.1, "shuffle": 0.2, "temporary": 0.02, "no_answer": 0.005,
    "answer_timeout": 1.0, "window": 30, "repeat_after": 0.5,
}  # fmt: skip


def _fake(folder: Path, rounds: int) -> Wire:
    return Tape(folder, SEED, **FAULTS)


def _smpp(folder: Path, rounds: int) -> Wire:
    return Journal(folder, rate=60, count=rounds * 120)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "network"), [(0, _fake), (1, _smpp)], ids=["fake", "smpp"])
def test_whatever_was_promised_is_kept_over_kills(
    fresh_store_url: str,
    tmp_path: Path,
    share: int,
    network: Callable[[Path, int], Wire],
    record_property: Callable[[str, object], None],
) -> None:
    share += 2 * fresh_store_url.startswith("postgresql")
    rounds = max(1, len(range(share, ROUNDS, 4)))
    wire = network(tmp_path, rounds)
    gateway = Running(tmp_path / "smsgw", fresh_store_url, [wire.link()], sending=SENDING)
    try:
        secret = gateway.smsgw("key", "create", "caller").stdout.strip()
        siege = Siege(gateway, wire, secret, Random(f"{SEED} {share}"))
        for number in range(rounds):
            siege.round(f"round {number}")
            with gateway.looking() as conn:
                broken = counting.not_kept(siege.book, wire, conn)
            assert broken == [], f"after round {number}, seed {SEED}"
        stored = counting.quiet(siege, PATIENCE)
        record_property("figures", f"seed {SEED}, {counting.figures(siege, stored)}")
        wrong = counting.faults(siege.book, wire, stored)
        assert not wrong, f"{len(wrong)} faults, seed {SEED}:\n" + "\n".join(wrong[:20])
        assert stored.messages, "there was no load"
        assert not siege.book.put_off, "a gateway that is there takes what it is given"
        assert stored.texts, "no phone wrote"
    finally:
        gateway.kill()
        wire.close()
