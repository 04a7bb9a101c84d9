"""A message with a content: checked at once, sent by the way that suits its phone, built when it is handed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from smsgw.customers import customers
from smsgw.errors import BadInput, Conflict, RefusedByPolicy
from smsgw.media import capability, contents, store
from smsgw.media.contents import Attached, Contents, Slide
from smsgw.outbound import outbox, usage
from smsgw.outbound.redact import Redaction, redact
from smsgw.outbound.submit import Asked
from smsgw.outbound.wire import UNBUILT
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import medium, message_medium, message_page
from tests.smsgw.desk import START
from tests.smsgw.outbound.mms_desk import MMSC, TO, MmsDesk, photo


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One engine: what both do alike is tested with the tables."""
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def desk(database: Database) -> MmsDesk:
    return MmsDesk(database)


def says(desk: MmsDesk, state: str, to: str = TO) -> None:
    """A person says what a phone can."""
    desk.database.writer.do(capability.hear, capability.set_by_hand(to, state, "ana", desk.now))


def test_slides_become_one_part_that_is_built_when_it_is_handed_over(desk: MmsDesk) -> None:
    id = desk.send(Slide("Živjo Ana", desk.medium()), Slide("Drugič"), content={"subject": "Katalog"})
    row = desk.row(id)
    assert (row.encoding, row.parts, row.link, row.text) == ("mms", 1, "mms", "Katalog\nŽivjo Ana\nDrugič")
    [wire] = desk.claim("mms")
    assert (wire.content, wire.user_data, wire.of) == (UNBUILT, b"", 1)
    built = desk.built(id)
    assert built.subject == "Katalog"
    assert [part.media_type for part in built.parts] == ["application/smil", "image/jpeg", "text/plain", "text/plain"]
    assert [part.name for part in built.parts] == ["slides.smil", "picture-1.jpg", "text-1.txt", "text-2.txt"]
    assert built.parts[2].data.decode() == "Živjo Ana"
    smil = built.parts[0].data.decode()
    assert all(f'src="{part.name}"' in smil for part in built.parts[1:])
    assert smil.count("<par ") == 2


def test_every_mistake_is_told_at_once(desk: MmsDesk) -> None:
    text = desk.medium(b"BEGIN:VCARD\r\nEND:VCARD")
    wrong = Contents(
        (Slide(), Slide("x" * 1001), Slide(medium="f" * 64), Slide(sound=text)),
        (Attached(text, "a/b"),),
        subject="two\nlines", policy="perhaps", profile="huge",
    )  # fmt: skip
    with pytest.raises(BadInput) as refused:
        desk.door.submit(Asked("12", "words", "test", content=wrong, sender="much too long a name", link="none"))
    told = {(fault.pointer, fault.code) for fault in refused.value.faults}
    assert {pointer for pointer, _ in told} >= {
        "/from", "/link", "/text", "/content/slides/0", "/content/slides/1/text", "/content/slides/2/medium",
        "/content/slides/3/sound", "/content/attached/0/name", "/content/subject", "/content/policy",
        "/content/profile",
    }  # fmt: skip


def test_a_picture_is_made_to_fit_once_for_all_who_get_it(desk: MmsDesk) -> None:
    picture = desk.medium(photo(size=(2000, 1500)))
    ids = [desk.send(Slide(f"Hello {n}", picture), to=f"+3864100000{n}") for n in range(5)]
    assert desk.fitted == 1
    sizes = {len(desk.built(id).parts[1].data) for id in ids}
    assert len(sizes) == 1
    assert max(sizes) < 292_000
    with desk.database.reading() as conn:
        assert conn.scalar(select(message_medium.c.original)) == picture
        assert len(conn.execute(select(medium.c.sha256)).all()) == 2  # as it was given, and as it goes out


def test_a_content_that_is_too_large_for_the_link_is_made_smaller_for_it(database: Database) -> None:
    small = MMSC.__class__(alphabets=frozenset(), content=frozenset({"mms"}), most_octets=60_000)
    desk = MmsDesk(database, mmsc=small)
    built = desk.built(desk.send(Slide("x", desk.medium(photo(size=(1600, 1200))))))
    assert sum(len(part.data) for part in built.parts) < 60_000 * 0.95


