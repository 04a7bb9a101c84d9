"""The call desk over the API: a telephone system tells of calls, and what came of them can be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy import Connection, select

from smsgw.errors import BadInput, NotFound
from smsgw.inbound import talks as verbs
from smsgw.inbound.talks import Told
from smsgw.store.lifecycle import TALK
from smsgw.store.tables import account
from smsgw.store.tables.talks import OUTCOMES
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .fields import Ref
from .messages import number_of
from .routes import answer, client, route
from .shapes import Moment, Page, Paging, Shape, Words

READ, WRITE = "conversations:read", "conversations:write"


class NewCall(Shape):
    """A call, or what is new about one: tell it again with the same reference as it goes on."""

    number: Words | None = Field(None, max_length=40, description="The other end; null or left out: withheld.")
    direction: Literal["in", "out"] = Field("in", description="Whether they call us, or we them.")
    status: Literal["ringing", "answered", "ended", "missed"] = Field(
        "ringing", description="Where it is. What rings longer than two minutes counts as missed."
    )
    reference: Ref | None = Field(
        None, description="Your own name for the call: what is told under the same one is about the same call."
    )
    agent: Words | None = Field(None, max_length=64, description="Who speaks: the name of their account here.")
    at: Moment | None = Field(None, description="When that was; now by default.")


class DeskCall(Shape):
    """A call at the desk."""

    id: str = Field(description="Its id.")
    status: str = Field(description="Its state.", json_schema_extra={"enum": list(TALK.states)})
    why: str = Field(description="Why it is in this state, in words.")
    direction: str = Field(description="in or out.")
    number: str | None = Field(description="The other end; null: withheld.")
    reference: str | None = Field(description="What the telephone system calls it.")
    began_at: Moment = Field(description="When it began to ring.")
    taken_at: Moment | None = Field(description="Since when somebody spoke.")
    ended_at: Moment | None = Field(description="When it was over.")
    agent: str | None = Field(description="Who spoke: an account's id, or the name that was told.")
    outcome: str | None = Field(description="What came of it.", json_schema_extra={"enum": [*OUTCOMES, None]})
    note: str = Field(description="What was written about it.")
    promised: str | None = Field(description="The answer that was promised.")
    promised_at: Moment | None = Field(description="Until when.")
    inquiry_id: str | None = Field(description="The inquiry that reminds of the promise.")
    message_id: str | None = Field(description="The planned message that keeps it.")


class DeskCallFilter(Paging):
    """Which calls to list."""

    number: Words | None = Field(None, max_length=100, description="Only those with this number.")


class DeskCallPage(Page):
    """Calls at the desk, newest first."""

    data: list[DeskCall] = Field(description="The calls.")


@route("POST", "/calls", scope=WRITE, takes=NewCall, answers={201: DeskCall}, errors=("conflict",))
def tell_call(body: NewCall) -> Response:
    """Tell of a call that rings, is spoken or is over: the desk shows whose it is."""
    gateway = the_gateway()
    at: datetime = body.at or gateway.clock()
    with gateway.database.reading() as conn:
        agent = _agent(conn, body.agent)
    told = Told(client().id, body.direction, body.number, body.status, at, body.reference, agent)
    id = verbs.tell(gateway.database.writer, told, gateway.config.sending.region)
    with gateway.database.reading() as conn:
        return answer(call_json(verbs.get(conn, id)), 201)


def _agent(conn: Connection, name: str | None) -> str | None:
    """The account of this name; a name that nobody has stays as it is."""
    if name is None:
        return None
    return conn.scalar(select(account.c.id).where(account.c.name == name)) or name


@route("GET", "/calls/log", scope=READ, query=DeskCallFilter, answers={200: DeskCallPage})
def call_log(query: DeskCallFilter) -> Response:
    """List the calls of the desk, newest first."""
    before = paging.after(query)
    with the_gateway().database.reading() as conn:
        rows = verbs.listing(conn, query.limit + 1, before, _number(query.number))
    return paging.page(rows, query.limit, call_json, before)


def _number(written: str | None) -> str | None:
    try:
        return None if written is None else number_of(written, "/number")
    except BadInput:
        return written


@route("GET", "/calls/log/<id>", scope=READ, answers={200: DeskCall}, errors=("not_found",))
def desk_call(id: str) -> Response:
    """Show a call of the desk."""
    if not paging.looks_like(id, "talk"):
        raise NotFound(f"there is no call {id[:60]}", hint="GET /api/v1/calls/log lists them")
    with the_gateway().database.reading() as conn:
        return answer(call_json(verbs.get(conn, id)))


def call_json(row: AnyRow) -> dict[str, Any]:
    """A call's row as the API shows it: DeskCall."""
    names = (
        "id", "why", "direction", "number", "reference", "began_at", "taken_at", "ended_at", "agent", "outcome", "note",
        "promised", "promised_at", "inquiry_id", "message_id",
    )  # fmt: skip
    return {"status": row.state} | {name: getattr(row, name) for name in names}
