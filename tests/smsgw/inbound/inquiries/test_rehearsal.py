"""An answer is rehearsed: last month's questions, what they got, and what they would get with other words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from smsgw.errors import BadInput
from smsgw.inbound.catalogue.catalogue import no_catalogue
from smsgw.inbound.inquiries import rehearsal
from smsgw.inbound.inquiries.topics import Words
from smsgw.inbound.reading.read import read
from smsgw.text.business import Business
from smsgw.text.hours import read_hours, read_zone
from tests.smsgw.inbound.talk import Talk

BUSINESS = Business(read_hours(["Mo-Fr 08:00-16:00"], "UTC"), read_zone("UTC"))


def rehearsed(talk: Talk, text: str, language: str = "sl") -> Any:
    now = talk.desk.now
    with talk.desk.database.reading() as conn:
        words = Words("hours", language, text, "ana", now)
        return rehearsal.rehearse(conn, words, BUSINESS, now - timedelta(days=30))


def test_questions_of_the_topic_and_language_are_answered_with_the_words_and_their_fields(talk: Talk) -> None:
    for text in ("Kdaj ste odprti?", "dva svinčnika prosim", "Kdaj ste odprti in zakaj mi niste nič poslali?"):
        talk.hears(text, read(text, no_catalogue(), None), answers=False)
    told = rehearsed(talk, "Odprti smo {{ hours }}.")
    assert told.read >= 3
    assert [one.now for one in told.questions if one.now] == ["Odprti smo pon-pet 08:00-16:00."]
    assert all(one.why for one in told.questions if not one.now)
    assert rehearsed(talk, "We are open {{ hours }}.", "en").questions == []


def test_words_that_cannot_be_filled_are_told_before_anything_is_read(talk: Talk) -> None:
    with pytest.raises(BadInput):
        rehearsed(talk, "{{ weather }}")
