"""What follows from a settled message beside its state: another link after a refusal, and what it cost.

`settle` and the short ways past it ask here, in their own transaction. Where there are no rates and only one link
nothing is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from ..money.booking import Books, Charged, Event
from ..store import history
from ..store.prepared import Prepared, among
from ..store.tables import message, part
from ..store.tables.types import AnyRow
from .cutting import carries
from .moving import Moving
from .sizes import sized
from .standing import Moves

# A refusal that says "not over me": for good, or for now without a time of its own (an unreachable phone has one).
_NOT_HERE = (part.c.answer == "refused") | (
    (part.c.answer == "put_back") & part.c.counted.is_(True) & part.c.retry_at.is_(None)
)
_REFUSED = (
    select(message, part.c.error)
    .join_from(message, part)
    .where(message.c.id.in_(history.IDS), part.c.message_id.in_(history.IDS), message.c.wanted_link.is_(None))
    .where(_NOT_HERE)
    .order_by(part.c.message_id, part.c.position)
)
_WENT = Prepared(
    select(
        message.c.id, message.c.link, message.c.recipient, message.c.parts, message.c.sent_at, message.c.encoding
    ).where(among(message.c.id))
)


_FAILS = ("bounce", "expire", "give_up")
_ANSWERED = (  # the parts of a message that its link said anything to
    select(
        message.c.id,
        message.c.link,
        message.c.recipient,
        message.c.sent_at,
        message.c.encoding,
        func.count().label("parts"),
    )
    .join_from(message, part)
    .where(message.c.id.in_(history.IDS), part.c.message_id.in_(history.IDS))
    .where(part.c.answer.in_(("taken", "refused")))
    .group_by(message.c.id, message.c.link, message.c.recipient, message.c.sent_at, message.c.encoding)
)


class Sequel:
    """See `retry.Sequel`. Holds what moves messages, which knows the links and through them the rates."""

    def __init__(self, moving: Moving) -> None:
        self._moving = moving

    @property
    def _books(self) -> Books:
        return self._moving.network.books

    def follow(self, conn: Connection, steps: dict[str, list[history.Step]], now: datetime) -> None:
        """Before these steps (by event) are made: turn refusals into moves to another link, and book what is due."""
        failed = self._failed(conn, [step.id for event in _FAILS for step in steps.get(event, ())], now)
        self._elsewhere(conn, steps, now)
        if self._books.some:
            ids = {event: [step.id for step in moves] for event, moves in steps.items()}
            self.charge(conn, ids.get("hand_over", ()), "submit", now)
            self.charge(conn, ids.get("deliver", ()), "delivery", now)
            self._moving.charge_taken(conn, ids.get("give_up", ()), now)
            self._books.failed(conn, failed, now)

    def charge(self, conn: Connection, ids: Sequence[str], event: Event, now: datetime) -> None:
        """Book what the event costs for these messages, all of whose parts it is about."""
        if not ids or not self._books.some:
            return
        rows = _WENT.records(conn, {"ids": list(ids)})
        submitted = event == "submit"  # then this is the moment of handing over
        went = [
            Charged(row["id"], row["link"], row["recipient"], row["parts"], now if submitted else row["sent_at"] or now)
            for row in rows
        ]
        went = sized(conn, went, [row["encoding"] for row in rows])
        if submitted:
            self._books.submitted(conn, went, now)
        else:
            self._books.delivered(conn, went, now)

    def _failed(self, conn: Connection, ids: Sequence[str], now: datetime) -> list[Charged]:
        """What failed over its link, where a rate says what that costs; another link may have the message next."""
        if not ids or not self._books.rates.fails:
            return []
        rows = [row for some in history.chunks(ids) for row in conn.execute(_ANSWERED, {"ids": some})]
        went = [Charged(row.id, row.link, row.recipient, row.parts, row.sent_at or now) for row in rows]
        return sized(conn, went, [row.encoding for row in rows])

    def _elsewhere(self, conn: Connection, steps: dict[str, list[history.Step]], now: datetime) -> None:
        links = self._moving.network.links
        ended = {step.id: event for event in ("give_up", "put_back") for step in steps.get(event, ())}
        if not ended or len(links) < 2 or not any(link.moves.rejection for link in links.values()):
            return
        seen: set[str] = set()
        moved: list[history.Step] = []
        for some in history.chunks(sorted(ended)):
            for row in conn.execute(_REFUSED, {"ids": some}).all():
                step = None if row.id in seen else self._moved(conn, row, now)
                seen.add(row.id)
                if step is not None:
                    moved.append(step)
        gone = {step.id for step in moved}
        for event in ("give_up", "put_back"):
            steps[event] = [step for step in steps.get(event, ()) if step.id not in gone]
        if moved:
            steps["reroute"] = moved

    def _moved(self, conn: Connection, row: AnyRow, now: datetime) -> history.Step | None:
        """The move to another link of a message that its link refused; None when it stays where it is."""
        network = self._moving.network
        link = network.links.get(row.link)
        if link is None or not _lets_go(link.moves, row.error or ""):
            return None
        tried = [*(row.tried or ()), row.link]
        avoid = (*tried, *network.unfit(row.encoding))
        choice = network.choose(row.recipient, avoid=avoid, now=now, carries=carries(row.encoding))
        if choice is None or not network.able(choice.link.name, now):
            return None
        found = self._moving.move(conn, row, choice, now, certain=True)
        if found is None:
            return None
        why = f"{row.link} refused it: {row.error}; {found.told(row.link)}{choice.trace[0]}"
        trace = [f"{row.link} refused it", *choice.trace]
        values: Mapping[str, object] = {
            "claimed_at": None,
            "due_at": now,
            "tried": tried,
            **found.values,
            "trace": trace,
        }
        return history.Step(row.id, why, values)


def _lets_go(moves: Moves, error: str) -> bool:
    """Whether a link's policy gives a message away after this refusal: words, and at the end its code in brackets."""
    if not moves.rejection:
        return False
    return not moves.codes or any(error.endswith(f"({code})") for code in moves.codes)
