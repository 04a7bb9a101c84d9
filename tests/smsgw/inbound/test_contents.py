"""An MMS that comes in is kept once, octet for octet, and its words are read as those of any text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from smsgw.customers.consent import consent
from smsgw.inbound import contents
from smsgw.inbound.contents import Brought, Contents
from smsgw.link import Content, ContentPart, InboundContent
from smsgw.media import capability, store
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import inbound_content, medium
from tests.smsgw.desk import Desk

ANA = "+38641000001"
SMIL = ContentPart("application/smil", b"<smil/>", "smil.xml")
PICTURE = ContentPart("image/jpeg", b"\xff\xd8\xff\xe0" + bytes(range(256)), "IMG_1.jpg", content_id="img1")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield Desk(opened)
    opened.close()


def words(text: str, charset: str | None = "utf-8") -> ContentPart:
    return ContentPart("text/plain", text.encode(charset or "utf-8"), "text.txt", charset)


def comes(desk: Desk, *parts: ContentPart, reference: str = "t1", **more: Any) -> str | None:
    subject = more.pop("subject", "")
    values = {"sender": ANA, "to": "+38640111000"} | more
    told = InboundContent(reference=reference, content=Content(parts, subject), **values)
    return desk.database.writer.do(Contents(desk.inbox).take, Brought("mmsc", told, desk.now))


def test_it_is_stored_whole_and_its_texts_are_its_words(desk: Desk) -> None:
    id = comes(desk, SMIL, words("2 zvezka"), PICTURE, words("prosim"), also_to=("+38640999888",), subject="Naročilo")
    [row] = desk.texts()
    assert (row.id, row.kind, row.text, row.sender, row.parts) == (id, "mms", "2 zvezka\nprosim", ANA, 1)
    with desk.database.reading() as conn:
        kept = contents.media_of(conn, [row.id])[row.id]
        octets = store.octets_of(conn, [one.sha256 for one in kept])
        more = contents.content_row(conn, row.id)
    assert [octets[one.sha256] for one in kept][2] == PICTURE.data
    assert [(one.media_type, one.name, one.content_id) for one in kept][2] == ("image/jpeg", "IMG_1.jpg", "img1")
    assert (more.subject, more.also_to) == ("Naročilo", ["+38640999888"])


def test_the_network_may_hand_it_over_again(desk: Desk) -> None:
    assert comes(desk, words("hello"), PICTURE) is not None
    for _ in range(3):
        assert comes(desk, words("hello"), PICTURE) is None
    assert len(desk.texts()) == 1
    with desk.database.reading() as conn:
        assert conn.scalar(select(inbound_content.c.copies)) == 4
        assert conn.scalar(select(func.count()).select_from(medium)) == 2


def test_a_stop_is_a_stop_also_in_an_mms(desk: Desk) -> None:
    comes(desk, words("STOP"), PICTURE)
    assert desk.texts()[0].understood_as == "optout"
    with desk.database.reading() as conn:
        assert consent.ledger(conn, [ANA])[ANA]


def test_who_sends_an_mms_can_show_one(desk: Desk) -> None:
    comes(desk, PICTURE)
    with desk.database.reading() as conn:
        assert capability.of(conn, ANA, desk.now).state == "yes"


def test_without_a_text_its_subject_is_its_words_and_a_picture_alone_has_none(desk: Desk) -> None:
    comes(desk, PICTURE, subject="2 zvezka", reference="a")
    comes(desk, PICTURE, reference="b")
    assert [row.text for row in desk.texts()] == ["2 zvezka", ""]


def test_a_mail_says_of_itself_that_it_is_one(desk: Desk) -> None:
    comes(desk, words("Hello"), sender="ana.novak@a-rather-long-name.example.com", to="shop@example.com")
    [row] = desk.texts()
    assert (row.kind, row.sender) == ("mail", "ana.novak@a-rather-long-name.example.com")


@pytest.mark.parametrize(
    ("octets", "charset", "read"),
    [
        ("Živjo".encode(), "utf-8", "Živjo"), ("Živjo".encode("iso-8859-2"), "iso-8859-2", "Živjo"),
        ("Живё".encode("utf-16"), "utf-16", "Живё"), ("Živjo".encode(), None, "Živjo"),
        ("caf\xe9".encode("latin-1"), None, "café"), ("caf\xe9".encode("latin-1"), "no-such", "caf\ufffd"),
        (b"\xef\xbb\xbfhi", "utf-8", "hi"), (b"hi", "undefined", "hi"), (b"hi", "u\0tf-8", "hi"),
        (b"hi there", "punycode", "hi there"),
    ],
)  # fmt: skip
def test_words_are_read_in_whatever_charset_they_are_said_to_be(octets: bytes, charset: str | None, read: str) -> None:
    assert contents.decoded(ContentPart("text/plain", octets, charset=charset)) == read


def test_files_of_no_known_kind_and_strange_names_are_kept(desk: Desk) -> None:
    strange = ContentPart("application/x-\0thing", b"MZ\x90\0", "a\0b" * 100, content_id="<x>")
    comes(desk, strange, *([words("x")] * 300))
    with desk.database.reading() as conn:
        kept = contents.media_of(conn, [desk.texts()[0].id])[desk.texts()[0].id]
        assert store.known(conn, [kept[0].sha256])[kept[0].sha256].media_type == "application/octet-stream"
    assert len(kept) == contents.MOST_PARTS
