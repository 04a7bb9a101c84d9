"""Jasmin's door: /send, /rate, /balance, /ping, and /secure/… of its REST API, answered in its sentences."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request
from pydantic_core import to_json

from smsgw.access.keys import Client
from smsgw.errors import SmsgwError, Unauthenticated
from smsgw.outbound.submit import Asked
from smsgw.store.ids import new_id
from smsgw.webhooks.dialects.words import uuid

from ..api.reading import json_of
from ..context import the_gateway
from .errors import said_of
from .sending import MESSAGE_ID, READ, SEND, Wish, enter, number, send

door = Blueprint("jasmin", __name__)
KNOWN = {
    "username", "password", "to", "from", "coding", "priority", "sdt", "validity-period", "dlr", "dlr-url",
    "dlr-level", "dlr-method", "tags", "content", "hex-content", "custom_tlvs",
}  # fmt: skip
FORMS = {
    "coding": r"(?:[0-9]|1[0-4])", "priority": r"[0-3]", "sdt": r"[0-9]{12,16}[+-]|[0-9]{15}R|",
    "validity-period": r"[0-9]{1,8}", "dlr": r"yes|no", "dlr-level": r"[1-3]", "dlr-method": r"(?i:get|post)",
    "to": r"\+?[0-9]{1,32}", "dlr-url": r"https?://.+", "hex-content": r"(?:[0-9A-Fa-f]{2})*",
}  # fmt: skip
LATIN, OCTETS, UCS2 = ("1", "3"), ("2", "4"), ("8",)
PRIORITIES = {"1": 5, "2": 7, "3": 9}


class Wrong(Exception):
    """What Jasmin refuses, in its own sentence, with its status."""

    def __init__(self, says: str, status: int = 400) -> None:
        super().__init__(says)
        self.status = status


@door.errorhandler(Exception)
def _wrong(error: Exception) -> Response:
    status, says, after = _told(error)
    rest = request.path.startswith(("/secure/", "/rate", "/balance"))
    body = to_json({"message" if request.path.startswith("/secure/") else "error": says}) if rest else f'Error "{says}"'
    response = Response(body, status, mimetype="application/json" if rest else "text/html")
    if after is not None:
        response.headers["Retry-After"] = str(after)
    return response


def _told(error: BaseException) -> tuple[int, str, int | None]:
    if isinstance(error, Wrong):
        return error.status, str(error), None
    table, problem = said_of(error)
    status, words = table.jasmin
    if isinstance(error, Unauthenticated):
        words = f"Authentication failure for username:{_word('username')}"
    return status, (words or problem.detail).replace('"', "'"), problem.retry_after


def _word(name: str) -> str:
    return str(request.values.get(name, ""))[:100]


def _given() -> dict[str, str]:
    """The parameters of a request, by form, query or JSON. Raises Wrong, BadInput."""
    if request.method == "POST" and request.mimetype == "application/json":
        told = json_of(request.get_data())
        if not isinstance(told, dict):
            raise Wrong("Cannot parse JSON data")
        return {str(name): str(value) for name, value in told.items()}
    return request.values.to_dict()


def _check(given: dict[str, str], needed: tuple[str, ...]) -> None:
    for name, value in given.items():
        if name not in KNOWN:
            raise Wrong(f"Argument [{name[:60]}] is unknown.")
        if name in FORMS and not re.fullmatch(FORMS[name], value):
            raise Wrong(f"Argument [{name}] has an invalid value: [{value[:60]}].")
    for name in needed:
        if name not in given:
            raise Wrong(f"Mandatory argument [{name}] is not found.")


def _client(given: dict[str, str], scope: str) -> Client:
    return enter(scope, given.get("password"), given.get("username") if not given.get("password") else None)


@door.route("/send", methods=["GET", "POST"])
def send_one() -> Response:
    """Send a text; but HEAD sends nothing."""
    if request.method == "HEAD":
        return Response("", 400, content_type="text/html")
    given = _given()
    _check(given, ("to", "username", "password"))
    client = _client(given, SEND)
    id = _send(client, given)
    response = Response(f'Success "{id}"', 200, content_type="text/html")
    response.headers[MESSAGE_ID] = id
    return response


def _send(client: Client, given: dict[str, str]) -> str:
    """Send what the parameters say; its id."""
    text, data = _contents(given)
    kept: dict[str, Any] = {}
    if given.get("dlr") == "yes" and given.get("dlr-url"):
        kept = {
            "url": given["dlr-url"],
            "level": int(given.get("dlr-level", "1")),
            "method": given.get("dlr-method", "POST").upper(),
        }
    validity = given.get("validity-period")
    wish = Wish(
        to=given["to"],
        text=text,
        data=data,
        sender=given.get("from", "").strip() or None,
        send_at=_moment(given.get("sdt", "")),
        expires_in=min(int(validity), 43_200) * 60 if validity and int(validity) else None,
        priority=PRIORITIES.get(given.get("priority", "")),
        kept=kept,
    )
    return uuid(str(send(client, "jasmin", wish).row["id"]))


def _contents(given: dict[str, str]) -> tuple[str, bytes | None]:
    coding = given.get("coding", "0")
    if "hex-content" not in given:
        return given.get("content", ""), given.get("content", "").encode() if coding in OCTETS else None
    octets = bytes.fromhex(given["hex-content"])
    if coding in OCTETS:
        return "", octets
    try:
        return octets.decode("utf-16-be" if coding in UCS2 else "latin-1"), None
    except UnicodeDecodeError as wrong:
        raise Wrong("Argument [hex-content] has an invalid value: [it is no UTF-16BE].") from wrong


def _moment(written: str) -> datetime | None:
    """When it is to be sent (SMPP 3.4 section 7.1.1); a relative time is left to us."""
    found = re.fullmatch(r"([0-9]{12})[0-9]{0,4}[+-]", written)
    try:
        return datetime.strptime(found[1], "%y%m%d%H%M%S").replace(tzinfo=UTC) if found else None
    except ValueError as wrong:
        raise Wrong(f"Argument [sdt] has an invalid value: [{written}].") from wrong


@door.route("/rate", methods=["GET", "POST"])
def rate() -> Response:
    """Say what a text would cost, and in how many parts."""
    given = _given()
    _check(given, ("to", "username", "password"))
    client = _client(given, READ)
    return _json(_rate(client, given))


def _rate(client: Client, given: dict[str, str]) -> dict[str, Any]:
    text, data = _contents(given)
    ready = the_gateway().door.read(Asked(number(given["to"]), text or "x", client.id, data=data))
    price = ready.row["price"]
    parts = ready.row["parts"]
    return {"submit_sm_count": parts, "unit_rate": 0 if not price else price / parts / 1_000_000}


@door.route("/balance", methods=["GET", "POST"])
def balance() -> Response:
    """Say that there is no bound (ND), as budgets are no balance of a key."""
    given = _given()
    _check(given, ("username", "password"))
    _client(given, READ)
    return _json({"balance": "ND", "sms_count": "ND"})


@door.get("/ping")
def ping() -> Response:
    """Jasmin's sign of life."""
    return Response("Jasmin/PONG", 200, content_type="text/plain")


