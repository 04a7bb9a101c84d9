"""A link whose network replaces texts, on paper: it remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable

from smsgw.link import Abilities, Health, LinkState, Receipt, WirePart
from smsgw.text import parts


class Smsc:
    """A link whose network replaces texts, unless the test says what it answers instead."""

    def __init__(self, *verbs: str) -> None:
        self.abilities = Abilities(optional=frozenset(verbs))
        self.state = LinkState.UP
        self.asked: list[tuple[str, str]] = []
        self.answers: Callable[[], None] = lambda: None

    def health(self) -> Health:
        return Health(self.state)

    def query(self, reference: str, sender: str | None, to: str) -> Receipt:
        raise AssertionError

    def cancel(self, reference: str, sender: str | None, to: str) -> None:
        raise AssertionError

    def replace(self, reference: str, part: WirePart) -> None:
        self.asked.append((reference, parts.join([parts.Piece(part.alphabet, part.user_data, part.udh)])))
        self.answers()
