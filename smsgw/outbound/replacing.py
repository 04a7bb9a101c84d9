"""Put another text in the place of a message's: at once while it is ours alone, else where its network has it.

The surprise: whether a network that did not answer has put the new text there, nobody knows. So what it is asked is on
disk before it is asked, and whoever looks, also after a crash between its answer and our commit, is told that either
may come. It can be asked once more: to put the same text there twice does what once does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import BadInput, Conflict, SmsgwError
from ..link import Link, LinkState
from ..link_verbs import Recalls
from ..store import said_before
from ..store.database import Database
from ..store.fences import Alone
from ..store.tables.types import AnyRow
from . import outbox, rewording
from .rewording import Answered, Put, Replacement, Rewording, cannot, too_late
from .submit import Door

_UNHEARD = ("no_answer", "link_down")  # the question may have arrived, and its answer did not


class Replacing:
    """See the module's docstring. links: those that this process has opened; it must be the daemon's to be of use."""

    def __init__(self, links: Mapping[str, Link], database: Database, door: Door) -> None:
        self._links = links
        self._database = database
        self._door = door
        self._steps = Rewording(door)
        self._lock = threading.Lock()
        self._asking: set[str] = set()
        self.holdings = Alone()
        self.waiting = self._steps.waiting

    def replace(self, wish: Replacement) -> None:
        """Put another text in the place of a message's. May wait for the network.

        Raises NotFound; BadInput and RefusedByPolicy as for a new message, and `coding_differs` where the network keeps
        a coding that the text does not fit; Conflict: it is final, is being sent this moment, may have gone out, its
        link is another node's (`link_elsewhere`), or it or its network does not have it so (`cannot_replace`); or
        nobody knows which text the network has now (`replace_unsure`).
        """
        try:
            self.in_store(wish)
        except Conflict as late:
            if late.code != "already_sending":
                raise
            self.at_network(wish)

    def in_store(self, wish: Replacement) -> None:
        """The same for what waits. Raises Conflict with `already_sending` for what a network may have."""
        self._database.writer.do(self._steps.waiting, wish)

    def at_network(self, wish: Replacement) -> None:
        """The same for what its network has."""
        with self._database.reading() as conn:
            row = outbox.get(conn, wish.id)
        if row.state != "sent":
            raise too_late(row)
        if wish.text == row.text and not said_before.asked(row.metadata):
            return  # it was asked before, and the answer was lost
        link = self._able(row.link)
        with self._alone(wish.id):
            put = self._database.writer.do(self._steps.ask, wish)
            try:
                link.replace(put.reference, put.part)
            except SmsgwError as problem:
                raise self._settle(put, problem) from problem
            self._database.writer.do(self._steps.answered, Answered(put, self._door.now()))

    def possible(self, row: AnyRow, pieces: list[AnyRow], carries_more: bool) -> bool:
        """Whether it is worth offering: see `rewording.possible`."""
        return rewording.possible(row, pieces, carries_more, self._door.network.links.get(row.link))

    def anywhere(self) -> bool:
        """Whether any network replaces texts that it has."""
        return any("replace" in link.abilities.optional for link in list(self._door.network.links.values()))

    def _settle(self, put: Put, problem: SmsgwError) -> SmsgwError:
        """Write down that the network would not, or did not answer; returns what is told of it."""
        sure = problem.code not in _UNHEARD
        self._database.writer.do(self._steps.answered, Answered(put, self._door.now(), str(problem), sure))
        if isinstance(problem, BadInput):
            return problem
        if sure:
            return cannot(str(problem), problem.hint)
        says = f"nobody knows which text the network has now: {problem}"
        return Conflict(says, code="replace_unsure", hint="ask for the same text again: twice does what once does")

    def _able(self, name: str) -> Recalls:
        link = self._links.get(name)
        if link is None:
            if (elsewhere := self.holdings.elsewhere(name)) is not None:
                raise elsewhere
            raise cannot(f"there is no link {name} any more, which sent it")
        if not isinstance(link, Recalls) or "replace" not in link.abilities.optional:
            raise cannot(f"the network of {name} replaces nothing")
        if link.health().state not in (LinkState.UP, LinkState.DEGRADED):
            raise cannot(f"{name} is not connected", "try again when it is")
        return link

    @contextmanager
    def _alone(self, id: str) -> Iterator[None]:
        """For one message a network is asked one thing at a time: of two texts nobody would know which came last."""
        with self._lock:
            if id in self._asking:
                raise cannot("its network is being asked this moment", "look at it in a moment")
            self._asking.add(id)
        try:
            yield
        finally:
            with self._lock:
                self._asking.discard(id)
