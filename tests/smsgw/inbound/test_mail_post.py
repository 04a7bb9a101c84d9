"""Mails of customers are read as texts are, and mailboxes are told of texts where they want that."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from smsgw.link import Alphabet, InboundPiece
from smsgw.store.tables import (
    consent,
    consent_answer,
    inbound,
    inbound_medium,
    mail,
    mail_thread,
    message,
)
from tests.smsgw.inbound.mail_room import ANA, MIA, PHONES, Room, Start, rooms


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with rooms(tmp_path) as opened:
        yield opened


@pytest.fixture
def room(start: Start) -> Room:
    return start()


def test_a_mail_of_a_customer_is_read_as_a_text_is(room: Room) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ana <ana@home.example>", "shop@firm.example", "hello"
    made["Message-ID"], made["Authentication-Results"] = (
        "<c1@home>",
        "mx.firm.example; dmarc=pass header.from=home.example",
    )
    made.set_content("STOP\n\nOn Mon, Jan 5, 2026 at 10:00 Shop <shop@firm.example> wrote:\n> Buy now!\n")
    room.bring(made, sender="ana@home.example", to="shop@firm.example")
    room.bring(made, sender="ana@home.example", to="shop@firm.example")
    [text] = [row for row in room.rows(inbound) if row.kind == "mail"]
    assert (text.sender, text.text, text.understood_as, text.recipient) == (
        "ana@home.example", "STOP", "optout", "shop@firm.example",
    )  # fmt: skip


def test_the_address_of_the_house_may_be_in_the_domain_of_answers_and_its_own_mails_are_dropped(start: Start) -> None:
    room = start(sender="shop@in.firm.example")
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = "ana@home.example", "shop@in.firm.example", "<h1@home>"
    made.set_content("2 brooms please")
    room.bring(made, sender="ana@home.example", to="shop@in.firm.example")
    made.replace_header("From", "shop@in.firm.example")
    made.replace_header("Message-ID", "<h2@home>")
    room.bring(made, sender="shop@in.firm.example", to="shop@in.firm.example")
    assert [row.sender for row in room.rows(inbound) if row.kind == "mail"] == ["ana@home.example"]


def test_a_mail_of_whom_nobody_knows_whether_it_is_theirs_waits_for_a_person(room: Room) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = "ana@home.example", "shop@firm.example", "<c2@home>"
    made.set_content("2 brooms please")
    room.bring(made, sender="ana@home.example", to="shop@firm.example")
    [text] = [row for row in room.rows(inbound) if row.kind == "mail"]
    assert text.state == "waiting"
    assert "nobody knows that it is of ana@home.example" in text.why
    made.replace_header("Message-ID", "<c3@home>")
    made["Auto-Submitted"] = "auto-replied"
    room.bring(made, sender="ana@home.example", to="shop@firm.example")
    assert len([row for row in room.rows(inbound) if row.kind == "mail"]) == 1


def test_a_forged_start_is_not_obeyed_a_forged_stop_is_and_neither_is_answered(room: Room) -> None:
    """The harm that a forged mail can do is none: nobody is signed on by one, and nobody is written to for it."""
    for number, words in enumerate(("START", "STOP"), 1):
        made = EmailMessage()
        made["From"], made["To"], made["Message-ID"] = "ana@home.example", "shop@firm.example", f"<s{number}@home>"
        made.set_content(words)
        room.bring(made, sender="ana@home.example", to="shop@firm.example")
    found = [(row.text, row.state, row.understood_as) for row in room.rows(inbound) if row.kind == "mail"]
    assert found == [("START", "waiting", None), ("STOP", "handled", "optout")]
    assert [row.statement for row in room.rows(consent)] == ["withdrawn"]
    assert [row.message_id for row in room.rows(consent_answer) if row.settled_at is None] == []
    assert room.rows(message) == []


def test_texts_are_told_too_where_a_box_wants_them(start: Start) -> None:
    room = start(boxes=[{"to": [MIA], "what": ["sms"]}])
    assert room.rows(mail) == []
    room.gateway.arrived("phones", InboundPiece("x", ANA, PHONES, Alphabet.GSM7, b"hello")).result(90)
    assert (room.letter.subject, room.letter.recipient) == (f"SMS from {ANA}", MIA)
    assert len(room.rows(mail_thread)) == 1
    assert len(room.rows(inbound_medium)) == 1
