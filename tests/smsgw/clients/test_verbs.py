"""What a client asks about its own messages: how they are, take them back, put other words into them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from smsgw.clients.reception import Reception
from smsgw.errors import Conflict, NotFound, SmsgwError
from smsgw.link import ReceiptState
from smsgw.listener import Address
from tests.smsgw.desk import START, Desk

Bind = Callable[..., Any]
on_both_engines = pytest.mark.parametrize(
    "fresh_store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)], indirect=True
)


def refusal(future: Any) -> SmsgwError:
    problem = future.exception(90)
    assert isinstance(problem, SmsgwError), problem
    return problem


@on_both_engines
def test_how_a_message_is(bind: Bind, reception: Reception, desk: Desk) -> None:
    bound = bind()
    id = bound.take()
    assert reception.query(bound.guest, id).result(90).state is ReceiptState.ENROUTE
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.receipt("r1")
    asked = reception.query(bound.guest, id).result(90)
    assert (asked.state, asked.final_at) == (ReceiptState.DELIVERED, desk.now)
    assert isinstance(refusal(reception.query(bound.guest, "msg_other")), NotFound)


@on_both_engines
def test_nobody_asks_about_or_takes_back_what_is_anothers(bind: Bind, reception: Reception, desk: Desk) -> None:
    bound = bind()
    other = desk.submit(text="of somebody else")
    assert isinstance(refusal(reception.query(bound.guest, other)), NotFound)
    assert isinstance(refusal(reception.cancel(bound.guest, other, None, None)), NotFound)


@on_both_engines
def test_a_message_is_taken_back_by_its_id_or_by_its_addresses(bind: Bind, reception: Reception, desk: Desk) -> None:
    bound = bind()
    first, second, third = (bound.take(text) for text in ("one", "two", "three"))
    assert reception.cancel(bound.guest, first, None, None).result(90) == 1
    assert (desk.state(first), desk.state(second)) == ("cancelled", "queued")
    assert reception.cancel(bound.guest, "", Address("Shop"), Address("38640111222")).result(90) == 2
    assert desk.state(third) == "cancelled"
    assert isinstance(refusal(reception.cancel(bound.guest, third, None, None)), Conflict)


@on_both_engines
def test_a_message_that_waits_gets_other_words(bind: Bind, reception: Reception, desk: Desk, asks: Any) -> None:
    bound = bind()
    id = bound.take("first words", deliver_at=START + timedelta(hours=1))
    reception.replace(bound.guest, id, asks.one("second words", "0")).result(90)
    row = desk.row(id)
    assert (row.text, row.recipient, row.due_at) == ("second words", "+38640111222", START + timedelta(hours=1))
    assert desk.events(id) == ["accept", "hold", "replace"]
    assert bytes(desk.parts(id)[0].user_data) == b"second words"
    other = bound.take("on its way")
    desk.claim()
    assert isinstance(refusal(reception.replace(bound.guest, other, asks.one("too late", "0"))), Conflict)


@on_both_engines
def test_replace_if_present_takes_the_place_of_what_waits(bind: Bind, desk: Desk) -> None:
    bound = bind()
    old = bound.take("old words")
    other = bound.take("to another", to="+38640111333", replaces=True)
    new = bound.take("new words", replaces=True)
    assert [desk.state(id) for id in (old, other, new)] == ["cancelled", "queued", "queued"]
