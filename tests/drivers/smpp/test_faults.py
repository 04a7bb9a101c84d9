"""The driver over a road on which everything goes wrong: each part ends once, nothing is lost, nothing hangs.

The SMSC's own book is the witness: what the driver calls "certainly not sent" must not be in it. SMSGW_FAULT_SEEDS=200
tries more mixtures than CI does; the name of a test is its seed.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from random import Random
from typing import Any

import pytest

from drivers.smpp.esme import Esme
from smsgw.link import Health, InboundPiece, LinkError, LinkState, NoAnswer, Receipt, WirePart
from tests.emulators.smsc import Network
from tests.emulators.smsc_faults import Faults, FaultyRoad, faulty_road

SEEDS = int(os.environ.get("SMSGW_FAULT_SEEDS") or 4)
PATIENCE = 120.0  # seconds for what takes two or three, on a machine that is busy
QUICK = {"answer_timeout": 0.5, "enquire_link": 0.2, "reconnect_first": 0.02, "reconnect_most": 0.1, "window": 20}

ALONE: dict[str, dict[str, Any]] = {
    "latency": {"latency": 0.02},
    "jitter": {"latency": 0.005, "jitter": 0.03},
    "octet by octet": {"trickle": True},
    "many in one write": {"coalesce": 0.1},
    "reordered": {"reorder": 0.3},
    "late answers": {"late": 0.1, "late_by": 0.9},
    "lost on the way": {"lose": 0.05},
    "answers lost": {"swallow": 0.05},
    "answers twice": {"twice": 0.3},
    "answers to nothing": {"stranger": 0.3},
    "one id for two": {"same_id": 0.3},
    "receipts for other ids": {"other_id": 0.3},
    "too fast": {"throttle": 0.05},
    "nonsense": {"junk": 0.2},
    "garbage": {"garbage": 0.02},
    "cut in the middle": {"cut": 0.02},
    "cut, then refused": {"cut": 0.01, "refuse": 0.3},
    "half open": {"freeze": 0.01},
    "unbind": {"unbind": 0.01},
}
SENDS = (LinkState.UP, LinkState.DEGRADED)


class Witness:
    """Events that write down what each part was told, in order; every receipt and text is stored at once."""

    def __init__(self) -> None:
        self.outcomes: dict[str, list[str | LinkError]] = {}
        self.receipts: list[Receipt] = []
        self.pieces: list[InboundPiece] = []
        self.first_text: Callable[[], object] = lambda: None  # done before the first text is acknowledged
        self._lock = threading.Lock()

    def taken(self, part: WirePart, reference: str) -> None:
        with self._lock:
            self.outcomes.setdefault(part.message_id, []).append(reference)

    def failed(self, part: WirePart, error: LinkError) -> None:
        with self._lock:
            self.outcomes.setdefault(part.message_id, []).append(error)

    def receipt(self, receipt: Receipt) -> Future[None]:
        self.receipts.append(receipt)
        return _stored()

    def inbound(self, piece: InboundPiece) -> Future[None]:
        self.pieces.append(piece)
        if len(self.pieces) == 1:
            self.first_text()
        return _stored()

    def content(self, inbound: object) -> Future[None]:
        raise AssertionError("SMPP knows no contents")

    def call(self, call: object) -> Future[None]:
        raise AssertionError("SMPP knows no calls")

    def health(self, health: Health) -> None:
        pass


def _stored() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


@pytest.fixture
def told() -> Witness:
    return Witness()


@pytest.fixture
def road(network: Network) -> Iterator[Callable[..., FaultyRoad]]:
    """A road with faults to the emulated SMSC, which reports every part."""
    network.automatic_receipts()
    made: list[Any] = []

    def make(seed: object, faults: dict[str, Any]) -> FaultyRoad:
        made.append(faulty_road(network.smsc.port, seed, **faults))
        opened: FaultyRoad = made[-1].__enter__()
        return opened

    yield make
    for one in made:
        one.__exit__(None, None, None)


def give(link: Esme, parts: list[WirePart], seconds: float = PATIENCE) -> None:
    """Give all parts to the link as the gateway does: while it is up. Fails when `send` does not return."""
    until = time.monotonic() + seconds

    def sender() -> None:
        for part in parts:
            while link.health().state not in SENDS and time.monotonic() < until:
                time.sleep(0.002)
            link.send(part)

    thread = threading.Thread(target=sender, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "send hangs"


def ends_of(told: Witness, parts: list[WirePart]) -> dict[str, str | LinkError]:
    """How each part ended; fails unless that was told once, or again after NoAnswer by an answer that came late."""
    for part in parts:
        match told.outcomes[part.message_id]:
            case [_]:
                pass
            case [NoAnswer(), str()]:
                pass
            case [NoAnswer(), LinkError() as second] if not isinstance(second, NoAnswer):
                pass
            case outcomes:
                raise AssertionError(f"part {part.message_id} was told {outcomes}")
    return {part.message_id: told.outcomes[part.message_id][-1] for part in parts}


def lies(network: Network, ends: dict[str, str | LinkError]) -> list[str]:
    """What the driver says of a part and the SMSC's book does not."""
    book = Counter(submit.text for submit in network.do(lambda smsc: list(smsc.submits)))
    found = [f"part {number} reached the SMSC {count} times" for number, count in book.items() if count > 1]
    for number, end in ends.items():
        if isinstance(end, str) and not book[number]:
            found.append(f"part {number} was taken as {end!r}, and the SMSC never had it")
        if isinstance(end, LinkError) and end.then != "lose" and book[number]:
            found.append(f"part {number} {end!r}, and the SMSC has it")
    return found


