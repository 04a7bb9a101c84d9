"""Calls and answers by whoever spoke and wrote them, and by the hour of the day, over some days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, select

from ..store.ids import first_id
from ..store.tables import account, message, talk
from ..store.tables.types import AnyRow

COLUMNS = ("calls_in", "calls_out", "missed", "minutes", "promised", "answers")
NOBODY = ""  # whose calls nobody took


@dataclass(frozen=True, slots=True)
class Worked:
    """A report: by agent (their account's id, NOBODY for missed calls) and by hour of the day, how much of what.

    Each line has every one of COLUMNS; outcomes: how often each came of a call.
    """

    first: date
    last: date
    agents: Mapping[str, Mapping[str, int]]
    hours: Mapping[int, Mapping[str, int]]
    outcomes: Mapping[str, int] = field(default_factory=dict)


def worked(conn: Connection, first: date, last: date, zone: tzinfo) -> Worked:
    """What was spoken and answered on these days, by the clock on the wall of `zone`.

    An answer is a message that somebody with an account sent; what a machine, a campaign or a program sent is none.
    """
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    agents: dict[str, dict[str, int]] = {}
    hours: dict[int, dict[str, int]] = {hour: dict.fromkeys(COLUMNS, 0) for hour in range(24)}
    outcomes: dict[str, int] = {}

    def count(who: str, at: datetime, what: str, many: int = 1) -> None:
        agents.setdefault(who, dict.fromkeys(COLUMNS, 0))[what] += many
        hours[at.astimezone(zone).hour][what] += many

    seconds: dict[str, int] = {}
    by_hour: dict[int, int] = {}
    t = talk.c
    query = select(talk).where(t.id >= first_id("talk", since), t.id < first_id("talk", until))
    for row in conn.execute(query):
        who = NOBODY if row.state in ("missed", "ringing") else row.agent or NOBODY
        count(who, row.began_at, "missed" if row.state == "missed" else f"calls_{row.direction}")
        if row.outcome is not None:
            outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
        if row.promised is not None:
            count(who, row.began_at, "promised")
        if row.taken_at is not None and row.ended_at is not None:
            spoke = max(0, int((row.ended_at - row.taken_at).total_seconds()))
            seconds[who] = seconds.get(who, 0) + spoke
            hour = row.began_at.astimezone(zone).hour
            by_hour[hour] = by_hour.get(hour, 0) + spoke
    for answer in _answers(conn, since, until):
        count(answer.client, answer.created_at, "answers")
    _minutes(agents, seconds)
    _minutes(hours, by_hour)
    return Worked(first, last, agents, hours, outcomes)


def _answers(conn: Connection, since: datetime, until: datetime) -> Iterable[AnyRow]:
    m = message.c
    people: Collection[str] = conn.scalars(select(account.c.id)).all()
    sent = select(m.client, m.created_at).where(m.client.in_(people), m.campaign_id.is_(None))
    return conn.execute(sent.where(m.id >= first_id("msg", since), m.id < first_id("msg", until)))


def _minutes(lines: Mapping[Any, dict[str, int]], seconds: Mapping[Any, int]) -> None:
    for key, spoken in seconds.items():
        lines[key]["minutes"] = round(spoken / 60)
