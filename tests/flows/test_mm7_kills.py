"""A gateway with an MMSC is killed while MMS go out, come in and are reported: nothing is lost, nothing is twice.

The MMSC tells everything again until it is answered, also what was stored by a gateway that died before its answer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import text

from tests.emulators.mmsc import mm7_network
from tests.flows.running import Running, environment, until

ROUNDS = environment("SMSGW_KILL_ROUNDS", 24) // 12
SEED = environment("SMSGW_KILL_SEED", int(time.time()))
PHONE = "+38640999999"
EACH = 12  # MMS in each direction and round


@pytest.mark.slow
def test_mms_survive_kills_in_both_directions(open_gateway: Callable[..., Running]) -> None:
    chance = Random(f"{SEED} mm7")
    with mm7_network() as mmsc:
        mmsc.reports = True
        link = {"name": "mms", "kind": "mm7", **mmsc.settings(texts=True, answer_timeout=3)}
        sending = {"unsure_wait": 2, "retry_first": 1, "retry_most": 2, "resend_unsure": "resend"}
        gateway = open_gateway([link], sending={"region": "SI", **sending})
        mmsc.web = (lambda: gateway.port, "/carriers/mms")
        asked: list[str] = []
        for number in range(ROUNDS + 1):
            gateway.start()
            client = gateway.client()
            asked += [client.send(f"+38641{number:02}{one:04}", f"text {number} {one}") for one in range(EACH)]
            client.close()
            for one in range(EACH):
                mmsc.phone_sends(PHONE, f"answer {number} {one}")
            if number < ROUNDS:
                time.sleep(chance.uniform(0, 0.6))
                gateway.kill()
        client = gateway.client()
        wanted = EACH * (ROUNDS + 1)

        def ended() -> bool:
            with gateway.looking() as conn:
                done = conn.scalars(text("SELECT id FROM message WHERE state = 'delivered'")).all()
            return set(asked) <= set(done) and mmsc.acknowledged() == wanted

        until(ended, 60, f"not all came to their end (seed {SEED})", 0.2)
        with gateway.looking() as conn:
            came = Counter(conn.scalars(text("SELECT text FROM inbound WHERE kind = 'mms'")))
        assert set(came.values()) == {1}, f"twice or never, seed {SEED}"
        assert len(came) == wanted
        names: dict[str, set[str]] = {}
        for one in mmsc.asked:
            if one.to != [PHONE]:  # who is answered that nobody has understood him
                names.setdefault(one.to[0], set()).add(one.transaction)
        assert len(names) == len(set(asked)) == wanted
        assert {len(each) for each in names.values()} == {1}, "what goes again goes under its first name"
        client.close()
        assert gateway.terminate()[0] == 0
