"""Open an inquiry again that was closed by mistake: its texts wait again, and it stands as it stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ...errors import Conflict
from ...store import history
from ...store.lifecycle import INBOUND, INQUIRY
from ...store.tables import inbound, inquiry_text
from . import inquiries


@dataclass(frozen=True, slots=True)
class Reopening:
    """That an inquiry was closed is taken back."""

    id: str
    by: str
    at: datetime


def reopen_step(conn: Connection, batch: Sequence[Reopening]) -> list[Exception | None]:
    """Writer step: open closed inquiries again; one that is not closed stays as it is.

    For each an error where it is unknown (NotFound), or where the customer has another of its topic by now (Conflict).
    """
    results: list[Exception | None] = []
    for wish in batch:
        row = inquiries.require(conn, wish.id)
        if row.state != "closed":
            results.append(None)
            continue
        if (other := inquiries.running(conn, row.address, row.topic)) is not None:
            says = f"{row.address} has another inquiry about {row.topic} by now: {other.id}"
            results.append(Conflict(says, hint="close that one first, or go on with it"))
            continue
        why = "it was closed by mistake"
        step = history.Step(wish.id, why, {"closed_at": None, "closed_for": None})
        history.move(conn, INQUIRY, "reopen", [step], by=wish.by, now=wish.at)
        texts = select(inbound.c.id).join(inquiry_text, inquiry_text.c.text_id == inbound.c.id)
        handled = texts.where(inquiry_text.c.inquiry_id == wish.id, inbound.c.state == "handled")
        ids = list(conn.scalars(handled.where(inbound.c.handled_at == row.closed_at)))
        steps = [history.Step(id, why, {"handled_at": None}) for id in ids]
        history.move(conn, INBOUND, "reopen", steps, by=wish.by, now=wish.at)
        if row.answered_at is not None and not ids:  # nothing waits: it was answered before it was closed
            history.move(conn, INQUIRY, "answer", [history.Step(wish.id, why)], by=wish.by, now=wish.at)
        results.append(None)
    return results
