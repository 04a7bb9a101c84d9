"""The table of routes: each says once what it takes, answers and needs, next to its view.

The same line checks the requests and is printed in the OpenAPI document, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Literal

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel
from pydantic_core import to_json

from smsgw.access import audit
from smsgw.access.idempotency import Done, Wish, fingerprint, read_key
from smsgw.access.keys import Client

from ..context import here
from . import matching, reading

PREFIX = "/api/v1"
SENDING = "messages:send"  # what is bounded by the queue, not by the number of requests
KEY = "Idempotency-Key"
KEY_HEADER = {
    KEY: "Your name for this request: the same again within 24 hours is answered and not done again.",
}
KEPT = ("Location", "ETag", "Link", "Preference-Applied")  # header fields that an answer keeps when it is repeated
View = Callable[..., Response]


@dataclass(frozen=True)
class Route:
    """One method at one address. path: with Flask's <placeholders>. scope: None for everybody.

    answers: a shape for each status. takes: the shape of the JSON body; query: the parameters' shape; they reach the
    view as `body` and `query`. bodies: for a view that reads the body itself, a shape or schema for each media type.
    errors: codes of the catalogue besides those that these fields imply. headers: what a request may carry.
    name: what this way to the view is called; by default as the view is, so only a second way needs one.
    files: media types of files in which the first answer may come, too; where it has no shape, in nothing else.
    audited: the verb under which the audit tells that it was done, for what tells nothing itself. deprecated: since
    when it should not be used any more (RFC 9745); sunset: from when it may be gone (RFC 8594). largest: how many
    octets a body may have, where that is another number than everywhere. outside: its work is not done in the store.
    written: of a GET, what of the record If-Match compares when it is changed.
    """

    method: str
    path: str
    view: View
    summary: str
    scope: str | None
    answers: Mapping[int, type[BaseModel] | None]
    takes: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    bodies: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    files: tuple[str, ...] = ()
    audited: str = ""
    deprecated: datetime | None = None
    sunset: datetime | None = None
    largest: Callable[[], int] | None = None
    outside: bool = False
    written: matching.Written | None = None

    @property
    def repeatable(self) -> bool:
        """Whether an Idempotency-Key is heeded here: by every POST of a client."""
        return self.method == "POST" and self.scope is not None

    @property
    def counted(self) -> bool:
        """Whether it counts towards how many requests a client may make in a minute."""
        return self.scope not in (None, SENDING)

    @property
    def shown(self) -> Route | None:
        """Of a change: the GET that shows what it changes, where that is at the same address."""
        if self.method not in ("PUT", "PATCH", "DELETE"):
            return None
        return next((one for one in ROUTES if one.method == "GET" and one.path == self.path), None)

    @property
    def changeable(self) -> tuple[str, ...]:
        """The fields of what is shown at this address that a change may write; its ETag is made of them."""
        change = next((one for one in ROUTES if one.path == self.path and one.method in ("PUT", "PATCH")), None)
        shown = None if change is None else change.shown
        if change is None or shown is None or not shown.path.endswith(">"):
            return ()
        return matching.changeable(change.takes, shown.answers.get(200))

    @property
    def matched(self) -> bool:
        """Whether an If-Match is heeded here."""
        return self.compared is not None

    @property
    def compared(self) -> matching.Written | None:
        """Of a change: what of the record an If-Match compares; None where it is not heeded."""
        return None if self.shown is None else self.shown.written

    @property
    def media(self) -> tuple[str, ...]:
        """The media types of the JSON body."""
        return (reading.JSON, reading.MERGE) if self.method == "PATCH" else (reading.JSON,)

    @property
    def endpoint(self) -> str:
        """Flask's name for it."""
        return f"api.{self.operation}"

    @property
    def operation(self) -> str:
        """Its name in the OpenAPI document."""
        return self.name or self.view.__name__


ROUTES: list[Route] = []


def route(method: str, path: str, **told: Any) -> Callable[[View], View]:
    """Put a view into the table; path: under /api/v1, or from the root if it begins with //.

    The other arguments are Route's fields. The first line of the view's docstring is the summary.
    """

    def enter(view: View) -> View:
        summary = (view.__doc__ or "").strip().split("\n")[0].rstrip(".")
        whole = path[1:] if path.startswith("//") else PREFIX + path
        ROUTES.append(Route(method, whole, view, summary, **told))
        return view

    return enter


def install(app: Flask) -> None:
    """Serve every route that the imported modules put into the table."""
    for one in ROUTES:
        app.add_url_rule(one.path, one.endpoint, _entrance(one), methods=[one.method])


