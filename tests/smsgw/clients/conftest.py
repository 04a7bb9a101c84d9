"""A reception over a desk, a client's key, and what a client does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from smsgw.access import keys, smpp_clients
from smsgw.access.smpp_clients import Terms
from smsgw.clients.reception import Reception
from smsgw.link import Abilities, Alphabet, Concatenation
from smsgw.listener import Address, Guest, Knock, NotTaken, Octets, Parcel, Submission, Submitted, Wants
from smsgw.outbound.routing import Served
from smsgw.store.database import Database
from smsgw.text import parts
from tests.smsgw.desk import START, Desk

ALL = Wants(success=True, failure=True)


@dataclass
class Screen:
    """An outlet that remembers. By default everything is acknowledged at once."""

    window: int = 10
    parcels: list[Parcel] = field(default_factory=list)
    open: list[Future[None]] = field(default_factory=list)
    refusals: list[NotTaken] = field(default_factory=list)
    silent: bool = False
    gone: bool = False

    def push(self, parcel: Parcel) -> Future[None]:
        future: Future[None] = Future()
        if self.gone:
            future.set_exception(NotTaken("the connection is gone"))
            return future
        self.parcels.append(parcel)
        if self.silent:
            self.open.append(future)
        elif self.refusals:
            future.set_exception(self.refusals.pop(0))
        else:
            future.set_result(None)
        return future


@dataclass
class Bound:
    """A client that is bound, and what it can do."""

    reception: Reception
    guest: Guest
    screen: Screen

    def send(self, text: str = "hello", to: str = "+38640111222", **more: Any) -> Future[Submitted]:
        """Submit one text in one piece, however long."""
        [future] = self.reception.submit(self.guest, [submission(text, to, **more)])
        return future

    def take(self, text: str = "hello", to: str = "+38640111222", **more: Any) -> str:
        """The same, and wait for its id."""
        return self.send(text, to, **more).result(90).id

    def pieces(self, text: str, reference: int = 7, to: str = "+38640111222", **more: Any) -> list[Submission]:
        """A long text as a client cuts it: submissions, in order."""
        cut = parts.split(text, Abilities(), reference)
        return [
            submission(
                "", to, alphabet=one.alphabet, user_data=one.user_data, udh=one.udh,
                concatenation=parts.concatenation(one.udh), **more,
            )
            for one in cut
        ]  # fmt: skip

    def give(self, asked: Submission) -> Submitted:
        """Submit this and wait."""
        [future] = self.reception.submit(self.guest, [asked])
        return future.result(90)

    def leave(self) -> None:
        """The connection is gone; what is pushed to it in that moment is not taken."""
        self.screen.gone = True
        self.reception.leave(self.guest)


def submission(text: str, *to: str, **more: Any) -> Submission:
    """What a client submits: a text as UCS-2 or GSM letters, uncut."""
    given: dict[str, Any] = {"sender": Address("Shop", "5.0..Shop"), "wants": ALL}
    if "user_data" not in more:
        [piece] = [parts.Piece(one.alphabet, one.user_data) for one in parts.split(text, Abilities(), 1)][:1]
        whole = parts.split(text, Abilities(), 1)
        octets = b"".join(one.user_data for one in whole)
        given |= {"alphabet": piece.alphabet, "user_data": octets}
    addresses = tuple(Address(number, f"1.1..{number.lstrip('+')}") for number in to)
    return Submission(to=addresses, **(given | more))


@pytest.fixture
def fresh_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, for a new PostgreSQL takes seconds; tests whose statements are worth it say `on_both_engines`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk whose first link carries data, too."""
    able = Abilities(alphabets=frozenset(Alphabet))
    return Desk(database, links=[Served("a", "fake", abilities=able), Served("b", "fake", preference=200)])


@pytest.fixture
def reception(desk: Desk) -> Iterator[Reception]:
    """The reception of a gateway."""
    made = Reception(desk.database, desk.door, lambda: desk.now)
    yield made
    made.close()


@pytest.fixture
def key(desk: Desk) -> str:
    """The id of the key `shop`."""
    return keys.create(desk.database.writer, keys.NewKey("shop", ["messages:send", "messages:read"], START))[0]


@pytest.fixture
def bind(reception: Reception, desk: Desk, key: str) -> Callable[..., Bound]:
    """Let the client in: `bind(inbound=("*",))`, terms as of a key. at: another reception over the same store."""
    known: dict[str, tuple[str, str]] = {}

    def come(receives: bool = True, screen: Screen | None = None, at: Reception | None = None, **terms: Any) -> Bound:
        where = at or reception
        if terms or "pair" not in known:
            known["pair"] = smpp_clients.create(desk.database.writer, "shop", Terms(**terms))
        knock = Knock(*known["pair"], "127.0.0.1", sends=True, receives=receives)
        guest = where.enter(knock).result(90)
        bound = Bound(where, guest, screen or Screen())
        if receives:
            where.attach(guest, bound.screen)
        return bound

    return come


def until(what: Callable[[], Any]) -> Any:
    """Wait until `what` gives something true, and return that."""
    end = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


@pytest.fixture
def wait() -> Callable[[Callable[[], Any]], Any]:
    """Wait for a condition: `wait(lambda: …)`."""
    return until


@pytest.fixture
def asks() -> Any:
    """What a test says as a client: `asks.one(text, *numbers, …)`, `asks.octets(…)`, `asks.screen()`."""

    class Asks:
        one = staticmethod(submission)
        screen = Screen
        place = Concatenation
        octets = Octets

    return Asks
