"""Take a message back: at once while it is ours alone, and from its network while that has not delivered it.

The surprise: of a long text a network may give back some parts and not the others. Then the message stays sent, the
parts that came back have the outcome `deleted`, and whoever asked is told so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..errors import Conflict, NotFound, SmsgwError
from ..link import Link, Receipt, ReceiptState
from ..link_verbs import Recalls
from ..store import history
from ..store.database import Database
from ..store.fences import Alone
from ..store.lifecycle import MESSAGE, WAITING
from ..store.tables import message
from ..store.tables.types import AnyRow
from . import outbox
from .outbox import Cancelled
from .receipts import Receipts, Told
from .standing import Served

SAID = "cancel_sm"
_NOBODY = ("no_answer", "link_down")  # who does not answer this question does not answer the next one either


@dataclass(frozen=True, slots=True)
class _Back:
    """What came back of a message: `parts` of it, and whether that is all."""

    wish: Cancelled
    parts: int


class Recall:
    """See the module's docstring. links: those that this process has opened; it must be the daemon's to be of use."""

    def __init__(self, links: Mapping[str, Link], database: Database, receipts: Receipts) -> None:
        self._links = links
        self._database = database
        self._receipts = receipts
        self.holdings = Alone()

    def cancel(self, wish: Cancelled) -> None:
        """Take a message back, from its network if need be. May wait for the network.

        Raises NotFound, or Conflict: it is final, is being sent this moment, may have gone out, its link is another
        node's (`link_elsewhere`), or its network cannot or will not give it back (`cannot_recall`), or gave back only
        some of its parts (`partly_recalled`).
        """
        try:
            outbox.cancel(self._database.writer, wish)
        except Conflict as late:
            if late.code != "already_sending":
                raise
            with self._database.reading() as conn:
                row = outbox.get(conn, wish.id)
                parts = outbox.parts_of(conn, wish.id)
            if row.state != "sent":
                raise
            self._from_network(wish, row, parts)

    def _from_network(self, wish: Cancelled, row: AnyRow, parts: list[AnyRow]) -> None:
        open_parts = [part for part in parts if part.outcome is None]
        links = [self._able(part.link) for part in open_parts]
        if len(open_parts) < len(parts):
            raise _cannot(f"{len(parts) - len(open_parts)} of its {len(parts)} parts have come to their end already")
        came_back: list[AnyRow] = []
        problem: SmsgwError | None = None
        for part, link in zip(open_parts, links, strict=True):
            try:
                link.cancel(part.reference, row.sender, row.recipient)
                came_back.append(part)
            except SmsgwError as refused:
                problem = refused
                if refused.code in _NOBODY:
                    break
        if problem is None:
            self._database.writer.do(_recalled, _Back(wish, len(parts)))
            return
        self._mark(wish, row, came_back)
        if came_back:
            says = f"{len(came_back)} of {len(parts)} parts were taken back, and the others were not: {problem}"
            raise Conflict(says, code="partly_recalled", hint="the phone may show a piece of it, or nothing")
        raise _cannot(str(problem), problem.hint)

    def _able(self, name: str) -> Recalls:
        link = self._links.get(name)
        if link is None:
            if (elsewhere := self.holdings.elsewhere(name)) is not None:
                raise elsewhere
            raise _cannot(f"there is no link {name} any more, which sent it")
        if not isinstance(link, Recalls) or "cancel" not in link.abilities.optional:
            raise _cannot(f"the network of {name} gives nothing back")
        return link

    def _mark(self, wish: Cancelled, row: AnyRow, parts: list[AnyRow]) -> None:
        """What the network has deleted is told as it would tell it itself."""
        for part in parts:
            said = Receipt(part.reference, ReceiptState.DELETED, row.recipient, wish.at, None, SAID)
            self._database.writer.do(self._receipts.store, Told(part.link, said, wish.at))


def possible(row: AnyRow, parts: Sequence[AnyRow], links: Mapping[str, Served]) -> bool:
    """Whether a message could still be taken back, as far as is known before anybody is asked."""
    if row.state in WAITING:
        return True
    gives = {name for name, link in links.items() if "cancel" in link.abilities.optional}
    return row.state == "sent" and all(part.outcome is None and part.link in gives for part in parts)


def _cannot(why: str, hint: str = "") -> Conflict:
    says = f"the message is sent and cannot be taken back: {why}"
    return Conflict(says, code="cannot_recall", hint=hint or "wait for what the network says of it")


def _recalled(conn: Connection, batch: list[_Back]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for back in batch:
        id, by, at = back.wish.id, back.wish.by, back.wish.at
        parts = "it" if back.parts == 1 else f"all {back.parts} parts"
        step = history.Step(id, f"cancelled by {by}: the network gave {parts} back", {"final_at": at})
        if history.move(conn, MESSAGE, "recall", [step], by=by, now=at)[0] is not None:
            results.append(None)
            continue
        state = conn.scalar(select(message.c.state).where(message.c.id == id))
        if state is None:
            results.append(NotFound(f"there is no message {id}"))
        else:
            says = f"the network gave it back, but the message is {state} meanwhile: {MESSAGE.states[state]}"
            results.append(Conflict(says, code="already_final"))
    return results
