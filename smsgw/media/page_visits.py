"""Who came to a page and what they did there: four levels, of which only the later ones say that somebody looked.

*Fetched* is any look at the link: carriers, scanners and previews do that too. *Opened*: somebody asked to see the
message. *Loaded*: a picture, sound or film was taken; *replied*: an answer came. Addresses are kept by their network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sqlalchemy import Connection, func, insert, select, update

from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import message, message_content, message_page, page_visit
from ..store.tables.types import AnyRow
from . import capability
from .capability import Says, Sign
from .pages import TRIES

KEPT = 100  # visits of a level that are kept for a page: the next ones say nothing new
BY = "page"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody came. level: fetched, opened, loaded, replied or pin (a wrong one). address: the whole one."""

    page_id: str
    level: str
    at: datetime
    address: str
    what: str | None = None


def network_of(written: str) -> str:
    """The network that an address is of, which is all that is kept: 203.0.113.0/24, 2001:db8:1::/48."""
    try:
        found = ip_address(written.partition("%")[0])
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    network: IPv4Network | IPv6Network = ip_network((found, 24 if found.version == 4 else 48), strict=False)
    return str(network)


def write_down(conn: Connection, batch: list[Visit]) -> list[bool]:
    """Writer step: keep visits; returns for each whether it was the first of its level.

    The first look of a person is told in the message's history, and so is an answer.
    """
    return [_write_down(conn, visit) for visit in batch]


def _write_down(conn: Connection, visit: Visit) -> bool:
    v, p = page_visit.c, message_page.c
    before = conn.scalar(
        select(func.count()).select_from(page_visit).where(v.page_id == visit.page_id, v.level == visit.level)
    )
    message_id = conn.scalar(select(p.message_id).where(p.id == visit.page_id))
    if message_id is None or (visit.level == "replied" and _is_known(conn, visit)):
        return False
    if not before or visit.level == "replied" or before < KEPT:
        network = network_of(visit.address)
        row = {"page_id": visit.page_id, "level": visit.level, "at": visit.at, "address": network, "what": visit.what}
        conn.execute(insert(page_visit).values(row))
    if visit.level == "opened" and not before:
        conn.execute(update(message_page).where(p.id == visit.page_id).values(opened_at=visit.at))
        _tell(conn, message_id, "page_opened", "opened on its page", visit.at)
        number = conn.scalar(select(message.c.recipient).where(message.c.id == message_id))
        capability.hear(conn, [Sign(str(number), Says.OPENED, BY, visit.at, message_id)])
    elif visit.level == "replied":
        _tell(conn, message_id, "page_replied", "answered on its page", visit.at)
    return not before


def _is_known(conn: Connection, visit: Visit) -> bool:
    """Whether this answer was written down before: a form that is sent twice is one answer."""
    v = page_visit.c
    same = (v.page_id == visit.page_id, v.level == visit.level, v.what == visit.what)
    return conn.execute(select(v.id).where(*same).limit(1)).first() is not None


def _tell(conn: Connection, message_id: str, event: str, why: str, at: datetime) -> None:
    """A line in the history of the message, and of the one that its text stands for."""
    meant = conn.scalar(select(message_content.c.instead_of).where(message_content.c.message_id == message_id))
    steps = [history.Step(id, why) for id in (message_id, meant) if id is not None]
    history.note(conn, MESSAGE, event, steps, by=BY, now=at)


def wrong_pin(conn: Connection, batch: list[Visit]) -> list[int]:
    """Writer step: count wrong codes; returns how many more may be tried, 0 once the page is locked."""
    left = []
    p = message_page.c
    for visit in batch:
        _write_down(conn, visit)
        conn.execute(
            update(message_page).where(p.id == visit.page_id, p.pin_tries < TRIES).values(pin_tries=p.pin_tries + 1)
        )
        left.append(max(0, TRIES - (conn.scalar(select(p.pin_tries).where(p.id == visit.page_id)) or 0)))
    return left


def answers_since(conn: Connection, page_id: str, since: datetime) -> int:
    """How many answers came by this page since then."""
    v = page_visit.c
    query = select(func.count()).select_from(page_visit)
    return conn.scalar(query.where(v.page_id == page_id, v.level == "replied", v.at > since)) or 0


def seen(conn: Connection, message_id: str) -> Sequence[AnyRow]:
    """How often each level happened on the pages of a message, and when first and last: level, many, first, last."""
    v, p = page_visit.c, message_page.c
    return conn.execute(
        select(v.level, func.count().label("many"), func.min(v.at).label("first"), func.max(v.at).label("last"))
        .join(message_page, p.id == v.page_id)
        .where(p.message_id == message_id)
        .group_by(v.level)
    ).all()
