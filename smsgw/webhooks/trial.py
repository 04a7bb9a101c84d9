"""The test button: send a webhook one event now, wait for the answer, and keep both in its log."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Connection

from ..store import history
from ..store.database import Database
from ..store.history import Birth
from ..store.lifecycle import DELIVERY
from . import events, hooks, settle
from .addresses import read_url
from .exchange import Answer, NotConnected, Requests, Stale, connect
from .hooks import Hook
from .signing import Signer
from .terms import Terms


def try_out(database: Database, webhook_id: str, by: str, terms: Terms) -> tuple[str, Answer]:
    """Send a `webhook.test` and wait; returns the delivery's id and the answer. Also one that is switched off.

    Raises NotFound.
    """
    with database.reading() as conn:
        hook = hooks.hook_of(hooks.get(conn, webhook_id))
    now = terms.clock()
    row = settle.delivery_row(hook.id, events.TEST, "", 0, events.body_of_test(hook.id, now), now)
    answer = asyncio.run(_send(hook, row, terms))
    row |= {"record_id": row["id"], "attempts": 1, "status": answer.status, "said": answer.said}
    row["ended_at"] = terms.clock()
    event = "deliver" if answer.good else "give_up"
    why = answer.error or f"answered {answer.status}"
    database.writer.do(keep, (Birth(row, [("plan", f"a test by {by}"), (event, why)]), by))
    return str(row["id"]), answer


async def _send(hook: Hook, row: dict[str, Any], terms: Terms) -> Answer:
    target, now = read_url(hook.url), terms.clock()
    id, timestamp, body = row["id"].encode(), b"%d" % int(now.timestamp()), row["body"].encode()
    signature = Signer(hook.secrets_at(now)).signature(id, timestamp, body)
    try:
        line = await connect(target, terms.allowed, terms.tls, terms.timeout)
    except NotConnected as problem:
        return Answer(None, "", str(problem))
    try:
        return await line.exchange(Requests(target).write(id, timestamp, signature, body), terms.timeout)
    except Stale:
        return Answer(None, "", "the connection was closed at once")
    finally:
        await line.gone()


def keep(conn: Connection, batch: list[tuple[Birth, str]]) -> list[None]:
    """Writer step: put tests into the log."""
    for birth, by in batch:
        history.begin(conn, DELIVERY, [birth], by=by, now=birth.values["created_at"])
    return [None] * len(batch)
