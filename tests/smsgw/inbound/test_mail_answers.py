"""Answers by mail go to the phone once, by those who may; what is doubtful sends nothing and disturbs no stranger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schedules import letters
from smsgw.errors import BadInput, Forbidden, NotFound, RefusedByPolicy
from smsgw.link import Alphabet, ContentPart, InboundPiece
from smsgw.media.mail_threads import revoke
from smsgw.store.tables import (
    inbound,
    mail,
    mail_answer,
    message,
    message_content,
)
from tests.emulators.mail import Box, mail_server
from tests.smsgw.desk import START
from tests.smsgw.inbound.mail_room import ANA, MIA, PHONES, Room, Start, jpeg, rooms


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with rooms(tmp_path) as opened:
        yield opened


@pytest.fixture
def room(start: Start) -> Room:
    return start()


def test_an_mms_arrives_at_its_mailbox_with_its_picture_and_the_answer_to_that_mail_comes_back(start: Start) -> None:
    box = Box()
    with mail_server(box) as port:
        room = start(port=port, encryption="none")
        room.mms(ContentPart("image/jpeg", jpeg("tap"), "tap.jpg"), reference="m2")
        letters.run(room.gateway, room.now)
        letters.run(room.gateway, room.now)
    assert len(box.letters) == 2  # one for each MMS, and none again
    letter, (sender, to, _) = box.letters[-1], box.envelopes[-1]
    assert (sender, to) == (room.letter.bounce_to, [MIA])
    related = letter.get_body(("related",))
    assert related is not None
    assert [part.get_content_type() for part in related.iter_parts()] == ["text/html", "image/jpeg"]  # type: ignore[attr-defined]
    made = room.answer()
    made.replace_header("To", letter["From"].addresses[0].addr_spec)
    room.bring(made, to=letter["From"].addresses[0].addr_spec)
    assert [row.recipient for row in room.rows(message)] == [ANA]


def test_an_answer_goes_to_the_phone_that_wrote_and_takes_the_mms_off_the_pile(room: Room) -> None:
    [before] = room.rows(inbound)
    room.bring(room.answer())
    [sent] = room.rows(message)
    assert (sent.recipient, sent.text, sent.purpose, sent.reply_to, sent.client) == (
        ANA, "We come at noon.", "conversational", before.id, "mail",
    )  # fmt: skip
    assert sent.link == "phones"
    [after] = room.rows(inbound)
    assert (after.state, after.why) == ("handled", f"answered by mail by {MIA}")
    [noted] = room.rows(mail_answer)
    assert (noted.sent_id, noted.message_id, noted.sender) == (sent.id, "<a1@firm.example>", MIA)


def test_the_same_mail_again_sends_nothing_again(room: Room) -> None:
    for _ in range(3):
        room.bring(room.answer())
    room.bring(room.answer("other words, same mail"))
    assert len(room.rows(message)) == 1


def test_pictures_of_an_answer_go_out_with_it_but_no_logo_and_not_what_the_customer_sent(start: Start) -> None:
    room = start()
    theirs, ours = jpeg("theirs"), jpeg("ours")
    room.mms(ContentPart("image/jpeg", theirs, "tap.jpg"), reference="m2")
    made = room.answer("Like this?", parts=[ours, theirs])
    logo = jpeg("logo", 20)
    made.add_attachment(logo, "image", "jpeg", filename="logo.jpg", disposition="inline", cid="<logo@firm>")
    room.bring(made)
    [sent] = room.rows(message)
    [content] = room.rows(message_content)
    assert content.message_id == sent.id
    slides = content.slides
    assert [slide["text"] for slide in slides] == ["Like this?"]
    assert len(slides) == 1
    assert sent.recipient == ANA


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto-Submitted": "auto-replied"}, MIA),
        ({"Precedence": "bulk"}, MIA),
        ({"List-Id": "<all.firm.example>"}, MIA),
        ({"X-Autoreply": "yes"}, MIA),
        ({"X-Loop": "in.firm.example"}, MIA),
        ({"Message-ID": "<mail_01ABC@in.firm.example>"}, MIA),
        ({}, ""),
        ({}, "<>"),
    ],
    ids=["auto-submitted", "precedence", "list", "autoreply", "our loop", "our id", "no sender", "bounce"],
)
def test_what_no_person_wrote_sends_nothing_and_tells_nobody(room: Room, headers: dict[str, str], sender: str) -> None:
    before = len(room.rows(mail))
    with pytest.raises(Forbidden):  # it is proved, so its server may hear it while it still listens
        room.bring(room.answer(**headers), sender=sender)
    with_no_proof = room.answer(**headers, Authentication_Results=None)
    room.bring(with_no_proof, sender=sender)
    assert room.rows(message) == []
    assert len(room.rows(mail)) == before


@pytest.mark.parametrize(
    ("results", "author"),
    [
        (None, MIA),
        ("mx.evil.example; dmarc=pass header.from=firm.example", MIA),
        ("mx.firm.example; dmarc=fail header.from=firm.example; spf=pass smtp.mailfrom=evil.example", MIA),
        ("mx.firm.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example", MIA),
        ("mx.firm.example; none", MIA),
        (None, "boss@firm.example"),
        ("nonsense ;;; =", MIA),
    ],
)
def test_a_forged_sender_sends_nothing_hears_nothing_and_the_operators_are_told(
    room: Room, results: str | None, author: str
) -> None:
    before = len(room.rows(mail))
    room.bring(room.answer(Authentication_Results=results, From=author))
    assert room.rows(message) == []
    [noted] = room.rows(mail_answer)
    assert noted.sent_id is None
    told = room.rows(mail)[before:]
    assert [letter.recipient for letter in told] == ["boss@firm.example"]
    assert ANA in told[0].subject


def test_a_stranger_who_is_who_they_say_is_refused_to_their_face(room: Room) -> None:
    results = "mx.firm.example; dmarc=pass header.from=evil.example"
    with pytest.raises(Forbidden, match=r"eve@evil.example was not told"):
        room.bring(room.answer(From="eve@evil.example", Authentication_Results=results), sender="eve@evil.example")
    assert room.rows(message) == []


def test_colleagues_and_operators_may_answer_and_those_who_logged_in_are_believed(start: Start) -> None:
    room = start()
    room.bring(room.answer(From="tom@firm.example", Message_ID="<t1@x>"))
    room.bring(room.answer(From="boss@firm.example", Message_ID="<t2@x>", Authentication_Results=None), known=True)
    assert [row.metadata for row in room.rows(message)] == [
        {"mail_from": "tom@firm.example"}, {"mail_from": "boss@firm.example"},
    ]  # fmt: skip


def test_colleagues_may_not_answer_where_only_the_mailbox_may(start: Start) -> None:
    room = start(same_domain=False)
    with pytest.raises(Forbidden):
        room.bring(room.answer(From="tom@firm.example"))
    room.bring(room.answer(Message_ID="<b@x>"))
    assert len(room.rows(message)) == 1


def test_a_wrong_revoked_or_old_address_sends_nothing(room: Room) -> None:
    good = room.letter.answer_to
    wrong = good[:10] + ("a" if good[10] != "a" else "b") + good[11:]
    with pytest.raises(Forbidden, match="no such address"):
        room.bring(room.answer(), to=wrong)
    with pytest.raises(NotFound):
        room.bring(room.answer(), to="sales@in.firm.example")
    room.now += timedelta(days=61)
    with pytest.raises(Forbidden, match="time for answers"):
        room.bring(room.answer())
    room.now = START

    def step(conn: Any, batch: list[str]) -> list[None]:
        return [revoke(conn, one) for one in batch]

    room.gateway.database.writer.do(step, ANA)
    with pytest.raises(Forbidden, match="no such address"):
        room.bring(room.answer(Message_ID="<r@x>"))
    assert room.rows(message) == []


def test_no_more_than_twenty_answers_an_hour_and_then_again(start: Start) -> None:
    room = start(answers_per_hour=2)
    for number in range(2):
        room.bring(room.answer(f"answer {number}", Message_ID=f"<{number}@x>"))
    with pytest.raises(Forbidden, match="2 answers went to"):
        room.bring(room.answer("a third", Message_ID="<3@x>"))
    room.now += timedelta(minutes=61)
    room.bring(room.answer("a third", Message_ID="<3@x>"))  # what was refused may be tried again, as it is
    assert [row.text for row in room.rows(message)] == ["answer 0", "answer 1", "a third"]
    assert all(row.sent_id for row in room.rows(mail_answer))


def test_what_the_door_refuses_is_told_to_its_author(room: Room) -> None:
    with pytest.raises(BadInput, match="parts, 10 are allowed"):
        room.bring(room.answer("word " * 500))
    with pytest.raises(BadInput, match="above the quote"):
        room.bring(room.answer("", Message_ID="<e@x>"))
    with pytest.raises(Forbidden, match="5 MB"):
        room.bring(room.answer(parts=[b"\xff\xd8\xff" + b"x" * (6 << 20)], Message_ID="<l@x>"))
    assert room.rows(message) == []


def test_an_answer_to_somebody_who_said_stop_is_refused_by_the_gate(room: Room) -> None:
    piece = InboundPiece("s1", ANA, PHONES, Alphabet.GSM7, b"STOP")
    room.gateway.arrived("phones", piece).result(90)
    room.now += timedelta(days=2)
    with pytest.raises(RefusedByPolicy):
        room.bring(room.answer())
    assert [row.sent_id for row in room.rows(mail_answer)] == [None]


BOUNCE = """From: MAILER-DAEMON@mx
To: {to}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: {id}

