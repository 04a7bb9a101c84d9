"""Turn whatever went wrong into an RFC 9457 problem: one catalogue of codes, for every door and for docs/errors.md.

The status of an error is looked up here by its code, never chosen where it is raised. What nobody foresaw becomes
`internal`: the log has the trace, the caller a request_id to ask about.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from smsgw.errors import BadInput, Fault, RefusedByPolicy, SmsgwError, StoreError
from smsgw.store.database import explained
from smsgw.store.ids import new_id

from .catalogue import BY_CODE, Entry

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"  # where the page about a code is; a problem's `type` is a reference to it
COME_BACK = 30  # seconds that a caller is told to wait when the store is in trouble
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, ready to be shown to a program or to a person."""

    entry: Entry
    code: str
    detail: str
    hint: str = ""
    faults: list[Fault] = field(default_factory=list)
    retry_after: int | None = None
    allow: str | None = None

    def members(self) -> dict[str, Any]:
        """The members that do not depend on the request: type, title, status, code, detail, errors, and more."""
        told: dict[str, Any] = {
            "type": TYPES + self.entry.code.replace("_", "-"),
            "title": self.entry.title,
            "status": self.entry.status,
            "code": self.code,
            "detail": self.detail,
            "errors": [{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in self.faults],
        }
        if self.hint:
            told["hint"] = self.hint
        if self.retry_after is not None:
            told["retry_after"] = self.retry_after
        return told


def problem_of(error: BaseException) -> Problem:
    """The problem that an exception is. Every exception has one; an unforeseen one is `internal`."""
    if isinstance(error, SQLAlchemyError):
        error = explained(error)
    if isinstance(error, SmsgwError):
        return _of_ours(error)
    if isinstance(error, HTTPException):
        return _of_werkzeug(error)
    if isinstance(error, TimeoutError):
        says = "the store did not answer in time; whether the request was carried out is not known"
        hint = "ask again with the same client_ref or Idempotency-Key: nothing is done twice"
        return Problem(BY_CODE["store_unreachable"], "store_unreachable", says, hint, retry_after=COME_BACK)
    log.error("a request failed for a reason that nobody foresaw", exc_info=error)
    says = "something went wrong inside the gateway; its log says what, under the request_id"
    return Problem(BY_CODE["internal"], "internal", says)


def _of_ours(error: SmsgwError) -> Problem:
    faults = error.faults if isinstance(error, BadInput | RefusedByPolicy) else []
    kinds = [kind.code for kind in type(error).__mro__ if issubclass(kind, SmsgwError)]
    entry = next(BY_CODE[code] for code in [error.code, *kinds, "internal"] if code in BY_CODE)
    retry_after = getattr(error, "retry_after", None)
    if isinstance(error, StoreError):
        log.error("the store is in trouble: %s", error)
        retry_after = COME_BACK
    elif entry.status == 500:
        log.error("a request failed", exc_info=error)
    return Problem(entry, error.code, str(error), error.hint, faults, retry_after)


def _of_werkzeug(error: HTTPException) -> Problem:
    if isinstance(error, MethodNotAllowed):
        allow = ", ".join(sorted(error.valid_methods or []))
        return Problem(BY_CODE["method_not_allowed"], "method_not_allowed", f"use {allow} here", allow=allow)
    code = {404: "not_found", 413: "body_too_large", 415: "unsupported_media_type"}.get(error.code or 500)
    if code is None:
        code = "bad_request" if 400 <= (error.code or 500) < 500 else "internal"
    says = f"there is nothing at {_seen(request.path)}" if code == "not_found" else str(error.description or error.name)
    return Problem(BY_CODE[code], code, says)


def respond(problem: Problem) -> Response:
    """The answer that a program gets: application/problem+json, with Retry-After, Allow or WWW-Authenticate."""
    body = told(problem, request.path, request_id())
    return Response(body, problem.entry.status, headers_of(problem), mimetype=MEDIA_TYPE)


def told(problem: Problem, path: str, request_id: str) -> bytes:
    """The body of the answer to a request for `path`."""
    return as_json(problem.members() | {"instance": _seen(path), "request_id": request_id})


def headers_of(problem: Problem) -> dict[str, str]:
    """The header fields that go with a problem."""
    headers = {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.allow is not None:
        headers["Allow"] = problem.allow
    if problem.entry.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="smsgw"'
    return headers


def as_json(told: dict[str, Any]) -> bytes:
    """JSON of what may hold letters that a caller made up, half ones (lone surrogates) too: those become `?`."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def request_id() -> str:
    """The present request's id: the caller's own X-Request-Id if it is a plain word, else a fresh one."""
    if "request_id" not in g:
        g.request_id = id_of(request.headers.get("X-Request-Id", ""), current_app.extensions["smsgw"].gateway.clock)
    return str(g.request_id)


def id_of(given: str, clock: Callable[[], datetime]) -> str:
    """The id of a request that was `given` this one: the same if it is a plain word, else a fresh one."""
    return given if _REQUEST_ID.fullmatch(given) else new_id("req", clock())


def install(app: Flask) -> None:
    """Answer every error of `app` with a problem, and put X-Request-Id on every answer.

    People get a page instead where there is one: set app.extensions["error_page"] to a function from Problem to
    Response. It is used for paths outside /api when the browser asks for HTML.
    """

    @app.errorhandler(Exception)
    def answer(error: Exception) -> AnyResponse | RequestRedirect:
        if isinstance(error, RequestRedirect):
            return error
        problem = problem_of(error)
        page: Callable[[Problem], AnyResponse] | None = app.extensions.get("error_page")
        return respond(problem) if page is None or not _wants_page() else page(problem)

    @app.after_request
    def name_it(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        return response


def _wants_page() -> bool:
    """Whether a browser asks, and not for the API."""
    wished = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return wished == "text/html" and not request.path.startswith("/api/")


def _seen(path: str) -> str:
    """A path short enough to be quoted."""
    return path if len(path) <= 200 else path[:199] + "…"
