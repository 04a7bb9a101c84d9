"""Kannel's /status in text, HTML and XML, for those who watch it: how the links are, and what waits."""

from __future__ import annotations

from xml.sax.saxutils import escape

from flask import Response, request
from sqlalchemy import func, select

from smsgw import __version__
from smsgw.errors import SmsgwError
from smsgw.link import LinkState
from smsgw.store.lifecycle import WAITING
from smsgw.store.tables import message

from ..context import the_gateway
from .kannel import door
from .sending import READ, enter

_WORDS = {LinkState.UP: "online", LinkState.DEGRADED: "online", LinkState.CONNECTING: "connecting"}


@door.get("/status")
@door.get("/status.<form>")
def status(form: str = "txt") -> Response:
    """How the gateway is; a wrong password is answered 200 and Denied, as Kannel does."""
    if form not in ("txt", "html", "xml", "wml"):
        return Response("Unknown request.", 404, content_type="text/html")
    kind = {"txt": "text/plain", "xml": "text/xml"}.get(form, "text/html")
    try:
        enter(READ, request.args.get("password"))
    except SmsgwError:
        return Response("Denied", 200, content_type=kind)
    links, queued = _links(), _queued()
    said = _xml(links, queued) if form == "xml" else _text(links, queued)
    return Response(
        f"<html><body><pre>{escape(said)}</pre></body></html>" if form == "html" else said, 200, content_type=kind
    )


def _links() -> list[tuple[str, str, str]]:
    """Name, kind and state of every link."""
    network, now = the_gateway().network, the_gateway().clock()
    told = []
    for name, served in network.links.items():
        health, since = network.health(name)
        seconds = max(0, int((now - since).total_seconds()))
        told.append((name, served.kind, f"{_WORDS.get(health.state, 're-connecting')} {seconds}s"))
    return told


def _queued() -> int:
    waits = message.c.state.in_(WAITING) & message.c.final_at.is_(None)
    with the_gateway().database.reading() as conn:
        return int(conn.scalar(select(func.count()).select_from(message).where(waits)) or 0)


def _text(links: list[tuple[str, str, str]], queued: int) -> str:
    lines = [f"Kannel bearerbox version `smsgw {__version__}'.", "", "Status: running", "", "SMS connections:"]
    lines += [f"    {name}[{name}]    {kind} ({state})" for name, kind, state in links]
    return "\n".join([*lines, "", f"SMS: queued {queued}", ""])


def _xml(links: list[tuple[str, str, str]], queued: int) -> str:
    smscs = "".join(
        f"<smsc><name>{escape(kind)}:{escape(name)}</name><admin-id>{escape(name)}</admin-id><id>{escape(name)}</id>"
        f"<status>{state}</status><failed>0</failed><queued>0</queued><sms><received>0</received><sent>0</sent>"
        "<inbound>0.00,0.00,0.00</inbound><outbound>0.00,0.00,0.00</outbound></sms></smsc>"
        for name, kind, state in links
    )
    return (
        f'<?xml version="1.0"?>\n<gateway><version>smsgw {__version__}</version><status>running</status>'
        f"<sms><received><total>0</total><queued>0</queued></received><sent><total>0</total><queued>{queued}</queued>"
        f"</sent><storesize>{queued}</storesize></sms><boxes></boxes>"
        f"<smscs><count>{len(links)}</count>{smscs}</smscs></gateway>"
    )
