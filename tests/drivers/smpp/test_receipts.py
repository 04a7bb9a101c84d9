"""Receipts are read in every spelling that SMSCs use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drivers.smpp import coding, pdu, receipts
from drivers.smpp.contents import Contents
from drivers.smpp.session_pdus import make
from drivers.smpp.spelling import ReceiptIds, Spelling
from smsgw.link import Receipt, ReceiptState

USUAL = "id:0123456789 sub:001 dlvrd:001 submit date:2403011200 done date:2403011205 stat:DELIVRD err:000 text:Hello"


def deliver(text: str, **fields: Any) -> pdu.DeliverSm:
    given = {"esm_class": 4, "source_addr": "4915112345678", "source_addr_ton": 1, "destination_addr": "4477", **fields}
    return pdu.parse_deliver_sm(make("deliver_sm", 1, short_message=text.encode("latin-1"), **given))


def read(text: str, zone: str = "UTC", **fields: Any) -> Receipt:
    found = receipts.read(deliver(text, **fields), Spelling(ReceiptIds.AS_IS), Contents(), ZoneInfo(zone))
    assert found is not None
    return found


def test_the_usual_text_is_read_whole() -> None:
    moment = datetime(2024, 3, 1, 12, 5, tzinfo=UTC)
    expected = Receipt("0123456789", ReceiptState.DELIVERED, "+4915112345678", moment, "000", "DELIVRD")
    assert read(USUAL) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ID:77 SUB:001 DLVRD:000 SUBMIT DATE:2403011200 DONE DATE:2403011205 STAT:UNDELIV ERR:069 TEXT:",
        "id:77 submit date:240301120000 done date:240301120500 stat:UNDELIVERABLE err:069",
        "stat:UNDELIV id:77 err:069 done_date:20240301120500",
        "id: 77 sub: 001 dlvrd: 000 submitdate: 2403011200 donedate: 2403011205 stat: undeliv err: 069 text: x",
        "id:77, stat:FAILED, err:069, done date:202403011205",
        "id:77\tdone date:2403011205\tstat:UNDELIVRD\terr:069\0",
        "msgid=77;status=UNDELIVERABLE;errorcode=069;donetime=240301120500",
        "message_id: 77 done_date: 2403011205 status: NOT DELIVERED error: 069",
        "MessageId:77 sub:001 Done Date:2024-03-01 12:05:00 Stat:DELIVERY FAILED Err:069 Text:Grüße",
        "\x05\x00\x03\x09\x02\x01id:77 done date:2403011205 stat:UNDELIV err:069",
    ],
)
def test_other_spellings_say_the_same(text: str) -> None:
    receipt = read(text)
    assert (receipt.reference, receipt.state, receipt.error) == ("77", ReceiptState.UNDELIVERABLE, "069")
    assert receipt.at == datetime(2024, 3, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVRD", ReceiptState.DELIVERED),
        ("DELIVERED", ReceiptState.DELIVERED),
        ("EXPIRED", ReceiptState.EXPIRED),
        ("DELETED", ReceiptState.DELETED),
        ("ACCEPTD", ReceiptState.ACCEPTED),
        ("REJECTD", ReceiptState.REJECTED),
        ("ENROUTE", ReceiptState.ENROUTE),
        ("UNKNOWN", ReceiptState.UNKNOWN),
        ("XYZZY", ReceiptState.UNKNOWN),
        ("", ReceiptState.UNKNOWN),
        ("delivrd", ReceiptState.DELIVERED),
        ("ACCEPTED", ReceiptState.ACCEPTED),
        ("REJECTED", ReceiptState.REJECTED),
        ("EN_ROUTE", ReceiptState.ENROUTE),
        ("BUFFERED", ReceiptState.ENROUTE),
        ("DELIVERY FAILED", ReceiptState.UNDELIVERABLE),
        ("CANCELLED", ReceiptState.DELETED),
        ("2", ReceiptState.DELIVERED),
        ("8", ReceiptState.REJECTED),
    ],
)
def test_every_state_is_understood_and_what_is_new_is_unknown(word: str, state: ReceiptState) -> None:
    assert read(f"id:1 stat:{word}").state is state


def test_parameters_beat_the_text() -> None:
    receipt = read("id:99 stat:EXPIRED err:001", receipted_message_id="abc", message_state=2)
    assert (receipt.reference, receipt.state) == ("abc", ReceiptState.DELIVERED)


def test_parameters_alone_are_a_receipt_even_without_the_right_esm_class() -> None:
    told = deliver("", esm_class=0, receipted_message_id="abc", message_state=8, network_error_code=b"\x03\x00\x45")
    assert receipts.is_receipt(told)
    receipt = receipts.read(told, Spelling(ReceiptIds.AS_IS), Contents(), ZoneInfo("UTC"))
    assert receipt is not None
    assert (receipt.reference, receipt.state, receipt.error) == ("abc", ReceiptState.REJECTED, "69")


def test_dates_are_read_in_the_zone_of_the_smsc() -> None:
    assert read("id:1 done date:2403011205 stat:DELIVRD", "Asia/Tehran").at == datetime(2024, 3, 1, 8, 35, tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "2413991205", "yesterday", "24"])
def test_a_date_that_is_none_leaves_the_time_open(written: str) -> None:
    assert read(f"id:1 done date:{written} stat:DELIVRD").at is None


@pytest.mark.parametrize("code", ["0x0B", "ABSENT_SUB", "-1", "NA"])
def test_an_error_may_be_no_number(code: str) -> None:
    assert read(f"id:1 stat:UNDELIV err:{code} text:x").error == code


@pytest.mark.parametrize(
    ("written", "reference"), [("id:7 x sub:001", "7"), ('id:"7" sub:1', "7"), ("Id:00Ab", "00Ab")]
)
def test_an_id_is_one_word(written: str, reference: str) -> None:
    assert read(written).reference == reference


def test_an_id_that_is_part_of_another_word_is_none() -> None:
    assert receipts.fields("paid:5 subid:7 id:9 stat:DELIVRD") == {"id": "9", "stat": "DELIVRD"}


def test_a_receipt_may_come_in_message_payload() -> None:
    told = pdu.parse_deliver_sm(
        make("deliver_sm", 1, esm_class=4, source_addr="4915112345678", source_addr_ton=1, destination_addr="4477",
             message_payload=USUAL.encode())
    )  # fmt: skip
    assert receipts.is_receipt(told)
    receipt = receipts.read(told, Spelling(ReceiptIds.AS_IS), Contents(), ZoneInfo("UTC"))
    assert receipt is not None
    assert (receipt.reference, receipt.state) == ("0123456789", ReceiptState.DELIVERED)


def test_the_recipient_is_read_as_the_link_writes_numbers() -> None:
    german = Contents(country_code="49", national_prefix="0")
    told = deliver(USUAL, source_addr="015112345678", source_addr_ton=2)
    receipt = receipts.read(told, Spelling(ReceiptIds.AS_IS), german, ZoneInfo("UTC"))
    assert receipt is not None
    assert receipt.recipient == "+4915112345678"


@pytest.mark.parametrize("packed", [True, False])
def test_a_receipt_is_read_where_the_default_alphabet_is_packed(packed: bool) -> None:
    told = deliver("")
    told.message = coding.packed(USUAL.encode(), 0) if packed else USUAL.encode()
    receipt = receipts.read(told, Spelling(ReceiptIds.AS_IS), Contents(default_alphabet="gsm7-packed"), ZoneInfo("UTC"))
    assert receipt is not None
    assert (receipt.reference, receipt.state, receipt.error) == ("0123456789", ReceiptState.DELIVERED, "000")


@pytest.mark.parametrize("esm_class", [0x08, 0x10])
def test_a_phone_that_acknowledges_a_message_has_it(esm_class: int) -> None:
    assert receipts.is_receipt(deliver("id:7", esm_class=esm_class))
    assert read("id:7", esm_class=esm_class).state is ReceiptState.DELIVERED
    assert read("", esm_class=esm_class, receipted_message_id="7").state is ReceiptState.DELIVERED
    assert read("id:7 stat:UNDELIV", esm_class=esm_class).state is ReceiptState.UNDELIVERABLE


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("stat:UNDELIV err:27", ReceiptState.ENROUTE),
        ("stat:ENROUTE", ReceiptState.ENROUTE),
        ("stat:DELIVRD", ReceiptState.DELIVERED),
    ],
)
def test_an_intermediate_notification_tells_of_one_try(said: str, state: ReceiptState) -> None:
    assert read(f"id:7 {said}", esm_class=0x20).state is state


def test_words_of_the_user_behind_text_are_not_taken_for_fields() -> None:
    receipt = read("id:1 stat:DELIVRD err:000 text:id:2 stat:EXPIRED err:9")
    assert (receipt.reference, receipt.said, receipt.error) == ("1", "DELIVRD", "000")


def test_what_only_the_user_wrote_is_no_field_at_all() -> None:
    receipt = read("id:1 text:stat:EXPIRED err:9 done date:2403011205")
    assert (receipt.state, receipt.error, receipt.at) == (ReceiptState.UNKNOWN, None, None)


def test_a_receipt_in_ucs2_is_read() -> None:
    told = deliver("", data_coding=8)
    told.message = USUAL.encode("utf-16-be")
    receipt = receipts.read(told, Spelling(ReceiptIds.AS_IS), Contents(), ZoneInfo("UTC"))
    assert receipt is not None
    assert receipt.reference == "0123456789"


def test_a_receipt_that_names_no_message_is_none() -> None:
    assert receipts.read(deliver("stat:DELIVRD"), Spelling(ReceiptIds.AUTO), Contents(), ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("esm_class", "text"), [(0, USUAL), (0x40, "x"), (0x08, "I got it"), (0x10, "ok"), (0x18, USUAL)]
)
def test_what_a_phone_wrote_is_no_receipt_even_if_it_looks_like_one(esm_class: int, text: str) -> None:
    assert not receipts.is_receipt(deliver(text, esm_class=esm_class))


@pytest.mark.parametrize("esm_class", [0x04, 0x20, 0x44, 0x08, 0x10])
def test_esm_class_makes_a_receipt(esm_class: int) -> None:
    assert receipts.is_receipt(deliver(USUAL, esm_class=esm_class))
