"""Read off its parts what becomes of a message: the one place that decides, from both sides.

Answers to sends and receipts arrive in any order. Whoever wrote something about a part calls `settle` for the
message; it looks at all parts and makes the moves that now follow. A message is sent when its last part is taken,
and delivered when all its parts are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import message, part
from ..store.tables.types import AnyRow
from .retry import Retry


def settle(
    conn: Connection,
    ids: Sequence[str],
    *,
    by: str,
    now: datetime,
    retry: Retry,
    chance: Callable[[], float],
) -> None:
    """Move each of these messages as far as its parts say. ids: message ids, each once."""
    found = _look(conn, ids)
    steps: dict[str, list[history.Step]] = {}
    sent: set[str] = set()
    for row, pieces in found:
        decided = None if row.state == "sent" else _after_answers(row, pieces, now, retry, chance)
        if decided is not None:
            steps.setdefault(decided[0], []).append(decided[1])
        if row.state == "sent" or (decided is not None and decided[0] == "hand_over"):
            sent.add(row.id)
    for row, pieces in found:  # what was handed over this moment may have all its receipts already
        ended = _after_receipts(row, pieces, now) if row.id in sent else None
        if ended is not None:
            steps.setdefault(ended[0], []).append(ended[1])
    if retry.sequel is not None and steps:
        retry.sequel.follow(conn, steps, now)
    for event, moves in steps.items():  # hand_over comes before the events of receipts: dicts keep their order
        history.move(conn, MESSAGE, event, moves, by=by, now=now)


Looked = tuple[AnyRow, list[AnyRow]]


_LOOK = (
    select(
        message.c.id, message.c.state, message.c.attempts, message.c.valid_until, message.c.due_at,
        part.c.position, part.c.written_at, part.c.answer, part.c.reference, part.c.error, part.c.retry_at,
        part.c.counted, part.c.outcome,
    )
    .join_from(message, part)
    .where(
        message.c.id.in_(history.IDS), part.c.message_id.in_(history.IDS),  # both: no engine then reads all parts
        message.c.state.in_(("sending", "unsure", "sent")),
    )
    .order_by(part.c.message_id, part.c.position)
)  # fmt: skip


def _look(conn: Connection, ids: Sequence[str]) -> list[Looked]:
    """These messages, as far as anything about them is open, each with its parts in order."""
    found: dict[str, Looked] = {}
    for some in history.chunks(ids):
        for row in conn.execute(_LOOK, {"ids": some}):
            found.setdefault(row.id, (row, []))[1].append(row)
    return list(found.values())


def _after_answers(
    row: AnyRow,
    pieces: list[AnyRow],
    now: datetime,
    retry: Retry,
    chance: Callable[[], float],
) -> tuple[str, history.Step] | None:
    """The move that follows when no part is open any more: hand over, give up, lose or put back."""
    if any(p.written_at is not None and p.answer is None for p in pieces):
        return None
    gone = {"claimed_at": None}
    taken = sum(p.answer == "taken" for p in pieces)
    refused = next((p for p in pieces if p.answer == "refused"), None)
    if refused is not None:
        why = refused.error if not taken else f"{refused.error} ({taken} of {len(pieces)} parts were already taken)"
        return "give_up", history.Step(row.id, why, {**gone, "final_at": now})
    if taken == len(pieces):
        why = "the network took it" if len(pieces) == 1 else f"the network took all {len(pieces)} parts"
        return "hand_over", history.Step(row.id, why, {**gone, "sent_at": now})
    lost = next((p for p in pieces if p.answer == "lost"), None)
    if lost is not None:
        if row.state == "unsure":
            return None
        return "lose", history.Step(row.id, lost.error, {**gone, "due_at": now})
    return _put_back(row, pieces, now, retry, chance)


def _put_back(
    row: AnyRow,
    pieces: list[AnyRow],
    now: datetime,
    retry: Retry,
    chance: Callable[[], float],
) -> tuple[str, history.Step]:
    back = [p for p in pieces if p.answer == "put_back"]
    why = next((p.error for p in reversed(back) if p.error), "it was not sent yet")
    counts = not back or any(p.counted for p in back)
    attempts = row.attempts if counts else max(0, row.attempts - 1)
    pause = retry.pause(attempts, chance) if counts else timedelta()
    if pause is None:
        why = f"given up after {attempts} tries; the last one: {why}"
        return "give_up", history.Step(row.id, why, {"claimed_at": None, "final_at": now})
    due_at = max([now + pause, *(p.retry_at for p in back if p.retry_at is not None)])
    values = {"claimed_at": None, "due_at": due_at, "attempts": attempts}
    return "put_back", history.Step(row.id, why, values)


def _after_receipts(row: AnyRow, pieces: list[AnyRow], now: datetime) -> tuple[str, history.Step] | None:
    """The move that follows when every part has its receipt."""
    if any(p.outcome is None for p in pieces):
        return None
    bad = [p for p in pieces if p.outcome != "delivered"]
    if not bad:
        why = "the phone has it" if len(pieces) == 1 else f"the phone has all {len(pieces)} parts"
        return "deliver", history.Step(row.id, why, {"final_at": now})
    said = f": {bad[0].error}" if bad[0].error else ""
    why = f"the network says {bad[0].outcome}{said}"
    if len(pieces) > 1:
        why = f"{len(bad)} of {len(pieces)} parts did not arrive; part {bad[0].position}: {why}"
    event = "expire" if all(p.outcome == "expired" for p in bad) else "bounce"
    return event, history.Step(row.id, why, {"final_at": now})