@pytest.mark.parametrize(
    ("state", "policy", "encoding"),
    [
        ("yes", "link-first", "mms"), ("yes", "never", "mms"), ("unknown", "mms-first", "mms"),
        ("unknown", "never", "mms"), ("unknown", "link-first", "gsm7"), ("no", "mms-first", "gsm7"),
        ("blocked", "mms-first", "gsm7"), ("no", "never", None), ("blocked", "never", None),
    ],
)  # fmt: skip
def test_each_phone_gets_what_it_can_show(desk: MmsDesk, state: str, policy: str, encoding: str | None) -> None:
    if state != "unknown":
        says(desk, state)
    slide = Slide("Hello", desk.medium())
    if encoding is None:
        with pytest.raises(RefusedByPolicy) as refused:
            desk.send(slide, content={"policy": policy})
        assert refused.value.code == "mms_impossible"
        return
    id = desk.send(slide, content={"policy": policy})
    assert desk.row(id).encoding == encoding
    assert desk.content(id).way == ("mms" if encoding == "mms" else "link")
    assert (desk.content(id).fallback_at is not None) == (encoding == "mms"), "a link, or a smaller one"


def test_where_no_operator_carries_mms_phones_get_the_link_unless_they_showed_one(database: Database) -> None:
    desk = MmsDesk(database, without_mms=("+49", "+386"))
    slide = Slide("Hello", desk.medium())
    assert desk.content(desk.send(slide)).way == "link"
    assert desk.content(desk.send(slide, to="+39347123456")).way == "mms"
    says(desk, "yes", "+38641000007")
    assert desk.content(desk.send(slide, to="+38641000007")).way == "mms"


def test_without_a_link_for_mms_a_picture_becomes_a_text_with_the_link(database: Database) -> None:
    desk = MmsDesk(database, mmsc=None)
    id = desk.send(Slide("Hello", desk.medium()), content={"from_name": "Ana"})
    row = desk.row(id)
    assert (row.link, row.parts, row.encoding) == ("sms", 1, "gsm7")
    assert row.text.startswith("Ana, Shop sent you a picture message: https://m.example.com/m/")
    assert "no link carries MMS" in row.trace[0]
    with desk.database.reading() as conn:
        assert conn.scalars(select(message_page.c.message_id)).all() == [id]
    [wire] = desk.claim("sms")
    assert wire.content is None


@pytest.mark.parametrize(("card", "told", "words"), [
    ("de", "sl", "Bild"), (None, "sl", "slik"), ("fr", "de", "Bild"), (None, None, "picture"),
])  # fmt: skip
def test_the_notice_is_in_the_customers_language_then_in_that_of_the_content(
    database: Database, card: str | None, told: str | None, words: str
) -> None:
    desk = MmsDesk(database, mmsc=None)
    if card is not None:
        person = {"name": "Ana", "addresses": [TO], "language": card}
        customers.create(database.writer, customers.Wish(person, "test", desk.now, "SI"))
    id = desk.send(Slide("", desk.medium()), content={"language": told})
    assert words in desk.row(id).text


def test_without_links_for_mms_and_without_pages_it_is_refused_with_what_to_do(database: Database) -> None:
    desk = MmsDesk(database, base="", mmsc=None)
    with pytest.raises(RefusedByPolicy) as refused:
        desk.send(Slide("Hello", desk.medium()))
    assert refused.value.code == "no_route"
    assert "public_url" in refused.value.hint


def test_what_does_not_fit_goes_as_a_link(desk: MmsDesk) -> None:
    desk.send(Slide("Hello", desk.medium()))
    large = desk.medium(b"%PDF-1.7" + b"x" * 400_000)
    carried = Contents((Slide("Hello"),), (Attached(large, "catalogue.pdf"),))
    accepted = desk.door.submit(Asked(TO, "", "test", content=carried))
    assert desk.content(str(accepted.row["id"])).way == "link"
    with pytest.raises(BadInput, match="does not fit"):
        desk.door.submit(Asked(TO, "", "test", content=Contents((), carried.attached, policy="never")))


