"""Call a client back about a request of theirs that is no event of history, such as how each text of a batch went.

Such a call is a delivery like any other: on disk before the request is answered, tried for days, and in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..store import history
from ..store.database import Writer
from ..store.history import Birth
from ..store.lifecycle import DELIVERY
from ..store.tables import webhook
from .dialects import CALLBACK
from .dialects.event import Request
from .settle import delivery_row

EVENT = "request.answered"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to be made. client: whose; origin: where its URL leads, as `clients.callback` said.

    record_id: what it is about, which no other call is.
    """

    client: str
    origin: str
    record_id: str
    request: Request


def call(writer: Writer, calls: Sequence[Call], now: datetime) -> None:
    """Have these made as soon as may be; returns when they are on disk. Raises StoreError."""
    for result in writer.do_all(_plan, [(one, now) for one in calls]):
        if isinstance(result, Exception):
            raise result


def _plan(conn: Connection, batch: list[tuple[Call, datetime]]) -> list[None]:
    hooks = {
        (row.client, row.url): str(row.id)
        for row in conn.execute(
            select(webhook.c.id, webhook.c.client, webhook.c.url).where(
                webhook.c.dialect == CALLBACK, webhook.c.client.in_({one.client for one, _ in batch})
            )
        )
    }
    for one, now in batch:
        hook = hooks.get((one.client, one.origin))
        if hook is not None:  # else it was taken away in this moment
            row = delivery_row(hook, EVENT, one.record_id, 0, one.request.body, now, now)
            birth = Birth(row | {"request": one.request.kept()}, [("plan", f"a request of {one.client}")])
            history.begin(conn, DELIVERY, [birth], by=one.client, now=now)
    return [None] * len(batch)
