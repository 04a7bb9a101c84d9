"""A client over SMPP, and the gateway killed under it again and again: what was acknowledged is there, and only once.

SMSGW_KILL_ROUNDS=500 kills more often than CI does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.link import Abilities
from smsgw.store.tables import message
from smsgw.text import parts
from tests.emulators import smpp_client
from tests.emulators.smpp_client import RESP, SmppClient, read_deliver, submit
from tests.flows.running import Running, environment, until
from tests.flows.wires import Tape

ROUNDS = max(3, environment("SMSGW_KILL_ROUNDS", 24) // 10)
WINDOW = 50
NUMBER = "+38640111222"
LONG = " And this is so long that it takes two parts, for it goes on and on, as texts of people do." * 2


@dataclass
class Book:
    """What the client knows: what it submitted, what of it was acknowledged under which ids, what it was told."""

    open: dict[str, list[bytes]] = field(default_factory=dict)  # by text: the bodies of its parts, not yet acknowledged
    ids: dict[str, set[str]] = field(default_factory=dict)  # by text: the id of each whole
    told: dict[str, set[str]] = field(default_factory=dict)  # by id as it was answered: states in receipts
    answered: set[str] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)
    count: int = 0

    def new(self) -> str:
        self.count += 1
        text = f"No. {self.count}" + (LONG if self.count % 10 == 0 else "")
        cut = parts.split(text, Abilities(), self.count)
        self.open[text] = [
            submit(to=NUMBER[1:], text=one.udh + one.user_data, esm_class=0x40 if one.udh else 0) for one in cut
        ]
        return text


class Sitting:
    """One connection: submits what is open, then new texts, and notes the answers, until it breaks or shall end."""

    def __init__(self, book: Book, port: int, pair: tuple[str, str]) -> None:
        self.book = book
        self.client = SmppClient(port)
        assert self.client.bind(*pair).status == 0
        self._todo = list(book.open)
        self._flying: dict[int, tuple[str, bytes]] = {}

    def go(self, seconds: float, new: bool = True) -> None:
        """Submit for so long, or, without new texts, until everything is acknowledged."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not new and not self._todo and not self._flying:
                return
            while len(self._flying) < WINDOW and (self._todo or new):
                text = self._todo.pop(0) if self._todo else self.book.new()
                for body in self.book.open[text]:
                    self._flying[self.client.send(smpp_client.SUBMIT_SM, body)] = (text, body)
            self.hear()

    def hear(self) -> None:
        """Read one PDU, and answer it or note it."""
        pdu = self.client.read()
        if pdu is None:
            raise ConnectionError
        if pdu.command == smpp_client.DELIVER_SM:
            told = read_deliver(pdu)
            receipt = told.receipt
            self.book.told.setdefault(receipt["id"], set()).add(receipt["stat"])
            self.client.send(smpp_client.DELIVER_SM | RESP, b"\0", sequence=pdu.sequence)
        elif pdu.command == smpp_client.ENQUIRE_LINK:
            self.client.send(smpp_client.ENQUIRE_LINK | RESP, sequence=pdu.sequence)
        elif pdu.command == smpp_client.SUBMIT_SM | RESP:
            text, body = self._flying.pop(pdu.sequence)
            if pdu.status:
                self.book.refused.append(pdu.status)
                return
            self.book.answered.add(pdu.text)
            self.book.ids.setdefault(text, set()).add("msg_" + pdu.text.partition(".")[0])
            left = self.book.open[text]
            left.remove(body)
            if not left:
                del self.book.open[text]


@pytest.mark.slow
def test_what_a_client_was_acknowledged_is_there_once_and_told_over_kills(
    open_gateway: Callable[..., Running], tape: Tape, record_property: Callable[[str, object], None]
) -> None:
    gateway = open_gateway([tape.link()], sending={"region": "SI", "duplicate_window": 86_400, "unsure_wait": 5})
    gateway.config.write_text(gateway.config.read_text() + '\n[[listen.smpp]]\nlisten = "127.0.0.1:0"\n')
    gateway.smsgw("key", "create", "shop")
    pair = pair_of(gateway.smsgw("key", "smpp", "shop").stdout)
    chance, book = Random(7), Book()
    for _ in range(ROUNDS):
        gateway.start()
        sitting = Sitting(book, port_of(gateway), pair)
        sitting.go(chance.uniform(0.1, 1.0))
        gateway.kill()
        with pytest.raises((ConnectionError, AssertionError, OSError)):
            sitting.go(30)
        sitting.client.close()
        _nothing_is_lost(gateway, book)
    gateway.start()
    last = Sitting(book, port_of(gateway), pair)
    last.go(240, new=False)
    assert book.refused == []
    assert book.open == {}
    stored = _nothing_is_lost(gateway, book)
    assert sorted(stored.values()) == sorted(book.ids), "what is in the store is what was asked, each text once"
    until(lambda: set(book.told) >= book.answered or last.hear(), 60, "a receipt for each acknowledged part", every=0)
    assert {state for states in book.told.values() for state in states} == {"DELIVRD"}
    record_property("figures", f"{ROUNDS} kills, {len(book.answered)} parts of {len(stored)} messages acknowledged")
    status, seconds = gateway.terminate()  # with a client that does not answer our unbind
    assert status == 0, f"after {seconds} seconds"
    last.client.close()


def pair_of(said: str) -> tuple[str, str]:
    """The account that `smsgw key smpp` told of."""
    found = re.search(r"system_id (\S+)\s+password  (\S+)", said)
    assert found is not None, said
    return found[1], found[2]


def port_of(gateway: Running) -> int:
    """The port that the daemon's log names last."""
    return int(re.findall(r"SMPP at 127\.0\.0\.1:([0-9]+) is running", gateway.log.read_text())[-1])


def _nothing_is_lost(gateway: Running, book: Book) -> dict[str, str]:
    """Every whole that was acknowledged is in the store, under one id, with its text; all of the store, id to text."""
    with gateway.looking() as conn:
        rows: Any = conn.execute(select(message.c.id, message.c.text)).all()
    stored = {row.id: row.text for row in rows}
    for text, ids in book.ids.items():
        assert len(ids) == 1, f"{text[:20]} was acknowledged under {ids}"
        if text not in book.open:
            assert stored.get(next(iter(ids))) == text
    assert len(set(stored.values())) == len(stored), "a text is there twice"
    return stored
