"""The driver contract (smsgw/link.py), rule by rule, for every driver there is.

It is a table with one row for each kind. Each driver stands in front of a network that it does not know from a
real one (networks.py); behind it is a gateway that takes notes (recorder.py). Whatever a test does, in the end
every part was answered exactly once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smsgw.config.links import kinds
from smsgw.link import (
    LinkDown,
    LinkState,
    NoAnswer,
    ReceiptState,
    RejectedForGood,
    Throttled,
    WirePart,
    open_link,
)
from tests.drivers.networks import NO_TEXTS, PHONE, ROWS, WINDOWED, Network
from tests.drivers.recorder import Recorder, write

CUSTOMER = "+38641000002"
TEXTS = {
    "short": "Your order is ready.",
    "GSM letters in three parts": "Price {5 €}, [net] ^ ~ \\ | ÄÖÑÜ§¿äöñüà ΔΦΓΛΩΠΨΣΘΞ line\n" * 6,
    "Chinese in three parts": "您的订单已准备好，请今天来取。" * 10,
    "emoji in three parts": "Čestitke 👩‍👩‍👧‍👦🇸🇮🎉 hvala! " * 5,
}


class Rig:
    """A link between a network and a gateway that takes notes."""

    def __init__(self, network: Network, events: Recorder, window: int = 8, patience: float = 60.0) -> None:
        self.network = network
        self.events = events
        self.parts: list[WirePart] = []
        self.link = open_link("contract", network.kind, network.config(window, patience), events)
        network.attach(self.link)
        self.link.start()

    def send(self, *texts: str) -> list[WirePart]:
        """Give texts to the link, part by part; the parts."""
        parts = [part for text in texts for part in write(self.link, CUSTOMER, text)]
        for part in parts:
            self.give(part)
        return parts

    def give(self, part: WirePart) -> None:
        self.parts.append(part)
        self.link.send(part)

    def answered(self, parts: list[WirePart]) -> None:
        """Wait until these parts are answered."""
        ids = {id(part) for part in parts}
        self.events.wait(lambda: ids <= {id(part) for part, _ in self.events.answers})

    def wait_down(self) -> None:
        self.events.wait(lambda: self.link.health().state is not LinkState.UP)

    def stop(self, seconds: float) -> float:
        """Stop the link; how long it took."""
        began = time.monotonic()
        self.link.stop(began + seconds)
        return time.monotonic() - began


Open = Callable[..., Rig]


@pytest.fixture(params=ROWS)
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Network]:
    with ROWS[request.param](tmp_path) as network:
        yield network


@pytest.fixture
def connect(network: Network, events: Recorder) -> Iterator[Open]:
    """Open a link that is up. In the end it is stopped, and every part must have had one answer."""
    rigs = []

    def connect(window: int = 8, patience: float = 60.0) -> Rig:
        rig = Rig(network, events, window, patience)
        rigs.append(rig)
        events.wait_up()
        return rig

    yield connect
    for rig in rigs:
        events.leave()
        rig.stop(2)
        rig.events.answers_of(rig.parts)


@pytest.fixture
def rig(connect: Open) -> Rig:
    return connect()


def test_every_driver_there_is_has_a_row_in_the_table() -> None:
    assert set(kinds()) == set(ROWS) | NO_TEXTS


def test_it_is_up_after_the_start_and_says_so(rig: Rig) -> None:
    assert rig.link.health().state is LinkState.UP
    assert LinkState.DOWN not in [health.state for health in rig.events.healths[1:]]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_as_it_was_sent(rig: Rig, text: str) -> None:
    parts = rig.send(text)
    assert len(parts) == (1 if text == TEXTS["short"] or rig.link.abilities.whole else 3)
    rig.answered(parts)
    rig.events.references(parts)
    rig.events.wait(lambda: rig.network.submitted())
    assert rig.network.submitted() == [(CUSTOMER, text)]


def test_each_part_is_answered_once_and_has_a_reference_of_its_own(rig: Rig) -> None:
    parts = rig.send(*(f"text number {number}" for number in range(10)))
    rig.answered(parts)
    assert len(set(rig.events.references(parts))) == 10
    assert sorted(rig.network.submitted()) == sorted((CUSTOMER, f"text number {n}") for n in range(10))


def test_each_part_has_a_receipt_under_the_reference_that_it_was_taken_with(rig: Rig) -> None:
    parts = rig.send(TEXTS["GSM letters in three parts"], "and a short one")
    rig.events.wait(lambda: len(rig.events.receipts) == len(parts))
    rig.answered(parts)
    assert sorted(receipt.reference for receipt in rig.events.receipts) == sorted(rig.events.references(parts))
    assert {receipt.state for receipt in rig.events.receipts} == {ReceiptState.DELIVERED}
    assert {receipt.recipient for receipt in rig.events.receipts} <= {CUSTOMER, None}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_of_a_phone_comes_in_as_it_was_typed(rig: Rig, text: str) -> None:
    rig.network.phone_sends(PHONE, text)
    rig.events.wait(lambda: rig.events.texts())
    assert rig.events.texts() == [(PHONE, text)]
    rig.events.wait(lambda: rig.network.acknowledged() == 1)
    assert len(rig.events.heard()) == len({piece.reference for piece in rig.events.heard()})


def test_the_same_words_sent_twice_by_a_phone_are_two_texts(rig: Rig) -> None:
    rig.network.phone_sends(PHONE, "yes")
    rig.events.wait(lambda: rig.network.acknowledged() == 1)
    rig.network.phone_sends(PHONE, "yes")
    rig.events.wait(lambda: rig.network.acknowledged() == 2)
    assert len({piece.reference for piece in rig.events.heard()}) == 2


def test_nothing_is_acknowledged_before_it_is_stored(rig: Rig) -> None:
    rig.events.store = "later"
    rig.network.phone_sends(PHONE, "keep this")
    rig.events.wait(lambda: rig.events.pending)
    time.sleep(0.3)
    assert rig.network.acknowledged() == 0
    rig.events.pending[0].set_result(None)
    rig.events.wait(lambda: rig.network.acknowledged() == 1)


def test_what_could_not_be_stored_is_not_acknowledged_and_is_told_again_after_a_reconnect(rig: Rig) -> None:
    rig.events.store = "fails"
    rig.network.phone_sends(PHONE, "keep this")
    rig.events.wait(lambda: rig.events.heard())
    time.sleep(0.3)
    assert rig.network.acknowledged() == 0
    rig.network.disconnect()
    rig.wait_down()
    rig.events.store = "at once"
    rig.network.reconnect()
    rig.events.wait(lambda: rig.network.acknowledged() == 1)
    assert len({piece.reference for piece in rig.events.heard()}) == 1
    assert len(rig.events.heard()) >= 2


def test_a_refusal_for_good_is_told_with_its_code_and_the_next_part_goes(rig: Rig) -> None:
    rig.network.refuse_next()
    parts = rig.send("not wanted")
    rig.answered(parts)
    rig.network.recover()
    (error,) = rig.events.refusals(parts)
    assert isinstance(error, RejectedForGood)
    assert error.code
    assert error.says
    rig.answered(rig.send("wanted"))
    assert rig.network.submitted() == [(CUSTOMER, "wanted")]


def test_too_fast_is_told_as_throttled_and_rests_the_link(rig: Rig) -> None:
    rig.network.throttle_next()
    parts = rig.send("one", "two")
    rig.answered(parts)
    rig.network.recover()
    errors = [answer for answer in rig.events.answers_of(parts) if not isinstance(answer, str)]
    assert [type(error) for error in errors] == [Throttled]
    assert errors[0].rest > 0


def test_silence_is_no_answer(connect: Open) -> None:
    rig = connect(patience=0.5)
    rig.network.go_silent()
    parts = rig.send("is anybody there?")
    rig.answered(parts)
    (error,) = rig.events.refusals(parts)
    assert isinstance(error, NoAnswer)
    assert error.says


def test_a_connection_cut_in_flight_leaves_the_part_in_doubt_and_the_link_comes_back(rig: Rig) -> None:
    rig.network.go_silent()
    before = rig.network.reached()
    lost = rig.send("on its way")
    rig.events.wait(lambda: rig.network.reached() > before)
    rig.network.disconnect()
    rig.answered(lost)
    assert isinstance(rig.events.refusals(lost)[0], NoAnswer)
    rig.wait_down()
    assert rig.link.health().why
    rig.network.recover()
    rig.network.reconnect()
    rig.events.wait_up()
    parts = rig.send("after the storm")
    rig.answered(parts)
    assert rig.events.references(parts)
    assert (CUSTOMER, "after the storm") in rig.network.submitted()


def test_what_is_sent_without_a_connection_is_told_as_link_down_and_never_leaves(rig: Rig) -> None:
    rig.network.disconnect()
    rig.wait_down()
    parts = rig.send("nobody hears this")
    rig.answered(parts)
    assert isinstance(rig.events.refusals(parts)[0], LinkDown)
    rig.network.reconnect()
    rig.events.wait_up()
    rig.answered(rig.send("this one"))
    assert rig.network.submitted() == [(CUSTOMER, "this one")]


def test_a_stop_lets_what_is_in_flight_be_answered(rig: Rig) -> None:
    parts = rig.send(*(f"last words {number}" for number in range(3)))
    assert rig.stop(60) < 60
    assert len(rig.events.references(parts)) == 3


def test_a_stop_waits_until_what_was_told_is_stored_and_acknowledges_it(rig: Rig) -> None:
    rig.events.store = "later"
    rig.network.phone_sends(PHONE, "keep this too")
    rig.events.wait(lambda: rig.events.pending)
    storing = threading.Timer(0.3, rig.events.pending[0].set_result, [None])
    storing.start()
    assert rig.stop(60) < 50
    storing.join()
    rig.events.wait(lambda: rig.network.acknowledged() == 1)


def test_a_stop_ends_in_time_although_the_network_is_silent_and_answers_every_part(connect: Open) -> None:
    rig = connect(window=2, patience=600)
    window, before = rig.link.window, rig.network.reached()
    rig.network.go_silent()
    giving = threading.Thread(target=rig.send, args=[f"text {number}" for number in range(4)])
    giving.start()  # more than the window: this thread blocks in send
    rig.events.wait(lambda: len(rig.parts) > window and rig.network.reached() >= before + window)
    assert giving.is_alive()
    assert rig.stop(0.5) < 60
    rig.events.answers_of(rig.parts[:window])
    giving.join(60)
    assert not giving.is_alive()
    rig.answered(rig.parts)
    errors = [type(error) for error in rig.events.refusals(rig.parts)]
    assert errors == [NoAnswer] * window + [LinkDown] * (len(errors) - window)
    assert rig.link.health().state is not LinkState.UP


@pytest.mark.parametrize("network", WINDOWED, indirect=True)
def test_send_blocks_only_while_the_window_is_full_and_not_for_ever(connect: Open) -> None:
    rig = connect(window=3, patience=3.0)
    assert rig.link.window == 3
    rig.network.go_silent()
    began = time.monotonic()
    rig.send("one", "two", "three")
    assert rig.events.answers == [], "it did not wait for any of them"
    rig.send("four")
    assert 2.0 < time.monotonic() - began < 90
    rig.answered(rig.parts)
