"""What came in becomes a mail that every program shows: words and pictures in order, other media beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection, create_engine, insert, select, update

from smsgw.config import BoxConfig, MailConfig
from smsgw.media import mail_threads
from smsgw.media.mail_boxes import Boxes
from smsgw.media.mail_tokens import read
from smsgw.media.mail_told import told
from smsgw.media.mail_writing import largest, written
from smsgw.media.store import as_it_came, take
from smsgw.store.tables import (
    address,
    customer,
    inbound,
    inbound_content,
    inbound_medium,
    mail,
    mail_thread,
    metadata,
)
from tests.smsgw.desk import START

CONFIG = MailConfig(
    host="smtp.example.com",
    sender="shop@example.com",
    domain="in.example.com",
    boxes=[BoxConfig(to=["sales@example.com"])],
)
ANA = "+38640111222"
Part = tuple[str, str, bytes]  # the type that its sender says, its name, its octets
SMIL = b'<smil><body><par><text src="b.txt"/><img src="a.jpg"/></par><par><text src="cid:two"/></par></body></smil>'


def jpeg(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def conn() -> Iterator[Connection]:
    """A store in memory: what is proved here is about words, not about engines."""
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        metadata.create_all(conn)
        yield conn
    engine.dispose()


def came(conn: Connection, *parts: Part, text: str = "", subject: str = "", **row: Any) -> dict[str, Any]:
    """An MMS from ANA, stored as it is when it comes in."""
    values: dict[str, Any] = {
        "id": "in_1", "state": "received", "why": "came", "link": "mm", "reference": "r1", "sender": ANA,
        "recipient": "+38640000000", "text": text, "kind": "mms", "parts": 1, "missing": 0, "received_at": START,
    }  # fmt: skip
    values |= row
    conn.execute(insert(inbound).values(values))
    content = {"subject": subject, "also_to": [], "size": sum(len(p[2]) for p in parts), "copies": 1}
    conn.execute(insert(inbound_content).values(inbound_id=values["id"], **content))
    for place, (media_type, name, octets) in enumerate(parts, 1):
        [medium] = take(conn, [as_it_came(octets, START)])
        conn.execute(
            insert(inbound_medium).values(
                inbound_id=values["id"], position=place, sha256=medium.sha256, media_type=media_type, name=name,
                content_id="two" if name == "c.txt" else "", charset=None,
            )
        )  # fmt: skip
    return values


def letter_of(conn: Connection, row: dict[str, Any], config: MailConfig = CONFIG, **more: Any) -> EmailMessage:
    """The letter about it, through a parser of its own, as a mail program reads it."""
    assert Boxes(config).tell(conn, [row], START) == 1
    stored = conn.execute(select(mail).order_by(mail.c.id.desc()).limit(1)).one()
    told_of = told(conn, row["id"], largest(config))
    letter = BytesParser(policy=default).parsebytes(
        written(stored, config, told_of, **{"public_url": None} | more).as_bytes()
    )
    assert isinstance(letter, EmailMessage)
    return letter


def body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_mms_of_three_parts_is_a_mail_with_its_picture_in_its_words(conn: Connection) -> None:
    row = came(
        conn,
        ("application/smil", "s.smil", SMIL),
        ("image/jpeg", "a.jpg", jpeg()),
        ("text/plain", "c.txt", b"and the sink"),
        ("text/plain", "b.txt", "The tap drips, žal".encode()),
        subject="Broken\r\nBcc: x@evil.example tap",
    )
    conn.execute(insert(customer).values(id="c1", name="Ana\nNovak", name_key="ana", fields={}, folded={},
                                         created_at=START, updated_at=START, revision=1))  # fmt: skip
    conn.execute(insert(address).values(address=ANA, customer_id="c1", kind="phone", rank=0, created_at=START))
    letter = letter_of(conn, row)
    assert letter["Subject"] == "MMS from Ana Novak: Broken Bcc: x@evil.example tap"
    assert letter["Bcc"] is None
    [sender] = letter["From"].addresses
    assert sender.display_name == f"{ANA} (Ana Novak) via gateway"
    token = read(sender.username)
    assert token is not None
    found = mail_threads.found(conn, token, START)
    assert found is not None
    assert (found.address, found.inbound_id, sender.domain) == (ANA, "in_1", "in.example.com")
    assert body(letter, "plain").startswith("The tap drips, žal\n\nand the sink\n")
    shown = body(letter, "html")
    assert shown.index("drips") < shown.index("<img") < shown.index("sink")
    related = letter.get_body(("related",))
    assert related is not None
    picture = next(part for part in related.iter_parts() if part.get_content_maintype() == "image")  # type: ignore[attr-defined]
    assert picture.get_content() == jpeg()
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in shown
    assert picture.get_filename() == "a.jpg"
    assert "smil" not in letter.as_string().lower()


def test_a_letter_says_that_no_machine_should_answer_it_and_whom_it_is_of(conn: Connection) -> None:
    letter = letter_of(conn, came(conn, ("text/plain", "b.txt", b"hello")))
    assert (letter["Auto-Submitted"], letter["X-Auto-Response-Suppress"], letter["X-Loop"]) == (
        "auto-generated", "All", "in.example.com",
    )  # fmt: skip
    assert (letter["X-MMS-Message-ID"], letter["X-MMS-From"]) == ("in_1", ANA)
    stored = conn.execute(select(mail)).one()
    assert letter["Message-ID"] == f"<{stored.id}@in.example.com>"
    bounce = read(stored.bounce_to.partition("@")[0])
    assert bounce is not None
    assert bounce.purpose == "b"
    assert mail_threads.found(conn, bounce, START) is not None


def test_the_next_letter_of_a_conversation_follows_the_one_before(conn: Connection) -> None:
    first = letter_of(conn, came(conn, ("text/plain", "b.txt", b"one")))
    second = letter_of(conn, came(conn, ("text/plain", "b.txt", b"two"), id="in_2", reference="r2"))
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["From"] == first["From"]


@pytest.mark.parametrize(
    ("declared", "name", "octets"),
    [
        ("text/html", "page.html", b"<html><script>alert(1)</script></html>"),
        ("image/jpeg", "photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        ("image/png", "../../run.exe", b"MZ\x90\x00\x03"),
        ("application/x-msdownload", "run.exe", b"MZ\x90\x00\x03"),
    ],
)
def test_what_is_not_harmless_by_its_octets_is_a_file_that_nothing_opens(
    conn: Connection, declared: str, name: str, octets: bytes
) -> None:
    letter = letter_of(conn, came(conn, (declared, name, octets)))
    [file] = letter.iter_attachments()
    assert (file.get_content_type(), file.get_content_disposition()) == ("application/octet-stream", "attachment")
    assert str(file.get_filename()).endswith(".bin")
    assert "/" not in str(file.get_filename())
    assert file.get_content() == octets
    assert "<script" not in body(letter, "html")
    assert letter.get_body(("related",)) is None


def test_sound_and_cards_are_attached_with_the_type_that_they_are(conn: Connection) -> None:
    card = b"BEGIN:VCARD\r\nFN:Ana\r\nEND:VCARD\r\n"
    letter = letter_of(conn, came(conn, ("audio/x", "v.jpg", b"#!AMR\n123"), ("text/x-vcard", "ana.vcf", card)))
    files = {str(file.get_filename()): file for file in letter.iter_attachments()}
    assert set(files) == {"v_jpg.amr", "ana.vcf"}
    assert files["v_jpg.amr"].get_content_type() == "audio/amr"
    assert files["ana.vcf"].get_content_type() == "text/x-vcard"


def test_what_is_too_large_for_the_mail_server_is_a_link_to_the_inbox(conn: Connection) -> None:
    config = CONFIG.model_copy(update={"max_mb": 0.05})
    row = came(conn, ("image/jpeg", "a.jpg", jpeg() + b"\0" * 60_000), text="look")
    letter = letter_of(conn, row, config, public_url="https://sms.example.com")
    assert not list(letter.iter_attachments())
    assert "look" in body(letter, "plain")
    assert "https://sms.example.com/inbox/%2B38640111222" in body(letter, "plain")


def test_words_in_another_charset_and_markup_in_words_come_as_they_were_written(conn: Connection) -> None:
    row = came(conn, ("text/plain", "b.txt", b"<b>2 < 3</b>"))
    conn.execute(update(inbound_medium).values(charset="utf-7-none"))
    letter = letter_of(conn, row)
    assert body(letter, "plain").startswith("<b>2 < 3</b>\n")
    assert "&lt;b&gt;2 &lt; 3&lt;/b&gt;" in body(letter, "html")


BOXES = [
    BoxConfig(to=["all@example.com"], what=["mms", "sms"]),
    BoxConfig(to=["code@example.com"], numbers=["12345"]),
    BoxConfig(to=["repair@example.com"], keywords=["Repair"]),
    BoxConfig(to=["desk@example.com"], owner_field="carer"),
]


@pytest.mark.parametrize(
    ("row", "fields", "to"),
    [
        ({"kind": "text"}, {}, ["all"]),
        ({}, {}, ["all", "desk"]),
        ({"recipient": "12345"}, {}, ["all", "code", "desk"]),
        ({"text": "REPAIR my tap"}, {}, ["all", "repair", "desk"]),
        ({"text": "repairs"}, {}, ["all", "desk"]),
        ({}, {"carer": "Mia <mia@example.com>"}, ["all", "mia"]),
        ({}, {"carer": "nobody"}, ["all", "desk"]),
        ({}, {"carer": "all@example.com"}, ["all"]),
    ],
)
def test_mailboxes_are_told_by_number_keyword_and_who_looks_after_a_customer(
    row: dict[str, Any], fields: dict[str, Any], to: list[str]
) -> None:
    boxes = Boxes(CONFIG.model_copy(update={"boxes": BOXES}))
    text = {"kind": "mms", "recipient": None, "text": ""} | row
    assert boxes.recipients(text, fields) == [f"{one}@example.com" for one in to]


def test_a_key_or_a_conversation_that_is_revoked_takes_its_addresses_with_it(conn: Connection) -> None:
    letter = letter_of(conn, came(conn, ("text/plain", "b.txt", b"one")))
    token = read(letter["From"].addresses[0].username.upper())
    assert token is not None
    assert mail_threads.found(conn, token, START) is not None
    late = mail_threads.found(conn, token, START + timedelta(days=61))
    assert late is not None
    assert late.expired
    mail_threads.revoke(conn, ANA)
    assert mail_threads.found(conn, token, START) is None
    conn.execute(update(mail_thread).values(series=0))
    mail_threads.new_key(conn, START)
    assert mail_threads.found(conn, token, START) is not None
    mail_threads.revoke_key(conn, 1, START)
    assert mail_threads.found(conn, token, START) is None
