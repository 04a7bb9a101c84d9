"""What an MMSC tells us: only from the MMSC, whole, stored before it is answered, once however often it is told."""

from __future__ import annotations

import base64
import binascii
import random
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from drivers.mm7 import Config, Mm7Link, open_link, requests
from drivers.mm7.proof import FRESH, Doorkeeper
from smsgw.link import ReceiptState
from smsgw.link_verbs import Noted, Notice
from tests.drivers.mm7.conftest import JPEG, SMIL, TO
from tests.drivers.recorder import Recorder
from tests.emulators.mmsc import ENVELOPE, REL5, Mmsc, envelope, mm7_network

Open = Callable[..., Mm7Link]
PARTS = [("application/smil", "s.smil", SMIL), ("image/jpeg", "p.jpg", JPEG)]
PHONE = "+4915700000001"


@pytest.fixture
def link(mmsc: Mmsc, events: Recorder) -> Mm7Link:
    """A link that only listens: nothing is connected."""
    made = open_link("mms", Config.model_validate(mmsc.settings(numbers=["+4930123456"])), events)
    mmsc.attach(made)
    return made


def status_of(noted: Noted) -> int | None:
    return requests.read_answer(noted.media, noted.body.encode()).status


def test_an_mms_that_is_told_three_times_is_one(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    for _ in range(3):  # each time with other boundaries and another TransactionID
        assert mmsc.call(*mmsc.deliver(PHONE, PARTS, linked="L-7")).status == 200
    mmsc.call(*mmsc.deliver(PHONE, PARTS, linked="L-8"))
    mmsc.call(*mmsc.deliver(PHONE, PARTS[:1], linked="L-7"))
    references = [one.reference for one in events.contents]
    assert len(set(references[:3])) == 1
    assert len(set(references)) == 3


def test_it_is_answered_only_when_it_is_on_disk(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    events.store = "fails"
    for told in (mmsc.deliver(PHONE, PARTS), mmsc.report_of("M-1", TO)):
        noted = mmsc.call(*told)
        assert (noted.status, status_of(noted)) == (500, 3000)
        assert "VASPErrorRsp" in noted.body
    events.store = "at once"
    assert status_of(mmsc.call(*mmsc.deliver(PHONE, PARTS))) == 1000


CODINGS: dict[str, Callable[[bytes], tuple[str, bytes]]] = {
    "base64": lambda octets: ("base64", base64.encodebytes(octets)),
    "base64 in one line": lambda octets: ("BASE64", base64.b64encode(octets)),
    "binary": lambda octets: ("binary", octets),
    "8bit": lambda octets: ("8bit", octets),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_every_octet_comes_through_in_every_coding(mmsc: Mmsc, link: Mm7Link, events: Recorder, coding: str) -> None:
    chance = random.Random(7)
    sizes = [0, 1, 2, 3, 100, 5000]
    ends = [b"", b"\r", b"\n", b"\r\n", b"--", b"\r\n--", b"\n\r\n"]
    given = [chance.randbytes(size) + end for size in sizes for end in ends]
    parts = [("image/jpeg", f"{number}.jpg", octets) for number, octets in enumerate(given)]
    assert mmsc.call(*mmsc.deliver(PHONE, parts, coding=CODINGS[coding])).status == 200
    (inbound,) = events.contents
    assert [one.data for one in inbound.content.parts] == given


def test_ends_of_lines_and_spaces_behind_boundaries_may_be_any(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    headers, body = mmsc.deliver(PHONE, [("text/plain", "t.txt", b"a"), ("text/plain", "u.txt", b"b")])
    for told in (body.replace(b"\r\n", b"\n"), body.replace(b"\r\n\r\n", b" \t\r\n\r\n"), body[:-30]):
        assert mmsc.call(headers, told).status == 200
    spaced = re.sub(rb"(?m)^(--[0-9a-f]{16}(--)?)", rb"\1  ", body)
    assert mmsc.call(headers, b"what is before counts nothing\r\n" + spaced).status == 200
    assert [[part.data for part in one.content.parts] for one in events.contents] == [[b"a", b"b"]] * 4


def test_quoted_printable_is_read(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    text = "Grüße = 3€\r\nzwei Zeilen ".encode()
    coding = lambda octets: ("quoted-printable", binascii.b2a_qp(octets, istext=False))  # noqa: E731
    mmsc.call(*mmsc.deliver(PHONE, [("text/plain; charset=UTF-8", "t.txt", text)], coding=coding))
    (part,) = events.contents[0].content.parts
    assert (part.data, part.charset, part.name) == (text, "utf-8", "t.txt")


def test_addresses_are_read_as_mmscs_write_them(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    recipients = "<Number>+49 176 12/TYPE=PLMN</Number><Number>4930123456</Number>"
    recipients += "<RFC2822Address>Shop@example.com</RFC2822Address>"
    for sender in ("+385 91 000 0001/TYPE=PLMN", "385910000001", "00385910000001"):
        mmsc.call(*mmsc.deliver(sender, PARTS, to=recipients))
    assert {one.sender for one in events.contents} == {"+385910000001"}
    assert {one.to for one in events.contents} == {"+4930123456"}
    assert events.contents[0].also_to == ("+4917612", "Shop@example.com")


def test_reports_are_matched_by_message_whoever_is_who(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    for mmsc.swaps in (False, True):
        for mmsc.namespace in (REL5, "http://example.com/MM7"):
            mmsc.call(*mmsc.report_of("M-1", TO))
            mmsc.call(*mmsc.report_of("M-1", f"{TO[1:]}/TYPE=PLMN", "Unrecognized"))
            mmsc.call(*mmsc.report_of("M-1", TO, "Read", "ReadReplyReq"))
    assert {(one.reference, one.recipient) for one in events.receipts} == {("M-1", TO)}
    assert [(one.state, one.error, one.said) for one in events.receipts[:3]] == [
        (ReceiptState.DELIVERED, None, "Retrieved"),
        (ReceiptState.UNDELIVERABLE, "Unrecognised", "Unrecognised"),
        (ReceiptState.DELIVERED, None, "read"),  # as smsgw/outbound/showing.py wants it
    ]


def test_a_report_the_wrong_way_round_between_two_numbers_is_known_by_our_own(mmsc: Mmsc, events: Recorder) -> None:
    ours = "+4930123456"
    link = open_link("mms", Config.model_validate(mmsc.settings(sender=ours, max_recipients=2)), events)
    mmsc.attach(link)
    headers, body = mmsc.report_of("M-1", TO)
    swapped = body.replace(TO.encode(), b"HIM").replace(
        b"<ShortCode>22233</ShortCode>", f"<Number>{TO}</Number>".encode()
    )
    mmsc.call(headers, swapped.replace(b"HIM", ours.encode()))
    (receipt,) = events.receipts
    assert (receipt.recipient, receipt.reference, receipt.also) == (TO, f"M-1 {TO}", ("M-1",))


def test_an_envelope_with_odd_namespaces_and_white_space_is_read(mmsc: Mmsc, link: Mm7Link, events: Recorder) -> None:
    within = (
        "<MessageID> M-1\n</MessageID><Recipient>+4917000000001/TYPE=PLMN</Recipient><Date>never</Date>"
        "<MMStatus>\tRetrieved </MMStatus>"
    )
    soap = (
        f'<S:Envelope xmlns:S="{ENVELOPE}"><S:Header><x:TransactionID xmlns:x="urn:x">\n  T-1 \n</x:TransactionID>'
        f"</S:Header><S:Body><DeliveryReportReq>{within}</DeliveryReportReq></S:Body></S:Envelope>"
    )
    noted = mmsc.call({"Content-Type": "text/xml; charset=iso-8859-1"}, soap.encode())
    answer, _ = requests.envelope_of(noted.media, noted.body.encode())
    assert (noted.status, answer.transaction, answer.namespace) == (200, "T-1", "")
    assert (events.receipts[0].reference, events.receipts[0].recipient, events.receipts[0].at) == ("M-1", TO, None)


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("GB2312", "你好"),
        ("gb18030", "你好"),
        ("big5", "你好"),
        ("Shift_JIS", "こん"),
        ("euc-kr", "안녕"),
        ("koi8-r", "Да"),
    ],
)
def test_xml_in_any_charset_that_it_names_is_read(
    mmsc: Mmsc, link: Mm7Link, events: Recorder, charset: str, said: str
) -> None:
    headers, body = mmsc.deliver(PHONE, PARTS, subject="SUBJECT")
    told = body.replace(b'encoding="UTF-8"', f'encoding="{charset}"'.encode())
    assert told != body
    assert mmsc.call(headers, told.replace(b"SUBJECT", said.encode(charset))).status == 200
    assert events.contents[0].content.subject == said


def test_parts_that_lie_beside_the_envelope_are_all_taken_though_one_is_named(
    mmsc: Mmsc, link: Mm7Link, events: Recorder
) -> None:
    within = '<Sender><RFC2822Address>Ana &lt;ana@home.example&gt;</RFC2822Address></Sender><Content href="cid:smil"/>'
    told = envelope("T-3", f'<DeliverReq xmlns="{REL5}">{within}</DeliverReq>', REL5).encode()
    pieces = [
        b"Content-Type: text/xml\r\nContent-ID: <soap>\r\n\r\n" + told,
        b"Content-Type: image/jpeg\r\nContent-ID: <p.jpg>\r\n\r\n" + JPEG,
        b"Content-Type: application/smil\r\nContent-ID: <smil>\r\n\r\n" + SMIL,
    ]
    body = b"".join(b"--B\r\n" + piece + b"\r\n" for piece in pieces) + b"--B--\r\n"
    headers = {"Content-Type": 'multipart/related; boundary=B; type="text/xml"; start="<soap>"'}
    assert mmsc.call(headers, body).status == 200
    [inbound] = events.contents
    assert [one.media_type for one in inbound.content.parts] == ["application/smil", "image/jpeg"]
    assert inbound.content.parts[1].data == JPEG
    assert inbound.sender == "ana@home.example"


@pytest.mark.parametrize("odd", ["=?utf-8?b?a?=", "=?no-such?q?x?=", "=?undefined?q?x?="])
def test_words_coded_as_nobody_can_read_them_stay_as_they_are(
    mmsc: Mmsc, link: Mm7Link, events: Recorder, odd: str
) -> None:
    told = mmsc.deliver(PHONE, [(f'image/jpeg; name="{odd}"', "", JPEG)], subject=odd)
    assert mmsc.call(*told).status == 200
    content = events.contents[0].content
    assert (content.subject, content.parts[0].name) == (odd, odd)


@pytest.mark.parametrize(
    ("kind", "within", "status"),
    [
        ("DeliverReq", "", 4004),
        ("DeliveryReportReq", "<MessageID>M-1</MessageID>", 4004),
        ("SubmitReq", "", 4003),
        ("extendedCancelReq", "", 4003),
    ],
)
def test_what_we_do_not_take_is_a_fault_that_names_it(
    mmsc: Mmsc, link: Mm7Link, events: Recorder, kind: str, within: str, status: int
) -> None:
    told = envelope("T-9", f'<{kind} xmlns="{REL5}"><MM7Version>5.3.0</MM7Version>{within}</{kind}>', REL5)
    noted = mmsc.call({"Content-Type": "text/xml"}, told.encode())
    answer, _ = requests.envelope_of(noted.media, noted.body.encode())
    assert (noted.status, status_of(noted)) == (500, status)
    assert (answer.kind, answer.transaction, answer.namespace, answer.version) == (
        "VASPErrorRsp", "T-9", REL5, "5.3.0",
    )  # fmt: skip
    assert (events.contents, events.receipts) == ([], [])


def test_only_the_mmsc_may_call(mmsc: Mmsc, events: Recorder) -> None:
    settings = mmsc.settings(told="basic", told_user="mmsc", told_password="word", told_from=["192.0.2.0/24", "::1"])
    mmsc.attach(open_link("mms", Config.model_validate(settings), events))
    headers, body = mmsc.report_of("M-1", TO)
    good = {**headers, "Authorization": "Basic " + base64.b64encode(b"mmsc:word").decode()}
    bad = {**headers, "Authorization": "Basic " + base64.b64encode(b"mmsc:words").decode()}
    assert mmsc.call(good, body, peer="192.0.2.9").status == 200
    assert mmsc.call(good, body, peer="::ffff:192.0.2.9").status == 200
    assert mmsc.call(good, body, peer="::1").status == 200
    assert [mmsc.call(good, body, peer=peer).status for peer in ("198.51.100.1", "", "x", "2001:db8::1")] == [403] * 4
    assert [mmsc.call(one, body, peer="192.0.2.9").status for one in (headers, bad)] == [401, 401]
    assert "Basic" in mmsc.call(headers, body, peer="192.0.2.9").headers["WWW-Authenticate"]
    assert mmsc.call(good, body, method="GET", peer="192.0.2.9").status == 405
    assert len(events.receipts) == 3
    mmsc.attach(open_link("mms", Config.model_validate(mmsc.settings(told_from=[])), events))
    assert mmsc.call(headers, body).status == 403


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_is_believed_once_in_its_time(algorithm: str) -> None:
    now = [1_800_000_000.0]
    door = Doorkeeper("digest", "mmsc", "word", algorithm, lambda: now[0])  # type: ignore[arg-type]
    url = "https://gw.example.com/carriers/mms"
    client = httpx.DigestAuth("mmsc", "word")

    def asks(auth: httpx.DigestAuth, path: str = url) -> tuple[str | None, Notice]:
        flow = auth.sync_auth_flow(httpx.Request("POST", path, content=b"x"))
        request = next(flow)
        told = Notice("POST", "http://10.0.0.1/carriers/mms", dict(request.headers), b"x")
        challenge = door.refuses(told)
        if challenge is None:
            return None, told
        request = flow.send(httpx.Response(401, headers={"WWW-Authenticate": challenge}, request=request))
        told = Notice("POST", "http://10.0.0.1/carriers/mms", dict(request.headers), b"x")
        return door.refuses(told), told

    refused, told = asks(client)
    assert refused is None
    assert "stale=true" in (door.refuses(told) or ""), "what was heard cannot be said again"
    assert asks(client)[0] is None
    now[0] += FRESH + 1
    assert "stale=true" in (door.refuses(asks(client)[1]) or "")
    assert asks(httpx.DigestAuth("mmsc", "words"))[0] is not None
    assert asks(httpx.DigestAuth("other", "word"))[0] is not None
    assert asks(httpx.DigestAuth("mmsc", "word"), "https://gw.example.com/carriers/other")[0] is not None
    for odd in ("Digest", "Digest a", "Digest " + "a=" * 999, 'Digest nonce="é-1"', "Basic x"):
        assert door.refuses(Notice("POST", url, {"authorization": odd}, b"")) is not None


def test_a_digest_mmsc_is_answered_through_the_link(events: Recorder) -> None:
    with mm7_network() as mmsc:
        settings = mmsc.settings(told="digest", told_user="mmsc", told_password="word", told_from=[])
        mmsc.attach(open_link("mms", Config.model_validate(settings), events))
        noted = mmsc.call(*mmsc.report_of("M-1", TO))
        assert noted.status == 401
        assert noted.headers["WWW-Authenticate"].startswith("Digest ")


def test_an_mms_larger_than_its_limit_is_not_read(mmsc: Mmsc, events: Recorder, tmp_path: Path) -> None:
    config = Config.model_validate(mmsc.settings(max_told_octets=10_000))
    mmsc.attach(open_link("mms", config, events))
    assert mmsc.call(*mmsc.deliver(PHONE, [("image/jpeg", "p.jpg", bytes(10_000))])).status == 200
    assert mmsc.call(*mmsc.deliver(PHONE, [("image/jpeg", "p.jpg", bytes(100_000))])).status == 413
