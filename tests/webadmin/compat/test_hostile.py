"""Whatever comes to a door is answered in its words, and never with a 500: wrong octets, odd numbers, depth, keys."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from flask import Request
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from werkzeug.test import TestResponse

from smsgw.access.keys import Client
from smsgw.errors import QueueFull, Unauthenticated
from smsgw.gateway import Gateway
from tests.smsgw.access.same_work import steps
from tests.webadmin.compat.conftest import SECRET
from webadmin.api.clients import KnownClients
from webadmin.api.quotas import Quotas
from webadmin.compat.entering import TRIES, WITHIN, Entrance

AUTH = ("shop", SECRET)
octets = some.binary(max_size=40)
odd = some.one_of(some.text(max_size=30), some.sampled_from(["-1", "0", "99999999999", "1e9", "\0", "%", "NaN", "٣"]))
examples = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
KANNEL = ["to", "from", "text", "coding", "charset", "udh", "mclass", "priority", "validity", "deferred", "dlr-mask",
          "dlr-url", "smsc", "flash", "meta-data"]  # fmt: skip
JASMIN = ["to", "from", "content", "hex-content", "coding", "priority", "sdt", "validity-period", "dlr", "dlr-url",
          "dlr-level", "dlr-method"]  # fmt: skip
TWILIO = ["To", "From", "Body", "StatusCallback", "ValidityPeriod", "SendAt", "MessagingServiceSid"]
anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=10),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@examples
@given(words=some.dictionaries(some.sampled_from(KANNEL), octets, max_size=8))
def test_kannels_door_answers_any_octets(http: FlaskClient, words: dict[str, bytes]) -> None:
    query = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in words.items())
    answer = http.get(f"/cgi-bin/sendsms?username=shop&password={SECRET}&{query}")
    assert answer.status_code in (202, 400, 403)


@examples
@given(words=some.dictionaries(some.sampled_from(JASMIN), odd, max_size=8))
def test_jasmins_door_answers_any_words(http: FlaskClient, words: dict[str, str]) -> None:
    given = {"username": "shop", "password": SECRET, **words}
    assert http.post("/send", data=given).status_code in (200, 400, 403, 412)


@examples
@given(words=some.dictionaries(some.sampled_from(TWILIO), odd, max_size=6))
def test_twilios_door_answers_any_words(http: FlaskClient, words: dict[str, str]) -> None:
    answer = http.post("/2010-04-01/Accounts/AC1/Messages.json", data={"To": "+38640111222", **words}, auth=AUTH)
    assert answer.status_code in (201, 400)
    listed = http.get("/2010-04-01/Accounts/AC1/Messages.json", query_string={"PageSize": "1", **words}, auth=AUTH)
    assert listed.status_code in (200, 400)


@examples
@given(told=anything)
def test_the_android_door_answers_any_json(http: FlaskClient, told: Any) -> None:
    base = {"phoneNumbers": ["+38640111222"], "message": "x"}
    body = {**base, **told} if isinstance(told, dict) else told
    for path in ("messages", "webhooks"):
        assert http.post(f"/3rdparty/v1/{path}", json=body, auth=AUTH).status_code in (201, 202, 400, 409)


ODD_URLS = ["http://[::1", "http://x:99999/", "http://x:0/", "https://", "http://%zz/", "http://é.test/ä?%",
            "http://a b/c", "http://me:pw@169.254.169.254/", "http://x/" + "y" * 3000]  # fmt: skip


@pytest.mark.parametrize("url", ODD_URLS)
def test_an_odd_url_is_refused_in_words_or_taken(http: FlaskClient, url: str) -> None:
    words = {"username": "shop", "password": SECRET, "to": "+38640111222", "text": "x", "dlr-mask": 31, "dlr-url": url}
    assert http.get("/cgi-bin/sendsms?" + urlencode(words)).status_code in (202, 400)
    told = {"To": "+38640111222", "Body": "x", "StatusCallback": url}
    assert http.post("/2010-04-01/Accounts/AC1/Messages.json", data=told, auth=AUTH).status_code in (201, 400)
    jasmin = {"username": "shop", "password": SECRET, "to": "38640111222", "content": "x", "dlr": "yes", "dlr-url": url}
    assert http.post("/send", data=jasmin).status_code in (200, 400)
    hook = {"url": url, "event": "sms:received"}
    assert http.post("/3rdparty/v1/webhooks", json=hook, auth=AUTH).status_code in (201, 400)


@pytest.mark.parametrize("path", ["/3rdparty/v1/messages", "/secure/send", "/secure/sendbatch", "/send"])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe{}",
        b'{"to":1e999}',
        b'{"to":"1","to":"2"}',
        b"{",
        b"[]",
        b"null",
        b'"x"',
    ],
    ids=["lists", "objects", "utf16", "huge", "twice", "cut", "list", "null", "text"],
)
def test_json_that_is_deep_or_broken_is_400(http: FlaskClient, path: str, body: bytes) -> None:
    answer = http.post(path, data=body, content_type="application/json", auth=AUTH)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 20_000,
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><message>&a;</message>',
        b"<message><submit/></message>",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"",
        b'<?xml version="1.0" encoding="klingon"?><message/>',
    ],
)
def test_xml_that_is_deep_broken_or_explosive_is_refused(http: FlaskClient, body: bytes) -> None:
    assert http.post("/cgi-bin/sendsms", data=body, content_type="text/xml").status_code in (400, 403)


@pytest.mark.parametrize(
    "secret", ["", "x" * 100_000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "é", "\x01"]
)
def test_odd_keys_are_no_keys(http: FlaskClient, secret: str) -> None:
    answer = http.get("/cgi-bin/sendsms?" + urlencode({"username": "shop", "password": secret, "to": "1"}))
    assert (answer.status_code, answer.data) == (403, b"Authorization failed for sendsms")
    headers = {"Authorization": "Basic !!!"}
    for path in ("/2010-04-01/Accounts/AC1/Messages.json", "/3rdparty/v1/messages", "/secure/balance"):
        assert http.get(path, headers=headers).status_code in (401, 403)


def test_many_fields_and_long_numbers_are_refused_in_words(http: FlaskClient) -> None:
    many = "&".join(f"x{number}=1" for number in range(2000))
    answer = http.get(f"/cgi-bin/sendsms?username=shop&password={SECRET}&{many}")
    assert answer.status_code in (400, 403)
    to = " ".join(["+38640111222"] * 5)
    said = http.get("/cgi-bin/sendsms?" + urlencode({"user": "shop", "pass": SECRET, "to": to, "text": "x" * 20_000}))
    assert (said.status_code, said.data) == (400, b"Text too long, rejected")
    assert json.loads(http.get("/2010-04-01/Accounts/AC1/Messages/SMzz.json", auth=AUTH).data)["code"] == 20404


BAD_KEYS = int(os.environ.get("SMSGW_BAD_KEYS", "5000"))  # by hand rather 100000


class Counting(KnownClients):
    """Counts how often the store is asked."""

    asked = 0

    def find(self, secret: str) -> Client:
        self.asked += 1
        return super().find(secret)


class Steady:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def came_from(address: str) -> Request:
    return Request({"REMOTE_ADDR": address, "REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"})


@pytest.mark.usefixtures("app")  # it has made the key
def test_of_very_many_bad_keys_few_are_looked_up_and_the_good_one_still_enters(gateway: Gateway) -> None:
    clock = Steady()
    clients = Counting(gateway.database, clock)
    entrance, request = Entrance(clients, clock), came_from("203.0.113.7")
    assert entrance.enter(request, "messages:send", SECRET).name == "shop"
    limited = 0
    for number in range(BAD_KEYS):
        clock.now += 0.000_1
        try:
            entrance.enter(request, "messages:send", f"guess-{number}")
        except QueueFull as problem:
            limited += problem.code == "rate_limited"
        except Unauthenticated:
            pass
    assert limited == BAD_KEYS - TRIES
    assert clients.asked == TRIES + 1
    assert entrance.enter(request, "messages:send", SECRET).name == "shop"
    with pytest.raises(Unauthenticated):
        entrance.enter(came_from("203.0.113.8"), "messages:send", "a first guess from elsewhere")
    clock.now += WITHIN
    with pytest.raises(Unauthenticated):
        entrance.enter(request, "messages:send", "one more guess")


@pytest.mark.usefixtures("app")
def test_whoever_has_a_network_of_ipv6_has_no_more_tries_than_one_with_an_address(gateway: Gateway) -> None:
    clock = Steady()
    clients = Counting(gateway.database, clock)
    entrance = Entrance(clients, clock)
    for number in range(3 * TRIES):
        with pytest.raises((QueueFull, Unauthenticated)):
            entrance.enter(came_from(f"2001:db8:0:7::{number:x}"), "messages:send", f"guess-{number}")
    assert clients.asked == TRIES


NEARLY = SECRET[:-1] + "x"  # all but the last letter of a good one


@pytest.mark.parametrize(
    "ask",
    [
        lambda http, user, key: http.get("/api/v1/links", headers={"Authorization": f"Bearer {key}"}),
        lambda http, user, key: http.get("/api/v1/links", auth=(key, "")),
        lambda http, user, key: http.get(f"/cgi-bin/sendsms?username={user}&password={key}&to=1"),
        lambda http, user, key: http.get(f"/status?password={key}"),
        lambda http, user, key: http.get("/2010-04-01/Accounts/AC1/Messages.json", auth=(user, key)),
        lambda http, user, key: http.get("/3rdparty/v1/messages", auth=(user, key)),
        lambda http, user, key: http.get("/3rdparty/v1/messages", headers={"Authorization": f"Bearer {key}"}),
        lambda http, user, key: http.get(f"/balance?username={user}&password={key}"),
        lambda http, user, key: http.get("/secure/balance", auth=(user, key)),
    ],
    ids=["bearer", "basic", "kannel", "status", "twilio", "android", "token", "jasmin", "secure"],
)
def test_what_is_nearly_a_key_is_refused_by_the_same_steps_as_what_is_nothing_like_one(
    http: FlaskClient, ask: Callable[[FlaskClient, str, str], TestResponse]
) -> None:
    ask(http, "warm", "up")
    answers: list[TestResponse] = []
    known = steps(lambda: answers.append(ask(http, "shop", NEARLY)))
    unknown = steps(lambda: answers.append(ask(http, "nobody", "y" * len(NEARLY))))
    assert known == unknown
    assert known.count("compare_digest") == 1
    assert answers[0].data.replace(b"shop", b"nobody") == answers[1].data or b"request_id" in answers[0].data
    assert answers[0].status_code == answers[1].status_code


def test_many_addresses_cost_no_more_than_one() -> None:
    counted = Quotas(3, Steady())
    few = steps(lambda: counted.count("192.0.2.1"))
    for number in range(20_000):
        counted.count(f"2001:db8:0:{number:x}::")
    assert len(counted._windows) == 10_000
    assert steps(lambda: counted.count("198.51.100.1")) == few
    assert counted.count("198.51.100.1")[0] == 2
