"""Campaigns that make others: a series begins its runs, and what has ended is followed up.

Each run is a campaign of its own, named by its moment: however often the clock looks, and however many clocks there
are, there is one. Of runs that a stopped machine missed only the newest is made up, and only while it is worth it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ..store import history
from ..store.database import Database
from ..store.ids import new_id
from ..store.lifecycle import CAMPAIGN
from ..store.tables import campaign
from ..store.tables.types import AnyRow
from ..text.hours import read_zone
from .life import first_run
from .occurrences import last_due
from .terms import FollowUp, Terms
from .writing import UNBEGUN

FOLLOWED = timedelta(days=91)  # for how long after its end a campaign can be followed up
_COPIED = ("purpose", "category", "language", "template_id", "sender", "link", "by", "approved_by", "approved_at")


def run_series(database: Database, now: datetime) -> None:
    """Begin the runs of every series that are due at `now`."""
    c = campaign.c
    with database.reading() as conn:
        due = conn.scalars(
            select(c.id).where(
                c.state == "running", c.ended_at.is_(None), c.kind.in_(("recurring", "relative")), c.starts_at <= now
            )
        ).all()
    for id in due:
        database.writer.do(_run, (id, now))


def follow_up(database: Database, now: datetime) -> None:
    """Begin what follows campaigns that have ended."""
    c = campaign.c
    with database.reading() as conn:
        ended = conn.execute(
            select(c.id, c.terms).where(c.state == "finished", c.kind == "once", c.ended_at > now - FOLLOWED)
        ).all()
    for row in ended:
        if row.terms.get("follow_ups"):
            database.writer.do(_follow, (row.id, now))


def _run(conn: Connection, batch: list[tuple[str, datetime]]) -> list[None]:
    for id, now in batch:
        row = conn.execute(select(campaign).where(campaign.c.id == id).with_for_update()).one()
        if row.state == "running" and row.starts_at is not None and row.starts_at <= now:
            _run_one(conn, row, Terms.model_validate(row.terms), now)
    return [None] * len(batch)


def _run_one(conn: Connection, row: AnyRow, terms: Terms, now: datetime) -> None:
    at = _newest_due(row, terms, now)
    if now - at <= timedelta(minutes=terms.late):
        _spawn(conn, row, f"{at:%Y-%m-%dT%H:%MZ}", at, audience_of(row, terms, at), row.texts, terms.of_a_run(), now)
    else:
        said = f"the run of {at:%Y-%m-%d %H:%M} UTC was missed, and is not worth making up"
        history.note(conn, CAMPAIGN, "missed", [history.Step(row.id, said)], by="clock", now=now)
    later = first_run(terms, max(at, now))
    conn.execute(update(campaign).where(campaign.c.id == row.id).values(starts_at=later))
    if later is None:
        step = history.Step(row.id, "its last run has begun", {"ended_at": now})
        history.move(conn, CAMPAIGN, "finish", [step], by="clock", now=now)


def _newest_due(row: AnyRow, terms: Terms, now: datetime) -> datetime:
    """The newest run that is due; `starts_at` is the oldest."""
    at: datetime = row.starts_at
    if terms.repeat is not None:
        told = terms.repeat
        return last_due(told.rule, told.first, told.zone, told.holidays, now) or at
    while (later := first_run(terms, at)) is not None and later <= now:
        at = later
    return at


def audience_of(row: AnyRow, terms: Terms, at: datetime) -> Mapping[str, Any]:
    """Whom a run is about: by a rule everybody that it means then, by a date those whose day it is."""
    told = terms.relative
    if told is None:
        return dict(row.audience)
    day = at.astimezone(read_zone(told.zone)).date() - timedelta(days=told.days)
    return {**row.audience, "date": {"field": told.field, "day": day.isoformat(), "yearly": told.yearly}}


def _follow(conn: Connection, batch: list[tuple[str, datetime]]) -> list[None]:
    for id, now in batch:
        row = conn.execute(select(campaign).where(campaign.c.id == id).with_for_update()).one()
        terms = Terms.model_validate(row.terms)
        for number, wish in enumerate(terms.follow_ups, 1):
            at = row.ended_at + timedelta(hours=wish.after)
            if at <= now:
                _follow_one(conn, row, number, wish, at, terms, now)
    return [None] * len(batch)


def _follow_one(
    conn: Connection, row: AnyRow, number: int, wish: FollowUp, at: datetime, terms: Terms, now: datetime
) -> None:
    audience = {"of": row.id, "who": wish.who}
    kept = {"expires_in", "late", "per_minute", "max_parts", "unreachable", "attribution", "limits", "offer"}
    kept |= {"track_links"}
    again = Terms.model_validate(terms.model_dump(include=kept))
    _spawn(conn, row, f"follow-up {number}", at, audience, {"a": wish.texts}, again, now, "follow_up")


def _spawn(
    conn: Connection, parent: AnyRow, run: str, at: datetime, audience: Mapping[str, Any], texts: Mapping[str, Any],
    terms: Terms, now: datetime, kind: str = "once",
) -> None:  # fmt: skip
    """Store a campaign that another one makes, with the approval of that one; unless it is there already."""
    c = campaign.c
    if conn.scalar(select(c.id).where(c.parent_id == parent.id, c.run == run)) is not None:
        return
    born = {name: getattr(parent, name) for name in _COPIED} | UNBEGUN
    born |= {"id": new_id("cam", now), "name": f"{parent.name[:90]}, {run}", "kind": kind, "run": run}
    born |= {"parent_id": parent.id, "audience": dict(audience), "texts": dict(texts), "starts_at": at}
    born |= {"terms": terms.model_dump(mode="json"), "created_at": now, "changed_at": now}
    events = [("create", f"a run of {parent.id}"), ("spawn", f"due at {at:%Y-%m-%d %H:%M} UTC")]
    history.begin(conn, CAMPAIGN, [history.Birth(born, events)], by="clock", now=now)
