"""Kannel's dlr-url, get-url and post-url with their escapes (userguide 1.4.5, tables 6-2 and 6-8, and the program).

The surprise: in a report %p is the handset and %P our own sender, the other way round than one would expect. Escapes
are put in once, after the client's URL was decoded; an unknown one stays as it is.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote_plus

from .event import Event, Request, callable_url
from .words import STATES, uuid

_ESCAPE = re.compile(r"%(?![A-F][0-9A-F])(#[^#%]*#[^#%]*#|[A-Za-z%])")  # %C3 is an encoded octet, %C the charset


def render(event: Event) -> Request | None:
    """The call that tells an event."""
    return _text(event) if event.is_inbound else _report(event)


def _report(event: Event) -> Request | None:
    code = STATES[event.now].kannel
    if event.now == "queued" and event.was != "sending":
        return None
    if not code or not code & int(event.terms.get("mask") or 0) or not event.terms.get("url"):
        return None
    words = _values(event, code)
    url = _filled(str(event.terms["url"]), words)
    bare, headers = callable_url(url)
    return Request("GET", bare, "", headers)


def _text(event: Event) -> Request:
    row = event.row
    words = _values(event, -1)
    bare, headers = callable_url(_filled(str(event.terms["url"]), words))
    replies = ""
    if event.terms.get("max_messages", 1) != 0:  # smsbox heeds X-Kannel-* of an answer only where it was told to
        replies = "kannel" if event.terms.get("accept_headers") else "plain"
    if event.terms.get("method") != "POST":
        return Request("GET", bare, "", headers, replies=replies)
    told = {
        "X-Kannel-From": row["sender"], "X-Kannel-To": row["recipient"] or "", "X-Kannel-Time": words["t"],
        "X-Kannel-SMSC": row["link"], "X-Kannel-Coding": words["c"], "X-Kannel-Charset": "UTF-8",
        "X-Kannel-Service": words["n"], "Content-Type": "text/plain; charset=UTF-8",
    }  # fmt: skip
    return Request("POST", bare, row["text"], {**headers, **told}, replies=replies)


def _filled(url: str, words: dict[str, str]) -> str:
    """The URL with its escapes in place."""

    def put(found: re.Match[str]) -> str:
        word = found[1]
        if word == "%":
            return "%"
        if word == "S":
            return words["s"].replace(" ", "+")
        if word.startswith("#"):
            _, group, name, _ = word.split("#")
            return quote_plus(_of_meta(words["D"], group, name), safe="*-_.")
        return quote_plus(words[word], safe="*-_.") if word in words else found[0]

    return _ESCAPE.sub(put, url)


def _of_meta(told: str, group: str, name: str) -> str:
    """What meta-data say, as in ?smpp?my_tlv=x&other=y?http?z=1 (userguide 1.4.5, "Meta Data"); "" for nothing."""
    pieces = told.split("?")[1:]
    for one, said in zip(pieces[::2], pieces[1::2], strict=False):
        if unquote_plus(one) == group:
            return dict(parse_qsl(said, keep_blank_values=True)).get(name, "")
    return ""


def _values(event: Event, code: int) -> dict[str, str]:
    row, terms = event.row, event.terms
    text = row["text"] if event.is_inbound else said(event, code)
    first, _, rest = text.strip().partition(" ")
    next_word = rest.split(" ")[0] if rest else ""
    our, their = _numbers(event)
    gsm = event.is_inbound and row["text"].isascii()
    return {
        "d": str(code), "A": text, "a": text, "b": text, "e": text.encode().hex(), "r": rest, "k": first,
        "s": next_word, "p": their, "P": our, "q": _plus(their), "Q": _plus(our),
        "t": _stamp(event.at), "T": str(int(event.at.timestamp())), "i": str(row["link"] or ""),
        "I": uuid(row["id"]), "F": "" if code in (8, -1) else _foreign(event), "f": our,
        "n": str(terms.get("user") or ""), "c": ("0" if gsm else "2") if event.is_inbound else "-1", "C": "UTF-8",
        "m": "-1", "M": "-1", "O": "00" if gsm or not event.is_inbound else "08", "u": "",
        "o": str(terms.get("account") or ""), "B": str(terms.get("binfo") or ""),
        "D": str(terms.get("meta") or ""), "R": str(terms.get("url") or "") if not event.is_inbound else "",
        "v": str(terms.get("validity", -1)), "V": str(terms.get("deferred", -1)),
    }  # fmt: skip


def _numbers(event: Event) -> tuple[str, str]:
    """Our number and the phone's, as the client wrote them."""
    row, terms = event.row, event.terms
    if event.is_inbound:
        return str(row["recipient"] or ""), str(row["sender"])
    return str(terms.get("from") or row["sender"] or ""), str(terms.get("to") or row["recipient"])


def said(event: Event, code: int) -> str:
    """What the network said, as Kannel passes it on."""
    error = next((error for _, error in event.parts if error), None)
    if code == 8:
        return "ACK/"
    if code == 16:
        return f"NACK/{_number(error) or '0'}/{error or event.why}"
    if code == 4:
        return "NACK/0/queued"
    return receipt(event)


def receipt(event: Event) -> str:
    """The line of SMPP 3.4 appendix B."""
    row: Any = event.row
    error = next((error for _, error in event.parts if error), None)
    good = event.now == "delivered"
    return (
        f"id:{_foreign(event)} sub:001 dlvrd:{'001' if good else '000'} submit date:{row['created_at']:%y%m%d%H%M} "
        f"done date:{event.at:%y%m%d%H%M} stat:{STATES[event.now].stat} "
        f"err:{'000' if good else error_number(error)} text:{row['text'][:20]}"
    )


def _foreign(event: Event) -> str:
    return next((reference for reference, _ in event.parts if reference), None) or ""


def _number(error: str | None) -> str:
    found = re.search(r"\d{1,5}", error or "")
    return found[0] if found else ""


def error_number(error: str | None) -> str:
    """The network's own error as appendix B writes it."""
    return (_number(error) or "000").zfill(3)


def _plus(number: str) -> str:
    return f"+{number[2:]}" if number.startswith("00") else number


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
