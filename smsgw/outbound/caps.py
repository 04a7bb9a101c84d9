"""The check of frequency caps: nobody gets more offers than so many in a day, a week, a month.

What counts is what went out or is about to: marketing and service notices. Replies, orders and codes neither count
nor wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from ..store.ids import first_id
from ..store.prepared import Prepared, among
from ..store.tables import message
from .gate.facts import Cap
from .gate.terms import COUNTED, Candidate, Hold, Refuse, Rules, Verdict

GONE = ("queued", "sending", "unsure", "sent", "delivered", "undelivered")
WAITED = timedelta(days=30)  # how long before it went out a message may have been accepted and still be counted
_WENT_AT = func.coalesce(message.c.sent_at, message.c.due_at, type_=message.c.due_at.type).label("went_at")
_WENT = Prepared(
    select(message.c.id, message.c.recipient, message.c.category, _WENT_AT).where(
        among(message.c.recipient, "recipients"),
        message.c.id > bindparam("first"),
        message.c.purpose.in_([bindparam(f"p{n}", value) for n, value in enumerate(sorted(COUNTED))]),
        message.c.state.in_([bindparam(f"s{n}", value) for n, value in enumerate(GONE)]),
        bindparam("since", type_=message.c.due_at.type) < _WENT_AT,
    )
)
_Went = list[tuple[datetime, str | None]]  # when, and of which category


def capped(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Hold what is one too many for its recipient until the cap has room again; refuse it if that is too late."""
    places = [index for index, c in enumerate(batch) if c.purpose in COUNTED] if rules.facts.caps else []
    if not places:
        return {}
    went = gone_to(conn, {batch[index].recipient for index in places}, rules.facts.caps, now)
    # What a link goes out in place of did not reach anybody: only one of the two counts.
    ours = {id for index in places for id in (batch[index].id, batch[index].instead_of)}
    seen: dict[str, _Went] = {}
    for recipient, rows in went.items():
        seen[recipient] = [(at, category) for id, at, category in rows if id not in ours]
    verdicts: dict[int, Verdict] = {}
    for index in places:
        c = batch[index]
        verdict = _verdict(c, seen.get(c.recipient, []), rules.facts.caps, now)
        if verdict is not None:
            verdicts[index] = verdict
        else:
            seen.setdefault(c.recipient, []).append((max(now, c.send_at), c.category))
    return verdicts


def gone_to(
    conn: Connection, recipients: Iterable[str], caps: Sequence[Cap], now: datetime
) -> dict[str, list[tuple[str, datetime, str | None]]]:
    """What went to each of `recipients` as far back as any cap looks: id, when, category."""
    since = now - timedelta(days=max((cap.days for cap in caps), default=30))
    values = {"recipients": list(recipients), "since": since, "first": first_id("msg", since - WAITED)}
    found: dict[str, list[tuple[str, datetime, str | None]]] = {}
    for row in _WENT.records(conn, values):
        found.setdefault(row["recipient"], []).append((row["id"], row["went_at"], row["category"]))
    return found


def _verdict(c: Candidate, went: _Went, caps: Sequence[Cap], now: datetime) -> Verdict | None:
    at = max(now, c.send_at)
    until, words = at, ""
    for cap in caps:
        if cap.category not in ("*", c.category):
            continue
        since = at - timedelta(days=cap.days)
        counted = sorted(when for when, category in went if when > since and cap.category in ("*", category))
        if len(counted) < cap.most:
            continue
        said = _words(c.recipient, cap, len(counted))
        if cap.most == 0:
            return Refuse("frequency_capped", said)
        free = counted[-cap.most] + timedelta(days=cap.days)
        if free > until:
            until, words = free, said
    if not words:
        return None
    if c.valid_until is not None and until >= c.valid_until:
        return Refuse("frequency_capped", f"{words}, and there is room only after its validity")
    return Hold(until, f"{words}: it waits until {until:%Y-%m-%d %H:%M} UTC")


def _words(recipient: str, cap: Cap, count: int) -> str:
    what = "offers and notices" if cap.category == "*" else f"messages of {cap.category}"
    span = {1: "a day", 7: "7 days", 30: "30 days"}[cap.days]
    return f"{recipient} already got {count} {what} in {span}, and the cap is {cap.most}"
