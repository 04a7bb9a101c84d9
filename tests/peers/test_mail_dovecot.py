"""A mailbox at Dovecot: each mail is stored, then moved; what is refused has its own folder; trouble is outlived."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.mail import Config, MailLink
from drivers.mail.mailbox import Mailbox
from smsgw.errors import Forbidden
from smsgw.link import InboundContent, LinkState
from tests.drivers.recorder import Recorder
from tests.peers.dovecot import PASSWORD, USER, Dovecot

DONE, REFUSED = "smsgw", "smsgw refused"
Open = Callable[..., MailLink]


def mail(number: int, to: str = "r-abc@in.example.com") -> bytes:
    return (
        f"Return-Path: <ana@firm.example>\r\nDelivered-To: {to}\r\nFrom: Ana <ana@firm.example>\r\n"
        f"Message-ID: <{number}@firm.example>\r\nSubject: s{number}\r\n\r\nHello {number}\r\n"
    ).encode()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    yield server
    server.remove()


@pytest.fixture(autouse=True)
def empty(dovecot: Dovecot) -> None:
    client = dovecot.client()
    for folder in ("INBOX", DONE, REFUSED):
        if client.folder_exists(folder):
            client.select_folder(folder)
            if found := client.search():
                client.delete_messages(found)
                client.expunge()
    client.logout()


@pytest.fixture
def events() -> Recorder:
    return Recorder()


@pytest.fixture
def connect(dovecot: Dovecot, events: Recorder) -> Iterator[Open]:
    links: list[MailLink] = []

    def connect(**more: Any) -> MailLink:
        told = {
            "imap_host": "127.0.0.1", "imap_port": dovecot.port, "imap_encryption": "none", "imap_user": USER,
            "imap_password": PASSWORD, "domains": ["in.example.com"], "imap_every": 1,
        } | more  # fmt: skip
        link = MailLink("post", Config(**told), events)
        links.append(link)
        link.start()
        return link

    yield connect
    for link in links:
        events.leave()
        link.stop(time.monotonic() + 5)


def test_what_lies_there_and_what_comes_later_is_taken_once_and_moved(
    dovecot: Dovecot, connect: Open, events: Recorder
) -> None:
    dovecot.put(mail(1))
    link = connect()
    events.wait(lambda: len(events.contents) == 1)
    dovecot.put(mail(2))  # the server tells of it: nobody waits for the next look
    events.wait(lambda: len(events.contents) == 2 and dovecot.count(DONE) == 2)
    assert [(one.reference, one.to, one.sender) for one in events.contents] == [
        ("<1@firm.example>", "r-abc@in.example.com", "ana@firm.example"),
        ("<2@firm.example>", "r-abc@in.example.com", "ana@firm.example"),
    ]
    assert events.contents[0].envelope is not None
    assert (events.contents[0].envelope.sender, events.contents[0].envelope.known) == ("ana@firm.example", False)
    assert dovecot.count("INBOX") == 0
    assert link.health().state is LinkState.UP


def test_what_cannot_be_stored_stays_and_is_told_again(dovecot: Dovecot, connect: Open, events: Recorder) -> None:
    events.store = "fails"
    dovecot.put(mail(1))
    connect()
    events.wait(lambda: len(events.contents) >= 2)
    assert (dovecot.count("INBOX"), dovecot.count(DONE)) == (1, 0)
    events.store = "at once"
    events.wait(lambda: dovecot.count(DONE) == 1)
    assert len({one.reference for one in events.contents}) == 1


def test_what_is_refused_or_too_large_or_no_mail_is_put_aside(
    dovecot: Dovecot, connect: Open, events: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(inbound: InboundContent) -> Any:
        raise Forbidden("you may not answer")

    monkeypatch.setattr(events, "content", refuse)
    dovecot.put(mail(1))
    dovecot.put(mail(2) + b"x" * 3_000)
    dovecot.put(b"X: y\r\n" * 600 + b"\r\nhello")
    connect(max_mb=0.002)
    events.wait(lambda: dovecot.count(REFUSED) == 3)
    assert (dovecot.count("INBOX"), dovecot.count(DONE)) == (0, 0)


def test_a_mail_that_was_stored_and_not_moved_is_told_again_under_the_same_name(
    dovecot: Dovecot, events: Recorder, monkeypatch: pytest.MonkeyPatch, connect: Open
) -> None:
    """As after a kill between the two: who stores it knows it by its Message-ID."""
    moves: list[int] = []
    move = Mailbox._move

    def forgets(self: Mailbox, client: Any, uid: int, folder: str) -> None:
        moves.append(uid)
        if len(moves) == 1:
            raise OSError("gone")
        move(self, client, uid, folder)

    monkeypatch.setattr(Mailbox, "_move", forgets)
    dovecot.put(mail(1))
    connect()
    events.wait(lambda: dovecot.count(DONE) == 1)
    assert [one.reference for one in events.contents] == ["<1@firm.example>"] * 2


def test_a_wrong_password_is_told(connect: Open, events: Recorder) -> None:
    link = connect(imap_password="wrong")
    events.wait(lambda: "cannot be read" in link.health().why)
    assert link.health().state is LinkState.DOWN
