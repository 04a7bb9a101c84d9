"""A modem's memories: every one is swept, and none is let run full unnoticed."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from smsgw.link import LinkState
from tests.drivers.modem.conftest import Open
from tests.emulators.modem import Ways
from tests.emulators.modem_pdus import deliver, delivers, status_report

PHONE = "+4915112345678"
AT = datetime(2026, 2, 1, tzinfo=UTC)
DRAFT = bytes.fromhex("00" + "01000B91" + "5111214365F7" + "0000" + "0161")


def test_reports_that_wait_in_a_memory_of_their_own_come_up(rig_for: Open) -> None:
    rig = rig_for(Ways(memories=("SM", "SR")), sweep_interval=600)
    rig.modem.network_hands(status_report(7, "+38641000002", AT, 0), into="SR")
    rig.up()
    rig.events.wait(lambda: rig.modem.deleted)
    assert [receipt.reference for receipt in rig.events.receipts] == ["7:41000002"]
    assert not rig.modem.stored["SR"]


def test_broadcasts_are_cleared_away_and_come_up_as_nothing(rig_for: Open) -> None:
    rig = rig_for(Ways(memories=("SM", "BM"), receives_into="SM"), sweep_interval=600)
    rig.modem.network_hands(bytes.fromhex("0010C3500111") + b"\xd4" * 82, into="BM")
    rig.up()
    rig.events.wait(lambda: rig.modem.deleted)
    rig.network.phone_sends(PHONE, "a text")
    rig.events.wait(lambda: rig.network.acknowledged())
    assert rig.modem.stored["BM"] == {}
    assert rig.events.texts() == [(PHONE, "a text")]


@pytest.mark.parametrize("said", ["^SMMEMFULL: SM", "+CIEV: 9,1"])
def test_a_modem_that_says_that_it_is_full_is_swept_at_once(rig_for: Open, said: str) -> None:
    rig = rig_for(sweep_interval=600, check_interval=600).settled()
    rig.modem.ways.tells_news = False
    rig.network.phone_sends(PHONE, "unnoticed")
    rig.modem.tell(said)
    rig.events.wait(lambda: (PHONE, "unnoticed") in rig.network.acknowledged())


def test_a_memory_that_fills_without_a_word_is_swept_before_it_is_full(rig_for: Open) -> None:
    rig = rig_for(Ways(slots=5, receives_into="SM"), sweep_interval=600, check_interval=0.3).settled()
    rig.modem.ways.tells_news = False
    for number in range(3):
        rig.network.phone_sends(PHONE, f"text {number}")
    time.sleep(0.8)
    assert not rig.events.pieces, "three of five places are no reason"
    rig.network.phone_sends(PHONE, "the fourth")
    rig.events.wait(lambda: len(rig.network.acknowledged()) == 5)


def test_drafts_that_fill_a_memory_degrade_the_link_with_words_and_numbers(rig_for: Open) -> None:
    rig = rig_for(Ways(memories=("SM",), receives_into="SM", slots=5), check_interval=0.3)
    for place in range(1, 5):
        rig.modem.stored["SM"][place] = DRAFT
        rig.modem.statuses["SM", place] = 2
    rig.start()
    rig.wait_state(LinkState.DEGRADED, "nearly full: SM (4 of 5)")
    assert rig.link.health().facts["memory SM"] == "4 of 5 places taken"
    del rig.modem.stored["SM"][1]
    rig.wait_state(LinkState.UP)


def test_what_the_store_does_not_take_is_seen_to_fill_the_modem(rig_for: Open) -> None:
    rig = rig_for(Ways(memories=("SM",), receives_into="SM", slots=5), check_interval=0.3, sweep_interval=0.3).up()
    rig.events.store = "fails"
    for number in range(5):
        rig.network.phone_sends(PHONE, f"text {number}")
    rig.wait_state(LinkState.DEGRADED, "nearly full")
    rig.events.store = "at once"
    rig.events.wait(lambda: len(rig.network.acknowledged()) == 5)
    rig.wait_state(LinkState.UP)


def test_a_class_0_text_that_is_handed_over_directly_is_a_flash(rig_for: Open) -> None:
    rig = rig_for().settled()
    rig.modem.network_hands_directly(delivers(PHONE, "look!", AT, flash=True)[0])
    rig.events.wait(lambda: rig.events.pieces)
    assert [piece.kind for piece in rig.events.pieces] == ["flash"]


@pytest.mark.parametrize(
    ("port", "body"),
    [
        (2948, b"\x01\x06\x22application/vnd.wap.mms-message\x00\x8c\x82\x98t1\x00"),
        (2949, b"\x02\x06\x03\xbe\xaf\x84"),
        (2948, b"\x01\x06\x01\xaeservice indication"),
    ],
)
@pytest.mark.parametrize("dcs", [0x04, 0xF5])
def test_every_wap_push_comes_up_whole_as_data_and_never_as_a_text(
    rig_for: Open, port: int, body: bytes, dcs: int
) -> None:
    rig = rig_for().settled()
    udh = b"\x06\x05\x04" + port.to_bytes(2, "big") + b"\x23\xf0"
    rig.modem.network_hands(deliver(PHONE, body, AT, udh, dcs))
    rig.events.wait(lambda: rig.events.pieces)
    (piece,) = rig.events.pieces
    assert (piece.kind, piece.udh, piece.user_data) == ("data", udh, body)


def test_at_9600_baud_a_full_memory_is_read_whole(rig_for: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modem.at.LISTING_SILENCE", 1.0)  # the whole takes longer than that
    rig = rig_for(Ways(baud=9600, memories=("SM",), receives_into="SM", slots=12), sweep_interval=600)
    for number in range(12):
        rig.modem.network_hands(delivers(PHONE, f"{number:02} " + "x" * 150, AT)[0], into="SM")
    rig.start()
    rig.events.wait(lambda: len(rig.modem.deleted) == 12)
    assert len(rig.events.texts()) == 12
    assert rig.modem.commands.count("AT+CMGL=4") == 1
