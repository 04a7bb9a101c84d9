"""The driver contract (smsgw/link.py) for mails: each is answered once, and what comes in is stored first."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from drivers.mail import Config, MailLink
from smsgw.errors import Forbidden
from smsgw.link import (
    Alphabet,
    Content,
    ContentPart,
    LinkDown,
    LinkState,
    Misconfigured,
    NoAnswer,
    ReceiptState,
    RejectedForGood,
    RejectedForNow,
    WirePart,
)
from smsgw.link_verbs import WireLine
from tests.drivers.recorder import Recorder
from tests.emulators.mail import Box, bring, mail_server

JPEG = b"\xff\xd8\xff\xe0 a picture"
ANA = "ana@firm.example"
Open = Callable[..., MailLink]


def part(number: int = 1, to: str = ANA, *parts: ContentPart, **more: Any) -> WirePart:
    words = parts or (ContentPart("text/plain", "Živjo, Ana!\n.dot".encode(), "t.txt", "utf-8"),)
    content = Content(words, **{"subject": "Naročilo"} | more)
    return WirePart(f"msg_{number:026}", 1, 1, to, None, Alphabet.OCTETS, b"", content=content)


@pytest.fixture
def events() -> Recorder:
    return Recorder()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[int]:
    with mail_server(box) as port:
        yield port


@pytest.fixture
def connect(events: Recorder) -> Iterator[Open]:
    links: list[MailLink] = []

    def connect(port: int | None = None, **more: Any) -> MailLink:
        told = {"address": "shop@example.com", "encryption": "none", "answer_timeout": 60} | more
        if port is not None:
            told |= {"host": "127.0.0.1", "port": port}
        link = MailLink("post", Config(**told), events)
        link.start()
        links.append(link)
        events.wait(lambda: link.health().state is not LinkState.CONNECTING)
        return link

    yield connect
    for link in links:
        events.leave()
        link.stop(time.monotonic() + 2)


def test_a_mail_goes_out_whole_with_its_pictures_in_its_words(
    connect: Open, server: int, box: Box, events: Recorder
) -> None:
    link = connect(server, address_name="The Shop", bounces_to="bounces@in.example.com")
    assert link.health().state is LinkState.UP
    assert (link.abilities.content, link.abilities.alphabets) == ({"mail"}, frozenset())
    words = ContentPart("text/plain", b"Look <here>:", "t.txt", "utf-8")
    picture, card = ContentPart("image/jpeg", JPEG, "tap.jpg"), ContentPart("application/pdf", b"%PDF-1", "a.pdf")
    one = part(1, ANA, words, picture, card, reply_to="r-x@in.example.com")
    link.send(one)
    events.wait(lambda: events.answers)
    assert events.references([one]) == [f"msg_{1:026}.1"]
    [letter] = box.letters
    assert (letter["To"], letter["Subject"], letter["Reply-To"]) == (ANA, "Naročilo", "r-x@in.example.com")
    assert letter["From"] == "The Shop <shop@example.com>"
    assert letter["Message-ID"] == f"<msg_{1:026}.1@example.com>"
    assert box.envelopes[0][:2] == ("bounces@in.example.com", [ANA])
    plain, page = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().strip() == "Look <here>:"
    assert "Look &lt;here&gt;:" in page.get_content()
    assert 'src="cid:picture-1@smsgw"' in page.get_content()
    parts = {p.get_filename(): p for p in letter.walk() if p.get_filename()}
    assert parts["tap.jpg"].get_content() == JPEG
    assert (parts["tap.jpg"].get_content_disposition(), parts["a.pdf"].get_content_disposition()) == (
        "inline", "attachment",
    )  # fmt: skip


def test_each_mail_is_answered_once_and_lines_with_dots_come_as_they_were(
    connect: Open, server: int, box: Box, events: Recorder
) -> None:
    link = connect(server)
    parts = [part(number) for number in range(1, 9)]
    for one in parts:
        link.send(one)
    events.wait(lambda: len(events.answers) == 8)
    assert len(set(events.references(parts))) == 8
    assert {letter.get_content().replace("\r\n", "\n").strip() for letter in box.letters} == {"Živjo, Ana!\n.dot"}


def test_what_the_server_refuses_for_good_is_refused_and_what_it_refuses_for_now_is_tried_again(
    connect: Open, server: int, box: Box, events: Recorder
) -> None:
    link = connect(server)
    box.refuses = {"gone@firm.example": "550 5.1.1 nobody here", "full@firm.example": "452 4.2.2 mailbox full"}
    gone, full = part(1, "gone@firm.example"), part(2, "full@firm.example")
    link.send(gone)
    link.send(full)
    events.wait(lambda: len(events.answers) == 2)
    [no], [later] = events.refusals([gone]), events.refusals([full])
    assert isinstance(no, RejectedForGood)
    assert no.says == "the mail server said 550 5.1.1 nobody here"
    assert isinstance(later, RejectedForNow)
    after = part(3)
    link.send(after)
    events.wait(lambda: len(events.answers) == 3)
    assert events.references([after])


def test_silence_after_a_mail_was_sent_is_no_answer_and_a_server_that_is_not_there_took_nothing(
    connect: Open, box: Box, events: Recorder
) -> None:
    with mail_server(box) as port:
        link = connect(port, answer_timeout=2)
        box.silent = True
        lost = part(1)
        link.send(lost)
        events.wait(lambda: events.answers)
        [error] = events.refusals([lost])
        assert isinstance(error, NoAnswer)
    down = part(2)
    link.send(down)
    events.wait(lambda: len(events.answers) == 2)
    [error] = events.refusals([down])
    assert isinstance(error, LinkDown)
    events.wait(lambda: link.health().state is LinkState.DOWN)


def test_a_server_without_starttls_is_not_written_to_in_the_clear(connect: Open, server: int, events: Recorder) -> None:
    link = connect(server, encryption="starttls")
    assert link.health().state is LinkState.RESTING
    one = part()
    link.send(one)
    events.wait(lambda: events.answers)
    assert isinstance(events.refusals([one])[0], Misconfigured)


def test_marketing_can_be_ended_by_one_tap(connect: Open, server: int, box: Box, events: Recorder) -> None:
    link = connect(server)
    link.send(part(unsubscribe="https://sms.example.com/stop/abc"))
    events.wait(lambda: events.answers)
    [letter] = box.letters
    assert (
        letter["List-Unsubscribe"].strip()
        == "<https://sms.example.com/stop/abc>, <mailto:shop@example.com?subject=STOP>"
    )
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] is None
    link.send(part(2, unsubscribe="", automatic=True))
    events.wait(lambda: len(events.answers) == 2)
    assert box.letters[1]["List-Unsubscribe"] == "<mailto:shop@example.com?subject=STOP>"
    assert box.letters[1]["List-Unsubscribe-Post"] is None
    assert box.letters[1]["Auto-Submitted"] == "auto-generated"


MAIL = (
    b"From: Ana <ana@firm.example>\r\nTo: shop@in.example.com\r\nMessage-ID: <1@firm.example>\r\nSubject: hi\r\n"
    b"\r\nHello\r\n"
)
BOUNCE = (
    b"From: MAILER-DAEMON@mx\r\nTo: bounces@in.example.com\r\nMessage-ID: <2@mx>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
    b"Final-Recipient: rfc822; ana@firm.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 no such user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
    b"Message-ID: <msg_00000000000000000000000001.1@example.com>\r\n\r\n--b--\r\n"
)


def listening(connect: Open, events: Recorder, **more: Any) -> int:
    link = connect(listen="127.0.0.1:0", domains=["in.example.com"], **more)
    events.wait(lambda: link.listener is not None)
    assert link.listener is not None
    return link.listener.bound


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_is_answered_yes_only_when_it_is_on_disk(connect: Open, events: Recorder, protocol: str) -> None:
    port = listening(connect, events, protocol=protocol)
    events.store = "later"
    answers: list[tuple[int, str]] = []
    bringing = threading.Thread(
        target=lambda: answers.append(bring(port, MAIL, ANA, "SHOP@in.example.com", lmtp=protocol == "lmtp"))
    )
    bringing.start()
    events.wait(lambda: events.pending)
    assert not answers
    events.pending[0].set_result(None)
    bringing.join(120)
    assert answers == [(250, "2.0.0 stored")]
    [mail] = events.contents
    assert (mail.reference, mail.sender, mail.to, mail.content.subject) == (
        "<1@firm.example>", "ana@firm.example", "shop@in.example.com", "hi",
    )  # fmt: skip
    assert mail.envelope is not None
    assert (mail.envelope.sender, mail.envelope.known, mail.envelope.bounces) == (ANA, False, ())
    assert mail.content.parts[0].data == b"Hello\n"


def test_what_the_gateway_refuses_is_refused_at_once_and_what_it_cannot_store_comes_again(
    connect: Open, events: Recorder
) -> None:
    port = listening(connect, events)
    events.store = "fails"
    assert bring(port, MAIL, ANA, "shop@in.example.com")[0] == 451
    events.store = "later"
    answers: list[tuple[int, str]] = []
    bringing = threading.Thread(target=lambda: answers.append(bring(port, MAIL, ANA, "shop@in.example.com")))
    bringing.start()
    events.wait(lambda: events.pending)
    events.pending[0].set_exception(Forbidden("you may not answer\r\n250 this"))
    bringing.join(120)
    assert answers == [(550, "5.7.1 you may not answer 250 this")]


def test_other_domains_second_recipients_and_large_mails_are_refused(connect: Open, events: Recorder) -> None:
    port = listening(connect, events, max_mb=0.001)
    assert bring(port, MAIL, ANA, "shop@elsewhere.example")[0] == 550
    assert bring(port, MAIL + b"x\r\n" * 1000, ANA, "shop@in.example.com")[0] == 552
    with smtplib.LMTP("127.0.0.1", port, timeout=90) as server:
        server.ehlo()
        server.mail(ANA)
        told = [server.rcpt(to)[0] for to in ("a@in.example.com", "b@in.example.com")]
    assert told == [250, 452]
    assert events.contents == []


def test_a_bounce_of_a_mail_of_ours_is_a_receipt(connect: Open, events: Recorder) -> None:
    port = listening(connect, events)
    assert bring(port, BOUNCE, "", "bounces@in.example.com") == (250, "2.0.0 stored")
    [receipt] = events.receipts
    assert (receipt.reference, receipt.state, receipt.recipient, receipt.error, receipt.said) == (
        "msg_00000000000000000000000001.1", ReceiptState.UNDELIVERABLE, ANA, "5.1.1", "550 no such user",
    )  # fmt: skip
    assert events.contents == []


def test_only_who_logged_in_is_known(connect: Open, events: Recorder) -> None:
    port = listening(connect, events, protocol="smtp", listen_user="crm", listen_password="secret")
    with ExitStack() as stack:
        server = stack.enter_context(smtplib.SMTP("127.0.0.1", port, timeout=90))
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login("crm", "wrong")
        server.login("crm", "secret")
        server.sendmail(ANA, ["shop@in.example.com"], MAIL)
    [mail] = events.contents
    assert mail.envelope is not None
    assert mail.envelope.known


def test_a_port_that_somebody_else_has_is_told(connect: Open, server: int, events: Recorder) -> None:
    link = connect(listen=f"127.0.0.1:{server}", domains=["in.example.com"])
    events.wait(lambda: f"cannot listen at 127.0.0.1:{server}" in link.health().why)
    assert link.health().state is LinkState.DOWN


def test_the_console_shows_who_writes_to_whom_and_not_what(
    connect: Open, server: int, box: Box, events: Recorder
) -> None:
    link, lines = connect(server), list[WireLine]()
    link.tap.tell = lines.append
    box.refuses = {"gone@firm.example": "550 5.1.1 nobody here"}
    link.send(part(1))
    events.wait(lambda: len(events.answers) == 1)
    link.send(part(2, "gone@firm.example"))
    events.wait(lambda: len(events.answers) == 2)
    told = [(line.way, line.what) for line in lines if line.what != "connected"]
    assert told == [(">", "MAIL"), ("<", "250"), (">", "MAIL"), ("<", "550")]
    assert "550 5.1.1 nobody here" in lines[-1].fields["said"]
    assert "Naro" not in str(lines)
