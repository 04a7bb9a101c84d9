"""A link whose network replaces texts, on paper: it remembers what it was asked; and what tests of that ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from smsgw.errors import BadInput, RefusedByPolicy, SmsgwError
from smsgw.link import Abilities, Alphabet, Health, Link, LinkState, Receipt, WirePart
from smsgw.outbound import outbox
from smsgw.outbound.replacing import Replacing
from smsgw.outbound.rewording import Replacement
from smsgw.store import said_before
from smsgw.text import parts
from tests.smsgw.desk import Desk

LONG = "0123456789" * 40  # three parts
WRONG, RIGHT = "Today only: bread for 1 EUR", "Today only: bread for 2 EUR"


class Smsc:
    """A link whose network replaces texts and gives messages back, unless the test says what it answers instead."""

    def __init__(self, *verbs: str) -> None:
        self.abilities = Abilities(optional=frozenset(verbs))
        self.state = LinkState.UP
        self.asked: list[tuple[str, str]] = []
        self.gave_back: list[str] = []
        self.answers: Callable[[], None] = lambda: None

    def health(self) -> Health:
        return Health(self.state)

    def query(self, reference: str, sender: str | None, to: str) -> Receipt:
        raise AssertionError

    def cancel(self, reference: str, sender: str | None, to: str) -> None:
        self.gave_back.append(reference)
        self.answers()

    def replace(self, reference: str, part: WirePart) -> None:
        self.asked.append((reference, parts.join([parts.Piece(part.alphabet, part.user_data, part.udh)])))
        self.answers()


def sent(desk: Desk, text: str = WRONG, **more: Any) -> str:
    """A message that its network took, as r1."""
    id = desk.submit(text=text, **more)
    for number, wire in enumerate(desk.claim(), 1):
        desk.taken(wire, f"r{number}")
    return id


def put(desk: Desk, smsc: Smsc, id: str, text: str = RIGHT, **more: Any) -> None:
    """Ana wants this text there."""
    verb = Replacing({"a": cast(Link, smsc)}, desk.database, desk.door)
    verb.replace(Replacement(id, text, "ana", desk.now, **more))


def refused(desk: Desk, smsc: Smsc, id: str, text: str = RIGHT, **more: Any) -> SmsgwError:
    with pytest.raises(SmsgwError) as no:
        put(desk, smsc, id, text, **more)
    return no.value


def code(problem: SmsgwError) -> str:
    return problem.faults[0].code if isinstance(problem, BadInput | RefusedByPolicy) else problem.code


def said(desk: Desk, id: str) -> tuple[str, list[str], list[str]]:
    """What a message says, said before, and may say as well."""
    row = desk.row(id)
    before, asked = said_before.before(row.metadata), said_before.asked(row.metadata)
    return row.text, [one.text for one in before], [one.text for one in asked]


def lines(desk: Desk, id: str) -> list[Any]:
    """What happened to a message, oldest first."""
    with desk.database.reading() as conn:
        return outbox.events(conn, [id])


def on_the_air(desk: Desk, id: str) -> str:
    pieces = desk.parts(id)
    return parts.join([parts.Piece(Alphabet(one.alphabet), one.user_data, one.udh) for one in pieces])
