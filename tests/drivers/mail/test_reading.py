"""Mails as they come are read whole; hostile ones are read past, or are the one error that is meant for them."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from drivers.mail.mailbox import route
from drivers.mail.reading import Unreadable, decoded, read, references
from smsgw.link import ContentPart, Receipt, ReceiptState

HEAD = b"From: Ana <ana@firm.example>\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"


def parts_of(octets: bytes) -> tuple[ContentPart, ...]:
    return read(octets, "ana@firm.example", "x@in.example.com").content.parts


def test_words_in_any_charset_names_in_any_form_and_files_come_as_they_are() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ана <Ana@Firm.example>", "a@b.example, c@d.example", "Привет"
    mail["Date"], mail["Message-ID"] = "Thu, 26 Nov 2026 12:00:00 +0100", "<q@x>"
    mail.set_content("Здравствуйте", charset="koi8-r")
    mail.add_alternative("<p>Здравствуйте</p>", subtype="html")
    mail.add_attachment(b"\xff\xd8\xff1", "image", "jpeg", filename="čaša.jpg")
    mail.add_attachment(b"\xff\xd8\xff2", "image", "jpeg", disposition="inline", cid="<logo>", filename="l.jpg")
    told = read(mail.as_bytes(), "ana@firm.example", "X@In.Example.com")
    assert (told.sender, told.to, told.reference, told.content.subject) == (
        "ana@firm.example", "x@in.example.com", "<q@x>", "Привет",
    )  # fmt: skip
    assert told.sent_at == datetime(2026, 11, 26, 11, tzinfo=UTC)
    assert told.also_to == ("a@b.example", "c@d.example")
    body, photo, logo = told.content.parts
    assert (body.media_type, body.data.decode(), body.name) == ("text/plain", "Здравствуйте\n", "")
    assert (photo.name, photo.content_id, photo.data) == ("čaša.jpg", "", b"\xff\xd8\xff1")
    assert (logo.name, logo.content_id) == ("l.jpg", "logo")


def test_html_alone_is_the_body_and_a_text_file_is_a_file() -> None:
    mail = EmailMessage()
    mail.set_content("<p>hi</p>", subtype="html")
    mail.add_attachment("notes", filename="notes.txt")
    body, file = parts_of(mail.as_bytes())
    assert (body.media_type, file.media_type, file.name) == ("text/html", "text/plain", "notes.txt")


def test_a_mail_without_an_id_has_one_of_its_octets() -> None:
    octets = HEAD.replace(b"Message-ID: <1@x>\r\n", b"") + b"\r\nhello"
    one, two = (read(octets + more, "a@b.example", None).reference for more in (b"", b"!"))
    assert one.startswith("sha256:")
    assert one != two
    assert read(octets, "a@b.example", None).reference == one


@pytest.mark.parametrize(
    "octets",
    [
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 100 + b"--b--\r\n",
        HEAD + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(60)),
        HEAD + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)),
        b"X: y\r\n" * 5000 + b"\r\nhello",
    ],
    ids=["many parts", "deep parts", "parts deeper than the parser goes", "many headers"],
)
def test_what_nobody_should_have_to_read_is_one_error(octets: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(Unreadable):
        read(octets, "a@b.example", None)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "header",
    [
        b"From: =?utf-8?b?!!!?= <a@b.example>", b"From: =?x-none?q?=FF?= <a@b.example>",
        b"Subject: =?utf-8?b?a?=", b"Date: Thu, 99 Foo 99999",
        b"Content-Type: text/plain; charset=\xff\xfe", b"Content-Type: text/plain; charset*=utf-9'en'%FF",
        b"Content-Transfer-Encoding: base64", b"Content-Type: ;;;", b"From: \xff\xfe\x00",
        b"Subject: " + b"x" * 100_000,
        b'Content-Disposition: attachment; filename*0*=x\'y; filename*2="z"', b"Content-Type: multipart/mixed",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    ],
)  # fmt: skip
def test_odd_headers_are_read_past(header: bytes) -> None:
    told = read(HEAD + header + b"\r\n\r\nhello\xff", "a@b.example", None)
    assert all(isinstance(key, str) for key, _ in told.envelope.headers)  # type: ignore[union-attr]
    for text in (told.sender, told.content.subject, *(value for _, value in told.envelope.headers)):  # type: ignore[union-attr]
        text.encode()
        assert "\n" not in text


def test_two_thousand_mutations_of_a_mail_are_read_or_are_the_one_error() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "Ana <a@b.example>", "č" * 40, "<q@x>"
    mail.set_content("Hello\nthere")
    mail.add_alternative("<p>Hello</p>", subtype="html")
    mail.add_attachment(b"\xff\xd8\xff1" * 20, "image", "jpeg", filename="ž.jpg")
    seed, chance = mail.as_bytes() + BOUNCE, random.Random(7)
    for _ in range(2_000):
        octets = bytearray(seed)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(octets))
            match chance.randrange(4):
                case 0:
                    octets[at] = chance.randrange(256)
                case 1:
                    del octets[at : at + chance.randint(1, 60)]
                case 2:
                    octets[at:at] = chance.choice([b"\r\n\r\n", b"\0", b"--", b"=?", b"\r\n ", b'"', b";", b"\xff"])
                case _:
                    other = chance.randrange(len(octets))
                    octets[at:at] = octets[other : other + 80]
        try:
            told = read(bytes(octets), "a@b.example", "x@y.example")
            route(bytes(octets), frozenset({"y.example"}))
        except Unreadable:
            continue
        assert told.reference.isprintable()
        assert len(told.content.parts) <= 60


BOUNCE = (
    b'\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n'
    b"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <msg_00000000000000000000000001.2@x>\r\n\r\nhi\r\n"
    b"--b--\r\n"
)


def test_a_bounce_says_of_which_mail_and_whom_and_why() -> None:
    told = read(HEAD.rstrip() + BOUNCE, "", None)
    assert told.envelope is not None
    [bounce] = told.envelope.bounces
    assert (bounce.state, bounce.recipient, bounce.error) == (ReceiptState.UNDELIVERABLE, "a@b.example", "5.1.1")
    assert references(bounce) == "msg_00000000000000000000000001.2"


@pytest.mark.parametrize("other", ["<mail_01ABC@x>", "<q@x>", "", "<msg_1.2@x>", "<msg_../../etc.1@x>"])
def test_a_bounce_of_another_mail_is_no_receipt_of_this_link(other: str) -> None:
    assert references(Receipt(other, ReceiptState.UNDELIVERABLE)) is None


def test_in_a_mailbox_the_envelope_is_told_by_headers() -> None:
    head = b"Return-Path: <%b>\r\nDelivered-To: %b\r\nTo: other@x.example\r\nFrom: Ana <ana@x.example>\r\n\r\nhi"
    ours = frozenset({"in.example.com"})
    assert route(head % (b"ana@x.example", b"R-abc@in.example.com"), ours) == ("ana@x.example", "r-abc@in.example.com")
    assert route(head % (b"", b"r-abc@in.example.com"), ours) == ("", "r-abc@in.example.com")
    assert route(b"From: Ana <ana@x.example>\r\nTo: shop@y.example\r\n\r\nhi", ours) == ("ana@x.example", None)


def test_headers_with_words_in_several_charsets_become_one_line() -> None:
    assert decoded("=?utf-8?q?=C4=8D?= =?koi8-r?b?8NLJ18XU?=\r\n\tx") == "čПривет x"
    value: Any = decoded("plain")
    assert value == "plain"
