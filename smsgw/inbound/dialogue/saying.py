"""Say something automatically: past the loop brake, through the door and its gate, in the transaction that decides it.

The surprise: the door's first half (number, route, parts) runs in the writer's thread here, because what is said
depends on what the same transaction has just found out, such as an order's number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...errors import SmsgwError
from ...outbound.submit import Accepted, Asked, Door
from .. import brake
from ..orders.orders import CLIENT
from .terms import Heard, Say

log = logging.getLogger(__name__)

_CLIENTS = {"answer": "answers", "person": "answers", "survey": "surveys"}  # by the beginning of a reference
MOST_PARTS = 6
MOST_AN_HOUR = 12  # automatic texts to one customer: an order that is changed a few times takes that many


@dataclass(frozen=True, slots=True)
class Words:
    """What is said: to whom, which words, by which client and under which name of its own; reply_to: the inbound."""

    to: str
    text: str
    reference: str
    client: str = CLIENT
    reply_to: str | None = None
    purpose: str = "conversational"


def send(conn: Connection, door: Door, words: Words) -> str | SmsgwError:
    """Store a message in this transaction; returns its id, or why it may not go."""
    asked = Asked(
        words.to,
        words.text,
        words.client,
        client_ref=words.reference,
        purpose=words.purpose,
        reply_to=words.reply_to,
        max_parts=MOST_PARTS,
        allow_duplicate=True,
    )
    try:
        [stored] = door.store(conn, [door.read(asked)])
    except SmsgwError as refusal:
        return refusal
    if isinstance(stored, Accepted):
        return str(stored.row["id"])
    if isinstance(stored, SmsgwError):
        return stored
    raise stored


class Mouth:
    """Gives each text that is acted on its `Say`. ours: the gateway's own numbers, which are never answered."""

    def __init__(self, door: Door, ours: Callable[[], Collection[str]] = tuple) -> None:
        self._door = door
        self._ours = ours

    def of(self, conn: Connection, heard: Heard) -> Say:
        """What the actors about this text may say things with."""

        def say(text: str, reference: str) -> str | None:
            verdict = brake.may_answer(
                conn, heard.address, heard.now, text=heard.text, ours=self._ours(), most=MOST_AN_HOUR
            )
            if not verdict.may:
                log.info("%s is not answered automatically: %s", heard.address, verdict.why)
                return None
            client = _CLIENTS.get(reference.partition(":")[0], CLIENT)
            told = send(conn, self._door, Words(heard.address, text, reference, client, heard.id))
            if isinstance(told, SmsgwError):
                log.warning("%s could not be answered: %s", heard.address, told)
                return None
            return told

        return say


def tell(conn: Connection, door: Door, to: str, text: str, reference: str, now: datetime) -> str | SmsgwError:
    """Say something by the clock or for a person: no text of theirs is answered. Returns as `send`."""
    return send(conn, door, Words(to, text, reference, purpose="transactional"))
