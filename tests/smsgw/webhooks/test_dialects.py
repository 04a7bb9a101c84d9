"""The dialects as functions: an event in, a request out."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from standardwebhooks.webhooks import Webhook

from smsgw.errors import BadInput
from smsgw.store.ids import new_id
from smsgw.store.lifecycle import MESSAGE
from smsgw.webhooks.dialects import DIALECTS, Event, native, render, words
from smsgw.webhooks.dialects.event import callable_url, origin
from smsgw.webhooks.dialects.twilio import signature
from smsgw.webhooks.signing import signed_headers

NOW = datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": new_id("msg", NOW), "recipient": "+38640111222", "sender": "Shop", "text": "Hello there", "link": "carrier",
    "created_at": NOW, "client_ref": None, "parts": 1, "kind": "text", "received_at": NOW, "understood_as": None,
    "purpose": "service", "reply_to": None, "attempts": 1, "sent_at": None, "final_at": None, "metadata": None,
}  # fmt: skip


def event(now: str, was: str | None = "sent", record: str = "message", **terms: Any) -> Event:
    given = {"url": "http://x.test/a", "mask": 31, "level": 3, "event": "sms:delivered", "id": "h", **terms}
    return Event(record, was, now, "because", NOW, ROW, given, "whk", "token", [("ref-1", "E 0x45 (69)")], "evt")


def test_every_state_has_its_words_in_every_dialect() -> None:
    assert set(words.STATES) == set(MESSAGE.states)
    for name in DIALECTS:
        for state in MESSAGE.states:
            render(name, event(state))


@pytest.mark.parametrize(
    ("state", "was", "code"),
    [("sent", "sending", 8), ("delivered", "sent", 1), ("undelivered", "sent", 2), ("failed", "sending", 16),
     ("queued", "sending", 4), ("queued", "accepted", None), ("held", "accepted", None)],
)  # fmt: skip
def test_kannel_is_told_what_its_mask_asks_for(state: str, was: str, code: int | None) -> None:
    told = render("kannel", event(state, was, url="http://x.test/a?s=%d"))
    assert (None if told is None else told.url) == (None if code is None else f"http://x.test/a?s={code}")
    if code is not None:
        assert render("kannel", event(state, was, url="http://x.test/a?s=%d", mask=31 & ~code)) is None


def test_escapes_are_filled_in_once_and_encoded_octets_stay() -> None:
    url = "http://x.test/a?t=%C4%8D&unknown=%K&text=%A&all=%%d&to=%p"
    told = render("kannel", event("failed", "sending", url=url, to="0038640111222"))
    assert told is not None
    assert told.url == (
        "http://x.test/a?t=%C4%8D&unknown=%K&text=NACK%2F0%2FE+0x45+%2869%29&all=%d&to=0038640111222"
    ).replace("NACK%2F0", "NACK%2F0")


TEXT_ESCAPES = {
    "d": "-1", "A": "Naročam čaj zdaj", "a": "Naročam čaj zdaj", "b": "Naročam čaj zdaj",
    "e": "Naročam čaj zdaj".encode().hex(), "k": "Naročam", "s": "čaj", "r": "čaj zdaj", "p": "+38640111222",
    "P": "0038640999888", "q": "+38640111222", "Q": "+38640999888", "t": "2026-11-23 08:00:05", "T": "1795420805",
    "i": "carrier", "n": "shop", "c": "2", "C": "UTF-8", "O": "08", "m": "-1", "M": "-1", "u": "", "o": "", "B": "",
    "D": "", "R": "", "v": "-1", "V": "-1", "K": "%K",
}  # fmt: skip


@pytest.mark.parametrize(("letter", "value"), TEXT_ESCAPES.items())
def test_each_escape_of_a_get_url_says_what_it_does_in_kannel(letter: str, value: str) -> None:
    said = {"text": "Naročam čaj zdaj", "sender": "+38640111222", "recipient": "0038640999888"}
    come = replace(event("handled", "received", "inbound"), row=ROW | said | {"id": new_id("in", NOW)})
    terms = {"method": "GET", "user": "shop", "url": f"http://x.test/a?it=%{letter}&z=1"}
    told = render("kannel", replace(come, terms=terms))
    assert told is not None
    assert dict(parse_qsl(told.url.partition("?")[2], keep_blank_values=True)) == {"it": value, "z": "1"}


def test_a_text_of_a_get_url_has_the_first_next_word_as_it_is_and_our_id_as_a_uuid() -> None:
    come = replace(event("handled", "received", "inbound"), row=ROW | {"id": new_id("in", NOW), "text": "a b/c d"})
    told = render("kannel", replace(come, terms={"method": "GET", "url": "http://x.test/a/%S?id=%I&f=%F"}))
    assert told is not None
    assert re.fullmatch(r"http://x\.test/a/b/c\?id=[0-9a-f-]{36}&f=", told.url)


def test_meta_data_are_told_by_group_and_name() -> None:
    url = "http://x.test/a?tlv=%#smpp#my_tlv#&note=%#http#note#&none=%#http#other#&all=%D"
    told = render("kannel", event("delivered", url=url, meta="?smpp?my_tlv=7&x=1?http?note=a%20b"))
    assert told is not None
    assert told.url == "http://x.test/a?tlv=7&note=a+b&none=&all=%3Fsmpp%3Fmy_tlv%3D7%26x%3D1%3Fhttp%3Fnote%3Da%2520b"
    for odd in ("", "?", "?smpp", "smpp?my_tlv=1", "??=&"):
        told = render("kannel", event("delivered", url="http://x.test/a?tlv=%#smpp#my_tlv#", meta=odd))
        assert told is not None
        assert told.url == "http://x.test/a?tlv="


def test_twilio_is_signed_as_its_documentation_shows() -> None:
    pairs = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"),
             ("To", "+18005551212")]  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, pairs) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize(
    ("text", "understood", "told"),
    [
        ("Stop", "optout", "STOP"), ("Start", "optin", "START"), ("2 books", "order", None), ("HELP", None, "HELP"),
        ("info", "inquiry", "HELP"), ("please help me with my order", "inquiry", None),
    ],
)  # fmt: skip
def test_twilio_is_told_that_a_text_was_a_keyword(text: str, understood: str | None, told: str | None) -> None:
    row = ROW | {"id": new_id("in", NOW), "text": text, "understood_as": understood}
    request = render("twilio", replace(event("handled", "received", "inbound", account="AC1"), row=row))
    assert request is not None
    assert dict(parse_qsl(request.body)).get("OptOutType") == told


def test_twilio_is_not_told_that_a_message_went_back() -> None:
    assert render("twilio", event("queued", "accepted")) is not None
    assert render("twilio", event("queued", "sending")) is None


def test_jasmin_is_told_at_its_level() -> None:
    levels = [(1, "sent", True), (1, "delivered", False), (2, "sent", False), (2, "delivered", True), (3, "sent", True)]
    for level, state, told in levels:
        assert (render("jasmin", event(state, level=level)) is not None) is told


def test_an_id_is_a_uuid_and_back() -> None:
    id = str(ROW["id"])
    assert words.ours("msg", words.hexadecimal(id)) == id
    assert words.ours("msg", "z" * 32) is None
    assert words.ours("msg", "0_" * 16) is None


def test_a_url_is_called_without_the_password_in_it() -> None:
    assert callable_url("http://me:s%40cret@x.test/a?b=č") == (
        "http://x.test/a?b=%C4%8D", {"Authorization": "Basic bWU6c0BjcmV0"},
    )  # fmt: skip
    assert origin("https://me:pw@x.test:444/a") == "https://x.test:444"
    for bad in ("ftp://x", "http://", "x", "http://[::1"):
        with pytest.raises(BadInput):
            origin(bad)


def test_a_messages_own_url_is_told_what_webhooks_are_and_signed_with_the_keys_hash() -> None:
    kept = {"order": "7", "compat": {"dialect": "smsgw"}}
    moved = replace(event("delivered", url="https://x.test/a?b=c"), row=ROW | {"metadata": kept}, by="carrier")
    secret = native.secret_of(hashlib.sha256(b"smsgw_live_secret").digest())
    told = render("smsgw", replace(moved, secret=secret))
    assert told is not None
    said = json.loads(told.body)
    assert (told.method, told.url, said["type"]) == ("POST", "https://x.test/a?b=c", "message.delivered")
    assert (said["data"]["status"], said["data"]["by"], said["data"]["metadata"]) == (
        "delivered", "carrier", {"order": "7"},
    )  # fmt: skip
    body = told.body.encode()
    headers = signed_headers(told.key, b"evt_1", b"%d" % int(time.time()), body)
    assert Webhook(secret).verify(body, headers) == said
    assert render("smsgw", replace(moved, record="inbound")) is None