--b--
"""


def test_a_bounce_marks_its_letter_and_shows_in_the_inbox_and_a_delay_does_not(room: Room) -> None:
    room.gateway.database.writer.do(_sent, room.letter.id)
    told = {"to": room.letter.bounce_to, "recipient": MIA, "id": f"<{room.letter.id}@in.firm.example>"}
    room.bring(BOUNCE.format(**told, action="delayed").encode(), sender="", to=told["to"])
    assert room.letter.state == "sent"
    room.bring(BOUNCE.format(**told, action="failed").encode(), sender="", to=told["to"].upper())
    assert (room.letter.state, room.letter.why) == ("dead", "it came back: 5.1.1 550 no such user")
    assert room.rows(message) == []


def _sent(conn: Any, batch: list[str]) -> list[None]:
    for id in batch:
        conn.execute(mail.update().where(mail.c.id == id).values(state="sent", ended_at=START))
    return [None] * len(batch)


def test_two_gateways_that_tell_each_other_send_nothing(room: Room) -> None:
    """What one gateway's letter says of itself stops the other, which has it in its own mailbox."""
    from smsgw.media.mail_told import told
    from smsgw.media.mail_writing import largest, written

    config = room.gateway.config.mail
    with room.gateway.database.reading() as conn:
        letter = written(room.letter, config, told(conn, room.letter.inbound_id, largest(config)), None)
    there = letter.as_bytes()
    for known in (True, False):
        try:
            room.bring(there, sender=MIA, known=known)
        except Forbidden:
            assert known
    assert room.rows(message) == []