def test_texts_go_over_links_that_carry_texts(desk: MmsDesk) -> None:
    with pytest.raises(RefusedByPolicy, match="mms carries no texts"):
        desk.submit(TO, "hello", link="mms")
    desk.network.forget("sms")
    with pytest.raises(RefusedByPolicy):
        desk.submit(TO, "hello")


def test_the_same_content_to_the_same_phone_is_a_slip_also_as_a_link(desk: MmsDesk) -> None:
    slide = Slide("Hello", desk.medium())
    for state in ("yes", "no"):
        says(desk, state)
        desk.send(slide, to="+38641000005" if state == "yes" else TO)
        with pytest.raises(RefusedByPolicy) as refused:
            desk.send(slide, to="+38641000005" if state == "yes" else TO)
        assert refused.value.code == "duplicate_message"
    desk.send(Slide("Hello", desk.medium(photo(size=(410, 300)))))  # another picture with the same words is none


def test_a_client_that_asks_twice_has_its_first_message(desk: MmsDesk) -> None:
    says(desk, "no")  # the link is another one each time, and the message is not
    slide = Slide("Hello", desk.medium())
    first = desk.send(slide, client_ref="order 1")
    assert desk.send(slide, client_ref="order 1") == first
    with pytest.raises(Conflict):
        desk.send(Slide("Other", slide.medium), client_ref="order 1")


def test_an_mms_is_no_part_of_a_bundle_of_texts(desk: MmsDesk) -> None:
    desk.send(Slide("Hello", desk.medium()))
    desk.handed_over("r1")
    desk.submit(TO, "a text")
    desk.handed_over("r2", "sms")
    desk.later(seconds=1)
    with desk.database.reading() as conn:
        sent = [usage.parts_sent(conn, link, START, desk.now) for link in ("mms", "sms")]
    assert sent == [0, 1]


def test_what_is_sent_again_carries_what_it_carried(desk: MmsDesk) -> None:
    slide = Slide("Hello", desk.medium())
    first = desk.send(slide, content={"subject": "Catalogue"})
    desk.handed_over("r1")
    desk.receipt("r1", link="mms")
    says(desk, "no")
    with desk.database.reading() as conn:
        asked = outbox.again(conn, first, "ana")
    assert asked.content is not None
    assert (asked.text, asked.content.slides, asked.content.subject) == ("", (slide,), "Catalogue")
    again = desk.door.submit(asked).row
    assert "https://m.example.com/m/" in again["text"]  # for its phone shows none now
    with desk.database.exclusive() as conn:
        assert redact(conn, [Redaction(first, "ana", desk.now, {})]) == [None]
        with pytest.raises(Conflict, match="forgotten"):
            outbox.again(conn, first, "ana")


def test_octets_that_a_message_needs_are_not_purged_before_it_went(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.later(days=1)
    later = desk.now
    desk.later(days=30)
    assert desk.database.writer.do(store.purge, (later, desk.now)) == 0
    assert desk.built(id).parts[1].media_type == "image/jpeg"


def test_contents_are_read_as_programs_tell_them() -> None:
    told = {"slides": [{"text": "Hi", "medium": "m", "seconds": 3}], "attached": [{"medium": "f"}], "subject": "S"}
    assert contents.read(told) == Contents((Slide("Hi", "m", None, 3),), (Attached("f"),), "S")
    with pytest.raises(BadInput) as refused:
        contents.read({"slides": [{"txt": "Hi"}, 3], "subject": 1, "attached": [{}], "more": True})
    assert {fault.pointer for fault in refused.value.faults} == {
        "/content/slides/0/txt", "/content/slides/1", "/content/subject", "/content/attached/0/medium",
        "/content/more",
    }  # fmt: skip
