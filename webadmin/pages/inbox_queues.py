"""The list beside a conversation: which queue it shows, whose, and how each conversation in it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import Connection

from smsgw.access import accounts, roles
from smsgw.access.accounts import Person
from smsgw.inbound import conversation_desk, conversation_queues, conversations, snoozing
from smsgw.inbound.conversation_desk import Standing
from smsgw.inbound.conversation_queues import NAMES, Asked
from smsgw.inbound.conversations import END

from ..context import the_gateway

LIST = 50  # conversations on a page


def kept() -> dict[str, Any]:
    """Which queue the list shows, as addresses carry it; nothing for all that is open."""
    name, whose = request.args.get("queue", ""), request.args.get("whose", "")[:64]
    if name not in NAMES or name == "all":
        return {}
    return {"queue": name, "whose": whose} if name == "mine" and whose else {"queue": name}


def around(conn: Connection, person: Person, now: datetime, number: str | None) -> dict[str, Any]:
    """What the page needs to draw the list, and the decisions about the conversation of `number`."""
    told = kept()
    asked = Asked(told.get("queue", "all"), now, told.get("whose", person.name))
    found, following = conversation_queues.queue(conn, asked, LIST, request.args.get("before", END))
    numbers = [one.number for one in found] + ([] if number is None else [number])
    return {
        "conversations": found,
        "next": following,
        "queue": asked.name,
        "whose": asked.whose,
        "kept": told,
        "counts": conversation_queues.counts(conn, person.name, now),
        "stands": conversation_desk.standings(conn, numbers, now),
        "untouched": Standing(),
        "never": not found and not conversations.listing(conn, 1)[0],
        "people": those_who_answer(conn),
        "snoozes": snoozing.moments(now, the_gateway().config.business.business.zone),
    }


def those_who_answer(conn: Connection) -> list[str]:
    """The names of those to whom a conversation can be given."""
    rows = accounts.listing(conn)
    return [row.name for row in rows if row.disabled_at is None and roles.may(row.role, "conversations:write")]
