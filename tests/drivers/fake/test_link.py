"""The link of the simulated network: its knobs, its faults, its beginning and its end."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.fake import Config, open_link, read_tape
from smsgw.errors import BadInput, Conflict
from smsgw.link import (
    LinkDown,
    NoAnswer,
    ReceiptState,
    RejectedForGood,
    RejectedForNow,
    Throttled,
    WirePart,
)
from tests.drivers.fake.giving import ANA, BOR, Open, many, send, stopped
from tests.drivers.recorder import Recorder, write


def test_every_field_of_the_configuration_has_its_sentence_and_an_unknown_one_is_refused() -> None:
    assert [name for name, field in Config.model_fields.items() if not (field.description or "").endswith(".")] == []
    with pytest.raises(ValidationError, match="colour"):
        Config.model_validate({"colour": "red"})


def test_a_lost_part_is_taken_but_never_shown_and_has_no_receipt(network: Open, events: Recorder) -> None:
    link = network(loss=1.0)
    parts = send(link, write(link, ANA, "into the void"))
    events.wait(lambda: events.answers)
    stopped(link)
    assert events.references(parts)
    assert link.texts(ANA) == []
    assert events.receipts == []


def test_refusals_for_good_and_for_now_come_as_often_as_their_shares_say(network: Open, events: Recorder) -> None:
    link = network(rejection=0.2, temporary=0.3)
    parts = many(link, 1000)
    stopped(link)
    kinds = Counter(type(answer) for answer in events.answers_of(parts))
    assert 160 < kinds[RejectedForGood] < 240
    assert 250 < kinds[RejectedForNow] < 350
    assert len(link.texts(ANA)) == kinds[str] == 1000 - kinds[RejectedForGood] - kinds[RejectedForNow]


def test_the_same_seed_has_the_same_faults_whatever_the_timing(
    network: Open,
) -> None:
    def fates(**fields: Any) -> list[str]:
        told = Recorder()
        link = network(events=told, rejection=0.3, loss=0.2, shuffle=0.5, **fields)
        parts = many(link, 60)
        stopped(link)
        return [type(answer).__name__ for answer in told.answers_of(parts)]

    first = fates(seed=7)
    assert fates(seed=7, delay=0.01, window=3, duplicate=0.5) == first
    assert fates(seed=8) != first


def test_a_lost_answer_is_no_answer_although_the_phone_has_the_text(network: Open, events: Recorder) -> None:
    link = network(no_answer=1.0, answer_timeout=0.1)
    parts = send(link, write(link, ANA, "arrived"))
    events.wait(lambda: events.answers)
    (error,) = events.refusals(parts)
    assert isinstance(error, NoAnswer)
    assert [shown.text for shown in link.texts(ANA)] == ["arrived"]
    events.wait(lambda: events.receipts)


def test_an_answer_later_than_the_timeout_is_told_once_as_no_answer(network: Open, events: Recorder) -> None:
    link = network(delay=0.3, answer_timeout=0.1)
    parts = send(link, write(link, ANA, "slow"))
    events.wait(lambda: link.texts(ANA))
    stopped(link)
    assert isinstance(events.refusals(parts)[0], NoAnswer)


def test_duplicates_are_receipts_and_pieces_told_twice_with_one_reference(
    network: Open, events: Recorder, tmp_path: Path
) -> None:
    tape = tmp_path / "network.tape"
    link = network(duplicate=1.0, tape=tape)
    parts = send(link, write(link, ANA, "out"))
    link.type_text(ANA, "in")
    events.wait(lambda: len(events.receipts) == 2 and len(events.pieces) == 2)
    stopped(link)
    assert [line["is"] for line in read_tape(tape)].count("acknowledged") == 2
    assert {receipt.reference for receipt in events.receipts} == set(events.references(parts))
    assert events.pieces[0] == events.pieces[1]


def test_shuffled_receipts_come_before_the_answer(network: Open, events: Recorder) -> None:
    link = network(shuffle=1.0, receipt_delay=5)
    parts = send(link, write(link, ANA, "overtaken"))
    events.wait(lambda: events.answers)
    (reference,) = events.references(parts)
    assert events.order[-2:] == [f"receipt {reference}", f"taken {reference}"]


def test_receipts_come_after_the_answer_when_nothing_is_shuffled(network: Open, events: Recorder) -> None:
    link = network()
    parts = send(link, write(link, ANA, "in order"))
    events.wait(lambda: events.receipts)
    (reference,) = events.references(parts)
    assert events.order[-2:] == [f"taken {reference}", f"receipt {reference}"]


def test_faster_than_the_throttle_is_throttled(network: Open, events: Recorder) -> None:
    link = network(throttle=5)
    begun = time.monotonic()
    parts = many(link, 30)
    took = time.monotonic() - begun
    stopped(link)
    kinds = Counter(type(answer) for answer in events.answers_of(parts))
    assert 5 <= kinds[str] <= 6 + 5 * took
    assert kinds[Throttled] == 30 - kinds[str]


def test_turning_the_throttle_up_helps_at_once(network: Open, events: Recorder) -> None:
    link = network(throttle=1e-6)
    first = many(link, 2)
    link.set_faults({"throttle": 1000})
    last = many(link, 1)
    stopped(link)
    assert [type(answer) for answer in events.answers_of([*first, *last])] == [str, Throttled, str]


def test_a_part_that_wants_no_receipt_has_none(network: Open, events: Recorder) -> None:
    link = network()
    (part,) = write(link, ANA, "quietly")
    quiet = WirePart("m", 1, 1, ANA, None, part.alphabet, part.user_data, receipt=False)
    send(link, [quiet, *write(link, BOR, "aloud")])
    events.wait(lambda: events.receipts)
    stopped(link)
    assert [receipt.recipient for receipt in events.receipts] == [BOR]


def test_knobs_show_how_they_stand_and_turn_together(network: Open) -> None:
    link = network(loss=0.25)
    assert link.faults()["loss"] == 0.25
    link.set_faults({"loss": 0.5, "delay": 2})
    assert (link.faults()["loss"], link.faults()["delay"]) == (0.5, 2.0)


def test_unknown_knobs_and_values_out_of_range_are_all_told_at_once_and_turn_nothing(network: Open) -> None:
    link = network()
    before = link.faults()
    with pytest.raises(BadInput) as told:
        link.set_faults({"loss": 1.5, "gravity": 1, "delay": 3})
    assert [(fault.pointer, fault.code) for fault in told.value.faults] == [
        ("/loss", "out_of_range"),
        ("/gravity", "unknown_knob"),
    ]
    assert link.faults() == before


def test_a_cut_connection_loses_the_answer_but_not_the_part_and_owes_the_receipt(
    network: Open, events: Recorder
) -> None:
    link = network(delay=2)
    parts = send(link, write(link, ANA, "on its way"))
    link.set_faults({"disconnected": True})
    events.wait(lambda: link.texts(ANA))
    assert isinstance(events.refusals(parts)[0], NoAnswer)
    assert events.receipts == []
    link.set_faults({"disconnected": False})
    events.wait(lambda: events.receipts)
    assert [receipt.state for receipt in events.receipts] == [ReceiptState.DELIVERED]


def test_a_receipt_that_was_due_when_the_connection_was_cut_and_restored_is_told_once(
    network: Open, events: Recorder
) -> None:
    link = network(receipt_delay=0.2)
    send(link, write(link, ANA, "once"))
    events.wait(lambda: events.answers)
    link.set_faults({"disconnected": True})
    link.set_faults({"disconnected": False})
    events.wait(lambda: events.receipts)
    time.sleep(0.3)
    assert len(events.receipts) == 1


def test_what_is_stored_after_the_connection_was_cut_is_not_acknowledged(network: Open, events: Recorder) -> None:
    link = network()
    events.store = "later"
    link.type_text(ANA, "half told")
    events.wait(lambda: events.pending)
    link.set_faults({"disconnected": True})
    events.pending[0].set_result(None)
    assert not link.texts(ANA)[0].delivered
    events.store = "at once"
    link.set_faults({"disconnected": False})
    events.wait(lambda: link.texts(ANA)[0].delivered)
    assert events.pieces[0] == events.pieces[1]


def test_nothing_is_told_from_inside_send(network: Open, events: Recorder) -> None:
    link = network(rejection=0.5)
    link.type_text(ANA, "hello")
    many(link, 20)
    link.set_faults({"disconnected": True})
    many(link, 2)
    stopped(link)
    assert events.threads == {"fake-phones"}


def test_a_part_given_after_the_stop_is_answered_and_phones_cannot_send(network: Open, events: Recorder) -> None:
    link = network()
    stopped(link)
    parts = send(link, write(link, ANA, "too late"))
    events.wait(lambda: events.answers)
    assert isinstance(events.refusals(parts)[0], LinkDown)
    with pytest.raises(Conflict):
        link.type_text(ANA, "too late")


def test_a_link_that_was_never_started_answers_when_it_stops(events: Recorder) -> None:
    link = open_link("idle", Config(), events)
    parts = send(link, write(link, ANA, "nobody there"))
    stopped(link)
    assert isinstance(events.refusals(parts)[0], LinkDown)
