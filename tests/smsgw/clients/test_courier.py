"""What became of a client's messages, and what is meant for it, is told until it is acknowledged, over restarts too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.clients.reception import Reception
from smsgw.link import Abilities, InboundPiece, ReceiptState
from smsgw.listener import NotTaken, ReceiptParcel, TextParcel, Wants
from smsgw.outbound.submit import Asked
from smsgw.store.fences import Alone
from smsgw.store.tables import follower, history
from smsgw.text import parts
from tests.smsgw.desk import Desk

Bind = Callable[..., Any]
Wait = Callable[[Callable[[], Any]], Any]
on_both_engines = pytest.mark.parametrize(
    "fresh_store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)], indirect=True
)


def delivered(desk: Desk, state: ReceiptState = ReceiptState.DELIVERED, **more: Any) -> None:
    """Everything that waits goes out and has its receipt."""
    wires = desk.claim(most=100)
    for wire in wires:
        desk.taken(wire, f"r-{wire.message_id}-{wire.position}")
    for wire in wires:
        desk.receipt(f"r-{wire.message_id}-{wire.position}", state, **more)


def remembered(desk: Desk) -> int:
    with desk.database.reading() as conn:
        return conn.scalar(select(follower.c.upto)) or 0


@on_both_engines
def test_the_final_state_is_told_to_whoever_asked(bind: Bind, desk: Desk, wait: Wait) -> None:
    bound = bind()
    id = bound.take("hello there, this is long enough")
    bound.take("nobody asks about this", wants=Wants())
    bound.take("only bad news", wants=Wants(failure=True))
    delivered(desk)
    last = bound.take("the last one")
    delivered(desk)
    told = wait(lambda: len(bound.screen.parcels) >= 2 and bound.screen.parcels)
    assert [parcel.id for parcel in told] == [id, last]
    assert told[0] == ReceiptParcel(
        id, "1.1..38640111222", "5.0..Shop", ReceiptState.DELIVERED, desk.now, desk.now, text="hello there, this is"
    )


@on_both_engines
def test_what_did_not_arrive_is_told_with_the_networks_code(bind: Bind, desk: Desk, wait: Wait) -> None:
    bound = bind()
    bound.take(wants=Wants(failure=True))
    delivered(desk, ReceiptState.UNDELIVERABLE, error="027")
    [told] = wait(lambda: bound.screen.parcels)
    assert (told.state, told.error) == (ReceiptState.UNDELIVERABLE, "027")


def test_progress_is_told_before_the_end_and_only_to_whoever_asked(bind: Bind, desk: Desk, wait: Wait) -> None:
    bound = bind()
    bound.take(wants=Wants(success=True, progress=True))
    delivered(desk)
    told = wait(lambda: len(bound.screen.parcels) == 2 and bound.screen.parcels)
    assert [(parcel.state, parcel.progress) for parcel in told] == [
        (ReceiptState.ENROUTE, True), (ReceiptState.DELIVERED, False),
    ]  # fmt: skip


def test_about_one_message_things_are_told_one_after_the_other(bind: Bind, desk: Desk, wait: Wait, asks: Any) -> None:
    bound = bind(screen=asks.screen(silent=True))
    bound.take(wants=Wants(success=True, progress=True))
    other = bound.take("another")
    delivered(desk)
    wait(lambda: len(bound.screen.parcels) == 2)  # of the first only what comes first
    assert [parcel.progress for parcel in bound.screen.parcels] == [True, False]
    assert bound.screen.parcels[1].id == other
    bound.screen.open[0].set_result(None)
    wait(lambda: len(bound.screen.parcels) == 3)


def test_no_more_are_on_their_way_than_the_outlet_takes(bind: Bind, desk: Desk, wait: Wait, asks: Any) -> None:
    screen = asks.screen(silent=True, window=2)
    bound = bind(screen=screen)
    for number in range(5):
        bound.take(f"number {number}")
    delivered(desk)
    for place in range(5):
        wait(lambda place=place: len(screen.open) > place)
        assert len(screen.open) <= place + 2
        screen.open[place].set_result(None)
    assert len({parcel.id for parcel in screen.parcels}) == 5


@on_both_engines
def test_what_was_not_acknowledged_is_told_again_after_a_new_bind_and_after_a_restart(
    bind: Bind, desk: Desk, wait: Wait, asks: Any, reception: Reception
) -> None:
    first = bind(screen=asks.screen(silent=True))
    ids = [first.take(f"number {number}") for number in range(3)]
    delivered(desk)
    wait(lambda: len(first.screen.open) == 3)
    first.screen.open[0].set_result(None)
    for future in first.screen.open[1:]:
        future.set_exception(NotTaken("the connection is gone"))
    first.leave()
    second = bind(screen=asks.screen(silent=True))
    wait(lambda: len(second.screen.parcels) == 2)
    assert {parcel.id for parcel in second.screen.parcels} == set(ids[1:])
    second.leave()
    reception.close()  # and nothing of it was acknowledged

    restarted = Reception(desk.database, desk.door, lambda: desk.now)
    third = bind(at=restarted)
    wait(lambda: {parcel.id for parcel in third.screen.parcels} >= set(ids[1:]))
    restarted.close()


def test_what_is_acknowledged_is_remembered_and_not_told_again(bind: Bind, desk: Desk, wait: Wait) -> None:
    first = bind()
    first.take()
    delivered(desk)
    wait(lambda: first.screen.parcels)
    with desk.database.reading() as conn:
        newest = conn.scalar(select(history.c.id).order_by(history.c.id.desc()))
    wait(lambda: remembered(desk) == newest)


def test_what_happens_while_nobody_is_bound_waits(bind: Bind, desk: Desk, wait: Wait) -> None:
    first = bind()
    id = first.take()
    first.leave()
    delivered(desk)
    second = bind()
    [told] = wait(lambda: second.screen.parcels)
    assert told.id == id


def test_what_a_client_refuses_for_now_is_told_again_and_for_good_is_not(
    bind: Bind, desk: Desk, wait: Wait, asks: Any
) -> None:
    screen = asks.screen(refusals=[NotTaken("not now"), NotTaken("never", for_good=True)])
    bound = bind(screen=screen)
    first, second = bound.take("one"), bound.take("two")
    delivered(desk)
    wait(lambda: len(screen.parcels) == 3)
    assert [parcel.id for parcel in screen.parcels] == [first, second, first]


def test_two_connections_of_a_client_share_what_is_to_be_told(bind: Bind, desk: Desk, wait: Wait, asks: Any) -> None:
    one = bind(screen=asks.screen(silent=True, window=2))
    other = bind(screen=asks.screen(silent=True, window=2))
    ids = {one.take(f"number {number}") for number in range(4)}
    delivered(desk)
    wait(lambda: len(one.screen.parcels) + len(other.screen.parcels) == 4)
    assert {parcel.id for parcel in one.screen.parcels + other.screen.parcels} == ids


def arrives(desk: Desk, text: str, to: str | None, link: str = "a", reference: str = "n1") -> None:
    [piece] = parts.split(text, Abilities(), 1)
    desk.arrives(InboundPiece(reference, "+38640111222", to, piece.alphabet, piece.user_data), link)


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        ((), []),
        (("*",), ["one", "two", "three"]),
        (("4477",), ["one"]),
        (("38640111000",), ["two"]),
        (("link:b",), ["three"]),
        (("4477", "link:b"), ["one", "three"]),
    ],
)
def test_a_client_is_given_the_texts_that_its_terms_name(
    bind: Bind, desk: Desk, wait: Wait, wanted: tuple[str, ...], texts: list[str]
) -> None:
    bound = bind(inbound=wanted)
    arrives(desk, "one", "4477", reference="n1")
    arrives(desk, "two", "+38640111000", reference="n2")
    arrives(desk, "three", None, link="b", reference="n3")
    last = bound.take("an end to wait for")
    delivered(desk)
    wait(lambda: bound.screen.parcels and bound.screen.parcels[-1].id == last)
    told = [parcel for parcel in bound.screen.parcels if isinstance(parcel, TextParcel)]
    assert [parts.join([parts.Piece(p.alphabet, p.user_data) for p in parcel.pieces]) for parcel in told] == texts
    assert {parcel.sender for parcel in told} <= {"+38640111222"}


@on_both_engines
def test_nobody_is_told_of_anothers_messages_nor_of_its_own_over_the_api(
    bind: Bind, desk: Desk, wait: Wait, key: str
) -> None:
    bound = bind()
    desk.submit(text="of another")
    desk.door.submit(Asked("+38640111333", "over the API", key, metadata={"order": 7}))
    id = bound.take("mine")
    delivered(desk)
    wait(lambda: bound.screen.parcels)
    assert [parcel.id for parcel in bound.screen.parcels] == [id]


@pytest.mark.parametrize("text", ["short", "this is long, " * 20])
def test_whoever_says_something_again_gets_its_receipt_again(bind: Bind, desk: Desk, wait: Wait, text: str) -> None:
    first = bind()
    ids = [first.give(piece).id for piece in first.pieces(text)]
    first.leave()  # before the answers had arrived, as far as the client knows
    delivered(desk)
    second = bind()
    wait(lambda: {parcel.id for parcel in second.screen.parcels} == set(ids))  # which it does not know
    before = len(second.screen.parcels)
    assert [second.give(piece).id for piece in second.pieces(text)] == ids
    wait(lambda: {parcel.id for parcel in second.screen.parcels[before:]} == set(ids))


class Turns(Alone):
    """What one of several nodes holds, as a test says."""

    several = True

    def __init__(self, has: bool) -> None:
        self.has, self.wanted, self.left = has, set[str](), list[str]()

    def holds(self, name: str) -> bool:
        return self.has and name in self.wanted

    def want(self, name: str) -> None:
        self.wanted.add(name)

    def leave(self, name: str) -> None:
        self.wanted.discard(name)
        self.left.append(name)


def test_of_several_nodes_that_a_client_is_bound_to_one_tells_it_and_when_it_leaves_another_goes_on(
    bind: Bind, reception: Reception, desk: Desk, wait: Wait
) -> None:
    other = Reception(desk.database, desk.door, reception._clock)
    first, second = Turns(True), Turns(False)
    reception.courier.holdings, other.courier.holdings = first, second
    here, there = bind(), bind(at=other)
    id = here.take()
    delivered(desk)
    told = wait(lambda: here.screen.parcels)
    assert [parcel.id for parcel in told] == [id]
    wait(lambda: remembered(desk) > 0 and here.screen.parcels)
    here.leave()
    wait(lambda: first.left)
    first.has, second.has = False, True
    last = there.take("once more, and something else")
    delivered(desk)
    wait(lambda: last in [parcel.id for parcel in there.screen.parcels])
    assert len(here.screen.parcels) == 1
    other.close()