# The REST API


def _json(told: Any, status: int = 200) -> Response:
    return Response(to_json(told), status, mimetype="application/json")


def _basic(scope: str) -> Client:
    given = request.authorization
    if given is None or given.type != "basic":
        return enter(scope)
    return enter(scope, given.password, given.username if not given.password else None)


def _underscored(told: Any) -> dict[str, str]:
    """The words of the REST API, whose hyphens are underscores."""
    if not isinstance(told, dict):
        raise Wrong("Cannot parse JSON data")
    names = {name.replace("-", "_"): name for name in KNOWN}
    return {names.get(str(name), str(name)): str(value) for name, value in told.items()}


@door.post("/secure/send")
def secure_send() -> Response:
    """Send a text."""
    client = _basic(SEND)
    given = _underscored(json_of(request.get_data()))
    _check(given, ("to",))
    return _json({"data": f'Success "{_send(client, given)}"'})


@door.post("/secure/sendbatch")
def secure_batch() -> Response:
    """Send many texts; each is answered in the count, and what is wrong with it in the log."""
    client = _basic(SEND)
    told = json_of(request.get_data())
    if not isinstance(told, dict) or not isinstance(told.get("messages"), list):
        raise Wrong("Cannot parse JSON data")
    common, sent = _underscored(told.get("globals") or {}), 0
    for one in told["messages"][:10_000]:
        for to in _receivers(one):
            try:
                given = {**common, **_underscored(one)} | ({} if to is None else {"to": str(to)})
                _check(given, ("to",))
                _send(client, given)
                sent += 1
            except (Wrong, SmsgwError):
                continue  # an answer of 400 would have those that were stored sent again
    return _json({"data": {"batchId": uuid(_batch_id()), "messageCount": sent}})


def _receivers(one: Any) -> list[Any]:
    """To whom a message of a batch goes; None: to whom the globals say."""
    to = one.get("to") if isinstance(one, dict) else None
    return to if isinstance(to, list) else [to]


def _batch_id() -> str:
    return new_id("bat", the_gateway().clock())


@door.get("/secure/balance")
def secure_balance() -> Response:
    """Say that there is no bound."""
    _basic(READ)
    return _json({"data": {"balance": "ND", "sms_count": "ND"}})


@door.get("/secure/rate")
def secure_rate() -> Response:
    """Say what a text would cost."""
    client, given = _basic(READ), _underscored(dict(request.args.items()))
    _check(given, ("to",))
    return _json({"data": _rate(client, given)})
