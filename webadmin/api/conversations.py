"""Conversations over the API: all that was said with one number, and what people decide about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy import Connection

from smsgw.customers import customers
from smsgw.customers.consent.telling import read_address
from smsgw.customers.customers import Note, Wish
from smsgw.inbound import conversation_desk, conversation_queues, conversations
from smsgw.inbound.conversation_desk import Decision, Standing
from smsgw.inbound.conversations import END, Conversation
from smsgw.store import keyset, said_before
from smsgw.store.keyset import Ahead
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .customers_shapes import Made, NewNote
from .routes import answer, client, route
from .shapes import Moment, Page, Paging, Shape, Words

READ, WRITE = "conversations:read", "conversations:write"
Status = Literal["open", "snoozed", "closed"]
QUEUES = {"open": "all", "snoozed": "snoozed", "closed": "done"}


class Said(Shape):
    """A text of a conversation, or a call."""

    id: str = Field(description="Of the message, the inbound text or the call.")
    mine: bool = Field(description="Whether we sent it.")
    kind: str = Field(description="text, flash, call and the like.")
    text: str = Field(description="What it says.")
    status: str = Field(description="Its state.")
    why: str = Field(description="Why it is in this state, in words.")
    at: Moment = Field(description="When it was accepted, or came.")
    first_text: str | None = Field(None, description="Of a message whose text was replaced: what it said at first.")


class Talk(Shape):
    """The conversation with one number."""

    number: str = Field(description="The number: the conversation's id.")
    customer: str | None = Field(description="The customer, if that is known.")
    name: str | None = Field(description="What the customer is called.")
    status: Status = Field(description="open, snoozed or closed; a text from there opens it again.")
    assigned_to: str | None = Field(description="Whose it is; null: nobody's.")
    snoozed_until: Moment | None = Field(description="Until when it is put off.")
    waiting: int = Field(description="How many of its texts wait for a person.")
    last: Said | None = Field(description="What was said last.")


class TalkPage(Page):
    """Conversations, the one with the newest text first."""

    data: list[Talk] = Field(description="The conversations.")


class TalkFilter(Paging):
    """Which conversations to list. A page may be shorter than its limit and still have a next one."""

    status: Status | None = Field(None, description="Only those that stand so.")
    assigned_to: Words | None = Field(None, max_length=64, description='Only those of this person; "": nobody\'s.')


class SaidPage(Page):
    """What was said, newest first."""

    data: list[Said] = Field(description="The texts and calls.")


class NewAssignment(Shape):
    """Whose a conversation is to be."""

    to: Words | None = Field(min_length=1, max_length=64, description="The person's name; null: nobody's.")
    why: Words = Field("", max_length=300, description="Why, in words.")


class NewSnooze(Shape):
    """Until when a conversation is put off."""

    until: Moment = Field(description="A time in the future; a text from there ends it sooner.")
    why: Words = Field("", max_length=300, description="Why, in words.")


class NewClose(Shape):
    """That a conversation is done."""

    upto: Words | None = Field(
        None, max_length=40, description="The newest of their texts that you saw; what came later keeps it open."
    )
    why: Words = Field("", max_length=300, description="Why, in words.")


class NewOpening(Shape):
    """That a conversation is open after all."""

    why: Words = Field("", max_length=300, description="Why, in words.")


class NewTags(Shape):
    """The tags of whom a conversation is with."""

    tags: list[Words] = Field(max_length=100, description="These, and no others.")


@route("GET", "/conversations", scope=READ, query=TalkFilter, answers={200: TalkPage})
def list_conversations(query: TalkFilter) -> Response:
    """List conversations, the one with the newest text first."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        found, next, prev = _found(conn, query, gateway.clock())
        numbers = [one.number for one in found]
        stand = conversation_desk.standings(conn, numbers, gateway.clock())
        people = customers.of(conn, numbers)
    shown = [_talk(one, stand.get(one.number, Standing()), people.get(one.number)) for one in found]
    wanted = [
        one
        for one in shown
        if query.status in (None, one["status"])
        and (query.assigned_to is None or (one["assigned_to"] or "") == query.assigned_to)
    ]
    return paging.told(wanted, next, paging.back(prev))


def _found(conn: Connection, query: TalkFilter, now: datetime) -> tuple[list[Conversation], str | None, str | None]:
    """A page, and where the next one and the one before begin."""
    edge = paging.after_place(query, conversation_queues.CURSOR.fullmatch)
    found, further = _page(conn, query, now, END if edge is None else edge)
    name = "all" if query.assigned_to or query.status is None else QUEUES[query.status]
    if isinstance(edge, Ahead):
        return found, conversation_queues.place_of(conn, found[-1], name) if found else None, further
    return found, further, conversation_queues.place_of(conn, found[0], name) if found and edge is not None else None


def _page(conn: Connection, query: TalkFilter, now: datetime, before: str | Ahead) -> conversation_queues.Page:
    """Where what is asked for is found with the least to look at."""
    if query.assigned_to:
        is_open = now if query.status == "open" else None
        return conversation_queues.of_person(conn, query.assigned_to, query.limit, before, is_open)
    if query.status is None:
        return conversation_queues.listing(conn, query.limit, before)
    return conversation_queues.queue(conn, conversation_queues.Asked(QUEUES[query.status], now), query.limit, before)


