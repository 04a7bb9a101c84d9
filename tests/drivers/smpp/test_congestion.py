"""How busy the SMSC says it is reaches the link's page, in steps worth telling, and is forgotten when it is old."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drivers.smpp.congestion import FRESH, Congestion, read
from drivers.smpp.esme import Esme
from smsgw.link import WirePart
from tests.emulators.smsc import Network
from tests.emulators.smsc_codec import tlv

STATE = 0x0428


def test_the_congestion_in_an_answer_is_a_fact_of_the_link(
    make_link: Callable[..., Esme], network: Network, told: Any, a_part: Callable[..., WirePart],
    soon: Callable[..., None],
) -> None:  # fmt: skip
    link = make_link()
    assert "congestion" not in link.health().facts
    network.configure(congestion=85)
    link.send(a_part())
    soon(lambda: link.health().facts.get("congestion") == "85 %")
    soon(lambda: told.healths[-1].facts.get("congestion") == "85 %")
    network.configure(congestion=0)
    link.send(a_part(number=2))
    soon(lambda: told.healths[-1].facts.get("congestion") == "0 %")
    assert len(told.taken_parts) == 2


@pytest.mark.parametrize(
    ("parameters", "percent"),
    [
        (b"", None),
        (tlv(STATE, b"\x55"), 85),
        (tlv(0x1400, b"vendor") + tlv(STATE, b"\x00"), 0),
        (tlv(STATE, b"\x65"), None),
        (tlv(STATE, b""), None),
        (tlv(STATE, b"\x01\x01"), None),
        (tlv(STATE, b"\x55")[:-1], None),
        (tlv(0x1400, b"long")[:6], None),
        (b"\x04", None),
    ],
)
def test_a_percentage_is_read_among_the_parameters_or_is_none(parameters: bytes, percent: int | None) -> None:
    assert read(b"x" * 20 + parameters, 20) == percent


def test_only_another_ten_per_cent_is_worth_telling_and_an_old_value_is_none() -> None:
    now = 0.0
    state = Congestion(lambda: now)
    assert not state.moved()
    state.note(41)
    assert state.moved()
    state.note(49)
    assert not state.moved()
    state.note(50)
    assert state.moved()
    now = FRESH + 1
    assert state.percent is None
    assert state.moved()
    assert not state.moved()
