"""Put together what makes something of the texts that came in, for one configuration."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...config import Config
from ...outbound.submit import Door
from ...store.database import Database
from ..inquiries.inquiries import Promise
from ..inquiries.questions import Questions
from ..learning.guessing import Proposer
from ..orders.clock import Waiting
from ..orders.desk import Desk
from ..orders.rules import rules_of
from ..orders.status import status
from ..surveys.answers import Surveys
from .dialogue import Dialogue
from .orders import Ordering
from .part import Listening
from .saying import Mouth


@dataclass(frozen=True)
class Understanding:
    """reading: the part that reads; orders: what people do with orders, waiting_orders: what time does to them.

    promise: how soon inquiries are answered. proposer: what the business's own labels teach.
    """

    reading: Listening
    orders: Desk
    waiting_orders: Waiting
    promise: Promise
    proposer: Proposer


def understanding(
    config: Config,
    database: Database,
    door: Door,
    clock: Callable[[], datetime],
    own_numbers: Callable[[], Collection[str]],
) -> Understanding:
    """What reads texts and acts on them, by the rules of a configuration; nothing is started."""
    rules = rules_of(config.orders, config.business.zone)
    promise = Promise(config.business.business, config.business.answer_within)
    actors = (Ordering(rules), Questions(promise, status), Surveys(promise))
    dialogue = Dialogue(*actors, Mouth(door, own_numbers), config.orders.language)
    joining = timedelta(seconds=config.orders.join_within)
    reading = Listening(database, dialogue, clock, joining)
    return Understanding(reading, Desk(database, door, rules), Waiting(door, rules), promise, Proposer())
