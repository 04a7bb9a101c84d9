"""The hot verb without a framework: a message asked for, and its answer as octets, the same that Flask would give.

Only what goes well, and what only the store can refuse, is told here; for everything else `read` is None and Flask
answers. The words of an answer come from where Flask's views take them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate

from flask import Flask, Response
from pydantic_core import to_json
from werkzeug.http import HTTP_STATUS_CODES

from smsgw.access.keys import Client
from smsgw.errors import SmsgwError
from smsgw.outbound.asked import Accepted, Ready
from smsgw.outbound.submit import Door

from . import problems
from .api.clients import REMEMBERED
from .api.messages import message_json
from .api.wished import plain_message
from .context import Context
from .front_head import PATH, Head

log = logging.getLogger(__name__)

SCOPE = "messages:send"


class HotVerb:
    """POST /messages for the front. Its methods are called by the front's thread only."""

    def __init__(self, app: Flask) -> None:
        self._context: Context = app.extensions["smsgw"]
        self._gateway = self._context.gateway
        self.traced = self._gateway.config.watch.traces is not None
        self._always = fields_of_every_answer(app)
        self._requests = app.extensions["requests"]
        self._date = (0, "")

    def client_of(self, head: Head) -> tuple[Client, bool] | None:
        """Whose key it is, if that was looked up a moment ago, and whether it is time to do that again."""
        known = self._context.clients.remembered(head.key)
        return None if known is None else (known[0], known[1] < REMEMBERED / 2)

    def look_up(self, head: Head) -> None:
        """Find whose key it is; may wait for the store. Raises Unauthenticated, StoreError."""
        self._context.clients.look_up(head.secret)

    def read(self, client: Client, body: bytes) -> Ready | None:
        """A message that can be stored; None when Flask must answer, because something is unusual or wrong.

        Also for a purpose whose route depends on who knows the customer, and for mails: these ask the store.
        """
        if not client.may(SCOPE) or client.per_minute is not None:
            return None
        door: Door = self._gateway.door
        try:
            asked = plain_message(body, client.id, self._gateway.clock())
            if asked is None or asked.purpose in door.terms.sticky or "@" in asked.to:
                return None
            return door.read(asked)
        except SmsgwError:
            return None
        except Exception:  # its client is to have an answer, which Flask gives, whatever it is
            log.exception("a message is given to Flask for a reason that nobody foresaw")
            return None

    def put(self, ready: list[Ready], tell: Callable[[list[Accepted | Exception]], None]) -> None:
        """Have messages stored, in one go; `tell` hears, in the writer's thread, what became of each."""
        try:
            door: Door = self._gateway.door
            door.store_all(ready, tell)
        except SmsgwError as problem:  # the store is closed
            tell([problem] * len(ready))
        except Exception as problem:  # the loop must go on for all others
            log.exception("messages could not be given to the store")
            tell([problem] * len(ready))

    def answer(self, head: Head, outcome: Accepted | BaseException) -> bytes:
        """The whole HTTP answer."""
        if isinstance(outcome, BaseException):
            return self._refusal(head, problems.problem_of(outcome))
        row = outcome.row
        headers = {
            "Content-Type": "application/json",
            "Location": f"{PATH}/{row['id']}",
            "X-Request-Id": self._request_id(head),
        }
        told = message_json(row, self._gateway.network.links)
        return self._wire(head, 202 if outcome.created else 200, headers, to_json(told))

    def _refusal(self, head: Head, problem: problems.Problem) -> bytes:
        request_id = self._request_id(head)
        headers = problems.headers_of(problem) | {"Content-Type": problems.MEDIA_TYPE, "X-Request-Id": request_id}
        return self._wire(head, problem.entry.status, headers, problems.told(problem, PATH, request_id))

    def _request_id(self, head: Head) -> str:
        return problems.id_of(head.request_id, self._gateway.clock)

    def _wire(self, head: Head, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        """The octets of an answer, its fields in the order in which waitress writes them."""
        self._requests.count("api", status)
        fields = {**self._always, **headers, "Content-Length": str(len(body)), "Date": self._now()}
        if head.close:
            fields["Connection"] = "close"
        lines = "".join([f"{name}: {fields[name]}\r\n" for name in sorted(fields)])
        return f"{_STATUS[status]}{lines}\r\n".encode("latin-1") + body

    def _now(self) -> str:
        """The time as HTTP writes it, made once a second."""
        now = int(time.time())
        if now != self._date[0]:
            self._date = (now, formatdate(now, usegmt=True))
        return self._date[1]


def fields_of_every_answer(app: Flask) -> dict[str, str]:
    """What the app puts on every answer to the hot verb, whatever it says: asked of the app, so that it stays true."""
    with app.test_request_context(PATH, method="POST"):
        headers = app.process_response(Response()).headers
    return {name: value for name, value in headers if name not in ("Content-Type", "Content-Length", "X-Request-Id")}


_STATUS = {code: f"HTTP/1.1 {code} {words.upper()}\r\n" for code, words in HTTP_STATUS_CODES.items()}
