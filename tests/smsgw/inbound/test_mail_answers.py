"""Answers by mail go to the phone once, by those who may; what is doubtful sends nothing and disturbs no stranger."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from drivers.mail.reading import read
from smsgw.config import Config
from smsgw.errors import BadInput, Forbidden, NotFound, RefusedByPolicy
from smsgw.gateway import Gateway
from smsgw.link import Alphabet, Content, ContentPart, InboundContent, InboundPiece
from smsgw.media.mail_threads import revoke
from smsgw.store import schema
from smsgw.store.tables import (
    inbound,
    inbound_medium,
    mail,
    mail_answer,
    mail_thread,
    message,
    message_content,
)
from smsgw.store.tables.types import AnyRow
from tests.smsgw.desk import START

ANA, PHONES = "+38641000002", "+38641000001"
MIA = "mia@firm.example"
PROVED = "mx.firm.example; dmarc=pass header.from=firm.example"


def jpeg(colour: str, side: int = 300) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "JPEG", quality=90, comment=colour)
    return out.getvalue()


class Room:
    """A gateway whose links are not started, and the letter that told MIA of an MMS."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.now = START
        self.gateway = Gateway(Config.model_validate(told), clock=lambda: self.now)

    def mms(self, *parts: ContentPart, text: str = "The tap drips", reference: str = "m1") -> None:
        words = ContentPart("text/plain", text.encode(), "t.txt", "utf-8")
        told = InboundContent(reference, ANA, PHONES, Content((words, *parts), "Tap"))
        self.gateway.brought("phones", told).result(10)

    def rows(self, table: Any) -> list[AnyRow]:
        with self.gateway.database.reading() as conn:
            return list(conn.execute(select(table).order_by(next(iter(table.c)))))

    @property
    def letter(self) -> AnyRow:
        """The newest that can be answered."""
        return [row for row in self.rows(mail) if row.answer_to is not None][-1]

    def answer(self, text: str = "We come at noon.", **more: Any) -> EmailMessage:
        """What MIA's mail program makes of her answer to the letter. more: headers, `parts` of pictures."""
        made = EmailMessage()
        headers = {
            "From": f"Mia <{MIA}>", "To": self.letter.answer_to, "Message-ID": "<a1@firm.example>",
            "Subject": "Re: MMS", "Authentication-Results": PROVED,
        } | {key.replace("_", "-"): value for key, value in more.items() if key != "parts"}  # fmt: skip
        for key, value in headers.items():
            if value is not None:
                made[key] = value
        made.set_content(
            f"{text}\n\nOn Thu, Nov 26, 2026 at 10:11 AM x <{self.letter.answer_to}> wrote:\n> The tap drips\n"
        )
        for octets in more.get("parts", ()):
            made.add_attachment(octets, "image", "jpeg", filename="a.jpg")
        return made

    def bring(
        self, made: EmailMessage | bytes, sender: str = MIA, to: str | None = None, *, known: bool = False
    ) -> None:
        octets = made if isinstance(made, bytes) else made.as_bytes()
        self.gateway.brought("post", read(octets, sender, to or self.letter.answer_to, known=known)).result(10)


Start = Callable[..., Room]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    rooms: list[Room] = []

    def start(**settings: Any) -> Room:
        told = {
            "store": {"url": f"sqlite:///{tmp_path / 'store.db'}"},
            "sending": {"region": "SI"},
            "web": {"public_url": "https://sms.firm.example"},
            "mail": {
                "host": "127.0.0.1", "sender": "shop@firm.example", "domain": "in.firm.example",
                "authserv_id": "mx.firm.example", "operators": ["boss@firm.example"],
                "boxes": [{"to": [MIA]}],
            } | settings,
            "links": [
                {"name": "phones", "kind": "fake", "handsets": [PHONES], "number": PHONES},
                {"name": "post", "kind": "mail"},
            ],
        }  # fmt: skip
        room = Room(told)
        schema.upgrade(room.gateway.database)
        rooms.append(room)
        room.mms()
        return room

    yield start
    for room in rooms:
        room.gateway.close()


@pytest.fixture
def room(start: Start) -> Room:
    return start()


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
    letters = len(room.rows(mail))
    with pytest.raises(Forbidden):  # it is proved, so its server may hear it while it still listens
        room.bring(room.answer(**headers), sender=sender)
    with_no_proof = room.answer(**headers, Authentication_Results=None)
    room.bring(with_no_proof, sender=sender)
    assert room.rows(message) == []
    assert len(room.rows(mail)) == letters


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
    letters = len(room.rows(mail))
    room.bring(room.answer(Authentication_Results=results, From=author))
    assert room.rows(message) == []
    [noted] = room.rows(mail_answer)
    assert noted.sent_id is None
    told = room.rows(mail)[letters:]
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
    room.gateway.arrived("phones", piece).result(10)
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


def test_texts_are_told_too_where_a_box_wants_them(start: Start) -> None:
    room = start(boxes=[{"to": [MIA], "what": ["sms"]}])
    assert room.rows(mail) == []
    room.gateway.arrived("phones", InboundPiece("x", ANA, PHONES, Alphabet.GSM7, b"hello")).result(10)
    assert (room.letter.subject, room.letter.recipient) == (f"SMS from {ANA}", MIA)
    assert len(room.rows(mail_thread)) == 1
    assert len(room.rows(inbound_medium)) == 1
