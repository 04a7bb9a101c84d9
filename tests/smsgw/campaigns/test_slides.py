"""A campaign with pictures: each language its own, each customer's name in it, one adaptation for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.campaigns import life, unreachable
from smsgw.errors import BadInput, Conflict
from smsgw.link import ReceiptState
from smsgw.media import capability, store
from smsgw.media.contents import Slide
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.followers import begin
from smsgw.store.tables import message, message_content, message_medium
from tests.smsgw.campaigns.town import Town
from tests.smsgw.outbound.mms_desk import MmsDesk, photo


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield Town(MmsDesk(opened))
    opened.close()


def desk_of(town: Town) -> MmsDesk:
    assert isinstance(town.desk, MmsDesk)
    return town.desk


def shown(slides: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "shown": {
            "slides": slides,
            "subject": {"sl": 'Za {{ first_name|default:"vas" }}', "en": 'For {{ first_name|default:"you" }}'},
            **more,
        }
    }


TEXTS = {
    "sl": 'Pozdrav {{ first_name|default:"kupec" }}! Odjava: STOP',
    "en": 'Hello {{ first_name|default:"there" }}! STOP to end',
}


def test_each_customer_gets_their_name_and_the_picture_of_their_language(town: Town) -> None:
    desk = desk_of(town)
    slovene, english = desk.medium(photo("a")), desk.medium(photo("b", (420, 300)))
    town.people(2)
    town.people(2, name="Bob Smith", language="en")
    slides = [{"medium": {"sl": slovene, "en": english}}, {"text": {"sl": "Hvala", "en": "Thanks"}}]
    town.started(texts=TEXTS, terms=shown(slides), links=("sms", "mms"))
    town.run()
    assert desk.fitted == 2
    with town.database.reading() as conn:
        rows = conn.execute(select(message.c.encoding, message.c.text, message_content.c.subject).join(message_content))
        told = sorted({tuple(row) for row in rows})
        media = conn.execute(select(message_medium.c.original)).scalars().all()
    assert told == [
        ("mms", "For Bob\nHello Bob! STOP to end\nThanks", "For Bob"),
        ("mms", "Za Ana\nPozdrav Ana! Odjava: STOP\nHvala", "Za Ana"),
    ]
    assert sorted(media) == sorted([slovene, slovene, english, english])


def test_phones_without_mms_get_the_link_in_their_language(town: Town) -> None:
    desk = desk_of(town)
    [number] = town.people(1)
    desk.database.writer.do(capability.hear, capability.set_by_hand(number, "no", "ana", desk.now))
    town.started(texts=TEXTS, terms=shown([{"medium": {"sl": desk.medium()}}], from_name="Ana"), links=("sms", "mms"))
    town.run()
    with town.database.reading() as conn:
        [text] = conn.scalars(select(message.c.text)).all()
    assert text.startswith("Ana, Shop: nova slika za vas: https://m.example.com/m/")


def test_phones_that_turn_out_to_show_no_mms_are_no_failures_of_the_campaign(town: Town) -> None:
    desk = desk_of(town)
    town.people(30)
    id = town.started(texts=TEXTS, terms=shown([{"medium": {"sl": desk.medium()}}]), links=("sms", "mms"))
    town.run()
    for wire in desk.claim("mms", 50):
        desk.taken(wire, wire.message_id, "mms")
        desk.receipt(wire.message_id, ReceiptState.UNDELIVERABLE, link="mms", error="Unrecognised")
    with town.database.reading() as conn:
        assert life.message_states(conn, id) == []
    assert desk.falls_back() == 30
    with town.database.reading() as conn:
        assert life.message_states(conn, id) == [("queued", 30)]
    town.run()
    with town.database.reading() as conn:
        assert life.get(conn, id).state == "running"


def test_a_phone_without_mms_can_be_reached_all_the_same(town: Town) -> None:
    desk = desk_of(town)
    begin(town.database.writer, unreachable.NAME, desk.now)
    [number] = town.people(1)
    for day in range(3):
        desk.send(Slide(f"day {day}", desk.medium()), to=number)
        desk.handed_over(f"r{day}")
        desk.receipt(f"r{day}", ReceiptState.REJECTED, link="mms")
        desk.later(days=2)
    town.campaigns.learn(desk.now)
    with town.database.reading() as conn:
        assert unreachable.dead(conn, [number]) == set()


def test_every_mistake_in_its_pictures_is_told_when_it_is_written(town: Town) -> None:
    text = desk_of(town).medium(b"BEGIN:VCARD\nEND:VCARD")
    slides = [{"medium": {"sl": "f" * 64}}, {"sound": {"sl": text}, "text": {"sl": "{{ nothing_known }}"}}]
    with pytest.raises(BadInput) as refused:
        town.write(texts=TEXTS, terms=shown(slides), links=("sms", "mms"))
    assert {(fault.pointer, fault.code) for fault in refused.value.faults} >= {
        ("/terms/shown/slides/0/medium", "media_unknown"), ("/terms/shown/slides/1/sound", "media_type_unfit"),
    }  # fmt: skip
    assert any(fault.pointer.startswith("/terms/shown/slides/1/text/sl") for fault in refused.value.faults)


def test_a_customer_without_a_value_for_a_slide_keeps_it_from_being_approved(town: Town) -> None:
    town.people(1, name="")
    slides = [{"medium": {"sl": desk_of(town).medium()}}, {"text": {"sl": "{{ first_name }}"}}]
    with pytest.raises(Conflict, match="has no first_name"):
        town.started(texts=TEXTS, terms=shown(slides), links=("sms", "mms"))


def test_what_a_campaign_names_is_not_purged_before_it_is_over(town: Town) -> None:
    desk = desk_of(town)
    picture = desk.medium()
    town.write(texts=TEXTS, terms=shown([{"medium": {"sl": picture}}]), links=("sms", "mms"))
    desk.later(days=300)
    assert desk.database.writer.do(store.purge, (desk.now, desk.now)) == 0