def suffer(
    network: Network, road: FaultyRoad, link: Esme, told: Witness, a_part: Callable[..., WirePart], soon: Any
) -> None:
    """Parts, receipts and texts over a bad road; then it is good again, and everything must be right."""
    parts = [a_part(str(number), number) for number in range(100_001, 100_151)]
    for number in range(10):
        network.phone_sends(f"+49151{number:07d}", f"text {number}" * 15)  # the last ones, in two pieces
    give(link, parts)
    soon(lambda: all(told.outcomes.get(part.message_id) for part in parts), PATIENCE)
    road.quiet()
    until = time.monotonic() + PATIENCE
    for number in itertools.count(900_001):  # the first ones may go into a connection that was frozen before
        parts.append(a_part(str(number), number))
        give(link, parts[-1:])
        soon(lambda: told.outcomes.get(parts[-1].message_id), PATIENCE)
        if isinstance(told.outcomes[parts[-1].message_id][-1], str):
            break
        assert time.monotonic() < until, "the link does not work when the road is good again"
    soon(lambda: all(d.done for d in network.do(lambda smsc: list(smsc.deliveries.values()))), PATIENCE)
    assert lies(network, ends_of(told, parts)) == []


def told_of_all(network: Network, told: Witness, believed: bool) -> None:
    """Everything that was acknowledged had been told: receipts by their ids, texts by sender and place."""
    given = network.do(lambda smsc: list(smsc.deliveries.values()))
    receipts = {d.about["of"] for d in given if d.kind == "receipt"}
    if believed:
        assert receipts == {receipt.reference for receipt in told.receipts}
    assert len(told.receipts) >= len(receipts)
    texts = {(d.about["sender"], d.about["text"], d.about["piece"]) for d in given if d.kind == "text"}
    assert len(texts) == len({(piece.sender, piece.udh) for piece in told.pieces})


@pytest.fixture
def make_link(network: Network, told: Witness) -> Iterator[Callable[..., Esme]]:
    """A link over the road that listens on this port."""
    from drivers.smpp import Config

    made: list[Esme] = []

    def make(port: int, **more: Any) -> Esme:
        config = Config.model_validate(network.settings(**{**QUICK, "port": port, **more}))
        made.append(Esme("carrier", config, told, time.monotonic, Random(1).random))
        made[-1].start()
        return made[-1]

    yield make
    for link in made:
        begun = time.monotonic()
        link.stop(begun + 1)
        assert time.monotonic() - begun < PATIENCE, "stop hangs"


