"""Plan what clients of other gateways are told, in their dialects: by their own hooks, and by what a message brought.

A message may bring a URL of its own (dlr-url, StatusCallback). The surprise: each place that such URLs lead to is a
webhook, one for each client and host, made by itself: so a host that is slow holds up nobody else's reports.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..errors import SmsgwError
from ..store.history import IDS, chunks
from ..store.ids import new_id
from ..store.tables import api_key, inbound, message, part, signing
from ..store.tables.types import AnyRow
from .dialects import CALLBACK, NATIVE, Event, native, render
from .dialects.event import PLACE, origin
from .hooks import Hook
from .inbound_media import KINDS, media_of

log = logging.getLogger(__name__)


def deliveries(conn: Connection, hooks: Sequence[Hook], lines: Sequence[AnyRow], now: datetime) -> list[dict[str, Any]]:
    """The deliveries that these lines of history mean for those among the hooks that speak a dialect."""
    spoken = [hook for hook in hooks if hook.dialect is not None]
    if not spoken:
        return []
    told = [line for line in lines if line.record in ("message", "inbound")]
    secrets = {(row.key_id, row.dialect): str(row.secret) for row in conn.execute(select(signing))}
    secrets |= _own(conn, {hook.client or "" for hook in spoken if hook.dialect == CALLBACK})
    rows = _rows(conn, told)
    parts = _parts(conn, [str(row["id"]) for row in rows.values() if "client" in row])
    made = []
    for line in told:
        row = rows.get(line.record_id)
        for hook in spoken if row is not None else ():
            assert row is not None
            for dialect, terms in _asked(hook, line, row):
                id = new_id("evt", now)
                secret = secrets.get((hook.client or "", dialect), "")
                its = parts.get(line.record_id, ())
                event = Event(
                    line.record, line.was, line.now, line.why, line.at, row, terms, hook.id, secret, its, id,
                    line.by,
                )  # fmt: skip
                made += _row(hook, dialect, event, line, now)
    return made


def _own(conn: Connection, keys: Collection[str]) -> dict[tuple[str, str], str]:
    """What signs in our own words for these keys."""
    a = api_key.c
    rows = conn.execute(select(a.id, a.secret_hash).where(a.id.in_(keys))) if keys else ()
    return {(row.id, NATIVE): native.secret_of(bytes(row.secret_hash)) for row in rows}


def _asked(hook: Hook, line: AnyRow, row: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """In which dialect and on which terms this hook wants to be told of this; nothing if it does not."""
    if hook.dialect == CALLBACK:
        kept = (row.get("metadata") or {}).get(PLACE) if line.record == "message" else None
        if isinstance(kept, Mapping) and row["client"] == hook.client and kept.get("origin") == hook.url:
            yield str(kept["dialect"]), kept
        return
    if f"{line.record}.{line.now}" not in hook.types or line.id <= hook.after:
        return
    if line.record == "message" and row["client"] != hook.client:
        return
    number = hook.terms.get("number")
    if line.record == "message" or number is None or number == row["recipient"]:
        yield str(hook.dialect), {"url": hook.url, "id": hook.id, **hook.terms}


def _row(hook: Hook, dialect: str, event: Event, line: AnyRow, now: datetime) -> list[dict[str, Any]]:
    try:
        request = render(dialect, event)
        if request is None or origin(request.url) != origin(hook.url):
            return []
    except (SmsgwError, ValueError, KeyError) as wrong:  # one client's odd URL must not stop the others' events
        log.error("webhook %s: %s cannot be told: %s", hook.id, line.record_id, wrong)
        return []
    return [
        {
            "id": event.id, "webhook_id": hook.id, "event": f"{line.record}.{line.now}", "record_id": line.record_id,
            "line": line.id, "body": request.body, "created_at": now, "due_at": None, "attempts": 0,
            "request": request.kept(),
        }
    ]  # fmt: skip


def _rows(conn: Connection, lines: Sequence[AnyRow]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for record, table in (("message", message), ("inbound", inbound)):
        wanted = sorted({line.record_id for line in lines if line.record == record})
        for some in chunks(wanted):
            rows = conn.execute(select(table).where(table.c.id.in_(IDS)), {"ids": some}).mappings()
            found.update((str(row["id"]), dict(row)) for row in rows)
    more = [id for id, row in found.items() if row.get("kind") in KINDS]
    for id, told in (media_of(conn, more) if more else {}).items():
        found[id] = {**found[id], **told}
    return found


def _parts(conn: Connection, ids: Sequence[str]) -> dict[str, list[tuple[str | None, str | None]]]:
    found: dict[str, list[tuple[str | None, str | None]]] = {}
    columns = select(part.c.message_id, part.c.reference, part.c.error).order_by(part.c.message_id, part.c.position)
    for some in chunks(ids):
        for row in conn.execute(columns.where(part.c.message_id.in_(IDS)), {"ids": some}):
            found.setdefault(row.message_id, []).append((row.reference, row.error))
    return found
