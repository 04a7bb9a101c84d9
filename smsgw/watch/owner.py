"""Tell the owner by text and mail what alerts say, and do what they command from their phone.

The brake: at most one text and letter in `[watch] pause`; what happens meanwhile is told in the next one. Each alert is
told once, and once more when it is over. Told is what the door took: a crash between repeats nothing, for texts and
letters carry the name of the newest alert in them.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from ..campaigns import life
from ..errors import SmsgwError
from ..gateway import Gateway
from ..media import mail
from ..outbound import balances
from ..outbound.submit import Asked
from ..store.tables import alert, campaign, remote_command
from ..store.tables.types import AnyRow
from . import figures
from .troubles import KINDS

log = logging.getLogger(__name__)
CLIENT = "watch"
MOST = 4  # alerts that a text names
MANY = 50  # alerts in one letter


def tell(gateway: Gateway, now: datetime) -> int:
    """Tell the owner what they do not know yet, if the last time is long enough ago; returns how many alerts."""
    config = gateway.config.watch
    if not config.numbers and not config.mail:
        return 0
    a = alert.c
    with gateway.database.reading() as conn:
        fresh = conn.execute(
            select(alert).where(a.state != "over", a.told_at.is_(None)).order_by(a.id).limit(MANY)
        ).all()
        over = conn.execute(
            select(alert)
            .where(a.state == "over", a.kind.in_(KINDS), a.told_at.is_not(None), a.over_told_at.is_(None))
            .order_by(a.id)
            .limit(MANY)
        ).all()
        last = max(
            filter(None, conn.execute(select(func.max(a.told_at), func.max(a.over_told_at))).one()), default=None
        )
    if not (fresh or over) or (last is not None and now - last < timedelta(seconds=config.pause)):
        return 0
    lines = [row.why for row in fresh] + [f"over: {row.kind} {row.subject}".rstrip() for row in over]
    newest = max(row.id for row in [*fresh, *over])
    name = f"{newest}/{len(over)}"
    _text(gateway, lines, name)
    gateway.database.writer.do(_note, (gateway.config.watch.mail, name, lines, list(fresh), list(over), now))
    return len(lines)


def _text(gateway: Gateway, lines: Sequence[str], name: str) -> None:
    more = f" (and {len(lines) - MOST} more)" if len(lines) > MOST else ""
    words = "smsgw: " + "; ".join(lines[:MOST]) + more
    for number in gateway.config.watch.numbers:
        _send(gateway, number, words[:450], f"alert/{name}/{number}")


def _send(gateway: Gateway, number: str, words: str, name: str, reply_to: str | None = None) -> None:
    """A text to the owner; one that cannot go is told in the log, for there is nobody else to tell."""
    asked = Asked(
        number, words, CLIENT, client_ref=name[-120:], link=gateway.config.watch.link, priority=9,
        purpose="service", reply_to=reply_to, allow_duplicate=True,
    )  # fmt: skip
    try:
        gateway.door.submit(asked)
    except SmsgwError as problem:
        log.error("the owner could not be texted: %s", problem)


def _note(
    conn: Connection, batch: list[tuple[list[str], str, list[str], list[AnyRow], list[AnyRow], datetime]]
) -> list[None]:
    for addresses, name, lines, fresh, over, now in batch:
        subject = f"smsgw at {socket.gethostname()}: {lines[0]}"[:120]
        body = "\n".join(["What you should know:", "", *(f"- {line}" for line in lines), ""])
        mail.write(conn, [mail.Letter(f"alert/{name}"[:120], address, subject, body) for address in addresses], now)
        for rows, column in ((fresh, "told_at"), (over, "over_told_at")):
            if rows:
                conn.execute(update(alert).where(alert.c.id.in_([row.id for row in rows])).values({column: now}))
    return [None] * len(batch)


def obey(gateway: Gateway, now: datetime) -> int:
    """Do what the owner commanded and was not done, and answer; returns how many commands. Twice does no more."""
    c = remote_command.c
    with gateway.database.reading() as conn:
        rows = conn.execute(select(remote_command).where(c.done_at.is_(None)).order_by(c.id).limit(10)).all()
    for row in rows:
        answer = _ACTS[row.command](gateway, now)
        _send(gateway, row.number, answer[:450], f"remote/{row.id}", row.inbound_id)
        gateway.database.writer.do(_done, (row.id, now))
        log.info("the owner commanded %s from their phone: %s", row.command, answer)
    return len(rows)


def _done(conn: Connection, batch: list[tuple[int, datetime]]) -> list[None]:
    for id, now in batch:
        conn.execute(update(remote_command).where(remote_command.c.id == id).values(done_at=now))
    return [None] * len(batch)


def _status(gateway: Gateway, now: datetime) -> str:
    """How it is, and what stands."""
    with gateway.database.reading() as conn:
        standing = conn.execute(select(alert.c.why).where(alert.c.state != "over").order_by(alert.c.id.desc())).all()
    down = [f"{one.name} is {one.state}" for one in figures.links_now(gateway) if one.state not in figures.WELL]
    words = [figures.in_a_line(gateway), *down]
    if standing:
        words.append(f"{len(standing)} alerts, the newest: {standing[0].why}")
    return "; ".join(words)


def _balance(gateway: Gateway, now: datetime) -> str:
    """What each SIM was last heard to have; nobody is asked, for that takes a minute."""
    told = []
    with gateway.database.reading() as conn:
        for name in sorted(gateway.network.links.copy()):
            newest = next((row for row in balances.history(conn, name, 5) if row.trouble is None), None)
            if newest is not None:
                told.append(f"{name}: {balances.money(newest) or newest.said} at {newest.at:%m-%d %H:%M} UTC")
        told += [f"{link}: {left} parts left" for link, left in figures.bundles(conn, gateway, now)]
    return "; ".join(told) or "no link told a balance yet"


def _pause(gateway: Gateway, now: datetime) -> str:
    done = _each(
        gateway, "running", lambda id: life.pause(gateway.database.writer, id, CLIENT, "the owner said so", now)
    )
    return f"{done} campaigns are paused" if done != 1 else "1 campaign is paused"


def _resume(gateway: Gateway, now: datetime) -> str:
    """Only what was paused from the phone: what paused itself had its reason."""
    done = _each(
        gateway, "paused", lambda id: life.resume(gateway.database.writer, id, CLIENT, now), "the owner said so"
    )
    return f"{done} campaigns go on" if done != 1 else "1 campaign goes on"


def _each(gateway: Gateway, state: str, act: Callable[[str], object], why: str = "") -> int:
    """Act on every campaign in this state whose reason begins so; returns for how many it was done."""
    done = 0
    with gateway.database.reading() as conn:
        query = select(campaign.c.id).where(campaign.c.state == state, campaign.c.why.startswith(why))
        ids = list(conn.scalars(query))
    for id in ids:
        try:
            act(id)
            done += 1
        except SmsgwError as problem:  # it ended meanwhile
            log.warning("campaign %s: %s", id, problem)
    return done


_ACTS: dict[str, Callable[[Gateway, datetime], str]] = {
    "STATUS": _status,
    "BALANCE": _balance,
    "PAUSE ALL": _pause,
    "RESUME ALL": _resume,
}
