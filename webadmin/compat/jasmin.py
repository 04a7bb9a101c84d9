"""Jasmin's door: /send, /rate, /balance, /ping, and /secure/… of its REST API, answered in its sentences.

The surprise: `content` is octets of the alphabet that `coding` names, and UTF-8 only without one: Jasmin hands on what
it is given (its `endpoints/send.py`). And who names a dlr-url or a dlr-level wants reports, whatever `dlr` says.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from smsgw.access.keys import Client
from smsgw.errors import SmsgwError, Unauthenticated
from smsgw.outbound.submit import Asked
from smsgw.text import alphabet
from smsgw.webhooks.dialects.words import uuid

from ..api.reading import json_of
from ..context import the_gateway
from . import jasmin_batch, kannel_words
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
    "to": r"\+?[0-9]{1,32}", "dlr-url": r"https?://.+", }  # fmt: skip
OCTETS = ("2", "4")
ALPHABETS = {
    "1": "latin-1", "2": "latin-1", "3": "latin-1", "4": "latin-1", "5": "shift_jis", "6": "iso8859-5",
    "7": "iso8859-8", "8": "utf-16-be", "10": "iso2022-jp", "13": "shift_jis", "14": "euc-kr",
}  # fmt: skip
"""What the octets of `content` are by `coding` (SMPP 3.4 section 5.2.19); of data (2, 4) a letter is an octet."""
PRIORITIES = {"1": 5, "2": 7, "3": 9}


class Wrong(Exception):
    """What Jasmin refuses, in its own sentence, with its status."""

    def __init__(self, says: str, status: int = 400) -> None:
        super().__init__(says)
        self.status = status


@door.errorhandler(Exception)
def _wrong(error: Exception) -> Response:
    status, says, after = _told(error)
    if request.path.startswith("/secure/"):
        response = _json({"message": says}, status)
    elif request.path.startswith(("/rate", "/balance")):
        response = _json(says, status)  # a string, and no object
    else:
        response = Response(f'Error "{says}"', status, mimetype="text/plain")
    if after is not None:
        response.headers["Retry-After"] = str(after)
    return response


def _told(error: BaseException) -> tuple[int, str, int | None]:
    if isinstance(error, Wrong):
        return error.status, str(error), None
    table, problem = said_of(error)
    status, words = table.jasmin
    if isinstance(error, Unauthenticated):
        words = f"Authentication failure for username:{_user()}"
    return status, (words or problem.detail).replace('"', "'"), problem.retry_after


def _user() -> str:
    given = request.authorization
    return str((given and given.username) or request.values.get("username", ""))[:100]


def _given() -> dict[str, str]:
    """The parameters of a request, by form, query or JSON. Raises Wrong, BadInput."""
    if request.method == "POST" and request.mimetype == "application/json":
        told = json_of(request.get_data())
        if not isinstance(told, dict):
            raise Wrong("Cannot parse JSON data")
        return {**request.args.to_dict(), **_written(told)}
    try:
        pairs = kannel_words.pairs(request.query_string)
        if request.mimetype == "application/x-www-form-urlencoded":
            pairs += kannel_words.pairs(request.get_data())
    except kannel_words.Misformed as odd:
        raise Wrong("There are too many arguments.") from odd
    octets = {**{name: word.encode() for name, word in request.form.items()}, **dict(reversed(pairs))}
    given = {name: word.decode(errors="replace") for name, word in octets.items()}
    if "content" in octets:
        given["content"] = _letters(octets["content"], given.get("coding", "0"))
    return given


def _letters(octets: bytes, coding: str) -> str:
    try:
        return octets.decode(ALPHABETS.get(coding, "utf-8"))
    except UnicodeDecodeError as wrong:
        raise Wrong(
            f"Argument [content] has an invalid value: [it is not in the alphabet of coding {coding}]."
        ) from wrong


def _written(told: dict[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in told.items() if value is not None}


def _check(given: dict[str, str], needed: tuple[str, ...]) -> None:
    if not given and "to" not in needed:  # where there is one, the others get their defaults first
        raise Wrong("Mandatory arguments not found, please refer to the HTTPAPI specifications.")
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
        return Response("", 400, content_type="text/plain")
    given = _given()
    _check(given, ("to", "username", "password"))
    _check_contents(given)
    client = _client(given, SEND)
    id = _send(client, given)
    response = Response(f'Success "{id}"', 200, content_type="text/plain")
    response.headers[MESSAGE_ID] = id
    return response


def _check_contents(given: dict[str, str]) -> None:
    if "content" not in given and "hex-content" not in given:
        raise Wrong("content or hex-content not present.")
    if "content" in given and "hex-content" in given:
        raise Wrong("content and hex-content cannot be used both in same request.")


def _send(client: Client, given: dict[str, str], later: datetime | None = None) -> str:
    """Send what the parameters say; its id. later: when, unless they say that too."""
    text, data = _contents(given)
    kept: dict[str, Any] = {}
    if given.get("dlr-url"):
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
        send_at=_moment(given.get("sdt", "")) or later,
        expires_in=min(int(validity), 43_200) * 60 if validity and int(validity) else None,
        priority=PRIORITIES.get(given.get("priority", "")),
        kept=kept,
    )
    return uuid(str(send(client, "jasmin", wish).row["id"]))


def _contents(given: dict[str, str]) -> tuple[str, bytes | None]:
    coding = given.get("coding", "0")
    if "hex-content" not in given:
        return given.get("content", ""), _octets(given.get("content", "")) if coding in OCTETS else None
    try:
        octets = bytes.fromhex(given["hex-content"])
    except ValueError as wrong:
        raise Wrong(f"Invalid hex-content data: 'b'{given['hex-content'][:60]}''") from wrong
    if coding in OCTETS:
        return "", octets
    try:
        text = alphabet.decode(octets) if coding == "0" else octets.decode(ALPHABETS.get(coding, "latin-1"))
    except UnicodeDecodeError as wrong:
        raise Wrong(
            f"Argument [hex-content] has an invalid value: [it is not in the alphabet of coding {coding}]."
        ) from wrong
    return text, None


def _octets(content: str) -> bytes:
    try:
        return content.encode("latin-1")
    except UnicodeEncodeError:  # JSON has letters, of which only some are octets
        return content.encode()


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
    return {"unit_rate": 0.0 if not price else price / parts / 1_000_000, "submit_sm_count": parts}


@door.route("/balance", methods=["GET", "POST"])
def balance() -> Response:
    """Say that there is no bound (ND), as budgets are no balance of a key."""
    given = _given()
    _check(given, ("username", "password"))
    _client(given, READ)
    return _json({"balance": "ND", "sms_count": "ND"})


@door.get("/secure/ping")
def secure_ping() -> Response:
    """Jasmin's sign of life, of its REST API."""
    return _json({"data": "Jasmin/PONG"})


