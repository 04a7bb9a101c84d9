"""May it go? The checks, in order: go on, hold until a time, or refuse with a reason.

Each check looks at a whole batch inside the transaction that will store or release it, and answers for the messages
it has something to say about. The first refusal wins; of several holds the longest. A new check is a function here
and a line in `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from ..customers import consent
from ..store.ids import first_id
from ..store.lifecycle import WAITING
from ..store.prepared import Prepared, among
from ..store.tables import inbound, message

REPLY_WINDOW = timedelta(hours=24)  # an answer to somebody who wrote within it passes also after a STOP


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the checks look at. send_at: not before this time. id: set when the message is stored already."""

    recipient: str
    text: str
    purpose: str
    send_at: datetime
    reply_to: str | None = None
    allow_duplicate: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, for good: a stable code, and words that say why and what to do."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not yet: look again at `until`."""

    until: datetime
    says: str


Verdict = Refuse | Hold


@dataclass(frozen=True)
class Rules:
    """The numbers that the checks obey. duplicate_window: seconds, 0 for no guard."""

    duplicate_window: int = 60


Check = Callable[[Connection, Sequence[Candidate], Rules, datetime], dict[int, Verdict]]


def opted_out(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Nothing goes to a number that said STOP, but an answer to what it wrote within the last day."""
    stopped = consent.withdrawn(conn, {c.recipient for c in batch})
    if not stopped:
        return {}
    answering = _wrote_lately(conn, batch, now)
    return {
        index: Refuse(
            "recipient_opted_out",
            f"{c.recipient} said {stopped[c.recipient].words!r} on {stopped[c.recipient].at:%Y-%m-%d}; "
            "only an answer to a text of theirs from the last 24 hours may go",
        )
        for index, c in enumerate(batch)
        if c.recipient in stopped and not (c.purpose == "conversational" and c.reply_to in answering)
    }


def _wrote_lately(conn: Connection, batch: Sequence[Candidate], now: datetime) -> set[str]:
    asked = [c.reply_to for c in batch if c.reply_to is not None]
    if not asked:
        return set()
    rows = conn.execute(
        select(inbound.c.id, inbound.c.sender).where(
            inbound.c.id.in_(asked), inbound.c.received_at > now - REPLY_WINDOW
        )
    )
    senders = {row.id: row.sender for row in rows}
    return {c.reply_to for c in batch if c.reply_to is not None and senders.get(c.reply_to) == c.recipient}


_LATELY = Prepared(
    select(message.c.id, message.c.recipient, message.c.text).where(
        among(message.c.recipient, "recipients"),
        message.c.created_at > bindparam("since", type_=message.c.created_at.type),
        message.c.id > bindparam("first"),
        *(message.c.state != state for state in ("refused", "cancelled", "failed")),
    )
)


def duplicate(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """The same text to the same number twice within the window is a slip, unless the caller says it is meant."""
    if not rules.duplicate_window:
        return {}
    guarded = [
        index
        for index, c in enumerate(batch)
        if not c.allow_duplicate and c.purpose != "conversational" and c.id is None
    ]
    earlier = _same_lately(conn, {batch[index].recipient for index in guarded}, rules, now)
    verdicts: dict[int, Verdict] = {}
    for index in guarded:
        c = batch[index]
        twin = earlier.get((c.recipient, c.text))
        if twin is not None:
            verdicts[index] = Refuse(
                "duplicate_message",
                f"the same text went to {c.recipient} less than {rules.duplicate_window} seconds ago ({twin}); "
                "send it with allow_duplicate if it is meant",
            )
        else:
            earlier[(c.recipient, c.text)] = "in this batch"
    return verdicts


def _same_lately(conn: Connection, recipients: set[str], rules: Rules, now: datetime) -> dict[tuple[str, str], str]:
    if not recipients:
        return {}
    # Ids sort by time, so the index (recipient, id) finds the youngest without touching a long history.
    since = now - timedelta(seconds=rules.duplicate_window)
    values = {"recipients": list(recipients), "since": since, "first": first_id("msg", since)}
    return {(recipient, text): id for id, recipient, text in _LATELY.run(conn, values)}


def not_before(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """A message that is planned for later waits for its time."""
    return {
        index: Hold(c.send_at, f"planned for {c.send_at:%Y-%m-%d %H:%M:%S} UTC")
        for index, c in enumerate(batch)
        if c.send_at > now
    }


CHECKS: tuple[Check, ...] = (opted_out, duplicate, not_before)


def check(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> list[Verdict | None]:
    """Ask every check about a batch; None for a message that may go now."""
    verdicts: list[Verdict | None] = [None] * len(batch)
    for ask in CHECKS:
        for index, verdict in ask(conn, batch, rules, now).items():
            before = verdicts[index]
            if isinstance(before, Refuse):
                continue
            if isinstance(before, Hold) and isinstance(verdict, Hold) and before.until >= verdict.until:
                continue
            verdicts[index] = verdict
    return verdicts


def waiting(conn: Connection) -> int:
    """How many messages wait to be sent (accepted, held, queued): what the queue bound is about."""
    waits = message.c.state.in_(WAITING) & message.c.final_at.is_(None)
    return conn.execute(select(func.count()).select_from(message).where(waits)).scalar_one()
