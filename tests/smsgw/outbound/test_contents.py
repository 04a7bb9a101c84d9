"""Data for ports, texts that a network cuts, messages that a network keeps: from the door to the wire and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from smsgw.errors import BadInput, Conflict, RefusedByPolicy
from smsgw.link import Abilities, Alphabet, Health, LinkState, ReceiptState
from smsgw.outbound.routing import Served
from smsgw.outbound.submit import Asked
from smsgw.store.database import Database
from smsgw.text.header import concatenation, ports
from tests.smsgw.desk import Desk

TEXTS = Abilities()
DATA = Abilities(alphabets=frozenset(Alphabet))
TO = "+38640111222"
PUSH = bytes(range(256))


def desk_of(database: Database, a: Abilities = DATA, b: Abilities = DATA) -> Desk:
    """Two links: a, which is preferred, and b."""
    return Desk(database, [Served("a", "smpp", abilities=a), Served("b", "smpp", abilities=b, preference=200)])


def gone(desk: Desk) -> None:
    """Link a is away for an hour, and the clock looks what can go another way."""
    desk.network.heard("a", Health(LinkState.DOWN, "gone"), desk.now)
    desk.later(seconds=3600)
    desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(0)))


def faults(error: BadInput | RefusedByPolicy) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in error.faults]


def test_data_goes_out_in_parts_with_its_ports_and_is_kept_as_digits(database: Database) -> None:
    desk = desk_of(database)
    id = desk.submit(text="", data=PUSH, ports=(2948, 9200))
    row = desk.row(id)
    assert (row.text, row.ports, row.encoding, row.parts) == (PUSH.hex(), [2948, 9200], "octets", 2)
    wire = desk.claim()
    assert b"".join(part.user_data for part in wire) == PUSH
    assert {(part.alphabet, ports(part.udh), part.of) for part in wire} == {(Alphabet.OCTETS, (2948, 9200), 2)}
    assert [place.position for part in wire if (place := concatenation(part.udh))] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": ""}, ("/text", "text_missing")),
        ({"text": "x", "ports": (1, 2)}, ("/ports", "ports_without_data")),
        ({"text": "x", "data": b"x"}, ("/text", "text_and_data")),
        ({"text": "", "data": b""}, ("/data", "data_missing")),
        ({"text": "", "data": b"x", "ports": (65536, 0)}, ("/ports", "out_of_range")),
        ({"text": "", "data": b"x", "ports": (1, -1)}, ("/ports", "out_of_range")),
        ({"text": "", "data": b"x" * 2000}, ("/data", "data_too_long")),
        ({"text": "", "data": b"x" * 141, "max_parts": 1}, ("/data", "data_too_long")),
        ({"text": "x" * 161, "max_parts": 1}, ("/text", "text_too_long")),
    ],
)
def test_contents_that_cannot_be_are_refused_with_where_and_why(
    database: Database, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    with pytest.raises(BadInput) as refused:
        desk_of(database).door.read(Asked(TO, client="test", **fields))
    assert expected in faults(refused.value)
    assert all(fault.detail for fault in refused.value.faults)


def test_data_takes_the_link_that_carries_data(database: Database) -> None:
    desk = desk_of(database, a=TEXTS)
    assert desk.row(desk.submit(text="", data=b"\0")).link == "b"
    assert desk.row(desk.submit(text="hello")).link == "a"


def test_data_for_which_there_is_no_link_says_so(database: Database) -> None:
    for wanted in (None, "a"):
        with pytest.raises(BadInput, match="texts only") as refused:
            desk_of(database, a=TEXTS, b=TEXTS).door.read(Asked(TO, "", "test", data=b"\0", link=wanted))
        assert faults(refused.value) == [("/data", "data_unwritable")]


@pytest.mark.parametrize(("other", "link"), [(TEXTS, "a"), (replace(DATA, wide_reference=True), "b")])
def test_data_stays_where_no_other_link_carries_it_and_moves_uncut_where_one_does(
    database: Database, other: Abilities, link: str
) -> None:
    desk = desk_of(database, b=other)
    id = desk.submit(text="", data=PUSH, ports=(1, 2))
    before = [bytes(part.udh) for part in desk.parts(id)]
    gone(desk)
    assert desk.row(id).link == link
    assert [bytes(part.udh) for part in desk.parts(id)] == before


def test_the_same_data_again_is_the_same_message_and_other_data_is_a_conflict(database: Database) -> None:
    desk = desk_of(database)
    first = desk.submit(text="", data=b"\1", client_ref="r")
    assert desk.submit(text="", data=b"\1", client_ref="r") == first
    for other in ({"data": b"\2"}, {"data": b"\1", "ports": (1, 2)}):
        with pytest.raises(Conflict):
            desk.submit(text="", client_ref="r", **other)
    with pytest.raises(RefusedByPolicy, match="same text"):
        desk.submit(text="", data=b"\1")


def test_a_text_that_the_network_cuts_is_one_piece_that_costs_its_parts_and_ends_with_one_receipt(
    database: Database,
) -> None:
    desk = desk_of(database, a=replace(DATA, whole=True))
    id = desk.submit(text="a" * 400)
    assert (desk.row(id).parts, len(desk.parts(id))) == (3, 1)
    (wire,) = desk.claim()
    assert (wire.position, wire.of, wire.udh, len(wire.user_data)) == (1, 3, b"", 400)
    desk.taken(wire, "n1")
    assert desk.state(id) == "sent"
    desk.receipt("n1")
    assert desk.state(id) == "delivered"


def test_max_parts_counts_what_phones_get(database: Database) -> None:
    desk = desk_of(database, a=replace(DATA, whole=True))
    with pytest.raises(BadInput, match="needs 3 parts, 2 are allowed"):
        desk.door.read(Asked(TO, "a" * 400, "test", max_parts=2))


def test_a_whole_text_is_cut_when_it_goes_to_a_link_that_does_not_cut(database: Database) -> None:
    desk = desk_of(database, a=replace(DATA, whole=True))
    id = desk.submit(text="a" * 400)
    gone(desk)
    assert (desk.row(id).link, desk.row(id).parts, len(desk.parts(id))) == ("b", 3, 3)


KEEPS = replace(DATA, optional=frozenset({"schedule"}))


def test_a_network_that_keeps_messages_gets_them_at_once_with_their_time(database: Database) -> None:
    desk = desk_of(database, a=KEEPS)
    at = desk.now + timedelta(seconds=3600)
    id = desk.submit(send_at=at)
    row = desk.row(id)
    assert (row.state, row.deliver_at, row.due_at) == ("queued", at, desk.now)
    (wire,) = desk.claim()
    assert wire.deliver_at == at
    assert wire.validity is not None
    assert wire.validity > 3600


def test_other_networks_get_them_when_it_is_time(database: Database) -> None:
    desk = desk_of(database)
    at = desk.now + timedelta(seconds=3600)
    id = desk.submit(send_at=at)
    assert (desk.state(id), desk.row(id).deliver_at) == ("held", None)
    assert desk.claim() == []


def test_a_message_for_now_has_no_time_of_its_own(database: Database) -> None:
    desk = desk_of(database, a=KEEPS)
    assert desk.row(desk.submit()).deliver_at is None


def test_what_moves_to_a_network_that_keeps_nothing_waits_for_its_time_here(database: Database) -> None:
    desk = desk_of(database, a=KEEPS)
    at = desk.now + timedelta(seconds=7200)
    id = desk.submit(send_at=at)
    gone(desk)
    assert (desk.row(id).link, desk.row(id).deliver_at, desk.row(id).due_at) == ("b", None, at)
    assert desk.claim("b") == []
    desk.later(seconds=3600)
    assert [wire.deliver_at for wire in desk.claim("b")] == [None]


def test_the_wait_for_a_receipt_begins_when_the_network_may_deliver(database: Database) -> None:
    desk = desk_of(database, a=KEEPS)
    id = desk.submit(send_at=desk.now + timedelta(seconds=7200))
    desk.taken(desk.claim()[0], "n1")
    wait = timedelta(0)
    desk.later(seconds=7100)
    database.writer.do(desk.waiting.expire, (desk.now, wait))
    assert desk.state(id) == "sent"
    desk.later(seconds=200)
    database.writer.do(desk.waiting.expire, (desk.now, wait))
    assert desk.state(id) == "expired"


@pytest.mark.parametrize("early", [False, True])
def test_a_receipt_may_come_over_another_account_at_the_same_smsc(database: Database, early: bool) -> None:
    desk = desk_of(database)
    desk.receipts.over = {"a": ["b"]}
    id = desk.submit()
    (wire,) = desk.claim()
    if not early:
        desk.taken(wire, "n1")
    desk.receipt("n1", ReceiptState.DELIVERED, link="b", recipient=TO)
    if early:
        desk.taken(wire, "n1")
    assert desk.state(id) == "delivered"


@pytest.mark.parametrize(
    ("over", "recipient"), [({}, TO), ({"b": ["a"]}, TO), ({"a": ["b"]}, "+38640999999"), ({"a": ["b"]}, None)]
)
def test_a_receipt_over_another_link_is_believed_only_by_setting_and_recipient(
    database: Database, over: dict[str, list[str]], recipient: str | None
) -> None:
    desk = desk_of(database)
    desk.receipts.over = over
    id = desk.submit()
    desk.taken(desk.claim()[0], "n1")
    desk.receipt("n1", ReceiptState.DELIVERED, link="b", recipient=recipient)
    assert desk.state(id) == "sent"


def test_an_intermediate_state_over_another_account_keeps_the_message_open(database: Database) -> None:
    desk = desk_of(database)
    desk.receipts.over = {"a": ["b"]}
    id = desk.submit()
    desk.taken(desk.claim()[0], "n1")
    desk.receipt("n1", ReceiptState.ENROUTE, link="b", recipient=TO)
    assert desk.state(id) == "sent"
    desk.receipt("n1", ReceiptState.UNDELIVERABLE, link="b", recipient=TO)
    assert desk.state(id) == "undelivered"


FAILURES = replace(DATA, reports="failures")


def test_a_link_that_reports_failures_only_delivers_in_silence(database: Database) -> None:
    desk = desk_of(database, a=FAILURES)
    good, bad = desk.submit(), desk.submit(text="another " * 30)
    wire = desk.claim()
    for number, one in enumerate(wire):
        desk.taken(one, f"n{number}")
    desk.receipt("n1", ReceiptState.UNDELIVERABLE, recipient=TO)
    assert [one.message_id for one in wire] == [good, bad, bad]
    desk.later(seconds=100)
    assert database.writer.do(desk.waiting.expire, (desk.now, timedelta(seconds=101))) == 0
    assert database.writer.do(desk.waiting.expire, (desk.now, timedelta(seconds=100))) == 2
    assert (desk.state(good), desk.state(bad)) == ("delivered", "expired")
    assert "failures only" in desk.row(good).why
