"""Somebody writes a question down that no text asked: a customer rang, or stood in the shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...customers import customers
from ...errors import Conflict
from ...store.database import Writer
from . import inquiries


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer asked by another way than a text. language: None for the customer's own, else `usual`.

    text: in the words of whoever was asked, kept as the reason of the inquiry. priority: None for that of the topic.
    """

    address: str
    topic: str
    text: str
    by: str
    at: datetime
    usual: str
    language: str | None = None
    priority: str | None = None
    to: str | None = None


def write_down(writer: Writer, promise: inquiries.Promise, told: Told) -> str:
    """Open an inquiry that no text asked for, or an answered one of this topic again; returns its id.

    Raises Conflict where one of this customer and topic is open.
    """
    return writer.do(_write_down, (told, promise))


def _write_down(conn: Connection, batch: Sequence[tuple[Told, inquiries.Promise]]) -> list[str]:
    return [_write_one_down(conn, *one) for one in batch]


def _write_one_down(conn: Connection, told: Told, promise: inquiries.Promise) -> str:
    known = inquiries.running(conn, told.address, told.topic)
    if known is not None and known.state == "open":
        says = f"{known.id} of {known.address} about {told.topic} is open already"
        raise Conflict(says, hint="answer that one, or write another topic")
    card = customers.of(conn, [told.address]).get(told.address)
    language = told.language or (card.language if card is not None else None) or told.usual
    asks = inquiries.Asks((), told.address, told.topic, language, told.at, told.text, by=told.by)
    id = inquiries.collect(conn, asks, promise)
    if told.priority is not None or told.to is not None:
        inquiries.assign_step(conn, [(inquiries.Assignment(id, told.by, "", told.at, told.to, told.priority), promise)])
    return id
