"""The page that people work at, gathered and drawn: the list, the open conversation, the phones beside it.

A page has an ETag that changes whenever anything on it does. The script on the page asks again with it, and is
answered 304 from a few index look-ups until something happened.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import Any

from flask import make_response, render_template, request
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from smsgw.campaigns import filling, templates
from smsgw.customers.consent import consent
from smsgw.errors import SmsgwError
from smsgw.inbound import conversations
from smsgw.store import links
from smsgw.store.tables.types import AnyRow

from .. import shown_media
from ..auth import csrf_token, current_person
from ..context import the_gateway
from ..problems import problem_of
from . import language, simulator

LIST = 50  # conversations on a page
TEXTS = 200  # of one conversation
TEMPLATES = 20  # offered beside a draft
LONGEST = 20  # letters of a number, as the store keeps it
START = secrets.token_hex(4)  # a page of another start of the program is another page


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with a form, in words beside it. form: "answer", or a phone's number. draft: what was typed."""

    form: str
    error: SmsgwError
    draft: str = ""

    @property
    def says(self) -> str:
        """What happened."""
        return str(self.error)

    @property
    def hint(self) -> str:
        """What to do."""
        return self.error.hint


@dataclass(frozen=True, slots=True)
class Open:
    """The conversation on the screen. days: its texts by day. newest: the id of the newest text of theirs, or "".
    later: when the draft is to go, as it was typed. templates: (name, text) as this person would get them."""

    number: str
    days: list[tuple[date, list[AnyRow]]]
    newest: str
    waiting: bool
    stopped: bool
    older: str | None
    draft: str = ""
    later: str = ""
    templates: tuple[tuple[str, str], ...] = ()
    client_ref: str = field(default_factory=lambda: secrets.token_hex(8))


def shown(number: str | None, trouble: Trouble | None = None, draft: str = "") -> Response:
    """The page with the conversation of `number` open, or none. 304 when the browser has it as it is.

    draft: what was written, to be written anew.
    """
    if number is not None and len(number) > LONGEST:
        raise NotFound
    gateway, person = the_gateway(), current_person()
    with gateway.database.reading() as conn:
        listed = links.listing(conn)
        etag = _etag(conversations.version(conn), listed, simulator.signature(gateway), person.id)
        if trouble is None and request.if_none_match.contains(etag):
            return Response(status=304)
        around: dict[str, Any] = {"links": listed, "person": person, "csrf": csrf_token(), "problem": trouble}
        around["conversations"], around["next"] = conversations.listing(
            conn, LIST, request.args.get("before", conversations.END)
        )
        around["open"] = opened = None if number is None else _opened(conn, number, trouble, draft)
        texts = [text.id for _, some in (opened.days if opened else ()) for text in some]
        around["attachments"] = shown_media.of(conn, [*(one.last.id for one in around["conversations"]), *texts])
    around["phones"] = simulator.phones(gateway, {trouble.form: trouble.draft} if trouble else None)
    around["curl"] = simulator.curl_line(gateway, person, gateway.config.web.public_url or request.host_url.rstrip("/"))
    response = make_response(render_template("inbox.html", **around))
    response.status_code = problem_of(trouble.error).entry.status if trouble else 200
    response.set_etag(etag)
    return response


def _opened(conn: Connection, number: str, trouble: Trouble | None, draft: str) -> Open:
    rows = conversations.timeline(conn, number, TEXTS, request.args.get("older", conversations.END))
    theirs = [row for row in rows if not row.mine and row.kind != "call"]
    return Open(
        number,
        [(day, list(texts)) for day, texts in groupby(rows, lambda row: row.at.astimezone().date())],
        theirs[-1].id if theirs else "",
        any(row.state == "waiting" for row in theirs),
        bool(consent.withdrawn(conn, {number})),
        conversations.place(rows[0].id) if len(rows) == TEXTS else None,
        trouble.draft if trouble and trouble.form == "answer" else draft,
        request.form.get("send_at", "") if trouble and trouble.form == "answer" else "",
        _written(conn, number) if current_person().may("campaigns:read") else (),
    )


def _written(conn: Connection, number: str) -> tuple[tuple[str, str], ...]:
    """The templates that this person could get as they are, filled in."""
    rows = templates.listing(conn)[:TEMPLATES]
    texts = filling.fill(conn, [filling.Blank(row.id, number) for row in rows], the_gateway().config.sending.region)
    return tuple((row.name, text) for row, text in zip(rows, texts, strict=True) if isinstance(text, str))


def _etag(*shown: object) -> str:
    return sha256(repr((START, language.today(), str(language.locale()), *shown)).encode()).hexdigest()[:20]


def typed(field: str) -> str:
    """What a form brings: browsers end lines with CR LF (HTML, section 4.10.22.7), phones with LF."""
    return request.form.get(field, "").replace("\r\n", "\n")
