"""An open port for SMPP clients, and behind it a reception that notes what it is asked and answers as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers.smpp.server.listener import SmppListener
from smsgw.config.listen import SmppListenConfig
from smsgw.errors import NotFound, Unauthenticated
from smsgw.link import ReceiptState
from smsgw.listener import Address, Guest, Knock, Outcome, Outlet, Submission, Submitted
from tests.emulators.smpp_client import SmppClient


@dataclass
class Desk:
    """Stands in for the gateway. `takes`: makes the future of each submission; by default it is taken at once."""

    window: int = 100
    alphabet: Any = "gsm7"
    knocks: list[Knock] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    outlets: list[Outlet] = field(default_factory=list)
    left: list[Guest] = field(default_factory=list)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    refusal: Exception | None = None
    takes: Callable[[Submission], Future[Submitted]] | None = None

    def enter(self, knock: Knock) -> Future[Guest]:
        self.knocks.append(knock)
        future: Future[Guest] = Future()
        if knock.password != "secret08":
            future.set_exception(Unauthenticated("wrong"))
        elif self.refusal is not None:
            future.set_exception(self.refusal)
        else:
            name = f"s{len(self.knocks)}"
            guest = Guest("key_1", "shop", name, knock.sends, knock.receives, self.window, self.alphabet)
            future.set_result(guest)
        return future

    def attach(self, guest: Guest, outlet: Outlet) -> None:
        self.outlets.append(outlet)

    def leave(self, guest: Guest) -> None:
        self.left.append(guest)

    def submit(self, guest: Guest, batch: list[Submission]) -> list[Future[Submitted]]:
        self.batches.append(len(batch))
        return [self._submit(asked) for asked in batch]

    def _submit(self, asked: Submission) -> Future[Submitted]:
        self.submissions.append(asked)
        if self.takes is not None:
            return self.takes(asked)
        return done(Submitted(f"msg_{len(self.submissions)}"))

    def query(self, guest: Guest, id: str) -> Future[Outcome]:
        self.asked.append(("query", id))
        return done(Outcome(ReceiptState.ENROUTE)) if id == "msg_1" else failed(NotFound("no"))

    def cancel(self, guest: Guest, id: str, sender: Address | None, to: Address | None) -> Future[int]:
        self.asked.append(("cancel", id, sender and sender.written, to and to.written))
        return done(1) if id == "msg_1" or to else failed(NotFound("no"))

    def replace(self, guest: Guest, id: str, by: Submission) -> Future[None]:
        self.asked.append(("replace", id, by.user_data))
        return done(None) if id == "msg_1" else failed(NotFound("no"))


def done(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


def failed(problem: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(problem)
    return future


def eventually(what: Callable[[], Any]) -> Any:
    """Wait until `what` gives something true, and return that."""
    until = time.monotonic() + 90
    while not (found := what()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)
    return found


@pytest.fixture
def wait() -> Callable[[Callable[[], Any]], Any]:
    """Wait for a condition: `wait(lambda: …)`."""
    return eventually


@pytest.fixture
def desk() -> Desk:
    """The reception."""
    return Desk()


@pytest.fixture
def answers() -> Any:
    """Futures that have ended: `answers.done(result)`, `answers.failed(problem)`."""

    class Ended:
        done = staticmethod(done)
        failed = staticmethod(failed)

    return Ended


@pytest.fixture
def listening(desk: Desk) -> Iterator[Callable[..., SmppListener]]:
    """Open a port: `listening(enquire_link=0.2)`; keys as in [[listen.smpp]]."""
    opened: list[SmppListener] = []

    def open_it(**keys: Any) -> SmppListener:
        listener = SmppListener(SmppListenConfig(**{"listen": "127.0.0.1:0"} | keys), desk)
        listener.start()
        opened.append(listener)
        return listener

    yield open_it
    for listener in opened:
        listener.stop(time.monotonic() + 2)


@pytest.fixture
def client(listening: Callable[..., SmppListener]) -> Iterator[SmppClient]:
    """A client that is bound as a transceiver."""
    with SmppClient(listening().port) as made:
        assert made.bind("shop", "secret08").status == 0
        yield made
