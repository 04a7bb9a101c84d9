"""The parts of a client's long text become one message, whatever happens on the way."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.clients.reception import Reception
from smsgw.errors import BadInput, NotFound, QueueFull, RefusedByPolicy
from smsgw.link import Alphabet, Concatenation, ReceiptState
from smsgw.listener import Address, Submission, Wants
from smsgw.outbound.submit import Asked
from smsgw.store.tables import message, submitted_part
from tests.smsgw.desk import Desk

Bind = Callable[..., Any]
on_both_engines = pytest.mark.parametrize(
    "fresh_store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)], indirect=True
)
LONG = "All good things come in parts, and this one comes in several. " * 7
WIDE = "Ena dva tri štiri, šest čebel leti čez žito in šumi. " * 6


def waiting(desk: Desk) -> int:
    """How many parts wait for others."""
    with desk.database.reading() as conn:
        rows = conn.execute(select(submitted_part.c.id).where(submitted_part.c.joined_at.is_(None)))
        return len(rows.all())


def messages(desk: Desk) -> list[Any]:
    with desk.database.reading() as conn:
        return list(conn.execute(select(message).order_by(message.c.id)))


@pytest.mark.parametrize("text", [LONG, WIDE])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_parts_in_any_order_become_one_message_that_is_cut_anew(bind: Bind, desk: Desk, text: str, order: int) -> None:
    bound = bind()
    pieces = bound.pieces(text)
    random.Random(order).shuffle(pieces)
    answers = {piece.concatenation.position: bound.give(piece).id for piece in pieces}
    [row] = messages(desk)
    assert (row.text, row.state) == (text, "queued")
    assert answers == {place: row.id if place == 1 else f"{row.id}.{place}" for place in answers}
    assert len(desk.claim()) == row.parts
    assert waiting(desk) == 0


def test_a_text_is_joined_by_parameters_as_by_headers(bind: Bind, desk: Desk) -> None:
    bound = bind()
    for piece in bound.pieces(LONG):
        bound.give(replace(piece, udh=b"", concatenation=replace(piece.concatenation, wide=True)))
    assert messages(desk)[0].text == LONG


def test_two_texts_at_once_and_two_senders_with_one_reference_do_not_mix(bind: Bind, desk: Desk) -> None:
    bound = bind()
    sets = [
        bound.pieces(LONG, 1),
        bound.pieces(LONG.upper(), 2),
        bound.pieces(LONG.lower(), 1, sender=Address("Other")),
        bound.pieces(LONG.title(), 1, to="+38640111333"),
    ]
    for turn in zip(*sets, strict=True):
        for piece in turn:
            bound.give(piece)
    assert {row.text for row in messages(desk)} == {LONG, LONG.upper(), LONG.lower(), LONG.title()}


@on_both_engines
def test_parts_are_kept_over_a_restart(bind: Bind, desk: Desk, reception: Reception) -> None:
    bound = bind()
    first, *others = bound.pieces(LONG)
    id = bound.give(first).id
    reception.close()
    restarted = Reception(desk.database, desk.door, lambda: desk.now)
    again = bind(at=restarted)
    for piece in others:
        again.give(piece)
    assert [(row.id, row.text) for row in messages(desk)] == [(id, LONG)]
    restarted.close()


@on_both_engines
def test_a_part_that_is_said_again_gets_the_answer_it_had(bind: Bind, desk: Desk) -> None:
    bound = bind()
    pieces = bound.pieces(LONG)
    before = [bound.give(piece).id for piece in (pieces[0], pieces[0], pieces[1])]
    assert before[0] == before[1]
    whole = [bound.give(piece).id for piece in pieces]
    again = [bound.give(piece).id for piece in pieces]  # also when the whole is there
    assert whole == again
    assert len(messages(desk)) == 1
    assert waiting(desk) == 0


def test_a_reference_that_comes_round_again_is_a_new_text(bind: Bind, desk: Desk) -> None:
    bound = bind()
    for text in (LONG, LONG.upper()):
        for piece in bound.pieces(text, 7):
            bound.give(piece)
    assert [row.text for row in messages(desk)] == [LONG, LONG.upper()]


def test_what_is_wrong_is_told_at_the_first_part(bind: Bind, desk: Desk) -> None:
    bound = bind()
    piece = replace(bound.pieces(LONG)[0], to=(Address("123456789012345678"),))
    with pytest.raises(BadInput):
        bound.give(piece)
    assert waiting(desk) == 0


@on_both_engines
def test_parts_whose_siblings_never_come_are_refused_with_their_receipts(
    bind: Bind, desk: Desk, reception: Reception, wait: Any
) -> None:
    bound = bind()
    pieces = bound.pieces(LONG)
    ids = [bound.give(piece).id for piece in pieces[1:]]
    desk.later(seconds=599)
    assert reception.give_up_parts(desk.now, timedelta(seconds=600)) == 0
    assert reception.query(bound.guest, ids[0]).result(90).state is ReceiptState.ACCEPTED
    desk.later(seconds=1)
    assert reception.give_up_parts(desk.now, timedelta(seconds=600)) == 1
    [row] = messages(desk)
    assert (row.state, row.why) == ("refused", f"1 of {len(pieces)} parts never came")
    told = wait(lambda: len(bound.screen.parcels) == len(ids) and bound.screen.parcels)
    assert [(parcel.id, parcel.state) for parcel in told] == [(id, ReceiptState.REJECTED) for id in ids]
    assert reception.query(bound.guest, ids[0]).result(90).state is ReceiptState.REJECTED
    assert waiting(desk) == 0
    assert desk.claim() == []


def test_a_whole_that_the_gate_refuses_tells_the_parts_that_had_a_yes(
    bind: Bind, desk: Desk, reception: Reception, wait: Any
) -> None:
    bound = bind()
    *most, last = bound.pieces(LONG)
    ids = [bound.give(piece).id for piece in most]
    desk.text_from("+38640111222", "STOP")
    with pytest.raises(RefusedByPolicy):
        bound.give(last)
    told = wait(lambda: len(bound.screen.parcels) == len(ids) and bound.screen.parcels)
    assert {(parcel.id, parcel.state) for parcel in told} == {(id, ReceiptState.REJECTED) for id in ids}
    assert desk.claim() == []


def test_a_full_queue_takes_nothing_away_and_the_last_part_may_come_again(desk: Desk, bind: Bind, asks: Any) -> None:
    bound = bind()
    *most, last = bound.pieces(LONG)
    ids = [bound.give(piece).id for piece in most]
    door = bound.reception._joining._door
    full = Desk(desk.database, terms=replace(desk.terms, queue_bound=1)).door
    full.submit(Asked("+38640111444", "in the way", "t"))
    bound.reception._joining._door = full
    with pytest.raises(QueueFull):
        bound.give(last)
    assert waiting(desk) == len(most)
    bound.reception._joining._door = door
    assert bound.give(last).id.startswith(ids[0])


def test_parts_that_wait_have_their_bound(desk: Desk, bind: Bind, reception: Reception) -> None:
    bound = bind()
    reception._joining._door = Desk(desk.database, terms=replace(desk.terms, queue_bound=2)).door
    for reference in (1, 2):
        bound.give(bound.pieces(LONG, reference)[0])
    with pytest.raises(QueueFull):
        bound.give(bound.pieces(LONG, 3)[0])
    desk.later(seconds=600)
    reception.give_up_parts(desk.now, timedelta(seconds=600))
    reception.give_up_parts(desk.now, timedelta(seconds=600))  # counted again
    bound.give(bound.pieces(LONG, 3)[0])


def test_only_the_parts_that_asked_get_receipts(bind: Bind, desk: Desk) -> None:
    bound = bind()
    pieces = bound.pieces(LONG, wants=Wants())
    pieces[-1] = replace(pieces[-1], wants=Wants(success=True, failure=True))
    ids = [bound.give(piece).id for piece in pieces]
    kept = messages(desk)[0].metadata["smpp"]
    assert (kept["ids"], kept["wants"]) == ([ids[-1]], "sf")


def test_parts_of_data_keep_their_octets_and_their_places(bind: Bind, desk: Desk) -> None:
    bound = bind()
    for position in (2, 1):
        asked = Submission(
            (Address("+38640111222"),), None, Alphabet.OCTETS, bytes([position]) * 130,
            concatenation=Concatenation(300, 2, position, wide=True),
        )  # fmt: skip
        bound.give(asked)
    first, second = desk.claim()
    assert (first.user_data, second.user_data) == (b"\1" * 130, b"\2" * 130)
    assert (first.udh, second.udh) == (b"\5\0\3\x2c\2\1", b"\5\0\3\x2c\2\2")


@on_both_engines
def test_a_long_text_to_several_numbers_goes_to_each(bind: Bind, desk: Desk) -> None:
    bound = bind()
    both = (Address("+38640111222"), Address("+38640111333"))
    ids = [bound.give(replace(piece, to=both)).id for piece in bound.pieces(LONG)]
    first, second = messages(desk)
    assert {first.recipient, second.recipient} == {"+38640111222", "+38640111333"}
    assert first.text == second.text == LONG
    assert first.metadata["smpp"]["ids"] == second.metadata["smpp"]["ids"] == ids


def test_one_wrong_number_of_several_does_not_stop_the_others(bind: Bind, desk: Desk) -> None:
    bound = bind()
    both = (Address("12345678901234567890"), Address("+38640111333"))
    *_, last = [bound.give(replace(piece, to=both)) for piece in bound.pieces(LONG)]
    assert [place for place, _ in last.refused] == [0]
    assert [(row.recipient, row.text) for row in messages(desk)] == [("+38640111333", LONG)]


@on_both_engines
def test_what_was_joined_is_forgotten_in_time(bind: Bind, desk: Desk, reception: Reception) -> None:
    bound = bind()
    for piece in bound.pieces(LONG):
        bound.give(piece)
    desk.later(seconds=601)
    reception.give_up_parts(desk.now, timedelta(seconds=600))
    with desk.database.reading() as conn:
        assert conn.execute(select(submitted_part)).all() == []
    with pytest.raises(NotFound):
        reception.query(bound.guest, "msg_x").result(90)
