"""Noise and broken octets on the line, by seed: nothing is lost, nothing is doubled, and what is in doubt says so."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from smsgw.link import LinkState, NoAnswer
from tests.drivers.modem.conftest import CUSTOMER, Open
from tests.drivers.recorder import write
from tests.emulators.modem import Ways

PHONE = "+4915112345678"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_twelve_out_and_twelve_in_over_a_dirty_line(rig_for: Open, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.at.COMMAND_TIMEOUT", 0.6)
    monkeypatch.setattr("drivers.modem.at.PROMPT_TIMEOUT", 0.6)
    monkeypatch.setattr("drivers.modem.at.LISTING_SILENCE", 0.8)
    monkeypatch.setattr("drivers.modem.at.DELETE_TIMEOUT", 0.6)
    monkeypatch.setattr("drivers.modem.ladder._SAME_TROUBLE", 5.0)  # time runs faster here
    monkeypatch.setattr("drivers.modem.comms.SteadyComms.probe_timeout", 0.3)
    rig = rig_for(Ways(reports="manual"), answer_timeout=0.6, sweep_interval=0.7, check_interval=1.0)
    rig.modem.chance.seed(seed)
    rig.up()
    rig.modem.ways.noise, rig.modem.ways.garbage = 0.3, 0.05
    for number in range(12):
        rig.network.phone_sends(PHONE, f"in {number}")
    left = [f"out {number}" for number in range(12)]
    doubtful = set()
    end = time.monotonic() + 600
    while left:
        assert time.monotonic() < end, (left, rig.events.order)
        if rig.link.health().state not in (LinkState.UP, LinkState.DEGRADED):
            time.sleep(0.05)
            continue
        (part,) = write(rig.link, CUSTOMER, left[0])
        rig.link.send(part)
        rig.answered([part])
        (answer,) = [answer for one, answer in rig.events.answers if one is part][:1]
        if isinstance(answer, str | NoAnswer):
            doubtful |= {left[0]} if isinstance(answer, NoAnswer) else set()
            left.pop(0)
    rig.events.wait(lambda: len({piece.reference for piece in rig.events.pieces if piece.kind == "text"}) >= 12, 300)
    rig.modem.ways.noise = rig.modem.ways.garbage = 0.0
    rig.events.wait(lambda: len(rig.network.acknowledged()) == 12, 300)
    sent = Counter(text for _, text in rig.network.submitted())
    assert set(sent) | doubtful == {f"out {number}" for number in range(12)}, "nothing is lost"
    assert max(sent.values()) == 1, "nothing is doubled"
    assert sorted(rig.events.texts()) == sorted((PHONE, f"in {number}") for number in range(12))
