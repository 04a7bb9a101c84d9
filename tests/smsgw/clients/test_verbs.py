"""What a client asks about its own messages: how they are, take them back, put other words into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from smsgw.clients.reception import Reception
from smsgw.errors import BadInput, Conflict, NotFound, SmsgwError
from smsgw.link import Alphabet, Link, LinkState, ReceiptState
from smsgw.listener import Address, Wants
from smsgw.outbound.recall import Recall
from smsgw.outbound.replacing import Replacing
from smsgw.store import said_before
from tests.smsgw.desk import START, Desk
from tests.smsgw.smsc_on_paper import Smsc

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
    assert [one.text for one in said_before.before(row.metadata)] == ["first words"]
    other = bound.take("on its way")
    desk.claim()
    assert isinstance(refusal(reception.replace(bound.guest, other, asks.one("too late", "0"))), Conflict)
    theirs = desk.submit(text="of somebody else")
    assert isinstance(refusal(reception.replace(bound.guest, theirs, asks.one("mine", "0"))), NotFound)


@on_both_engines
def test_other_words_have_the_times_and_receipts_that_are_asked_for_and_keep_the_rest(
    bind: Bind, reception: Reception, desk: Desk, asks: Any
) -> None:
    bound = bind()
    id = bound.take("first words", deliver_at=START + timedelta(hours=2))
    times = {"deliver_at": START + timedelta(hours=1), "valid_until": START + timedelta(hours=3)}
    by = asks.one("second words", "0", sender=Address("Other", "5.0..Other"), wants=Wants(failure=True), **times)
    reception.replace(bound.guest, id, by).result(90)
    row = desk.row(id)
    assert (row.sender, row.due_at, row.valid_until) == ("Shop", times["deliver_at"], times["valid_until"])
    ours = row.metadata["smpp"]
    assert (ours["wants"], ours["from"], ours["to"]) == ("f", "5.0..Shop", "1.1..38640111222")
    data = asks.one("", "0", alphabet=Alphabet.OCTETS, user_data=b"\1")
    assert isinstance(refusal(reception.replace(bound.guest, id, data)), BadInput)


@on_both_engines
def test_other_words_pass_the_gate(bind: Bind, reception: Reception, desk: Desk, asks: Any) -> None:
    bound = bind()
    id = bound.take("first words", deliver_at=START + timedelta(hours=1))
    desk.text_from("+38640111222", "STOP")
    waits = bound.take("for another", to="+38640111333", deliver_at=START + timedelta(hours=1))
    assert isinstance(refusal(reception.replace(bound.guest, id, asks.one("after the stop", "0"))), Conflict)
    too_long = asks.one("x" * 1600, "0")
    assert isinstance(refusal(reception.replace(bound.guest, waits, too_long)), BadInput)
    assert desk.row(waits).text == "for another"


@on_both_engines
def test_other_words_for_what_its_network_has_are_asked_for_there(
    bind: Bind, reception: Reception, desk: Desk, asks: Any
) -> None:
    smsc = Smsc("replace")
    desk.network.links["a"] = replace(desk.network.links["a"], abilities=smsc.abilities)
    reception.replacing = Replacing({"a": cast(Link, smsc)}, desk.database, desk.door)
    bound = bind()
    id = bound.take("first words")
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    reception.replace(bound.guest, id, asks.one("second words", "0")).result(90)
    assert (desk.row(id).text, desk.state(id), smsc.asked) == ("second words", "sent", [("r1", "second words")])
    smsc.state = LinkState.DOWN
    assert isinstance(refusal(reception.replace(bound.guest, id, asks.one("third words", "0"))), Conflict)


@on_both_engines
def test_what_its_network_has_is_asked_back_there(bind: Bind, reception: Reception, desk: Desk) -> None:
    smsc = Smsc("cancel")
    bound = bind()
    id, kept = bound.take("back, please"), bound.take("this one, too")
    for number, wire in enumerate(desk.claim()):
        desk.taken(wire, f"r{number}")
    assert isinstance(refusal(reception.cancel(bound.guest, id, None, None)), Conflict)
    reception.recall = Recall({"a": cast(Link, smsc)}, desk.database, desk.receipts)
    assert reception.cancel(bound.guest, f"{id}.1", None, None).result(90) == 1
    assert (desk.state(id), smsc.gave_back) == ("cancelled", ["r0"])
    theirs = desk.submit(text="of somebody else")
    assert isinstance(refusal(reception.cancel(bound.guest, theirs, None, None)), NotFound)

    def no() -> None:
        raise Conflict("it is on the phone", code="refused")

    smsc.answers = no
    assert refusal(reception.cancel(bound.guest, kept, None, None)).code == "cannot_recall"
    assert desk.state(kept) == "sent"


@on_both_engines
def test_replace_if_present_takes_the_place_of_what_waits(bind: Bind, desk: Desk) -> None:
    bound = bind()
    old = bound.take("old words")
    other = bound.take("to another", to="+38640111333", replaces=True)
    new = bound.take("new words", replaces=True)
    assert [desk.state(id) for id in (old, other, new)] == ["cancelled", "queued", "queued"]
