"""Short links over the API: made by hand, listed, and how often each was followed."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field

from smsgw.outbound import short_links
from smsgw.outbound.short_links import LONGEST, NewLink
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .fields import Moment, Shape, Words
from .routes import PREFIX, answer, client, route
from .shapes import Page, Paging


class NewShortLink(Shape):
    """A short link to be made: a code of its own each time, so that places where it stands can be told apart."""

    url: Words = Field(
        min_length=1,
        max_length=LONGEST,
        description="Where it leads: http or https, and not this gateway itself.",
        examples=["https://shop.example/autumn?from=leaflet"],
    )
    note: Words | None = Field(None, max_length=60, description="Your own word for it.", examples=["leaflet"])


class Clicks(Shape):
    """How often a link was followed; of who did nothing is kept."""

    people: int = Field(description="By what can have been a person.")
    bots: int = Field(description="By previews, scanners and other programs.")
    first: Moment | None = Field(description="When a person followed it first.")
    last: Moment | None = Field(description="When a person followed it last.")


class ShortLink(Shape):
    """A short link."""

    code: str = Field(description="Its seven letters.", examples=["7Gk2mQx"])
    short_url: str = Field(description="The address to be written.", examples=["https://m.example.com/l/7Gk2mQx"])
    url: str = Field(description="Where it leads.")
    created_at: Moment = Field(description="When it was made.")
    by: str = Field(description="Who made it.")
    note: str | None = Field(description="The maker's own word for it.")
    message_id: str | None = Field(description="Of marketing: the message that it is in, and no other.")
    campaign_id: str | None = Field(description="Of that message: its campaign.")
    clicks: Clicks = Field(description="How often it was followed.")


class ShortLinkPage(Page):
    """Short links, newest first."""

    data: list[ShortLink] = Field(description="The links.")


class ShortLinkFilter(Paging):
    """Which short links to list."""

    message: Words | None = Field(None, max_length=40, description="Only those of this marketing message.")
    campaign: Words | None = Field(None, max_length=40, description="Only those of this campaign.")


@route("GET", "/short-links", scope="messages:read", query=ShortLinkFilter, answers={200: ShortLinkPage})
def short_links_listed(query: ShortLinkFilter) -> Response:
    """List short links, newest first."""
    with the_gateway().database.reading() as conn:
        rows = short_links.listing(
            conn, query.limit + 1, paging.after(query), message_id=query.message, campaign_id=query.campaign
        )
        clicks = short_links.clicks(conn, [row.id for row in rows])
    return paging.page(rows, query.limit, lambda row: _json(row, clicks[row.id]), paging.after(query))


@route(
    "POST",
    "/short-links",
    scope="messages:send",
    takes=NewShortLink,
    answers={201: ShortLink},
    audited="short_link.created",
)
def make_short_link(body: NewShortLink) -> Response:
    """Make a short link."""
    gateway = the_gateway()
    gateway.short_links.check_base("/url")
    wish = NewLink(gateway.short_links.check(body.url), client().id, gateway.clock(), body.note)
    row = gateway.database.writer.do(short_links.make, wish)
    told = _json(row, {"people": 0, "bots": 0, "first": None, "last": None})
    return answer(told, 201, {"Location": f"{PREFIX}/short-links/{row.code}"})


@route("GET", "/short-links/<code>", scope="messages:read", answers={200: ShortLink}, errors=("not_found",))
def short_link_told(code: str) -> Response:
    """Show a short link, and how often it was followed."""
    with the_gateway().database.reading() as conn:
        row = short_links.get(conn, code)
        return answer(_json(row, short_links.clicks(conn, [row.id])[row.id]))


def _json(row: AnyRow, clicks: dict[str, Any]) -> dict[str, Any]:
    """A link's row as the API shows it: ShortLink."""
    return {
        "code": row.code,
        "short_url": the_gateway().short_links.link_of(row.code),
        "url": row.url,
        "created_at": row.created_at,
        "by": row.by,
        "note": row.note,
        "message_id": row.message_id,
        "campaign_id": row.campaign_id,
        "clicks": clicks,
    }