@pytest.mark.parametrize("fault", ALONE)
def test_every_part_ends_once_and_no_receipt_is_lost(
    fault: str, network: Network, road: Any, make_link: Any, told: Witness, a_part: Callable[..., WirePart], soon: Any
) -> None:
    bad = road(fault, ALONE[fault])
    suffer(network, bad, make_link(bad.port), told, a_part, soon)
    told_of_all(network, told, believed=fault != "receipts for other ids")
    chances = {name for name, value in ALONE[fault].items() if isinstance(value, float) and name in bad.done}
    assert all(bad.done[name] for name in chances), f"it never happened: {bad.done}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_mixture_of_faults_is_survived(
    seed: int, network: Network, road: Any, make_link: Any, told: Witness, a_part: Callable[..., WirePart], soon: Any
) -> None:
    mixed = mixture(Random(seed))
    bad = road(seed, mixed)
    suffer(network, bad, make_link(bad.port), told, a_part, soon)
    told_of_all(network, told, believed="other_id" not in mixed)


def mixture(chance: Random) -> dict[str, Any]:
    """Some faults, rarer than alone, for they all come together."""
    mixed: dict[str, Any] = {}
    for faults in chance.sample(list(ALONE.values()), chance.randint(3, 8)):
        for name, value in faults.items():
            mixed[name] = value / 2 if isinstance(value, float) and name not in ("late_by", "refuse") else value
    return mixed


def test_the_same_seed_draws_the_same_faults(
    network: Network, road: Any, make_link: Any, told: Witness, a_part: Any, soon: Any
) -> None:
    counts = []
    for _ in range(2):
        bad = road("twin", {"twice": 0.3, "stranger": 0.2})
        link = make_link(bad.port, answer_timeout=60, enquire_link=60)  # so that nothing is said but parts
        parts = [
            a_part(str(number), number) for number in range(200_001 + 100 * len(counts), 200_051 + 100 * len(counts))
        ]
        network.automatic_receipts(False)
        give(link, parts)
        soon(lambda parts=parts: all(told.outcomes.get(part.message_id) for part in parts), PATIENCE)
        link.stop(time.monotonic() + 60)
        counts.append((bad.done["twice"], bad.done["stranger"]))
    assert counts[0] == counts[1]
    assert min(counts[0]) > 0


def test_an_answer_that_went_into_a_half_open_connection_did_not_surely_arrive(
    network: Network, road: Any, make_link: Any, told: Witness, soon: Any
) -> None:
    bad = road("half open", {})
    make_link(bad.port)
    soon(lambda: network.do(lambda smsc: [session for session in smsc.sessions if session.bound]), PATIENCE)
    told.first_text = bad.freeze  # before it is acknowledged
    network.phone_sends("+4915110000001", "yes")
    soon(lambda: network.acknowledged(), PATIENCE)
    assert len(told.pieces) > 1
    assert {piece.reference for piece in told.pieces} == {told.pieces[0].reference}


def test_sequence_numbers_begin_anew_while_parts_are_on_their_way(
    network: Network, road: Any, make_link: Any, told: Witness, a_part: Callable[..., WirePart], soon: Any
) -> None:
    bad = road("wrap", {"reorder": 0.3, "latency": 0.01})
    link = make_link(bad.port, answer_timeout=60)
    soon(lambda: link.health().state is LinkState.UP, PATIENCE)
    (session,) = link._sessions
    session._numbers = itertools.count(0x7FFFFFFF - 40)
    parts = [a_part(str(number), number) for number in range(300_001, 300_101)]
    give(link, parts)
    soon(lambda: all(told.outcomes.get(part.message_id) for part in parts), PATIENCE)
    assert all(isinstance(end, str) for end in ends_of(told, parts).values())
    assert lies(network, ends_of(told, parts)) == []
    numbers = network.do(lambda smsc: [submit.sequence for submit in smsc.submits])
    assert {0x7FFFFFFF, 1} < set(numbers)
    assert max(numbers) == 0x7FFFFFFF


def test_every_fault_is_tried_alone() -> None:
    assert {name for faults in ALONE.values() for name in faults} == set(Faults.__dataclass_fields__)
