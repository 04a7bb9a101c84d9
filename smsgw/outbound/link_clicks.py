"""Who followed short links: message by message, and address by address of a campaign; people told from programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ..store import history
from ..store.ids import first_id
from ..store.tables import short_link, short_link_click

FIRST = 20  # addresses that are told one by one


def was_followed(message_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a person followed a link that is in this marketing message alone."""
    s, k = short_link.c, short_link_click.c
    return (
        select(k.id)
        .join_from(short_link, short_link_click, k.link_id == s.id)
        .where(s.message_id == message_id, k.human)
    ).exists()


def of_messages(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For each of these messages whose own links were followed: how often by people and by bots, and when last."""
    s, k = short_link.c, short_link_click.c
    told: dict[str, dict[str, Any]] = {}
    for some in history.chunks(list(ids)):
        query = (
            select(s.message_id, k.human, func.count().label("many"), func.max(k.at).label("last"))
            .join_from(short_link, short_link_click, k.link_id == s.id)
            .where(s.message_id.in_(some))
            .group_by(s.message_id, k.human)
        )
        for row in conn.execute(query):
            one = told.setdefault(row.message_id, {"people": 0, "bots": 0, "last": None})
            one |= {"people": row.many, "last": row.last} if row.human else {"bots": row.many}
    return told


def of_message(conn: Connection, id: str) -> dict[str, Any] | None:
    """The same of one message, also where nobody followed one; None where it has no links of its own."""
    if conn.scalar(select(short_link.c.id).where(short_link.c.message_id == id).limit(1)) is None:
        return None
    return of_messages(conn, [id]).get(id, {"people": 0, "bots": 0, "last": None})


def of_campaign(conn: Connection, id: str, began: datetime, ended: datetime | None) -> dict[str, Any]:
    """What became of the links of a campaign that was under way in this time.

    {"people", "bots", "addresses", "links"}: how often all were followed, how many addresses there are, and the first
    `FIRST` of these, those that people followed most: [{"url", "codes", "people", "bots", "last"}].
    """
    s, k = short_link.c, short_link_click.c
    # Its links were made while it ran: nothing else is looked at, for links have no index by campaign.
    mine = [s.campaign_id == id, s.id >= first_id("sl", began)]
    if ended is not None:
        mine.append(s.id <= first_id("sl", ended, (1 << 80) - 1))
    clicks = (
        select(k.link_id, func.count().filter(k.human).label("people"), func.count().filter(~k.human).label("bots"),
               func.max(k.at).filter(k.human).label("last"))
        .where(k.link_id >= first_id("sl", began))
        .group_by(k.link_id).subquery()
    )  # fmt: skip
    c = clicks.c
    people, bots = func.coalesce(func.sum(c.people), 0), func.coalesce(func.sum(c.bots), 0)
    by_url = (
        select(s.url, func.count().label("codes"), people.label("people"), bots.label("bots"),
               func.max(c.last).label("last"))
        .outerjoin_from(short_link, clicks, c.link_id == s.id)
        .where(*mine)
        .group_by(s.url)
    )  # fmt: skip
    u = by_url.subquery().c
    all_people, all_bots, addresses = conn.execute(
        select(func.coalesce(func.sum(u.people), 0), func.coalesce(func.sum(u.bots), 0), func.count(u.url))
    ).one()
    rows = conn.execute(by_url.order_by(people.desc(), s.url).limit(FIRST))
    links = [{**row._mapping, "people": int(row.people), "bots": int(row.bots)} for row in rows]
    return {"people": int(all_people), "bots": int(all_bots), "addresses": addresses, "links": links}
