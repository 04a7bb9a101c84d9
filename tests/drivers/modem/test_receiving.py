"""Texts that come in over a modem: none is lost, none is deleted before it is kept."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from smsgw.link import Alphabet, ReceiptState
from tests.drivers.modem.conftest import CUSTOMER, Open, Rig
from tests.emulators.modem import Ways
from tests.emulators.modem_pdus import delivers

PHONE = "+4915112345678"
AT = datetime(2026, 2, 1, tzinfo=UTC)


def test_a_text_comes_up_with_its_sender_and_time_and_is_deleted_once_it_is_kept(rig_for: Open) -> None:
    rig = rig_for(number="+38640111222").up()
    rig.network.phone_sends(PHONE, "Two pizzas, please: 2 × 9 €")
    rig.events.wait(lambda: rig.network.acknowledged())
    (piece,) = rig.events.pieces
    assert rig.events.texts() == [(PHONE, "Two pizzas, please: 2 × 9 €")]
    assert (piece.to, piece.kind, piece.repeats_within) == ("+38640111222", "text", None)
    assert piece.sent_at == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert rig.modem.stored == {"SM": {}, "ME": {}}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("text", ["{a}" * 85, "ž" * 150, "👩‍👩‍👧" * 22])
def test_three_parts_in_any_order_make_one_text(rig: Rig, text: str, wide: bool) -> None:
    rig.network.phone_sends(PHONE, text, order=[3, 1, 2], wide=wide)
    rig.events.wait(lambda: rig.network.acknowledged())
    assert len(rig.events.pieces) == 3
    assert rig.events.texts() == [(PHONE, text)]


@pytest.mark.parametrize("news_inside", [False, True], ids=["news between", "news inside answers"])
def test_of_a_burst_of_fifteen_fifteen_come_up(rig: Rig, news_inside: bool) -> None:
    rig.modem.news_inside = news_inside
    for number in range(15):
        rig.network.phone_sends(PHONE, f"text {number}")
    rig.events.wait(lambda: len(rig.network.acknowledged()) == 15)
    assert sorted(rig.events.texts()) == sorted((PHONE, f"text {number}") for number in range(15))
    assert len(rig.events.pieces) == 15


@pytest.mark.parametrize("news_inside", [False, True], ids=["news between", "news inside answers"])
def test_ten_out_with_reports_and_ten_in_at_the_same_time_are_all_there(rig: Rig, news_inside: bool) -> None:
    rig.modem.news_inside = news_inside
    rig.modem.delay = 0.01

    def phones() -> None:
        for number in range(10):
            rig.network.phone_sends(PHONE, f"in {number}")
            time.sleep(0.02)

    typing = threading.Thread(target=phones)
    typing.start()
    parts = [part for number in range(10) for part in rig.send(f"out {number}")]
    typing.join()
    rig.events.wait(lambda: len(rig.network.acknowledged()) == 10 and len(rig.events.receipts) == 10)
    rig.answered(parts)
    assert sorted(rig.network.submitted()) == sorted((CUSTOMER, f"out {number}") for number in range(10))
    assert sorted(rig.events.texts()) == sorted((PHONE, f"in {number}") for number in range(10))
    assert sorted(receipt.reference for receipt in rig.events.receipts) == sorted(rig.events.references(parts))


@pytest.mark.parametrize(("memory", "first_index"), [("SM", 1), ("ME", 0)])
def test_twelve_that_wait_at_the_start_come_up_although_new_ones_go_elsewhere(
    rig_for: Open, memory: str, first_index: int
) -> None:
    rig = rig_for(Ways(first_index=first_index), sweep_interval=600)
    pdus = [delivers(PHONE, f"waiting {number}", AT)[0] for number in range(12)]
    for pdu in pdus:
        rig.modem.network_hands(pdu, into=memory)
    rig.up()
    rig.events.wait(lambda: len(rig.modem.deleted) == 12)
    assert sorted(rig.events.texts()) == sorted((PHONE, f"waiting {number}") for number in range(12))


def test_a_full_memory_is_emptied_so_that_the_network_hands_over_the_rest(rig_for: Open) -> None:
    rig = rig_for(Ways(slots=5, receives_into="SM"), sweep_interval=600)
    for number in range(12):
        rig.network.phone_sends(PHONE, f"text {number}")
    rig.up()
    rig.events.wait(lambda: len(rig.network.acknowledged()) == 12)
    assert len(rig.events.pieces) == 12


def test_a_text_that_the_modem_forgot_to_tell_of_is_found_by_the_sweep(rig_for: Open) -> None:
    rig = rig_for(Ways(tells_news=False), sweep_interval=0.3).up()
    rig.network.phone_sends(PHONE, "psst")
    rig.events.wait(lambda: rig.network.acknowledged())


def test_nothing_is_deleted_before_its_future_is_done(rig: Rig) -> None:
    rig.events.store = "later"
    rig.network.phone_sends(PHONE, "one")
    rig.network.phone_sends(PHONE, "two")
    rig.events.wait(lambda: len(rig.events.pending) == 2)
    time.sleep(2.5)  # a sweep comes by
    assert rig.modem.deleted == []
    assert len(rig.events.pieces) == 2, "what is in hand is not handed up again"
    rig.events.pending[1].set_result(None)
    rig.events.wait(lambda: rig.modem.deleted)
    time.sleep(0.2)
    assert rig.network.acknowledged() == [(PHONE, "two")]
    rig.events.pending[0].set_result(None)
    rig.events.wait(lambda: len(rig.modem.deleted) == 2)


def test_what_was_not_kept_stays_and_is_handed_up_again_under_the_same_reference(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=0.3).up()
    rig.events.store = "fails"
    rig.network.phone_sends(PHONE, "keep me")
    rig.events.wait(lambda: len(rig.events.pieces) >= 2)
    assert rig.modem.deleted == []
    rig.events.store = "at once"
    rig.events.wait(lambda: rig.network.acknowledged())
    assert len({piece.reference for piece in rig.events.pieces}) == 1


def test_a_report_is_deleted_only_when_it_is_kept(rig: Rig) -> None:
    rig.events.store = "later"
    rig.send_and_wait("hello")
    rig.events.wait(lambda: rig.events.receipts)
    time.sleep(0.2)
    assert rig.modem.deleted == []
    rig.events.pending[0].set_result(None)
    rig.events.wait(lambda: rig.modem.deleted)


def test_a_text_that_is_kept_while_we_stop_is_still_deleted(rig: Rig) -> None:
    rig.events.store = "later"
    rig.network.phone_sends(PHONE, "late")
    rig.events.wait(lambda: rig.events.pending)
    threading.Timer(0.2, lambda: rig.events.pending[0].set_result(None)).start()
    rig.stop(60)
    assert rig.network.acknowledged() == [(PHONE, "late")]


def test_the_same_text_has_the_same_reference_in_whichever_memory_it_turns_up(rig_for: Open) -> None:
    rig = rig_for().up()
    pdu = delivers(PHONE, "again", AT)[0]
    rig.modem.network_hands(pdu, into="SM")
    rig.events.wait(lambda: len(rig.modem.deleted) == 1)
    rig.modem.network_hands(pdu, into="ME")
    rig.events.wait(lambda: len(rig.modem.deleted) == 2)
    first, second = rig.events.pieces
    assert first.reference == second.reference
    rig.modem.network_hands(delivers(PHONE, "again", datetime(2026, 2, 2, tzinfo=UTC))[0])
    rig.events.wait(lambda: len(rig.events.pieces) == 3)
    assert rig.events.pieces[2].reference != first.reference


def test_an_undecodable_pdu_is_handed_up_as_it_is_and_the_texts_around_it_come_through(rig: Rig) -> None:
    broken = bytes.fromhex("00" + "04" + "0B91" + "5111214365F7")
    rig.events.store = "later"
    rig.network.phone_sends(PHONE, "before")
    rig.modem.network_hands(broken)
    rig.network.phone_sends(PHONE, "after")
    rig.events.wait(lambda: len(rig.events.pieces) == 3)
    (raw,) = [piece for piece in rig.events.pieces if piece.kind == "data"]
    assert (raw.alphabet, raw.user_data, raw.sender) == (Alphabet.OCTETS, broken, "unknown")
    assert rig.modem.deleted == []
    for future in rig.events.pending:
        future.set_result(None)
    rig.events.wait(lambda: len(rig.modem.deleted) == 3)


def test_octets_for_a_port_come_up_as_data_with_their_header(rig: Rig) -> None:
    udh = bytes.fromhex("0605040B8423F0")
    rig.modem.phone_sends_data(PHONE, bytes(range(64)), udh)
    rig.events.wait(lambda: rig.modem.deleted)
    (piece,) = rig.events.pieces
    assert (piece.kind, piece.udh, piece.user_data) == ("data", udh, bytes(range(64)))


def test_a_flash_text_comes_up_as_such(rig: Rig) -> None:
    rig.network.phone_sends(PHONE, "Look!", flash=True)
    rig.events.wait(lambda: rig.events.pieces)
    assert rig.events.pieces[0].kind == "flash"


def test_a_report_handed_over_directly_is_acknowledged_when_it_is_kept_if_the_network_wants_that(
    rig_for: Open,
) -> None:
    rig = rig_for(Ways(notify_modes=("2,1,0,1,0",), service=1)).up()
    rig.events.store = "later"
    rig.send_and_wait("hello")
    rig.events.wait(lambda: rig.events.receipts)
    assert rig.events.receipts[0].state is ReceiptState.DELIVERED
    time.sleep(0.2)
    assert rig.modem.acknowledged_directly == 0
    rig.events.pending[0].set_result(None)
    rig.events.wait(lambda: rig.modem.acknowledged_directly == 1)


def test_a_text_handed_over_directly_comes_up_and_is_acknowledged_when_it_is_kept(rig_for: Open) -> None:
    rig = rig_for(Ways(service=1)).up()
    rig.modem.network_hands_directly(delivers(PHONE, "direct", AT)[0])
    rig.events.wait(lambda: rig.modem.acknowledged_directly == 1)
    assert rig.events.texts() == [(PHONE, "direct")]


def test_what_follows_news_whose_pdu_was_lost_is_not_swallowed(rig_for: Open) -> None:
    rig = rig_for(sweep_interval=600).settled()
    rig.modem.network_hands_directly(delivers(PHONE, "lost", AT)[0], whole=False)
    rig.network.phone_sends(PHONE, "next")
    rig.events.wait(lambda: (PHONE, "next") in rig.network.acknowledged())
    assert rig.events.texts() == [(PHONE, "next")]


def test_drafts_and_copies_that_somebody_left_on_the_sim_are_not_touched(rig: Rig) -> None:
    rig.modem.stored["SM"][7] = bytes.fromhex("00" + "01000B91" + "5111214365F7" + "0000" + "0161")
    rig.modem.statuses["SM", 7] = 2
    rig.network.phone_sends(PHONE, "hello")
    rig.events.wait(lambda: rig.network.acknowledged())
    time.sleep(2.2)  # a sweep of all memories
    assert list(rig.modem.stored["SM"]) == [7]
    assert len(rig.events.pieces) == 1


def test_one_call_is_told_once_however_often_it_rings(rig: Rig) -> None:
    for _ in range(3):
        rig.modem.rings(PHONE)
    rig.events.wait(lambda: rig.events.calls)
    time.sleep(0.2)
    (call,) = rig.events.calls
    assert call.caller == PHONE