def _entrance(one: Route) -> View:
    """What stands before a view: who asks, may they, and is what they bring of the right shape."""
    fields, compared = one.changeable, one.compared
    tells = fields and set(fields) <= matching.names(one.answers.get(200))

    def enter(**given: Any) -> Response:
        if one.scope is not None:
            known = here().clients.of(request, one.scope)
            g.client = replace(known, id=audit.Who(known.id, request.remote_addr))
            if one.counted:
                here().quotas.take(known.id)
        if one.largest is not None:
            request.max_content_length = one.largest()
        keyed = one.repeatable and KEY not in one.headers and KEY in request.headers
        if keyed:
            request.get_data()  # which keeps it, for it is read twice
        if one.query is not None:
            given["query"] = reading.query_of(request, one.query)
        if one.takes is not None:
            given["body"] = reading.shaped(one.takes, reading.json_of(reading.body_of(request, *one.media)))
        if keyed:
            return _once(one, given)
        with nullcontext() if compared is None else matching.unchanged(compared, given, fields):
            response = done(one, given)
        if tells:
            matching.tag(response, fields)
        return response

    return enter


def done(one: Route, given: Mapping[str, Any]) -> Response:
    """The view's answer, with what must be told besides: in the audit, and of an address that grows old."""
    response = one.view(**given)
    if one.audited:
        _audit(one, given)
    if one.deprecated is not None:
        response.headers["Deprecation"] = f"@{int(one.deprecated.timestamp())}"
    if one.sunset is not None:
        response.headers["Sunset"] = format_datetime(one.sunset, usegmt=True)
    return response


def _brought() -> str:
    """What the body brings, as a digest: of a form without the boundary, which every try draws anew."""
    if request.mimetype != "multipart/form-data":
        return sha256(request.get_data()).hexdigest()
    told = sha256(repr(sorted(request.form.items(multi=True))).encode())
    for name, file in request.files.items(multi=True):
        told.update(f"\0{name}\0{sha256(file.stream.read()).hexdigest()}".encode())
        file.stream.seek(0)
    return told.hexdigest()


def _once(one: Route, given: Mapping[str, Any]) -> Response:
    """Do it unless it was done under this Idempotency-Key; where the view reads the key itself, that does it better."""
    whole = [request.full_path, request.mimetype, _brought()]
    key, now = read_key(request.headers[KEY]), here().gateway.clock()
    how: Literal["outside", "stored"] = "outside" if one.outside else "stored"
    wish = Wish(client().id, key, fingerprint("POST", whole), now, how, f"GET {_seen_at(request.path)}")

    def work(_ref: str) -> Done:
        response = done(one, given)
        headers = {name: response.headers[name] for name in KEPT if name in response.headers}
        return Done(response.status_code, {"headers": headers, "body": response.get_data(as_text=True)})

    return once(wish, work)


def _seen_at(path: str) -> str:
    """The nearest address above that shows something: where one looks whether a POST to this one was done."""
    there = current_app.create_url_adapter(request)
    while there is not None and path.count("/") > PREFIX.count("/") and not there.test(path, "GET"):
        path = path.rpartition("/")[0]
    return path


def once(wish: Wish, work: Callable[[str], Done]) -> Response:
    """Answer a request that carries an Idempotency-Key."""
    return repeated(here().once.do(wish, work))


def repeated(done: Done) -> Response:
    """The answer to a request with an Idempotency-Key."""
    headers = dict(done.answer["headers"])
    if done.replayed:
        headers["Idempotent-Replayed"] = "true"
    return said(done.answer["body"], done.status, headers)


def _audit(one: Route, given: Mapping[str, Any]) -> None:
    """Tell in the audit what was done. after: the body, for it says what was wanted."""
    gateway = here().gateway
    ids = "/".join(str(value) for name, value in given.items() if name not in ("query", "body"))
    told = given["body"].model_dump_json(exclude_unset=True, by_alias=True) if "body" in given else None
    says, record = f"{one.summary[0].lower()}{one.summary[1:]}", one.audited.partition(".")[0]
    line = audit.Line(client().id, one.audited, says, gateway.clock(), record, ids or None, after=told)
    audit.write(gateway.database.writer, line)


def client() -> Client:
    """The client whose request is being answered."""
    known: Client = g.client
    return known


def answer(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer. Times become RFC 3339 in UTC with a Z."""
    return said(to_json(told), status, headers)


def said(raw: bytes | str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is JSON already."""
    response = Response(raw, status, headers, mimetype="application/json" if status != 204 else None)
    response.headers["Cache-Control"] = "no-store"
    return response
