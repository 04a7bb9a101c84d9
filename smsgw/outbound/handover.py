"""The steps between the queue and the network: claim a batch, write down the answers, clear up after a stop or crash.

`claim` marks messages as sending and their parts as written, and is on disk before the first byte leaves. So after a
crash the rows name exactly what may be in the air: at most what was claimed and not answered.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, bindparam, func, select, text, update

from ..link import LinkError, WirePart
from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.prepared import Prepared, among
from ..store.storable import storable
from ..store.tables import message, part
from ..store.tables.types import moment, written_json
from .gate import gate
from .receipts import Receipts
from .retry import Retry
from .settle import settle
from .wire import wire_part


@dataclass(frozen=True, slots=True)
class Claim:
    """A sender's wish: messages that are due on `link`, together up to `most` parts (of a long text more)."""

    link: str
    most: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one part that was handed to a link: a reference if it was taken, else an error.

    of: how many parts its message has; 0 where the caller does not know.
    """

    link: str
    message_id: str
    position: int
    at: datetime
    reference: str | None = None
    error: LinkError | None = None
    of: int = 0


Due = dict[str, Any]  # what a claim reads of a message, by column

# Built once: to build a statement anew costs more than to run it.
_DUE = Prepared(
    select(
        message.c.id, message.c.recipient, message.c.text, message.c.purpose, message.c.reply_to, message.c.due_at,
        message.c.attempts, message.c.sender, message.c.valid_until, message.c.message_class, message.c.priority,
        message.c.parts, message.c.deliver_at, message.c.category, message.c.campaign_id, message.c.client,
        message.c.link, message.c.encoding, message.c.price, message.c.currency,
    )
    .where(
        message.c.state == "queued",
        message.c.link == bindparam("its_link"),
        message.c.due_at <= bindparam("now", type_=message.c.due_at.type),
        message.c.valid_until > bindparam("now", type_=message.c.due_at.type),
    )
    .order_by(message.c.priority.desc(), message.c.due_at, message.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)  # fmt: skip
_SOME_DUE = Prepared(
    select(message.c.id)
    .where(
        message.c.state == "queued",
        message.c.link == bindparam("its_link"),
        message.c.due_at <= bindparam("now", type_=message.c.due_at.type),
    )
    .limit(1)
)
_NEXT_DUE = Prepared(
    select(func.min(message.c.due_at).label("due_at")).where(
        message.c.state == "queued", message.c.link == bindparam("its_link")
    )
)
_CLAIM = history.Together(MESSAGE, "claim", "queued", sets=("claimed_at",), fixed={"attempts": message.c.attempts + 1})
_HAND_OVER = history.Together(
    MESSAGE, "hand_over", "sending", sets=("sent_at",), fixed={"claimed_at": None}, where=(message.c.parts == 1,)
)
_WRITTEN = Prepared(
    update(part)
    .where(among(part.c.message_id), part.c.reference.is_(None))
    .values(
        written_at=bindparam("now", type_=part.c.written_at.type), link=bindparam("its_link"),
        answer=None, answered_at=None, counted=None, retry_at=None,
    )
)  # fmt: skip
_LEFT = Prepared(
    select(part.c.message_id, part.c.position, part.c.alphabet, part.c.user_data, part.c.udh)
    .where(among(part.c.message_id), part.c.reference.is_(None))
    .order_by(part.c.message_id, part.c.position)
)
_THIS_PART = (
    part.c.message_id == bindparam("its_message"),
    part.c.position == bindparam("its_position"),
    part.c.reference.is_(None),
)
_SAID = ("answer", "answered_at", "reference", "retry_at", "counted", "error")
_TAKEN_ALL = """UPDATE part SET answer = 'taken', answered_at = {at}, reference = {reference},
        retry_at = NULL, counted = NULL, error = NULL
    FROM {answers} WHERE part.message_id = {message} AND part.position = {position} AND part.reference IS NULL"""
_TAKEN = Prepared(  # in one statement: see `prepared`
    text(
        _TAKEN_ALL.format(
            answers="json_each(:answers) AS said", message="json_extract(said.value, '$[0]')",
            position="json_extract(said.value, '$[1]')", reference="json_extract(said.value, '$[2]')",
            at="json_extract(said.value, '$[3]')",
        )
    ),
    postgresql=text(
        _TAKEN_ALL.format(
            answers="json_array_elements(CAST(:answers AS json)) AS said(value)", message="said.value->>0",
            position="CAST(said.value->>1 AS smallint)", reference="said.value->>2",
            at="CAST(said.value->>3 AS timestamp)",
        )
    ),
)  # fmt: skip
_REFUSED = Prepared(update(part).where(*_THIS_PART, part.c.link == bindparam("its_link")), _SAID)


class Handover:
    """The steps; holds the retry policy and chance, which settling needs, and the gate's rules."""

    def __init__(
        self, receipts: Receipts, retry: Retry, chance: Callable[[], float], rules: gate.Rules | None = None
    ) -> None:
        self._rules = rules or gate.Rules()
        self._receipts = receipts
        self._retry = retry
        self._chance = chance

    def some_due(self, conn: Connection, link: str, now: datetime) -> bool:
        """Whether a claim would find anything: a look that writes nothing, for the many times when nothing is there."""
        return bool(_SOME_DUE.run(conn, {"its_link": link, "now": now}))

    def next_due(self, conn: Connection, link: str) -> datetime | None:
        """When the first of what waits for a link is due; None when nothing waits."""
        [row] = _NEXT_DUE.records(conn, {"its_link": link})
        return cast("datetime | None", row["due_at"])

    def claim(self, conn: Connection, batch: list[Claim]) -> list[list[WirePart]]:
        """For each claim the parts to send now, message by message, urgent ones first."""
        return [self._claim(conn, one) for one in batch]

    def _claim(self, conn: Connection, claim: Claim) -> list[WirePart]:
        due = _DUE.records(conn, {"its_link": claim.link, "now": claim.now, "most": claim.most})
        rows = self._still_wanted(conn, _within(due, claim.most), claim)
        if not rows:
            return []
        ids = [row["id"] for row in rows]
        _CLAIM.move(conn, ids, why_claimed(claim.link), {"claimed_at": claim.now}, by=claim.link, now=claim.now)
        _WRITTEN.run(conn, {"ids": ids, "now": claim.now, "its_link": claim.link})
        wire = _wire_parts(conn, rows, claim.now)
        untouched = sorted(set(ids) - {w.message_id for w in wire})
        if untouched:  # every part was taken before, by an answer that came late
            self._settle(conn, untouched, by=claim.link, now=claim.now)
        return wire

    def _still_wanted(self, conn: Connection, rows: list[Due], claim: Claim) -> list[Due]:
        """Refuse or hold what may not go any more: somebody said no since the gate let it pass, or a campaign rests."""
        batch = [gate.candidate_of(row, row["due_at"]) for row in rows]
        verdicts = gate.still(conn, batch, self._rules, claim.now)
        if not verdicts:
            return rows
        moves: dict[str, list[history.Step]] = {"refuse": [], "hold": []}
        for index, verdict in verdicts.items():
            refused = isinstance(verdict, gate.Refuse)
            values = {"final_at": claim.now} if isinstance(verdict, gate.Refuse) else {"due_at": verdict.until}
            moves["refuse" if refused else "hold"].append(history.Step(rows[index]["id"], verdict.says, values))
        for event, steps in moves.items():
            history.move(conn, MESSAGE, event, steps, by="gate", now=claim.now)
        return [row for index, row in enumerate(rows) if index not in verdicts]

    def unclaim(self, conn: Connection, batch: list[Claim]) -> list[None]:
        """Put back what these claims took although the store never said so: a connection can be lost after a commit.

        Nothing of a claim that was never answered has been handed to a link. Claims are told apart by their `now`.
        """
        for claim in batch:
            m = message.c
            ids = conn.scalars(
                select(m.id).where(m.state == "sending", m.link == claim.link, m.claimed_at == claim.now)
            ).all()
            if not ids:
                continue
            conn.execute(
                update(part)
                .where(part.c.message_id.in_(ids), part.c.written_at == claim.now, part.c.answer.is_(None))
                .values(
                    answer="put_back", answered_at=claim.now, counted=False, error="the store did not answer in time"
                )
            )
            self._settle(conn, ids, by=claim.link, now=claim.now)
        return [None] * len(batch)

    def record(self, conn: Connection, batch: list[Answer]) -> list[None]:
        """Write down answers to sends, match receipts that were faster, and settle the messages.

        Of two references for one part the first stays. A refusal that comes late counts only over the link that has the
        part: another one may have it in the air.
        """
        for link in dict.fromkeys(answer.link for answer in batch):
            self._record(conn, link, [answer for answer in batch if answer.link == link])
        return [None] * len(batch)

    def _record(self, conn: Connection, link: str, batch: list[Answer]) -> None:
        now = batch[-1].at
        taken = [answer for answer in batch if answer.error is None]
        if taken:
            firsts = {(answer.message_id, answer.position): answer for answer in reversed(taken)}
            said = [[one.message_id, one.position, one.reference, moment(one.at)] for one in firsts.values()]
            _TAKEN.run(conn, {"answers": written_json(said)})
        _REFUSED.many(conn, [_refused_row(answer) for answer in batch if answer.error is not None])
        early = self._receipts.early(conn, link, [str(answer.reference) for answer in taken])
        # Most messages have one part: when that is taken, nothing has to be looked up to know what follows.
        single = [answer.message_id for answer in taken if answer.of == 1]
        moved = _HAND_OVER.move(conn, single, "the network took it", {"sent_at": now}, by=link, now=now)
        if self._retry.sequel is not None:
            self._retry.sequel.charge(conn, moved, "submit", now)
        done = set(moved) - early
        ids = [id for id in dict.fromkeys(answer.message_id for answer in batch) if id not in done]
        if ids:
            self._settle(conn, ids, by=link, now=now)

    def recover(self, conn: Connection, batch: list[tuple[str, datetime]]) -> list[int]:
        """At a start, for (link, now): what was claimed and never answered may be in the air, so it is unsure.

        Returns how many messages that were. Nothing may be sending on these links while this runs.
        """
        counts: list[int] = []
        for link, now in batch:
            ids = list(conn.scalars(select(message.c.id).where(message.c.state == "sending", message.c.link == link)))
            for start in range(0, len(ids), history.MANY):
                some = ids[start : start + history.MANY]
                conn.execute(
                    update(part)
                    .where(part.c.message_id.in_(some), part.c.written_at.is_not(None), part.c.answer.is_(None))
                    .values(
                        answer="lost",
                        answered_at=now,
                        error="the gateway stopped before the network's answer came",
                    )
                )
                self._settle(conn, some, by="start", now=now)
            counts.append(len(ids))
        return counts

    def _settle(
        self,
        conn: Connection,
        ids: Sequence[str],
        *,
        by: str,
        now: datetime,
    ) -> None:
        settle(conn, ids, by=by, now=now, retry=self._retry, chance=self._chance)


