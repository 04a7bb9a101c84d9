"""The other end of the driver contract: it writes down what it is told, and stores when a test says so."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

from smsgw.link import (
    Call,
    Health,
    InboundContent,
    InboundPiece,
    Link,
    LinkError,
    LinkState,
    Receipt,
    WirePart,
)
from smsgw.text.parts import Piece, concatenation, join, split


@dataclass
class Recorder:
    """A gateway that only takes notes.

    store: what becomes of what it is told: "at once" on disk, "fails" to get there, or "later", when the test
    answers the futures in `pending` itself. threads: the names of the threads that told something.
    """

    store: str = "at once"
    answers: list[tuple[WirePart, str | LinkError]] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    pieces: list[InboundPiece] = field(default_factory=list)
    contents: list[InboundContent] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    healths: list[Health] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    pending: list[Future[None]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    turn: threading.Condition = field(default_factory=threading.Condition)

    def taken(self, part: WirePart, reference: str) -> None:
        self._note(f"taken {reference}", self.answers, (part, reference))

    def failed(self, part: WirePart, error: LinkError) -> None:
        self._note(f"failed {error.code}", self.answers, (part, error))

    def receipt(self, receipt: Receipt) -> Future[None]:
        self._note(f"receipt {receipt.reference}", self.receipts, receipt)
        return self._stored()

    def inbound(self, piece: InboundPiece) -> Future[None]:
        self._note(f"inbound {piece.reference}", self.pieces, piece)
        return self._stored()

    def content(self, inbound: InboundContent) -> Future[None]:
        self._note(f"content {inbound.reference}", self.contents, inbound)
        return self._stored()

    def call(self, call: Call) -> Future[None]:
        self._note("call", self.calls, call)
        return self._stored()

    def health(self, health: Health) -> None:
        self._note(health.state, self.healths, health)

    def _note(self, what: str, where: list[Any], told: object) -> None:
        with self.turn:
            self.order.append(what)
            where.append(told)
            self.threads.add(threading.current_thread().name)
            self.turn.notify_all()

    def _stored(self) -> Future[None]:
        future: Future[None] = Future()
        if self.store == "at once":
            future.set_result(None)
        elif self.store == "fails":
            future.set_exception(OSError("the disk is full"))
        else:
            self.pending.append(future)
        return future

    def leave(self) -> None:
        """Fail what is not stored yet, so that nobody waits for it."""
        for future in self.pending:
            if not future.done():
                future.set_exception(OSError("the gateway is gone"))

    def wait(self, condition: Callable[[], object], seconds: float = 90.0) -> None:
        """Wait until a condition on what was noted holds; else the test fails and shows what was noted."""
        end = monotonic() + seconds
        with self.turn:
            while not condition():  # also looked at without news: it may be about the network
                assert monotonic() < end, f"waited {seconds} s in vain; noted: {self.order}"
                self.turn.wait(0.02)

    def wait_up(self) -> None:
        """Wait until the link says that it is up, whatever it said before."""
        self.wait(lambda: self.healths and self.healths[-1].state is LinkState.UP)

    def answers_of(self, parts: Sequence[WirePart]) -> list[str | LinkError]:
        """What was answered for these parts, which must be one answer for each; in their order."""
        counted = Counter(id(part) for part, _ in self.answers)
        assert [counted[id(part)] for part in parts] == [1] * len(parts), "one answer for each part"
        by_part = {id(part): answer for part, answer in self.answers}
        return [by_part[id(part)] for part in parts]

    def references(self, parts: Sequence[WirePart]) -> list[str]:
        """The references of these parts, all of which must have been taken."""
        answers = self.answers_of(parts)
        assert all(isinstance(answer, str) for answer in answers), answers
        return [answer for answer in answers if isinstance(answer, str)]

    def refusals(self, parts: Sequence[WirePart]) -> list[LinkError]:
        """The errors of these parts, none of which may have been taken."""
        answers = self.answers_of(parts)
        assert not any(isinstance(answer, str) for answer in answers), answers
        return [answer for answer in answers if not isinstance(answer, str)]

    def texts(self) -> list[tuple[str, str]]:
        """(sender, text) of everything that came in and is whole; repeats of a reference count once."""
        wholes: dict[tuple[str, str], dict[int, InboundPiece]] = {}
        for piece in self.pieces:
            of = piece.concatenation or concatenation(piece.udh)
            key = f"{of.reference} {of.of} {of.wide}" if of else piece.reference
            wholes.setdefault((piece.sender, key), {})[of.position if of else 1] = piece
        texts = []
        for (sender, _), pieces in wholes.items():
            of = pieces[min(pieces)].concatenation or concatenation(pieces[min(pieces)].udh)
            if len(pieces) == (of.of if of else 1):
                ordered = [pieces[position] for position in sorted(pieces)]
                texts.append((sender, join([Piece(p.alphabet, p.user_data, p.udh) for p in ordered])))
        for content in {one.reference: one for one in self.contents}.values():
            parts = [part for part in content.content.parts if part.media_type == "text/plain"]
            texts.append((content.sender, "".join(part.data.decode(part.charset or "utf-8") for part in parts)))
        return texts

    def heard(self) -> list[InboundPiece | InboundContent]:
        """Everything that came in, piece by piece or whole."""
        return [*self.pieces, *self.contents]


_numbers = count(1)


def write(link: Link, to: str, text: str, sender: str | None = None) -> list[WirePart]:
    """Cut a text into parts for a link, as the gateway does."""
    number = next(_numbers)
    pieces = split(text, link.abilities, number)
    return [
        WirePart(f"m{number}", n, len(pieces), to, sender, piece.alphabet, piece.user_data, piece.udh)
        for n, piece in enumerate(pieces, 1)
    ]
