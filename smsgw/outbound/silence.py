"""A link took it and says no more: send it again over another, where a double is better than nothing; hear the late.

Off unless a link's `reroute_silent` says after how long, and only for purposes that `[sending] may_double` names. The
move is in the message's history with the words that it may arrive twice. A receipt for the earlier try that comes after
all is matched here, within seconds: what still waits for its second try is then delivered, and not sent again.

The surprise: of several nodes one may write such a receipt while another moves its message. Then it names the part that
the move took away, and the earlier try has not heard of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from ..money.booking import Charged
from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import earlier_try, message, part, receipt
from ..store.tables.types import AnyRow
from .cutting import CONTENTS
from .moving import BATCH, Moving
from .receipts import is_named
from .standing import Served
from .waiting import since_it_may_arrive

FINAL = ("delivered", "expired", "deleted", "undeliverable", "rejected")  # the states of a receipt that decide a part
OVERLAP = 10_000  # receipts that are looked at once more: on PostgreSQL a smaller id may be committed later
MOMENT = timedelta(seconds=30)  # within which one node writes a receipt and another moves: clocks, and a transaction
_LATE = (
    select(
        earlier_try.c.id, earlier_try.c.message_id, earlier_try.c.position, earlier_try.c.link, earlier_try.c.moved_at,
        receipt.c.id.label("receipt"), receipt.c.state, receipt.c.recipient.label("named"), message.c.recipient,
    )
    .join_from(earlier_try, message, message.c.id == earlier_try.c.message_id)
    .join(receipt, receipt.c.reference == earlier_try.c.reference)
    .where(earlier_try.c.outcome.is_(None), receipt.c.state.in_(FINAL), receipt.c.id > bindparam("behind"))
    .order_by(receipt.c.id)
    .limit(BATCH)
)  # fmt: skip
_UNKNOWN = receipt.c.message_id.is_(None)
_TAKEN_AWAY = and_(
    receipt.c.message_id == earlier_try.c.message_id,
    receipt.c.position == earlier_try.c.position,
    receipt.c.received_at >= bindparam("lately", type_=receipt.c.received_at.type),
)
_SAME_LINK = _LATE.where(receipt.c.link == earlier_try.c.link)
_OVER_ANOTHER = _LATE.where(
    _UNKNOWN, earlier_try.c.link == bindparam("link"), receipt.c.link.in_(bindparam("ways", expanding=True))
)


class Silence:
    """The steps; holds what moves messages, which knows the links and the purposes that may come twice."""

    def __init__(self, moving: Moving) -> None:
        self._moving = moving
        self.over: Callable[[], Mapping[str, Sequence[str]]] = dict  # see `Receipts`: accounts at the same SMSC
        self.shared = False  # whether other nodes write into this store
        self._upto: dict[str, str] = {}  # by link: where the last look at what it sent ended
        self._heard = 0  # the newest receipt at the last look

    def look(self, conn: Connection, batch: list[datetime]) -> list[set[str]]:
        """For each `now`: hear late receipts, then move on what stayed silent; returns the links that got work."""
        return [self._look(conn, now) for now in batch]

    def _look(self, conn: Connection, now: datetime) -> set[str]:
        self._hear(conn, now)
        woken: set[str] = set()
        for link in self._moving.network.links.values():
            if link.moves.silence is not None and self._moving.may_double:
                woken |= self._move_on(conn, link, link.moves.silence, now)
        return woken

    def _move_on(self, conn: Connection, link: Served, seconds: int, now: datetime) -> set[str]:
        m, network = message.c, self._moving.network
        decided = select(part.c.message_id).where(part.c.message_id == m.id, part.c.outcome.is_not(None))
        rows = conn.execute(
            select(message)
            .where(m.state == "sent", m.link == link.name)
            .where(since_it_may_arrive() <= now - timedelta(seconds=seconds))
            .where(m.purpose.in_(self._moving.may_double), m.wanted_link.is_(None), m.valid_until > now)
            .where(~decided.exists(), m.id > self._upto.get(link.name, ""))
            .where(m.encoding.not_in(CONTENTS))  # an MMS that nobody fetches is followed by a link, not by itself
            .order_by(m.id)
            .limit(BATCH)
        ).all()
        self._upto[link.name] = rows[-1].id if len(rows) == BATCH else ""
        steps: list[history.Step] = []
        for row in rows:
            tried = [*(row.tried or ()), link.name]
            choice = network.choose(row.recipient, avoid=(*tried, *network.unfit(row.encoding)), now=now)
            if choice is None or not network.able(choice.link.name, now):
                continue
            pieces = conn.execute(select(part).where(part.c.message_id == row.id)).all()
            self._moving.keep(conn, row.id, pieces, len(pieces), now)
            values = self._moving.given(conn, row, choice, now, anew=True)
            says = f"{link.name} took it, and no receipt came within {seconds} s"
            why = f"{says}: it is sent again over {choice.link.name}, and may arrive twice"
            trace = [says, *choice.trace]
            steps.append(history.Step(row.id, why, {**values, "due_at": now, "tried": tried, "trace": trace}))
        history.move(conn, MESSAGE, "reroute", steps, by="policy", now=now)
        return {step.values["link"] for step in steps}

    def _hear(self, conn: Connection, now: datetime) -> None:
        """Match receipts that nobody knew with the tries before a move."""
        newest, behind = conn.scalar(select(func.max(receipt.c.id))) or 0, {"behind": self._heard - OVERLAP}
        if self.shared:
            same = _SAME_LINK.where(or_(_UNKNOWN, _TAKEN_AWAY))
            late = list(conn.execute(same, {**behind, "lately": now - MOMENT}).all())
        else:
            late = list(conn.execute(_SAME_LINK.where(_UNKNOWN), behind).all())
        most = len(late)
        for link, ways in self.over().items():
            rows = conn.execute(_OVER_ANOTHER, {**behind, "link": link, "ways": list(ways)}).all()
            most = max(most, len(rows))
            late += [row for row in rows if is_named(row.recipient, row.named)]
        if most < BATCH:
            self._heard = newest
        if not late:
            return
        conn.execute(
            update(receipt).where(receipt.c.id == bindparam("its_id")),
            [{"its_id": row.receipt, "message_id": row.message_id, "position": row.position} for row in late],
        )
        conn.execute(
            update(earlier_try).where(earlier_try.c.id == bindparam("its_id"), earlier_try.c.outcome.is_(None)),
            [{"its_id": row.id, "outcome": row.state} for row in late],
        )
        if (books := self._moving.network.books).some:
            came = [row for row in late if row.state == "delivered"]
            went = [Charged(row.message_id, row.link, row.recipient, 1, row.moved_at) for row in came]
            books.delivered(conn, went, now)
        for link in dict.fromkeys(row.link for row in late):
            self._tell(conn, link, [row for row in late if row.link == link], now)

    def _tell(self, conn: Connection, link: str, late: list[AnyRow], now: datetime) -> None:
        """Write down what late receipts say; whoever has the whole text already is not sent it again."""
        ids = dict.fromkeys(row.message_id for row in late)
        whole = [id for id in ids if _waits(conn, id) and _has_all(conn, id, link)]
        why = f"a receipt came late: the phone has it by {link} already, so it is not sent again"
        steps = [history.Step(id, why, {"final_at": now}) for id in whole]
        history.move(conn, MESSAGE, "deliver", steps, by=link, now=now)
        noted = [history.Step(row.message_id, f"a late receipt for the try over {link}: {row.state}") for row in late]
        history.note(conn, MESSAGE, "late", [step for step in noted if step.id not in whole], by=link, now=now)


def _has_all(conn: Connection, id: str, link: str) -> bool:
    """Whether an earlier try over this link reached the phone with every part."""
    e = earlier_try.c
    tries = conn.execute(
        select(e.moved_at, e.of, func.count())
        .where(e.message_id == id, e.link == link, e.outcome == "delivered")
        .group_by(e.moved_at, e.of)
    )
    return any(count == of for _, of, count in tries)


def _waits(conn: Connection, id: str) -> bool:
    return conn.scalar(select(message.c.state).where(message.c.id == id)) == "queued"