def why_claimed(link: str) -> str:
    """What history says of a message that a link's sender has taken."""
    return f"{link} sends it"


def _wire_parts(conn: Connection, messages: list[Due], now: datetime) -> list[WirePart]:
    """What is left to send of these messages, in their order."""
    pieces: dict[str, list[dict[str, Any]]] = {}
    for piece in _LEFT.records(conn, {"ids": [m["id"] for m in messages]}):
        pieces.setdefault(piece["message_id"], []).append(piece)
    return [wire_part(m, piece, now) for m in messages for piece in pieces.get(m["id"], ())]


def _within(due: list[Due], most: int) -> list[Due]:
    """The first of these whose parts together are no more than the link has room for; one at least."""
    if len(due) == 1 or sum(row["parts"] for row in due) <= most:
        return due
    ends = itertools.accumulate(row["parts"] for row in due)
    return [row for row, end in zip(due, ends, strict=True) if end <= most] or due[:1]


_ANSWER = {"put_back": "put_back", "lose": "lost", "give_up": "refused"}


def _refused_row(answer: Answer) -> dict[str, Any]:
    error = answer.error
    assert error is not None
    return {
        "its_message": answer.message_id,
        "its_position": answer.position,
        "its_link": answer.link,
        "answer": _ANSWER[error.then],
        "answered_at": answer.at,
        "reference": None,
        "retry_at": None if error.after is None else answer.at + timedelta(seconds=error.after),
        "counted": error.counts if error.then == "put_back" else None,
        "error": storable(f"{error.says} ({error.code})" if error.code else error.says, 500),
    }
