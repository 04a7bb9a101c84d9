"""tshark reads the MMS that we write: no malformed PDU, and the same fields and parts as were meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers._mms import answers, messages, pdu, push
from drivers._mms.parts import Part
from drivers._mms.pdu import INSERT_ADDRESS, Pdu, Value
from drivers._mms.wsp import ContentType
from smsgw.link import Alphabet, Content, ContentPart, WirePart
from tests.peers.tshark import Read, read

pytestmark = pytest.mark.peer

ASKED = b"GET /mms HTTP/1.1\r\nHost: mmsc\r\n\r\n"
RELATED = ContentType("application/vnd.wap.multipart.related", {"type": "application/smil", "start": "<smil>"})
PARTS = (
    Part(
        ContentType("application/smil", {"charset": "utf-8"}),
        b"<smil/>",
        (("content-id", "<smil>"), ("content-location", "smil.xml")),
    ),
    Part(ContentType("image/jpeg", {"name": "p.jpg"}), b"\xff\xd8" + bytes(300), (("content-location", "p.jpg"),)),
    Part(ContentType("text/plain", {"charset": "utf-8", "name": "t.txt"}), "Grüße, čau".encode(), ()),
)


def shown(folder: Path, *pdus: Pdu) -> list[Read]:
    """Each PDU as tshark reads it, as an HTTP answer."""
    talk = []
    for one in pdus:
        body = pdu.write(one)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {push.MMS}\r\nContent-Length: {len(body)}\r\n\r\n"
        talk += [(True, ASKED), (False, head.encode() + body)]
    return read(talk, folder, over="http", protocol="mmse")


def fields(*given: tuple[str, Value]) -> tuple[tuple[str, Value], ...]:
    return (("transaction-id", "gw-7"), ("mms-version", "1.2"), *given)


def test_a_message_to_two_with_a_picture_is_read_whole(tmp_path: Path) -> None:
    to: list[tuple[str, Value]] = [("to", f"+491570000000{last}/TYPE=PLMN") for last in (1, 2)]
    more: list[tuple[str, Value]] = [("from", INSERT_ADDRESS), ("subject", "Hello"), ("delivery-report", "Yes")]
    expiry: tuple[str, Value] = ("expiry", ("relative", 86_400))
    [sent] = shown(tmp_path, Pdu("m-send-req", fields(*to, *more, expiry), RELATED, PARTS))
    assert sent.number("mmse.message_type") == 0x80
    assert sent.one("mmse.transaction_id") == "gw-7"
    assert sent.shown["mmse.to"] == ["+4915700000001/TYPE=PLMN", "+4915700000002/TYPE=PLMN"]
    assert sent.one("mmse.subject") == "Hello"
    assert sent.number("mmse.delivery_report") == 0x80
    assert sent.one("wsp.parameter.start") == "<smil>"


def test_every_part_is_found_with_its_type(tmp_path: Path) -> None:
    [sent] = shown(tmp_path, Pdu("m-send-req", fields(("from", INSERT_ADDRESS), ("to", "x")), RELATED, PARTS))
    assert sent.shown["wsp.header.content_type"] == [RELATED.name, *(part.content_type.name for part in PARTS)]
    assert sent.shown["wsp.parameter.name"] == ["p.jpg", "t.txt"]
    assert sent.shown["wsp.parameter.charset"] == ["UTF-8", "UTF-8"]
    assert sent.one("wsp.header.content_id") == '"<smil>"'
    assert sent.shown["wsp.header.content_location"] == ["smil.xml", "p.jpg"]


def test_our_short_answers_are_read_right(tmp_path: Path) -> None:
    ack = Pdu("m-acknowledge-ind", fields(("report-allowed", "Yes")))
    got = Pdu("m-notifyresp-ind", fields(("status", "Retrieved"), ("report-allowed", "No")))
    seen = Pdu(
        "m-read-rec-ind",
        (
            ("mms-version", "1.2"),
            ("message-id", "m1@mmsc"),
            ("to", "+49157"),
            ("from", INSERT_ADDRESS),
            ("read-status", "Read"),
        ),
    )
    first, second, third = shown(tmp_path, ack, got, seen)
    assert (first.number("mmse.message_type"), first.number("mmse.report_allowed")) == (0x85, 0x80)
    assert (second.number("mmse.status"), second.number("mmse.report_allowed")) == (0x81, 0x81)
    assert (third.one("mmse.message_id"), third.number("mmse.read_status")) == ("m1@mmsc", 0x80)


def test_what_a_link_is_given_is_read_whole_in_every_script(tmp_path: Path) -> None:
    parts = (
        ContentPart("application/smil", b"<smil/>", "s.smil", "utf-8", "top"),
        ContentPart("image/png", b"\x89PNG" + bytes(200), "p.png"),
        ContentPart("text/plain", "سلام".encode(), "t.txt", "utf-8"),
        ContentPart("video/3gpp", bytes(70_000), "v.3gp"),
    )
    sent = [
        messages.send_req(
            WirePart("m1", 1, 1, to, None, Alphabet.GSM7, b"", validity=86_400, content=Content(parts, subject, True)),
            "msg_01JD9Z-1",
        )
        for to, subject in (("+4915700000001", "Čestitamo ❄"), ("ana@example.com", ""))
    ]
    first, second = shown(tmp_path, *sent)
    assert first.shown["mmse.to"] == ["+4915700000001/TYPE=PLMN"]
    assert (first.number("mmse.delivery_report"), first.number("mmse.read_report")) == (0x80, 0x80)
    assert first.shown["wsp.header.content_type"] == [RELATED.name, *(part.media_type for part in parts)]
    assert first.one("wsp.parameter.start") == "<top>"
    assert first.shown["wsp.header.content_location"] == ["s.smil", "p.png", "t.txt", "v.3gp"]
    assert second.shown["mmse.to"] == ["ana@example.com"]
    assert "mmse.subject" not in second.shown


def test_what_we_tell_an_mmsc_and_what_a_simulated_one_tells_us_is_read_right(tmp_path: Path) -> None:
    told = [answers.notify_resp("t1", "1.3", status) for status in ("Retrieved", "Deferred")]
    announced = push.read(push.announcement("t2", "http://mmsc/1", "+4915700000001", 31_000)).body
    octets = [*told, answers.acknowledge("t3", "1.0"), announced]
    got, later, ack, new = shown(tmp_path, *(pdu.read(one) for one in octets))
    assert (got.number("mmse.status"), later.number("mmse.status")) == (0x81, 0x83)
    assert (ack.number("mmse.message_type"), ack.one("mmse.transaction_id")) == (0x85, "t3")
    assert new.number("mmse.message_type") == 0x82
    assert (new.one("mmse.content_location"), new.number("mmse.message_size")) == ("http://mmsc/1", 31_000)
