"""The page that people work at, gathered and drawn: the list, the open conversation, the phones beside it.

A page has an ETag that changes whenever anything on it does. The script on the page asks again with it, and is
answered 304 from a few index look-ups until something happened.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
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
from smsgw.inbound import conversation_queues, conversations
from smsgw.store import links, said_before
from smsgw.store.tables.types import AnyRow

from .. import shown_media
from ..auth import csrf_token, current_person
from ..context import here, the_gateway
from ..packing import page_may_be_packed
from ..presence import Other
from ..problems import problem_of
from . import inbox_queues, language, simulator

TEXTS = 200  # of one conversation
TEMPLATES = 20  # offered beside a draft
LONGEST = 20  # letters of a number, as the store keeps it
START = secrets.token_hex(4)  # a page of another start of the program is another page


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """An answer of somebody else."""

    name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with a form, in words beside it. form: "answer", or a phone's number. draft: what was typed.

    files: the ids of those that came with it. meanwhile: what others answered since the page was opened.
    """

    form: str
    error: SmsgwError
    draft: str = ""
    files: Sequence[str] = ()
    meanwhile: Sequence[Meanwhile] = ()

    @property
    def says(self) -> str:
        """What happened."""
        return str(self.error)

    @property
    def hint(self) -> str:
        """What to do."""
        return self.error.hint


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written and not sent. files: ids of those that come with it. look: how a telephone would show it."""

    text: str
    files: Sequence[str] = ()
    look: str = ""


@dataclass(frozen=True, slots=True)
class Did:
    """What was done to several, in words. undo: how it is taken back, from what they were; "": it is not."""

    says: str
    undo: str = ""
    were: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """The conversation on the screen. days: its texts by day. newest: the id of the newest text of theirs, or "".
    later: when the draft is to go, as it was typed. templates: (name, text) as this person would get them.

    known: the newest message to them, so that a later one of somebody else is noticed. others: who is there, too.
    kept: files that came with the draft. meanwhile: as in Trouble. look: as in Draft.
    """

    number: str
    days: list[tuple[date, list[AnyRow]]]
    newest: str
    waiting: bool
    stopped: bool
    older: str | None
    draft: str = ""
    later: str = ""
    templates: tuple[tuple[str, str], ...] = ()
    known: str = ""
    others: tuple[Other, ...] = ()
    kept: Sequence[str] = ()
    meanwhile: Sequence[Meanwhile] = ()
    look: str = ""
    client_ref: str = field(default_factory=lambda: secrets.token_hex(8))


def shown(
    number: str | None, trouble: Trouble | None = None, draft: Draft | None = None, did: Did | None = None
) -> Response:
    """The page with the conversation of `number` open, or none. 304 when the browser has it as it is.

    draft: what was written, to be written anew. did: what was done a moment ago, to be taken back.
    """
    if number is not None and len(number) > LONGEST:
        raise NotFound
    gateway, person = the_gateway(), current_person()
    now, there = gateway.clock(), here().presence
    others = () if number is None else there.looks(number, str(person.id), person.name, now)
    with gateway.database.reading() as conn:
        listed = links.listing(conn)
        put_off = conversation_queues.put_off(conn, now)
        etag = _etag(conversations.version(conn), listed, simulator.signature(gateway), person.id, put_off, others)
        if trouble is None and request.if_none_match.contains_weak(etag):
            return Response(status=304)
        around: dict[str, Any] = {"links": listed, "person": person, "csrf": csrf_token(), "problem": trouble}
        around["did"] = did
        around |= inbox_queues.around(conn, person, now, number)
        around["open"] = opened = None if number is None else _opened(conn, number, trouble, draft, others)
        texts = [text for _, some in (opened.days if opened else ()) for text in some]
        around["first_texts"] = {text.id: said_before.first(text.metadata) for text in texts}
        ids = [*(one.last.id for one in around["conversations"]), *(text.id for text in texts)]
        around["attachments"] = shown_media.of(conn, ids)
    around["replaces"] = gateway.replacing.anywhere()
    around["phones"] = simulator.phones(gateway, {trouble.form: trouble.draft} if trouble else None)
    around["networks"] = simulator.networks(gateway)
    around["curl"] = simulator.curl_line(gateway, person, gateway.config.web.public_url or request.host_url.rstrip("/"))
    page_may_be_packed()
    response = make_response(render_template("inbox.html", **around))
    response.status_code = problem_of(trouble.error).entry.status if trouble else 200
    response.set_etag(etag, weak=True)  # the token of its forms is never spelled alike
    return response


def _opened(
    conn: Connection, number: str, trouble: Trouble | None, draft: Draft | None, others: tuple[Other, ...]
) -> Open:
    mine = trouble if trouble and trouble.form == "answer" else None
    rows = conversations.timeline(conn, number, TEXTS, request.args.get("older", conversations.END))
    draft = Draft(mine.draft, mine.files) if mine else draft or Draft("")
    theirs = [row for row in rows if not row.mine and row.kind != "call"]
    return Open(
        number,
        [(day, list(texts)) for day, texts in groupby(rows, lambda row: row.at.astimezone().date())],
        theirs[-1].id if theirs else "",
        any(row.state == "waiting" for row in theirs),
        bool(consent.withdrawn(conn, {number})),
        conversations.place(rows[0].id) if len(rows) == TEXTS else None,
        draft.text,
        request.form.get("send_at", "") if mine or draft.text or draft.files else "",
        _written(conn, number) if current_person().may("campaigns:read") else (),
        conversation_queues.newest_of_ours(conn, number),
        others,
        draft.files,
        mine.meanwhile if mine else (),
        draft.look,
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
