"""Kannel's door: /cgi-bin/sendsms by GET, form, text/plain with X-Kannel-* headers, and XML, answered in its sentences.

The surprise: a query is octets, not letters. `charset` says what they are, so nothing may decode them before; and
Kannel reads numbers as sscanf does: what is no number is not there, what is out of range is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, Response, request

from smsgw.errors import SmsgwError
from smsgw.link import Alphabet
from smsgw.listener import Octets
from smsgw.text import header
from smsgw.text.alphabet import encode_plain

from ..context import the_gateway
from . import kannel_words
from .errors import DENIED, said_of
from .kannel_words import Misformed, Words
from .sending import MESSAGE_ID, SEND, Wish, enter, send

door = Blueprint("kannel", __name__)
ACCEPTED = "0: Accepted for delivery"  # also of what waits: a Kannel before us takes "3: Queued…" for a failure
BOUNDS = {
    "coding": ("Coding", 0, 2), "mclass": ("MClass", 0, 3), "mwi": ("MWI", 0, 7), "compress": ("Compress", 0, 1),
    "pid": ("PID", 0, 255), "rpi": ("RPI", 0, 2), "alt-dcs": ("Alt-DCS", 0, 1), "priority": ("Priority", 0, 3),
    "validity": ("Validity", 0, 10**12), "deferred": ("Deferred", 0, 500_000), "dlr-mask": ("DLR-Mask", 0, 63),
}  # fmt: skip
UNSET = -1  # how Kannel says that a number is not set, also in its own escapes, which come back to us so
LONGEST_ACCOUNT = 64
PRIORITIES = {1: 5, 2: 7, 3: 9}
_CONCATENATION = (header.PART_OF_8, header.PART_OF_16)


def said(status: int, body: str, ids: str = "") -> Response:
    """An answer of Kannel: its sentence, without a newline."""
    response = Response(body, status, content_type="text/html")
    if ids:
        response.headers[MESSAGE_ID] = ids
    return response


@door.errorhandler(Exception)
def _wrong(error: Exception) -> Response:
    if isinstance(error, Misformed):
        return said(400, str(error))
    table, problem = said_of(error)
    response = said(*table.kannel)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


@door.route("/cgi-bin/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
def _unknown(rest: str) -> Response:
    return said(404, "Unknown request.")


@door.route("/cgi-bin/sendsms", methods=["PUT", "DELETE", "PATCH"])
def _no_such_way() -> Response:
    return said(400, "")


@door.route("/cgi-bin/sendsms", methods=["GET", "POST"])
def sendsms() -> Response:
    """Send a text, as Kannel does; but HEAD sends nothing."""
    if request.method == "HEAD":
        return said(400, "")
    words = kannel_words.read(request)
    user, password = words.text("username"), words.text("password")
    client = enter(SEND, password, user if not password else None)
    receivers = _receivers(words)
    wish = _wish(words, _numbers(words))
    accepted, refused = [], []
    for to in receivers:
        kept = {**(wish.kept or {}), "to": to}
        try:
            accepted.append(str(send(client, "kannel", replace(wish, to=to, kept=kept)).row["id"]))
        except SmsgwError as problem:
            refused.append(problem)
    if not accepted:
        raise refused[0]
    return said(202, ACCEPTED, ",".join(accepted))


def _receivers(words: Words) -> list[str]:
    if "to" not in words.given:
        raise Misformed(words.no_receiver)
    written = words.text("to")
    if not written:
        raise Misformed("Empty receiver number not allowed, rejected")
    good = [one for one in written.split() if re.fullmatch(r"[0-9+-]*[0-9][0-9+-]*", one)]
    if not good:
        raise Misformed(DENIED)
    return list(dict.fromkeys(re.sub(r"(?!^\+)[+-]", "", one) for one in good))


def _numbers(words: Words) -> dict[str, int]:
    """The fields that are numbers. Raises Misformed for one out of range."""
    found = {}
    for name, (title, least, most) in BOUNDS.items():
        value = words.number(name)
        if value is None or value == UNSET:
            continue
        if not least <= value <= most:
            raise Misformed(f"{title} field misformed, rejected")
        found[name] = value
    return found


def _wish(words: Words, numbers: Mapping[str, int]) -> Wish:
    """Everything but the receiver."""
    udh = words.udh()
    if len(words.octets("account")) > LONGEST_ACCOUNT:
        raise Misformed("Account field misformed or too long, rejected")
    coding = numbers.get("coding")
    if coding is None:
        coding = 1 if udh and not _only_parts(udh) else 0
    text, octets, piece = _contents(words, coding, udh)
    deferred, validity = numbers.get("deferred", 0), numbers.get("validity", 0)
    flash = words.number("flash")
    kept = {
        "mask": numbers.get("dlr-mask", 0), "url": words.url(), "from": words.text("from"),
        "user": words.text("username"), "account": words.text("account"), "binfo": words.text("binfo"),
        "meta": words.text("meta-data"), "validity": numbers.get("validity", -1),
        "deferred": numbers.get("deferred", -1),
    }  # fmt: skip
    if not kept["mask"]:
        kept["url"] = ""
    return Wish(
        to="",
        text=text,
        sender=words.text("from").strip() or None,
        data=octets,
        ports=header.ports(udh) if udh and octets is not None else None,
        send_at=the_gateway().clock() + timedelta(minutes=deferred) if deferred else None,
        expires_in=min(validity, 43_200) * 60 if validity else None,
        priority=PRIORITIES.get(numbers.get("priority", 0)),
        message_class=numbers.get("mclass", 0 if flash == 1 else None),
        link=words.text("smsc") or None,
        kept={name: value for name, value in kept.items() if value not in ("", None)},
        piece=piece,
    )


def _only_parts(udh: bytes) -> bool:
    """Whether a header says nothing but which part of a long text this is."""
    return all(name in _CONCATENATION for name, _ in header.elements(udh))


def _contents(words: Words, coding: int, udh: bytes) -> tuple[str, bytes | None, Octets | None]:
    """Text, octets in its place, and the piece that has a header of the client's own."""
    if coding == 1:
        octets = words.octets("text")
        if not udh:
            return ("", octets, None) if octets else ("", None, None)
        piece = Octets(Alphabet.OCTETS, octets, udh)
        return "", octets or b"\0", piece
    text = words.letters("text", "UTF-16BE" if coding == 2 else "UTF-8")
    if not udh:
        return text, None, None
    septets = None if coding == 2 else encode_plain(text)
    if septets is None:
        piece = Octets(Alphabet.UCS2, text.encode("utf-16-be"), udh)
    else:
        piece = Octets(Alphabet.GSM7, septets, udh)
    return "", piece.user_data or b"\0", piece