def _talk(one: Conversation, standing: Standing, person: AnyRow | None) -> dict[str, Any]:
    return {
        "number": one.number,
        "customer": None if person is None else person.id,
        "name": None if person is None else person.name or None,
        "status": standing.status,
        "assigned_to": standing.assigned_to,
        "snoozed_until": standing.snoozed_until,
        "waiting": one.waiting,
        "last": None if one.last is None else said_json(one.last),
    }


def said_json(row: AnyRow) -> dict[str, Any]:
    """A text or call as the API shows it: Said."""
    told = {name: getattr(row, name) for name in ("id", "mine", "text", "why", "at")}
    told |= {"mine": bool(row.mine), "kind": row.kind or "text", "status": row.state}
    return told | {"first_text": said_before.first(row.metadata)}


@route("GET", "/conversations/<number>", scope=READ, answers={200: Talk}, errors=("validation_failed",))
def show_conversation(number: str) -> Response:
    """Show how the conversation with a number stands; one with whom nothing was said yet has none of it."""
    return _shown(_number(number))


def _shown(number: str) -> Response:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        one = conversations.of(conn, number)
        standing = conversation_desk.standings(conn, [number], gateway.clock()).get(number, Standing())
        person = customers.of(conn, [number]).get(number)
    return answer(_talk(one, standing, person))


def _number(written: str) -> str:
    """The one spelling of a number or mail address. Raises BadInput."""
    return read_address(written, the_gateway().config.sending.region)


@route("GET", "/conversations/<number>/messages", scope=READ, query=Paging, answers={200: SaidPage})
def conversation_messages(number: str, query: Paging) -> Response:
    """List what was said with a number, newest first: texts of both directions, and calls."""
    edge = paging.after_place(query, conversation_queues.CURSOR.fullmatch)
    with the_gateway().database.reading() as conn:
        rows = conversations.timeline(conn, _number(number), query.limit + 1, edge)[::-1]
    data, older, newer = keyset.neighbours(rows, query.limit, edge)
    following = conversations.place(data[-1].id) if older else None
    before = conversations.place(data[0].id) if newer else None
    return paging.told([said_json(row) for row in data], following, paging.back(before))


@route("POST", "/conversations/<number>/assign", scope=WRITE, takes=NewAssignment, answers={200: Talk})
def assign_conversation(number: str, body: NewAssignment) -> Response:
    """Give a conversation to somebody, or back. Who did it is in the audit."""
    wish = _decision(number, body.why)
    conversation_desk.assign(the_gateway().database.writer, wish, body.to)
    return _shown(wish.number)


def _decision(number: str, why: str, upto: str | None = None) -> Decision:
    return Decision(_number(number), client().id, the_gateway().clock(), why, upto)


@route("POST", "/conversations/<number>/snooze", scope=WRITE, takes=NewSnooze, answers={200: Talk})
def snooze_conversation(number: str, body: NewSnooze) -> Response:
    """Put a conversation off until a time."""
    wish, until = _decision(number, body.why), body.until
    assert isinstance(until, datetime)
    conversation_desk.snooze(the_gateway().database.writer, wish, until)
    return _shown(wish.number)


@route("POST", "/conversations/<number>/close", scope=WRITE, takes=NewClose, answers={200: Talk})
def close_conversation(number: str, body: NewClose) -> Response:
    """Call a conversation done: what waits in it for a person is handled."""
    wish = _decision(number, body.why, body.upto)
    conversation_desk.close(the_gateway().database.writer, wish)
    return _shown(wish.number)


@route("POST", "/conversations/<number>/reopen", scope=WRITE, takes=NewOpening, answers={200: Talk})
def reopen_conversation(number: str, body: NewOpening) -> Response:
    """Open a conversation that was put off or closed: what closing it took off the pile waits again."""
    wish = _decision(number, body.why)
    conversation_desk.reopen(the_gateway().database.writer, wish)
    return _shown(wish.number)


@route("POST", "/conversations/<number>/notes", scope=WRITE, takes=NewNote, answers={201: Made})
def note_conversation(number: str, body: NewNote) -> Response:
    """Write a note on the card of whom the conversation is with; who was unknown becomes a customer."""
    gateway = the_gateway()
    id = _person(_number(number))
    wish = Note(id, body.text, client().id, gateway.clock())
    return answer({"id": customers.note(gateway.database.writer, wish)}, 201)


@route("PUT", "/conversations/<number>/tags", scope=WRITE, takes=NewTags, answers={200: Talk}, errors=("not_found",))
def tag_conversation(number: str, body: NewTags) -> Response:
    """Set the tags of whom the conversation is with; who was unknown becomes a customer."""
    gateway, spelled = the_gateway(), _number(number)
    wish = Wish({"tags": body.tags}, client().id, gateway.clock(), gateway.config.sending.region, _person(spelled))
    customers.change(gateway.database.writer, wish)
    return _shown(spelled)


def _person(number: str) -> str:
    gateway = the_gateway()
    return gateway.database.writer.do(customers.ensure_step, (number, gateway.clock()))
