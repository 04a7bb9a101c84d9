"""Twilio's StatusCallback and SmsUrl (2010-04-01), signed as Twilio signs: X-Twilio-Signature."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha1

from ...text.keywords import is_help
from ..inbound_media import media_sid, seen
from .event import Event, Request, form
from .words import STATES, hexadecimal

VERSION = "2010-04-01"
OPT_OUT_TYPES = {"optout": "STOP", "optin": "START"}
"""Twilio's OptOutType by what a text was understood as."""


def sid(id: str, kind: str = "SM") -> str:
    """Twilio's spelling of one of our ids."""
    return kind + hexadecimal(id)


def account_sid(key_id: str) -> str:
    """The account that a key is."""
    return sid(key_id, "AC")


def render(event: Event) -> Request | None:
    """The call that tells an event."""
    words = _text(event) if event.is_inbound else _status(event)
    if words is None:
        return None
    request = form(str(event.terms.get("method") or "POST"), str(event.terms["url"]), words)
    signed = signature(event.secret, request.url, words if request.method == "POST" else ())
    headers = {**request.headers, "X-Twilio-Signature": signed}
    if event.is_inbound:
        return replace(request, headers=headers, replies="twilio")
    return replace(request, headers=headers)


def _account(event: Event) -> str:
    return str(event.terms.get("account") or "")


def _status(event: Event) -> list[tuple[str, str]] | None:
    told = STATES[event.now]
    back = event.now == "queued" and event.was != "accepted"  # callbacks do not go backwards
    if event.now in ("accepted", "held", "sending", "unsure") or back:
        return None
    name, row = sid(event.row["id"], "MM" if event.terms.get("media") else "SM"), event.row
    words = [
        ("MessageSid", name), ("SmsSid", name), ("MessageStatus", told.twilio), ("SmsStatus", told.twilio),
        ("AccountSid", _account(event)), ("To", row["recipient"]), ("From", row["sender"] or ""),
        ("ApiVersion", VERSION),
    ]  # fmt: skip
    if told.twilio_error is not None:
        words += [("ErrorCode", str(told.twilio_error)), ("ErrorMessage", event.why)]
    if event.now in ("delivered", "undelivered", "expired"):
        words.append(("RawDlrDoneDate", f"{event.at:%y%m%d%H%M}"))
    return words


def _text(event: Event) -> list[tuple[str, str]]:
    media = seen(event.row.get("media", []))
    row, name = event.row, sid(event.row["id"], "MM" if media else "SM")
    place = f"{event.terms.get('base') or ''}/{VERSION}/Accounts/{_account(event)}/Messages/{name}/Media"
    words = [
        ("ToCountry", ""), ("SmsMessageSid", name), ("NumMedia", str(len(media))), ("SmsSid", name),
        ("SmsStatus", "received"),
        ("Body", row["text"]), ("To", row["recipient"] or ""), ("NumSegments", str(row["parts"])),
        ("MessageSid", name), ("AccountSid", _account(event)), ("From", row["sender"]), ("ApiVersion", VERSION),
    ]  # fmt: skip
    for number, medium in enumerate(media):
        words.append((f"MediaUrl{number}", f"{place}/{media_sid(row['id'], medium['id'])}"))
        words.append((f"MediaContentType{number}", medium["type"]))
    choice = OPT_OUT_TYPES.get(str(row["understood_as"])) or ("HELP" if is_help(row["text"]) else None)
    if choice is not None:
        words.append(("OptOutType", choice))
    return words


def signature(token: str, url: str, words: Sequence[tuple[str, str]]) -> str:
    """base64(HMAC-SHA1(token, url and the sorted words, each name with each of its values once))."""
    signed = url + "".join(name + value for name, value in sorted(set(words)))
    return b64encode(hmac.new(token.encode(), signed.encode(), sha1).digest()).decode()
