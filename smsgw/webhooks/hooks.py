"""Set up webhooks: where somebody wants to be told, of what, and with which secret it is signed.

A secret is shown once, when it is made. When it is replaced the old one goes on signing beside the new one for a
while, so that a receiver can change over without missing anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from ..access import audit
from ..errors import BadInput, Fault, NotFound
from ..store import followers, history
from ..store.database import Writer
from ..store.history import Birth, Step
from ..store.ids import new_id
from ..store.lifecycle import WEBHOOK
from ..store.tables import api_key, delivery, webhook
from ..store.tables import history as lines
from ..store.tables.types import AnyRow
from .addresses import Allowed, check_url, read_url
from .events import check_patterns, types_of
from .settle import FOLLOWER
from .signing import key_of, new_secret

OVERLAP = timedelta(hours=24)
MOST = 200  # webhooks of one gateway
_SHORTEST_KEY, _LONGEST_KEY = 24, 64  # octets, by the standard


@dataclass(frozen=True)
class Hook:
    """A webhook as the sender needs it. secrets: (secret, until), newest first. types: the events it is told.

    dialect: in whose words, None for Standard Webhooks; then `client` is whose messages it is about, `terms` how.
    """

    id: str
    url: str
    types: frozenset[str]
    secrets: tuple[tuple[str, datetime | None], ...]
    after: int
    failing_since: datetime | None
    dialect: str | None = None
    client: str | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)

    def secrets_at(self, now: datetime) -> list[str]:
        """The secrets that sign now."""
        return [secret for secret, until in self.secrets if until is None or now < until]


@dataclass(frozen=True, slots=True)
class NewHook:
    """A webhook to be set up. secret: chosen by the caller (`whsec_…`), or None to have one made."""

    url: str
    events: Sequence[str]
    by: str
    at: datetime
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What to change of a webhook; None leaves it as it is. active: False switches it off, True on again."""

    id: str
    by: str
    at: datetime
    url: str | None = None
    events: Sequence[str] | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A webhook gets a new secret; the present one goes on signing until `at` + `overlap`."""

    id: str
    at: datetime
    secret: str
    overlap: timedelta = OVERLAP


def create(writer: Writer, wish: NewHook, allowed: Allowed) -> tuple[str, str]:
    """Set up a webhook; returns its id and its secret, which cannot be seen again. It is told what happens from now on.

    Raises BadInput for a URL that cannot be called, unknown events, a secret of the wrong form, too many webhooks.
    """
    _check(wish.url, wish.events, allowed)
    secret = new_secret() if wish.secret is None else _chosen(wish.secret)
    followers.begin(writer, FOLLOWER, wish.at)
    values = {
        "id": new_id("whk", wish.at),
        "url": wish.url,
        "events": check_patterns(wish.events),
        "secrets": [{"secret": secret, "until": None}],
        "after": 0,
        "by": wish.by,
        "created_at": wish.at,
    }
    return writer.do(_create, values), secret


def _check(url: str | None, events: Sequence[str] | None, allowed: Allowed) -> None:
    """All that is wrong at once. Raises BadInput."""
    faults: list[Fault] = []
    try:
        if url is not None:
            check_url(read_url(url), allowed)
    except BadInput as wrong:
        faults += wrong.faults
    try:
        if events is not None:
            check_patterns(events)
    except BadInput as wrong:
        faults += wrong.faults
    if faults:
        raise BadInput(faults)


def _chosen(secret: str) -> str:
    says = f"a secret is whsec_ and the base64 of {_SHORTEST_KEY} to {_LONGEST_KEY} octets of chance"
    try:
        if _SHORTEST_KEY <= len(key_of(secret)) <= _LONGEST_KEY:
            return secret
    except ValueError:
        pass
    raise BadInput([Fault("/secret", "secret_invalid", says)])


def _create(conn: Connection, batch: list[dict[str, Any]]) -> list[str | BadInput]:
    results: list[str | BadInput] = []
    for values in batch:
        count = select(func.count()).select_from(webhook).where(webhook.c.dialect.is_(None))
        if (conn.scalar(count) or 0) >= MOST:
            says = f"there are {MOST} webhooks already: remove one that nobody needs"
            results.append(BadInput([Fault("", "too_many", says)]))
            continue
        birth = Birth(values, [("create", f"set up by {values['by']}")])
        history.begin(conn, WEBHOOK, [birth], by=values["by"], now=values["created_at"])
        from_now_on(conn, values["id"])
        says, after = f"a webhook was set up for {values['url']}", " ".join(values["events"])
        told = audit.Line(
            values["by"], "webhook.created", says, values["created_at"], "webhook", values["id"], after=after
        )
        audit.tell(conn, [told])
        results.append(str(values["id"]))
    return results


def from_now_on(conn: Connection, id: str) -> None:
    """It is told what comes after the present end of history."""
    end = conn.scalar(select(func.max(lines.c.id))) or 0
    conn.execute(update(webhook).where(webhook.c.id == id).values(after=end))


def change(writer: Writer, wish: Change, allowed: Allowed) -> None:
    """Change a webhook. One that is switched on again is told what happens from now on, and what still waits for it.

    Raises NotFound, BadInput.
    """
    _check(wish.url, wish.events, allowed)
    writer.do(_change, wish)


def _change(conn: Connection, batch: list[Change]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for wish in batch:
        row = conn.execute(
            select(webhook.c.state, webhook.c.url, webhook.c.events).where(webhook.c.id == wish.id)
        ).first()
        if row is None:
            results.append(_unknown(wish.id))
            continue
        given = {"url": wish.url, "events": None if wish.events is None else check_patterns(wish.events)}
        values = {name: value for name, value in given.items() if value is not None}
        if values:
            conn.execute(update(webhook).where(webhook.c.id == wish.id).values(values))
        if wish.active is not None:
            _switch(conn, wish)
        before, after = f"{row.state} {row.url} {' '.join(row.events)}", " ".join(str(one) for one in values.values())
        if wish.active is not None:
            after = f"{'active' if wish.active else 'disabled'} {after}".strip()
        says = "a webhook was changed"
        audit.tell(conn, [audit.Line(wish.by, "webhook.changed", says, wish.at, "webhook", wish.id, before, after)])
        results.append(None)
    return results


def _switch(conn: Connection, wish: Change) -> None:
    if not wish.active:
        off = Step(wish.id, f"by {wish.by}", {"failing_since": None})
        history.move(conn, WEBHOOK, "disable", [off], by=wish.by, now=wish.at)
        return
    step = Step(wish.id, f"by {wish.by}", {"failing_since": None})
    if history.move(conn, WEBHOOK, "enable", [step], by=wish.by, now=wish.at)[0] is not None:
        from_now_on(conn, wish.id)
        waits = (delivery.c.webhook_id == wish.id, delivery.c.ended_at.is_(None), delivery.c.due_at.is_not(None))
        conn.execute(update(delivery).where(*waits).values(due_at=wish.at))


def given_up(conn: Connection) -> list[AnyRow]:
    """The webhooks that were switched off because they failed, oldest first; not those that somebody switched off."""
    c = webhook.c
    failed = (c.state == "disabled", c.failing_since.is_not(None), c.dialect.is_(None))
    return list(conn.execute(select(c.id, c.url, c.why).where(*failed).order_by(c.id)))


def rotate(writer: Writer, id: str, at: datetime, overlap: timedelta = OVERLAP) -> str:
    """Give a webhook a new secret; returns it. The old one signs beside it for `overlap`. Raises NotFound."""
    secret = new_secret()
    writer.do(_rotate, Rotation(id, at, secret, overlap))
    return secret


def _rotate(conn: Connection, batch: list[Rotation]) -> list[NotFound | None]:
    results: list[NotFound | None] = []
    for wish in batch:
        known = conn.scalar(select(webhook.c.secrets).where(webhook.c.id == wish.id))
        if known is None:
            results.append(_unknown(wish.id))
            continue
        end = wish.at + wish.overlap
        old = [
            {"secret": one["secret"], "until": min(_moment(one["until"]) or end, end).isoformat()}
            for one in known
            if (_moment(one["until"]) or end) > wish.at and wish.overlap
        ]
        secrets = [{"secret": wish.secret, "until": None}, *old]
        conn.execute(update(webhook).where(webhook.c.id == wish.id).values(secrets=secrets))
        results.append(None)
    return results


def remove(writer: Writer, id: str) -> None:
    """Take a webhook away, with its log and what waits for it. Raises NotFound."""
    writer.do(_remove, id)


def _remove(conn: Connection, batch: list[str]) -> list[NotFound | None]:
    return [None if conn.execute(delete(webhook).where(webhook.c.id == id)).rowcount else _unknown(id) for id in batch]


def get(conn: Connection, id: str) -> AnyRow:
    """A webhook's row. Raises NotFound."""
    row = conn.execute(select(webhook).where(webhook.c.id == id)).first()
    if row is None:
        raise _unknown(id)
    return row


def listing(conn: Connection) -> list[AnyRow]:
    """Every webhook, oldest first."""
    return list(conn.execute(select(webhook).order_by(webhook.c.id)))


def active(conn: Connection) -> list[Hook]:
    """Those that are to be told; not those of a client whose key was revoked."""
    c = webhook.c
    revoked = exists().where(api_key.c.id == c.client, api_key.c.revoked_at.is_not(None))
    rows = conn.execute(select(webhook).where(c.state == "active", ~revoked).order_by(c.id))
    return [hook_of(row) for row in rows]


def hook_of(row: AnyRow) -> Hook:
    """A row as the sender needs it."""
    secrets = tuple((one["secret"], _moment(one["until"])) for one in row.secrets)
    types = types_of(row.events)
    return Hook(row.id, row.url, types, secrets, row.after, row.failing_since, row.dialect, row.client, row.terms or {})


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _unknown(id: str) -> NotFound:
    return NotFound(f"there is no webhook {id[:60]}", hint="smsgw webhook list and GET /api/v1/webhooks show them")
