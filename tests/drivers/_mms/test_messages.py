"""Contents become MMS and MMS become contents; reports become receipts; spoiled octets are one error, or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers._mms import answers, messages, pdu, push, statuses, tokens
from drivers._mms.parts import Part
from drivers._mms.pdu import Pdu
from drivers._mms.wsp import ContentType
from drivers.modem import Config
from drivers.modem.mms import Mms, retrieved
from drivers.modem.mms_carrier import Answer
from smsgw.errors import NotFetched
from smsgw.link import Alphabet, Content, ContentPart, InboundContent, NoAnswer, Receipt, RejectedForGood, WirePart
from smsgw.link_verbs import Notification, OtherPush
from tests.drivers.recorder import Recorder
from tests.emulators import mm1_mmsc

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VECTORS = {v["name"]: v for v in json.loads((Path(__file__).parent / "data/pdu.json").read_text())}
SMIL = ContentPart("application/smil", b"<smil/>", "s.smil", "utf-8", "top")
ANNOUNCED = Notification("t1", "http://mmsc.example/1", "+38641000002", "Subject", 1000)


def octets_of(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name]["hex"])


def received(retrieve_conf: Pdu, number: str | None = None) -> InboundContent:
    return messages.inbound(retrieve_conf, ANNOUNCED, number)


def part_with(*parts: ContentPart, to: str = "+38641000002", **more: Any) -> WirePart:
    return WirePart("m1", 1, 1, to, None, Alphabet.GSM7, b"", content=Content(parts, "Hi"), **more)


def test_our_answers_are_octet_for_octet_what_others_write() -> None:
    assert answers.notify_resp("txn-0001", "1.2", "Retrieved") == octets_of("notifyresp-retrieved")
    assert answers.acknowledge("txn-0001", "1.2") == octets_of("acknowledge")


def test_a_notification_of_the_vectors_is_announced_in_our_words() -> None:
    read = messages.notification(pdu.read(octets_of("notification-basic")), NOW)
    assert read == Notification(
        "txn-0001", "http://mmsc.example/m/AbC-1", "+491712345678", "Holiday", 31_337, NOW + timedelta(hours=1), "1.2"
    )


@pytest.mark.parametrize("name", ["retrieve-related-smil", "retrieve-mixed-no-smil"])
def test_a_message_of_the_vectors_is_a_content_with_all_its_parts(name: str) -> None:
    expected = VECTORS[name]["expect"]
    made = received(pdu.read(octets_of(name)))
    assert len(made.content.parts) == len(expected["parts"])
    assert {part.media_type for part in made.content.parts} == {part["type"] for part in expected["parts"]}
    smil = [place for place, part in enumerate(made.content.parts) if part.media_type == "application/smil"]
    assert smil in ([], [0])
    assert made.content.subject == (expected.get("subject") or "Subject")


def test_smil_comes_first_wherever_it_stood_and_what_is_nested_is_flat() -> None:
    smil = Part(ContentType("application/smil"), b"<smil/>", (("content-id", "<a>"),))
    other = Part(ContentType("application/smil"), b"<smil>other</smil>")
    text = Part(ContentType("text/plain", {"charset": "utf-16-be"}), "č".encode("utf-16-be"))
    html = Part(ContentType("text/html"), b"<p>")
    both = Part(ContentType("application/vnd.wap.multipart.alternative"), b"", (), (text, html))
    picture = Part(ContentType("image/JPEG", {"name": "p.jpg"}), b"\xff\xd8", (("content-id", "cid:<p>"),))
    start = ContentType(messages.RELATED, {"start": "<a>"})
    made = received(Pdu("m-retrieve-conf", (), start, (picture, both, other, smil))).content
    assert [part.media_type for part in made.parts] == [
        "application/smil", "image/jpeg", "text/plain", "text/html", "application/xml"
    ]  # fmt: skip
    assert made.parts[0].data == b"<smil/>"
    assert (made.parts[1].name, made.parts[1].content_id) == ("p.jpg", "p")
    assert made.parts[2].charset == "utf-16-be"


def test_a_message_that_is_no_multipart_is_one_part_and_its_unknown_charset_is_none() -> None:
    plain = Pdu("m-retrieve-conf", (), ContentType("text/plain", {"charset": "mib-9999"}), (), b"Hello")
    [part] = received(plain).content.parts
    assert (part.data, part.charset) == (b"Hello", None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+38641000002/TYPE=PLMN", "+38641000002"),
        ("+386 41/000-002/type=plmn", "+386 41/000-002"),
        ("041 000 002", "041000002"),
        ("ana@example.com", "ana@example.com"),
        ("Ana <ana@example.com>", "ana@example.com"),
        ("1.2.3.4/TYPE=IPv4", "1234"),
        ("Vodafone", "Vodafone"),
    ],
)
def test_an_address_loses_its_type_and_nothing_else(written: str, read: str) -> None:
    assert messages.address(written) == read


def test_who_else_got_it_is_told_without_ourselves() -> None:
    to = (("to", "+38640111222/TYPE=PLMN"), ("to", "+38641000009"), ("cc", "+38641000008"), ("from", "+38641000002"))
    made = received(Pdu("m-retrieve-conf", to, ContentType("text/plain"), (), b"x"), "+38640111222")
    assert (made.to, made.also_to) == ("+38640111222", ("+38641000009", "+38641000008"))
    assert received(Pdu("m-retrieve-conf", to[:1], ContentType("text/plain"), (), b"x")).to == "+38640111222"


def test_a_hidden_sender_is_who_announced_it_else_unknown() -> None:
    hidden = Pdu("m-retrieve-conf", (("from", pdu.INSERT_ADDRESS),), ContentType("text/plain"), (), b"x")
    assert received(hidden).sender == "+38641000002"
    assert messages.inbound(hidden, Notification("t", "http://x/1"), None).sender == "unknown"


def test_times_that_are_none_are_none() -> None:
    for seconds in (2**60, 2**200):
        told = Pdu("m-retrieve-conf", (("date", seconds),), ContentType("text/plain"), (), b"x")
        assert received(told).sent_at is None
        report = Pdu("m-delivery-ind", (("message-id", "a"), ("date", seconds), ("status", "Retrieved")))
        told_at = statuses.report(report)
        assert told_at is not None
        assert told_at.at is None


def test_a_content_is_a_message_that_reads_as_it_was() -> None:
    text = ContentPart("text/plain", "Čau, ليلى".encode(), "t.txt", "utf-8")
    sent = pdu.read(pdu.write(messages.send_req(part_with(SMIL, text, priority=9, receipt=False), "m1-1")))
    assert sent.content_type == ContentType(messages.RELATED, {"start": "<top>", "type": "application/smil"})
    assert (sent.get("priority"), sent.get("delivery-report"), sent.get("read-report")) == ("High", "No", "No")
    assert sent.start is not None
    assert sent.start.data == b"<smil/>"
    assert [part.text() for part in sent.parts] == ["<smil/>", "Čau, ليلى"]
    assert messages.size_of(Content((SMIL, text), "Hi")) >= len(pdu.write(sent)) - 200


def test_without_smil_it_is_mixed_and_a_mail_address_stays_one() -> None:
    sent = messages.send_req(part_with(ContentPart("image/gif", b"GIF89a"), to="ana@example.com"), "t")
    assert sent.content_type == ContentType(messages.MIXED)
    assert sent.all("to") == ["ana@example.com"]
    with pytest.raises(ValueError, match="no MMS"):
        messages.send_req(WirePart("m", 1, 1, "+1", None, Alphabet.GSM7, b"a"), "t")


@pytest.mark.parametrize("octet", range(0x81, 0x100))
def test_every_status_of_an_mmsc_has_a_meaning_and_its_range_says_whether_it_passes(octet: int) -> None:
    word = tokens.TOKENS["response-status"].get(octet, octet)
    error = statuses.sent(Pdu("m-send-conf", (("response-status", word), ("response-text", "why"))))
    assert error is not None
    assert error.code == f"MMS {octet:02X}"
    assert error.says.endswith(": why")
    if 0xC0 <= octet < 0xE0:
        assert error.then == ("lose" if isinstance(error, NoAnswer) else "put_back")
    elif octet >= 0xE0:
        assert isinstance(error, RejectedForGood)


def test_an_announcement_of_a_simulated_network_reads_as_it_was_meant() -> None:
    told = push.read(push.announcement("t", "http://mmsc/1", "+38641000002", 31_000))
    assert (told.application, told.is_mms) == ("mms.ua", True)
    assert messages.notification(told.mms(), NOW).sender == "+38641000002"


# Spoiled

PUSHED = [
    mm1_mmsc.notification("t", "http://mmsc/1", "+38641000002/TYPE=PLMN"),
    mm1_mmsc.delivery_ind("S1@mmsc", "Retrieved"),
    mm1_mmsc.read_orig_ind("S1@mmsc"),
    mm1_mmsc.SERVICE_INDICATION,
]
ANSWERED = [
    mm1_mmsc.retrieve_conf("M1", "+38641000002", (mm1_mmsc.SMIL_PART, mm1_mmsc.TEXT_PART)),
    mm1_mmsc.refusal("Error-transient-failure"),
    octets_of("retrieve-mixed-no-smil"),
]
SPOILS = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8)


def spoiled(seed: bytes, spoils: list[tuple[int, int]], cut: int) -> bytes:
    octets = bytearray(seed)
    for at, value in spoils:
        octets[at % len(octets)] = value
    return bytes(octets[: len(octets) - cut % 30])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PUSHED), SPOILS, st.integers(0, 60))
def test_a_spoiled_push_is_something_and_never_an_error(seed: bytes, spoils: list[tuple[int, int]], cut: int) -> None:
    mms = Mms("m", Config(device="/dev/null"), Recorder(), lambda what, timeout: None, lambda: None)
    read = mms.read_push(spoiled(seed, spoils, cut), NOW)
    assert isinstance(read, Notification | Receipt | OtherPush)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ANSWERED), SPOILS, st.integers(0, 60))
def test_a_spoiled_answer_is_a_content_or_not_fetched(seed: bytes, spoils: list[tuple[int, int]], cut: int) -> None:
    try:
        made = received(retrieved(Answer(200, "application/vnd.wap.mms-message", spoiled(seed, spoils, cut))))
    except NotFetched:
        return
    assert all(isinstance(part, ContentPart) for part in made.content.parts)
    assert sum(part.media_type == "application/smil" for part in made.content.parts[1:]) == 0


def test_a_charset_behind_a_media_type_that_is_written_as_text_is_read() -> None:
    head, data = b'text/plain; charset="windows-1251"; name=a.txt\0', "Привет".encode("cp1251")
    one = bytes([len(head), len(data)]) + head + data
    told = pdu.read(b"\x8c\x84\x8d\x92\x84\xa3\x01" + one)
    [part] = told.parts
    assert (part.content_type.name, part.text(), part.name) == ("text/plain", "Привет", "a.txt")
    assert pdu.read(pdu.write(told)).parts[0].text() == "Привет"