@door.get("/ping")
def ping() -> Response:
    """Jasmin's sign of life."""
    return Response("Jasmin/PONG", 200, content_type="text/html")


# The REST API


def _json(told: Any, status: int = 200) -> Response:
    return Response(json.dumps(told), status, mimetype="application/json")  # spaced as Jasmin's


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
    return {names.get(name, name): value for name, value in _written(told).items()}


@door.post("/secure/send")
def secure_send() -> Response:
    """Send a text."""
    client = _basic(SEND)
    given = _underscored(json_of(request.get_data()))
    _check(given, ("to",))
    _check_contents(given)
    return _json({"data": f'Success "{_send(client, given)}"'})


@door.post("/secure/sendbatch")
def secure_batch() -> Response:
    """Send many texts; how each went is told to the batch's callback_url or errback_url, as the manual says."""
    client = _basic(SEND)
    told = json_of(request.get_data())
    if not isinstance(told, dict) or not isinstance(told.get("messages"), list):
        raise Wrong("Cannot parse JSON data")
    common, sent = _underscored(told.get("globals") or {}), 0
    config = told["batch_config"] if isinstance(told.get("batch_config"), dict) else {}
    later = _scheduled(config.get("schedule_at"))
    batch = jasmin_batch.Batch(client, config)
    for one in told["messages"][:10_000]:
        for to in _receivers(one):
            try:
                given = {**common, **_underscored(one)} | ({} if to is None else {"to": str(to)})
            except Wrong:
                continue
            if "to" not in given or not given.keys() & {"content", "hex-content"}:
                continue  # Jasmin does not count it either
            sent += 1
            try:
                _check(given, ("to",))
                _check_contents(given)
                batch.went(given["to"], f'Success "{_send(client, given, later)}"')
            except (Wrong, SmsgwError) as wrong:  # an answer of 400 would have those that were stored sent again
                batch.failed(given["to"], f'Error "{_told(wrong)[1]}"')
    batch.tell()
    answer: dict[str, Any] = {"batchId": uuid(batch.id), "messageCount": sent}
    if later is not None:
        answer["scheduled"] = f"{(later - the_gateway().clock()).total_seconds():.0f}s"
    return _json({"data": answer})


def _scheduled(at: Any) -> datetime | None:
    """When a batch is to be sent: `2026-11-23 08:00:00` (UTC), or `3600s` from now. Raises Wrong."""
    if at is None:
        return None
    now = the_gateway().clock()
    if seconds := re.fullmatch(r"([0-9]{1,8})s", str(at)):
        return now + timedelta(seconds=int(seconds[1]))
    try:
        when = datetime.strptime(str(at), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as wrong:
        raise Wrong("Cannot parse scheduled_at value", 412) from wrong
    if when < now:
        raise Wrong("Cannot schedule batch in past date", 412)
    return when


def _receivers(one: Any) -> list[Any]:
    """To whom a message of a batch goes; None: to whom the globals say."""
    to = one.get("to") if isinstance(one, dict) else None
    return to if isinstance(to, list) else [to]


@door.get("/secure/balance")
def secure_balance() -> Response:
    """Say that there is no bound."""
    _basic(READ)
    return _json({"data": {"balance": "ND", "sms_count": "ND"}})


@door.get("/secure/rate")
def secure_rate() -> Response:
    """Say what a text would cost."""
    client = _basic(READ)  # Jasmin takes the parameters of this GET from a body of JSON
    given = _underscored(json_of(request.get_data()) if request.get_data() else request.args.to_dict())
    _check(given, ("to",))
    return _json({"data": _rate(client, given)})
