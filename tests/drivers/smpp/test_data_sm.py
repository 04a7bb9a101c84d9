"""data_sm and alert_notification from the SMSC: the one is taken like a deliver_sm, the other is survived."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smpp import data_sm
from drivers.smpp.esme import Esme
from drivers.smpp.pdu import BadPdu, parse_deliver_sm
from smsgw.link import LinkState, ReceiptState
from tests.emulators.smsc import Network
from tests.emulators.smsc_codec import address, deliver, pdu, tlv

MakeLink = Callable[..., Esme]
Soon = Callable[..., None]
PAYLOAD, STATE, RECEIPTED = 0x0424, 0x0427, 0x001E


def data(source: str, dest: str, *, esm_class: int = 0, data_coding: int = 0, tlvs: bytes = b"") -> bytes:
    """The body of a data_sm (4.7.1)."""
    return b"\0" + address(source) + address(dest) + bytes((esm_class, 0, data_coding)) + tlvs


def test_a_text_in_a_data_sm_is_kept_and_then_acknowledged(
    make_link: MakeLink, network: Network, told: Any, soon: Soon
) -> None:
    kept: Future[None] = Future()
    told.store = lambda: kept
    make_link()
    octets = pdu(0x103, 0, 77, data("+4915", "4477", data_coding=8, tlvs=tlv(PAYLOAD, "سلام".encode("utf-16-be"))))
    network.do(lambda smsc: smsc.broadcast(octets))
    soon(lambda: told.pieces)
    assert (told.pieces[0].sender, told.pieces[0].to) == ("+4915", "4477")
    assert told.pieces[0].user_data.decode("utf-16-be") == "سلام"
    assert (0x80000103, 0, 77) not in network.smsc.heard
    kept.set_result(None)
    soon(lambda: (0x80000103, 0, 77) in network.smsc.heard)


def test_a_receipt_in_a_data_sm_is_a_receipt(make_link: MakeLink, network: Network, told: Any, soon: Soon) -> None:
    make_link()
    tlvs = tlv(RECEIPTED, b"4711\0") + tlv(STATE, b"\x02")
    network.do(lambda smsc: smsc.broadcast(pdu(0x103, 0, 5, data("+4915", "4477", esm_class=4, tlvs=tlvs))))
    soon(lambda: told.receipts)
    assert (told.receipts[0].reference, told.receipts[0].state) == ("4711", ReceiptState.DELIVERED)
    soon(lambda: (0x80000103, 0, 5) in network.smsc.heard)


def test_what_could_not_be_kept_is_to_be_said_again(
    make_link: MakeLink, network: Network, told: Any, soon: Soon
) -> None:
    broken: Future[None] = Future()
    broken.set_exception(OSError("disk full"))
    told.store = lambda: broken
    make_link()
    body = data("+4915", "4477", tlvs=tlv(PAYLOAD, b"Hi"))
    network.do(lambda smsc: smsc.broadcast(pdu(0x103, 0, 5, body)))
    soon(lambda: any(command == 0x80000103 and status == 0x64 for command, status, _ in network.smsc.heard))


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1\1", b"\0\1\x0149\0\1\x014\0", b"\0\0\0\0\0\0\0\0\0"])
def test_a_data_sm_that_is_cut_off_is_refused_and_survived(
    make_link: MakeLink, network: Network, soon: Soon, body: bytes
) -> None:
    link = make_link()
    network.do(lambda smsc: smsc.broadcast(pdu(0x103, 0, 5, body)))
    soon(lambda: (0x80000103, 1, 5) in network.smsc.heard)
    assert link.health().state is LinkState.UP


@given(st.binary(max_size=120))
def test_any_octets_are_a_data_sm_or_a_bad_pdu(body: bytes) -> None:
    try:
        told = data_sm.parse(pdu(0x103, 0, 1, body))
    except BadPdu:
        return
    assert told.message == told.parameters.get(PAYLOAD, b"")


@given(
    st.integers(0, 255),
    st.sampled_from([0, 3, 4, 8]),
    st.binary(max_size=300),
    st.sampled_from(["+4915112345678", "4477", "Shop"]),
)
def test_a_data_sm_reads_like_the_deliver_sm_with_the_same_payload(
    esm_class: int, data_coding: int, payload: bytes, source: str
) -> None:
    how: dict[str, Any] = {"esm_class": esm_class, "data_coding": data_coding, "tlvs": tlv(PAYLOAD, payload)}
    one = data_sm.parse(pdu(0x103, 0, 1, data(source, "4477", **how)))
    assert one == parse_deliver_sm(pdu(5, 0, 1, deliver(source, "4477", b"", **how)))


@pytest.mark.parametrize("body", [b"\1\x014915199\0\0\0\0" + tlv(0x0422, b"\0"), b"\1\x014915199\0", b""])
def test_an_alert_notification_is_logged_and_wants_no_answer(
    make_link: MakeLink, network: Network, soon: Soon, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level("INFO")
    link = make_link()
    network.do(lambda smsc: smsc.broadcast(pdu(0x102, 0, 1, body) + pdu(0x15, 0, 4321)))
    soon(lambda: (0x80000015, 0, 4321) in network.smsc.heard)
    assert ("4915199" in caplog.text) == bool(body)
    assert "can be reached again" in caplog.text
    assert 0x80000000 not in [command for command, _, _ in network.smsc.heard]
    assert link.health().state is LinkState.UP
