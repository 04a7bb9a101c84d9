"""Receipts and texts coming in, and when they are acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from drivers.smpp.esme import Esme
from smsgw.link import InboundPiece, LinkState, ReceiptState, WirePart
from smsgw.text.parts import Piece, join
from tests.emulators.smsc import NUMBER, Network
from tests.emulators.smsc_codec import deliver, pdu

MakeLink = Callable[..., Esme]
MakePart = Callable[..., WirePart]
Soon = Callable[..., None]
PHONE = "+4915112345678"


def read(pieces: list[InboundPiece]) -> str:
    return join([Piece(piece.alphabet, piece.user_data, piece.udh) for piece in pieces])


@pytest.mark.parametrize("text", ["yes", "Ünì {[€]} @ £", "سلام دنیا", "GSM, piece by piece. " * 20, "پاره " * 50])
def test_a_text_from_a_phone_arrives_and_is_acknowledged(
    network: Network, make_link: MakeLink, told: Any, soon: Soon, text: str
) -> None:
    make_link()
    network.phone_sends(PHONE, text)
    soon(lambda: network.acknowledged() == [(PHONE, text)])
    assert read(told.pieces) == text
    assert {(piece.sender, piece.to, piece.repeats_within) for piece in told.pieces} == {(PHONE, NUMBER, 900)}


def test_nothing_is_acknowledged_before_it_is_on_disk(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    promise: Future[None] = Future()
    told.store = lambda: promise
    make_link()
    network.phone_sends(PHONE, "yes")
    soon(lambda: told.pieces)
    time.sleep(0.1)
    assert network.acknowledged() == []
    promise.set_result(None)
    soon(lambda: network.acknowledged() == [(PHONE, "yes")])


def test_acknowledgements_go_in_the_order_in_which_the_disk_is_ready(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    promises: list[Future[None]] = []

    def promise() -> Future[None]:
        promises.append(Future())
        return promises[-1]

    told.store = promise
    make_link()
    network.phone_sends(PHONE, "first")
    network.phone_sends(PHONE, "second")
    soon(lambda: len(promises) == 2)
    promises[1].set_result(None)
    soon(lambda: network.acknowledged() == [(PHONE, "second")])
    promises[0].set_result(None)
    soon(lambda: len(network.acknowledged()) == 2)


@pytest.mark.parametrize("how", ["future", "raise", "cancel"])
def test_what_could_not_be_kept_is_said_again_under_the_same_reference(
    network: Network, make_link: MakeLink, told: Any, soon: Soon, how: str
) -> None:
    def fail_once() -> Future[None]:
        broken: Future[None] = Future()
        if len(told.pieces) > 1:
            broken.set_result(None)
        elif how == "raise":
            raise OSError("disk full")
        elif how == "cancel":
            broken.cancel()
        else:
            broken.set_exception(OSError("disk full"))
        return broken

    told.store = fail_once
    make_link()
    network.phone_sends(PHONE, "yes")
    soon(lambda: network.acknowledged())
    assert network.do(lambda smsc: smsc.deliveries[1].statuses) == [0x64, 0]
    assert told.pieces[0].reference == told.pieces[1].reference


def test_the_same_words_twice_are_two_texts(network: Network, make_link: MakeLink, told: Any, soon: Soon) -> None:
    make_link()
    network.phone_sends(PHONE, "yes")
    network.phone_sends(PHONE, "yes")
    soon(lambda: len(network.acknowledged()) == 2)
    assert len({piece.reference for piece in told.pieces}) == 2


def test_what_was_not_acknowledged_has_the_same_reference_after_a_new_bind(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    told.store = Future
    make_link()
    network.phone_sends(PHONE, "yes")
    soon(lambda: told.pieces)
    network.do(lambda smsc: smsc.drop())
    soon(lambda: len(told.pieces) == 2)
    assert told.pieces[0].reference == told.pieces[1].reference


@pytest.mark.parametrize(("before", "outage", "same"), [(0.0, 0.0, True), (0.0, 3.5, True), (3.5, 0.0, False)])
def test_a_repeat_is_what_was_acknowledged_shortly_before_the_connection_broke_however_long_it_was_away(
    network: Network, make_link: MakeLink, told: Any, soon: Soon, before: float, outage: float, same: bool
) -> None:
    link = make_link(answer_timeout=3.0)
    network.phone_sends(PHONE, "yes")
    soon(lambda: network.acknowledged())
    time.sleep(before)
    network.disconnect()
    soon(lambda: link.health().state is LinkState.DOWN)
    time.sleep(outage)
    network.phone_sends(PHONE, "yes")
    network.reconnect()
    soon(lambda: len(told.pieces) == 2)
    assert (told.pieces[0].reference == told.pieces[1].reference) is same


def test_a_promise_kept_after_the_connection_is_gone_does_no_harm(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    promises: list[Future[None]] = []

    def promise() -> Future[None]:
        promises.append(Future())
        return promises[-1]

    told.store = promise
    link = make_link()
    network.phone_sends(PHONE, "yes")
    soon(lambda: promises)
    network.do(lambda smsc: smsc.drop())
    soon(lambda: len(promises) == 2)
    promises[0].set_result(None)
    time.sleep(0.1)
    assert network.acknowledged() == []
    promises[1].set_result(None)
    soon(lambda: network.acknowledged())
    assert link.health().state is LinkState.UP


def test_a_receipt_is_told_with_the_reference_of_its_part(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.automatic_receipts(receipt_state="UNDELIV")
    make_link().send(a_part())
    soon(lambda: network.receipts_acknowledged() == 1)
    (receipt,) = told.receipts
    assert receipt.reference == told.taken_parts[0][1]
    assert (receipt.state, receipt.recipient, receipt.said) == (ReceiptState.UNDELIVERABLE, PHONE, "UNDELIV")


@pytest.mark.parametrize("receipt_ids", ["auto", "decimal"])
def test_a_receipt_that_spells_the_id_in_decimal_finds_its_part(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon, receipt_ids: str
) -> None:
    network.automatic_receipts(id_form="{:x}", receipt_id_form="{:010d}", receipt_parameters=False)
    make_link(receipt_ids=receipt_ids).send(a_part())
    soon(lambda: told.receipts)
    assert told.receipts[0].reference == told.taken_parts[0][1]


def test_answers_and_receipts_that_arrive_together_are_told_in_their_order(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.configure(swallow_submits=True)
    link = make_link()
    for number in (1, 2):
        link.send(a_part(number=number))
    soon(lambda: len(network.smsc.submits) == 2)
    both = b""
    for submit in network.smsc.submits:
        said = f"id:{submit.id} stat:DELIVRD".encode()
        both += pdu(0x80000004, 0, submit.sequence, submit.id.encode() + b"\0")
        both += pdu(5, 0, submit.sequence, deliver(PHONE, NUMBER, said, esm_class=4))
    network.do(lambda smsc: smsc.broadcast(both))
    soon(lambda: len(told.order) == 4)
    assert told.order == ["taken", "receipt", "taken", "receipt"]


def test_a_receipt_that_comes_before_its_answer_is_told_too(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.automatic_receipts(receipt_before_answer=True)
    make_link().send(a_part())
    soon(lambda: told.taken_parts and network.receipts_acknowledged() == 1)
    assert told.receipts[0].reference == told.taken_parts[0][1]


def test_a_receipt_that_comes_before_its_answer_and_spells_it_otherwise_is_told_again(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.automatic_receipts(
        receipt_before_answer=True, id_form="{:X}", receipt_id_form="{:010d}", receipt_parameters=False
    )
    make_link().send(a_part())
    soon(lambda: len(told.receipts) == 2)
    assert told.receipts[1].reference == told.taken_parts[0][1]
    assert told.receipts[0].reference != told.receipts[1].reference
    assert told.receipts[0].state == told.receipts[1].state == ReceiptState.DELIVERED


def test_a_receipt_that_names_nothing_is_acknowledged_and_forgotten(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    make_link()
    said = network.do(lambda smsc: smsc.deliver("receipt", deliver(PHONE, NUMBER, b"stat:DELIVRD", esm_class=4)))
    soon(lambda: said.done)
    assert told.receipts == []


def test_a_deliver_sm_that_cannot_be_read_is_refused_and_the_session_goes_on(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    make_link()
    broken = network.do(lambda smsc: smsc.deliver("text", b"\0\x01\x01491"))
    soon(lambda: broken.statuses)
    assert broken.statuses[0] == 0x01
    network.phone_sends(PHONE, "still here")
    soon(lambda: network.acknowledged())


def test_stopping_waits_until_what_came_in_is_acknowledged(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    promise: Future[None] = Future()
    told.store = lambda: promise
    link = make_link()
    network.phone_sends(PHONE, "yes")
    soon(lambda: told.pieces)
    threading.Timer(0.2, promise.set_result, (None,)).start()
    link.stop(time.monotonic() + 60)
    assert network.acknowledged() == [(PHONE, "yes")]


def test_an_acknowledgement_made_while_the_link_stops_leaves_before_the_unbind(
    network: Network, make_link: MakeLink, told: Any, soon: Soon
) -> None:
    for number in range(1, 21):
        promise: Future[None] = Future()
        told.store = lambda promise=promise: promise
        link = make_link()
        network.phone_sends(PHONE, f"text {number}")
        soon(lambda number=number: len(told.pieces) == number)
        stopper = threading.Thread(target=link.stop, args=(time.monotonic() + 60,))
        stopper.start()
        promise.set_result(None)
        stopper.join()
        assert len(network.acknowledged()) == number


def test_a_link_of_two_connections_sends_on_one_and_receives_on_the_other(
    network: Network, make_link: MakeLink, told: Any, a_part: MakePart, soon: Soon
) -> None:
    network.automatic_receipts()
    link = make_link(mode="transmitter+receiver")
    link.send(a_part())
    network.phone_sends(PHONE, "yes")
    soon(lambda: told.receipts and network.acknowledged())
    assert sorted(bind["command"] for bind in network.smsc.binds) == [1, 2]
    network.do(lambda smsc: next(s for s in smsc.sessions if s.receives).transport.abort())
    soon(lambda: any(h.state is LinkState.DEGRADED and "cannot receive" in h.why for h in told.healths))
    soon(lambda: link.health().state is LinkState.UP)
