"""The simulated network carries MMS both ways, to phones that can show them and phones that cannot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.fake import Config, open_link
from drivers.fake.link import FakeLink
from smsgw.link import Alphabet, Content, ContentPart, ReceiptState, RejectedForGood, WirePart
from tests.drivers.fake.giving import ANA, BOR, stopped
from tests.drivers.recorder import Recorder

PICTURE = Content(
    (
        ContentPart("application/smil", b"<smil/>", "slides.smil", "utf-8"),
        ContentPart("text/plain", "Živjo".encode(), "text-1.txt", "utf-8"),
        ContentPart("image/jpeg", bytes(range(256)) * 4, "picture-1.jpg", content_id="picture-1.jpg"),
    ),
    "Catalogue",
)


def mms(to: str, content: Content = PICTURE, number: int = 1) -> WirePart:
    return WirePart(f"msg_{number}", 1, 1, to, None, Alphabet.OCTETS, b"", content=content)


@pytest.fixture
def events() -> Recorder:
    return Recorder()


@pytest.fixture
def link(events: Recorder, tmp_path: Path) -> Iterator[FakeLink]:
    config = Config(mms=True, without_mms=[BOR], largest=5000, delay=0, receipt_delay=0, tape=tmp_path / "tape")
    link = open_link("fake", config, events)
    link.start()
    yield link
    stopped(link)


def test_a_phone_shows_the_mms_octet_for_octet_and_we_hear_that_it_did(link: FakeLink, events: Recorder) -> None:
    link.send(mms(ANA))
    events.wait(lambda: events.receipts)
    assert link.contents(ANA) == [PICTURE]
    assert link.texts(ANA)[-1].text == "Catalogue\nŽivjo\n[image/jpeg, 1024 octets: picture-1.jpg]"
    assert events.receipts[0].state is ReceiptState.DELIVERED


def test_a_phone_without_mms_shows_nothing_and_the_network_says_so(link: FakeLink, events: Recorder) -> None:
    link.send(mms(BOR))
    events.wait(lambda: events.receipts)
    assert link.contents(BOR) == []
    assert (events.receipts[0].state, events.receipts[0].error) == (ReceiptState.UNDELIVERABLE, "Unrecognised")


def test_an_mms_that_nobody_fetches_is_taken_and_never_heard_of(link: FakeLink, events: Recorder) -> None:
    link.set_faults({"unfetched": 1})
    link.send(mms(ANA))
    link.set_faults({"unfetched": 0})
    link.send(mms(ANA, number=2))
    events.wait(lambda: events.receipts)
    answers = {part.message_id: answer for part, answer in events.answers}
    assert [receipt.reference for receipt in events.receipts] == [answers["msg_2"]]


def test_what_is_too_large_is_refused_for_good(link: FakeLink, events: Recorder) -> None:
    link.send(mms(ANA, Content((ContentPart("image/jpeg", b"\xff" * 5001),))))
    events.wait(lambda: events.answers)
    error = events.answers[0][1]
    assert isinstance(error, RejectedForGood)
    assert error.code == "content-2004"


def test_a_phone_sends_an_mms_which_is_told_until_it_is_stored(
    link: FakeLink, events: Recorder, tmp_path: Path
) -> None:
    events.store = "later"
    reference = link.send_content(ANA, PICTURE)
    events.wait(lambda: events.contents)
    assert (events.contents[0].reference, events.contents[0].sender) == (reference, ANA)
    assert events.contents[0].content == PICTURE
    assert link.texts(ANA)[-1].delivered is False
    again, config = Recorder(), Config(mms=True, delay=0, tape=tmp_path / "tape")
    link.stop(time.monotonic())  # killed before it was stored: the tape knows
    second = open_link("fake", config, again)
    second.start()
    again.wait(lambda: again.contents)
    assert again.contents[0].content == PICTURE
    stopped(second)


def test_a_network_without_mms_carries_none(events: Recorder) -> None:
    link = open_link("fake", Config(delay=0), events)
    assert not link.abilities.content
    link.start()
    link.send(mms(ANA))
    events.wait(lambda: events.answers)
    assert isinstance(events.answers[0][1], RejectedForGood)
    stopped(link)
