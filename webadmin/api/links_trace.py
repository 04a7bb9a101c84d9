"""The console of a link: what goes over its wire, decoded, for a while; with its shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from flask import Response
from pydantic import Field

from smsgw.console import LINES, Kept, Look
from smsgw.watch import consoles

from ..context import the_gateway
from .routes import answer, client, route
from .shapes import Moment, Shape

SCOPE = "links:trace"
_FAILS = ("not_found", "conflict")


class TraceWish(Shape):
    """For how long a link is to be looked at."""

    seconds: int = Field(
        300, ge=10, le=3600, description="After so many seconds it ends by itself, or later if it is on for longer."
    )


class TraceAfter(Shape):
    """Which lines are to be shown."""

    after: int = Field(0, ge=0, description="Only those behind the line of this number.")
    limit: int = Field(LINES, ge=1, le=LINES, description="The newest so many of them.")


class TraceLine(Shape):
    """Something that went over the wire."""

    number: int = Field(description="Counts the lines of the link; where numbers are missing, lines were dropped.")
    at: Moment = Field(description="When.")
    way: Literal["<", ">"] = Field(description="> from us to the network, < from the network to us.")
    what: str = Field(description="The command or its answer, in the protocol's own word.")
    fields: dict[str, str] = Field(
        description="Its fields by the protocol's names. Numbers are masked as in the log, texts are told by length "
        "and coding, passwords and PINs are never there."
    )


class LinkTrace(Shape):
    """What a link's console shows. Its lines are in memory alone: the newest 500 of each link, for an hour."""

    until: Moment | None = Field(description="When it ends by itself; null: it is off, and nothing is kept.")
    last: int = Field(description="The number of the newest line: ask with after=… for those behind it.")
    data: list[TraceLine] = Field(description="The lines, oldest first.")


@route(
    "POST", "/links/<name>/trace", scope=SCOPE, takes=TraceWish, answers={200: LinkTrace}, errors=_FAILS, outside=True
)
def trace_link(name: str, body: TraceWish) -> Response:
    """Switch the console of a link on: what goes over its wire is kept in memory until the time is over."""
    gateway = the_gateway()
    lasts = timedelta(seconds=body.seconds)
    return answer(shown(consoles.switch_on(gateway, name, client().id, lasts)))


@route("GET", "/links/<name>/trace", scope=SCOPE, query=TraceAfter, answers={200: LinkTrace}, errors=_FAILS)
def link_trace(name: str, query: TraceAfter) -> Response:
    """Show what went over the wire of a link while its console was on."""
    return answer(shown(consoles.look(the_gateway(), name, query.after, query.limit)))


@route("DELETE", "/links/<name>/trace", scope=SCOPE, answers={204: None}, errors=_FAILS)
def end_link_trace(name: str) -> Response:
    """Switch the console of a link off."""
    consoles.switch_off(the_gateway(), name, client().id)
    return Response(status=204)


def shown(look: Look) -> dict[str, Any]:
    """A console as the API shows it: LinkTrace."""
    return {"until": look.until, "last": look.last, "data": [_line(one) for one in look.lines]}


def _line(one: Kept) -> dict[str, Any]:
    return {
        "number": one.number, "at": one.at, "way": one.line.way, "what": one.line.what, "fields": dict(one.line.fields)
    }  # fmt: skip
