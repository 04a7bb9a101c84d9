"""Kill a gateway under load, again and again: callers that note every answer, kills at random moments, a book.

The surprise: a caller whose request was cut asks again after the next start, under the same client_ref, as a good
client does. So every message of the book ends with an answer, and no message may be there twice.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random
from typing import Any

from tests.flows.running import Client, Running
from tests.flows.wires import Wire

POLICIES = ("resend", "resend", "resend", "hold", "fail")
LETTERS = {
    "gsm": "Your order is ready; come and get it, we are open until six. ",
    "ucs2": "سفارش شما آماده است 📚 до свидания ",
}


@dataclass(frozen=True)
class Wanted:
    """A message that a caller wants sent. Its number is its own: no other message goes there."""

    ref: str
    to: str
    text: str
    on_unsure: str

    def body(self) -> dict[str, str]:
        """As the API takes it."""
        return {"to": self.to, "text": self.text, "client_ref": self.ref, "on_unsure": self.on_unsure}


@dataclass
class Book:
    """What the callers know: what they asked for, the ids they were told, and what nobody answered."""

    wanted: dict[str, Wanted] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    cut: deque[Wanted] = field(default_factory=deque)
    strange: list[str] = field(default_factory=list)
    put_off: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, chance: Random, most: int) -> list[Wanted]:
        """What a caller asks for now: what was cut first, then something new."""
        with self.lock:
            if self.cut:
                return [self.cut.popleft() for _ in range(min(most, len(self.cut)))]
            return [self._new(chance) for _ in range(most)]

    def _new(self, chance: Random) -> Wanted:
        number = len(self.wanted) + 1
        letters, kind = chance.choice([("gsm", 1), ("gsm", 1), ("gsm", 6), ("ucs2", 1), ("ucs2", 4)])
        text = f"No. {number}: {LETTERS[letters] * kind}".strip()
        new = Wanted(f"ref-{number}", f"+49151{20_000_000 + number}", text, chance.choice(POLICIES))
        self.wanted[new.ref] = new
        return new

    def answered(self, wanted: Wanted, id: str) -> None:
        """A caller was told yes, and this id."""
        with self.lock:
            self.told.setdefault(wanted.ref, set()).add(id)

    def unanswered(self, batch: list[Wanted]) -> None:
        """Nobody answered: whether these were stored is not known."""
        with self.lock:
            self.cut.extend(batch)

    def later(self, batch: list[Wanted], answer: Any) -> None:
        """The gateway said 503: not now, ask again."""
        with self.lock:
            self.put_off += 1
        if not answer.get("code") or not answer.get("hint"):
            self.surprised(f"a 503 without words: {answer}")
        self.unanswered(batch)

    def surprised(self, what: str) -> None:
        """An answer that no caller should get."""
        with self.lock:
            self.strange.append(what)


class Caller(threading.Thread):
    """A program that sends messages over one kept connection, alone and in batches, until it is cut or told to end.

    new: whether it thinks of new messages when nothing is left that was cut. pause: the longest, in seconds.
    """

    def __init__(self, book: Book, client: Client, chance: Random, *, new: bool = True, pause: float = 0.02) -> None:
        super().__init__(daemon=True)
        self._pause = pause
        self._book, self._client, self._chance, self._new = book, client, chance, new
        self.ended = threading.Event()

    def run(self) -> None:
        """Ask, note, pause a moment, ask again."""
        while not self.ended.is_set() and (self._new or self._book.cut):
            batch = self._book.next(self._chance, 1 if self._chance.random() < 0.7 else self._chance.randint(2, 8))
            try:
                self._ask(batch)
            except (OSError, HTTPException, json.JSONDecodeError):
                self._book.unanswered(batch)
                break
            time.sleep(self._chance.uniform(0, self._pause))
        self._client.close()

    def _ask(self, batch: list[Wanted]) -> None:
        if len(batch) == 1:
            status, answer = self._client.ask("POST", "/messages", batch[0].body())
            answers = [answer]
        else:
            status, answer = self._client.ask("POST", "/messages/batch", [one.body() for one in batch])
            answers = answer.get("data", [])
        if status == 503:
            self._book.later(batch, answer)
            time.sleep(0.2)
            return
        if status not in (200, 202):  # 200: it was stored when we were cut
            self._book.surprised(f"{batch[0].ref} was answered with {status}: {answer}")
            return
        for wanted, told in zip(batch, answers, strict=True):
            if "id" in told:
                self._book.answered(wanted, told["id"])
            else:
                self._book.surprised(f"{wanted.ref} was answered with {told}")


class Typist(threading.Thread):
    """Somebody who has the phones of a network write texts, until the gateway is gone."""

    def __init__(self, wire: Wire, client: Client, chance: Random, name: str) -> None:
        super().__init__(daemon=True)
        self._wire, self._client, self._chance, self._name = wire, client, chance, name
        self.ended = threading.Event()

    def run(self) -> None:
        """Type, wait, type again."""
        number = 0
        try:
            while not self.ended.is_set():
                number += 1
                text = f"from a phone: {self._name} {number}" + self._chance.choice(["", "", ", and so on" * 20])
                self._wire.types(self._client, text)
                time.sleep(self._chance.uniform(0.02, 0.06))
        except (OSError, HTTPException, json.JSONDecodeError):
            pass
        self._client.close()


@dataclass
class Siege:
    """One gateway that is killed again and again on one store, with one network."""

    gateway: Running
    wire: Wire
    secret: str
    chance: Random
    book: Book = field(default_factory=Book)
    starts: list[float] = field(default_factory=list)
    kills: int = 0

    def round(self, name: str) -> None:
        """Start, load, and kill at a random moment; sometimes there is a kill in the middle of the start before."""
        if self.starts and self.chance.random() < 0.2:
            self.gateway.spawn()
            time.sleep(self.chance.uniform(0, max(self.starts)))
            self._kill()
        self.starts.append(self.gateway.start())
        load = self.load(name)
        time.sleep(self.chance.uniform(0, 1.5))
        self._kill()
        for thread in load:
            thread.ended.set()
            thread.join(180)
            assert not thread.is_alive(), "a caller hangs"

    def _kill(self) -> None:
        self.gateway.kill()
        self.kills += 1

    def load(self, name: str) -> list[Caller | Typist]:
        """Four callers and somebody with the phones begin; name: what makes these phones' texts their own."""
        load: list[Caller | Typist] = [
            Caller(self.book, self.gateway.client(self.secret), Random(f"{self.chance.random()} {number}"))
            for number in range(4)
        ]
        load.append(Typist(self.wire, self.gateway.client(), Random(self.chance.random()), name))
        for thread in load:
            thread.start()
        return load

    def ask_again(self) -> None:
        """Everything that was cut is asked for again, until it is answered."""
        caller = Caller(self.book, self.gateway.client(self.secret), Random(0), new=False)
        caller.start()
        caller.join(300)
        assert not self.book.cut, f"{len(self.book.cut)} messages were not answered by a gateway that nobody killed"
