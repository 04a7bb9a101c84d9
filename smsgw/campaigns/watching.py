"""Look at how a running campaign fares, and say when it must slow down or pause by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select

from ..customers.consent.consent import EVERYTHING, MARKETING
from ..outbound.routing import Network
from ..outbound.standing import Fitness
from ..store.ids import first_id
from ..store.tables import consent, inbound, message, target
from ..store.tables.types import AnyRow
from .life import message_states
from .terms import Limits, Terms

FAILED = ("failed", "undelivered", "expired")
ENDED = ("delivered", *FAILED)
UNDECIDED = ("accepted", "held", "queued", "sending")  # what is unsure is not in flight: nobody knows where it is


@dataclass(frozen=True, slots=True)
class Seen:
    """How it fares: how many messages have ended, failed, left; how many people said stop; how many replies wait."""

    ended: int
    failed: int
    left: int
    opted_out: int
    unanswered: int

    def since(self, base: Mapping[str, int]) -> Seen:
        """What came after another look, but for the replies: those wait, whenever they came."""
        less = {name: getattr(self, name) - base.get(name, 0) for name in ("ended", "failed", "left", "opted_out")}
        return replace(self, **less)


def look(conn: Connection, row: AnyRow) -> Seen:
    """How a campaign (its row) fares now."""
    counts = dict(message_states(conn, row.id))
    return Seen(
        ended=sum(counts.get(state, 0) for state in ENDED),
        failed=sum(counts.get(state, 0) for state in FAILED),
        left=sum(counts.get(state, 0) for state in ("sent", *ENDED)),
        opted_out=opt_outs(conn, row),
        unanswered=_unanswered(conn, row),
    )


def among_its_targets(id: str) -> ColumnElement[bool]:
    """Whether a target is of this campaign, for questions that begin with somebody's address.

    Not through an index of campaigns, which SQLite would choose: then a campaign of a million is read through for each.
    """
    return func.coalesce(target.c.campaign_id, "") == id


def opt_outs(conn: Connection, row: AnyRow, variant: str | None = None) -> int:
    """How many of those who got it have said stop since, to everything or to what it is about."""
    c, t = consent.c, target.c
    about = [EVERYTHING, MARKETING] + ([row.category] if row.category else [])
    query = (
        select(func.count(c.address.distinct()))
        .join_from(consent, target, (t.address == c.address) & among_its_targets(row.id))
        .where(c.id > (row.consent_from or 0), c.statement == "withdrawn", c.purpose.in_(about))
        .where(t.message_id.is_not(None))
    )
    if variant is not None:
        query = query.where(t.variant == variant)
    return conn.scalar(query) or 0


def _unanswered(conn: Connection, row: AnyRow) -> int:
    """How many texts from its recipients wait for a person."""
    i, t = inbound.c, target.c
    theirs = select(t.id).where(t.address == i.sender, among_its_targets(row.id), t.message_id.is_not(None)).exists()
    query = select(func.count()).where(i.state == "waiting", i.id > first_id("in", row.started_at), theirs)
    return conn.scalar(query) or 0


def reason_to_pause(seen: Seen, limits: Limits) -> str | None:
    """Why it must pause by itself; None when it may go on."""
    if seen.ended >= limits.sample and seen.failed * 100 > limits.failures * seen.ended:
        share = f"{seen.failed} of {seen.ended} failed"
        return f"{share}, more than {limits.failures:g} per cent: see why in its report, then resume it"
    if seen.left >= limits.sample and seen.opted_out * 100 > limits.opt_outs * seen.left:
        share = f"{seen.opted_out} of {seen.left} said stop"
        return f"{share}, more than {limits.opt_outs:g} per cent: think again about what it says and to whom"
    return None


def share_of_pace(seen: Seen, limits: Limits) -> float:
    """How much of its pace it may use, 1 to 0: less, the more replies wait for a person."""
    return max(0.0, 1 - seen.unanswered / limits.unanswered)


def sick(network: Network, links: Collection[str], now: datetime) -> str | None:
    """Why no link can take it, when that will not pass by itself; None while it is worth waiting."""
    told = []
    for name in sorted(links):
        if name not in network.links:
            told.append(f"{name} is no link any more")
            continue
        fitness, words = network.fitness(name, now)
        if fitness not in (Fitness.AWAY, Fitness.RESTING):
            return None
        told.append(f"{name} {words}")
    return f"no link can take it: {', '.join(told)}" if told else None


def canary_fares(conn: Connection, row: AnyRow, terms: Terms, now: datetime) -> str | None:
    """Whether the first few arrived: "go", a reason to pause, or None while it is too early to say."""
    assert terms.canary is not None
    counts, base = dict(message_states(conn, row.id)), row.base or {}
    total = sum(counts.values()) - base.get("ended", 0)
    ended = sum(counts.get(state, 0) for state in ENDED) - base.get("ended", 0)
    failed = sum(counts.get(state, 0) for state in FAILED) - base.get("failed", 0)
    waited = left_long_ago(conn, row, timedelta(minutes=terms.canary.wait), now)
    if failed * 100 > terms.canary.failures * max(total, 1):
        return f"{failed} of the first {total} failed, more than {terms.canary.failures:g} per cent"
    return "go" if ended >= total or waited else None


def left_long_ago(conn: Connection, row: AnyRow, wait: timedelta, now: datetime) -> bool:
    """Whether what it has placed left so long ago that it can be judged: what waits for a morning says nothing yet.

    Nine of ten are enough: one who is asleep elsewhere need not keep all others waiting.
    """
    if now - row.wave_at < wait:
        return False
    m = message.c
    fresh = or_(m.state.in_(UNDECIDED), m.sent_at > now - wait)
    query = select(func.count(), func.count().filter(fresh)).where(m.campaign_id == row.id)
    placed, early = conn.execute(query).one()
    return bool(early * 10 <= placed)
