"""What holds for every address: keys for repeats, quotas, packing, merge patches, ETags, files by Accept."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from smsgw.access import audit, keys
from smsgw.access.keys import Client
from tests.webadmin.conftest import Caller
from webadmin import create_app
from webadmin.api import quotas, routes
from webadmin.api.clients import KnownClients

API = "/api/v1"
WHEN = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_customer_is_made_once_however_often_it_is_asked_for_with_one_key(call: Any) -> None:
    first = call("POST", f"{API}/customers", {"name": "Ana"}, idempotency_key='"ana-1"')
    again = call("POST", f"{API}/customers", {"name": "Ana"}, idempotency_key="ana-1")
    assert (first.status, again.status) == (201, 201)
    assert again.said["id"] == first.said["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(call("GET", f"{API}/customers").said["data"]) == 1
    other = call("POST", f"{API}/customers", {"name": "Bine"}, idempotency_key="ana-1")
    assert (other.status, other.code) == (422, "idempotency_conflict")
    elsewhere = call("POST", f"{API}/groups", {"name": "Ana"}, idempotency_key="ana-1")
    assert elsewhere.code == "idempotency_conflict"


def test_what_was_refused_may_be_tried_again_with_the_same_key(call: Any) -> None:
    call("POST", f"{API}/groups", {"name": "regulars"})
    assert call("POST", f"{API}/groups", {"name": ""}, idempotency_key="k").status == 422
    assert call("POST", f"{API}/groups", {"name": "friends"}, idempotency_key="k").status == 201


def test_every_post_of_a_client_says_that_it_heeds_the_key(call: Any) -> None:
    described = call("GET", f"{API}/openapi.json", authorization="").said["paths"]
    posts = [told["post"] for told in described.values() if "post" in told and told["post"]["security"]]
    assert posts
    for told in posts:
        assert "Idempotency-Key" in {one["name"] for one in told["parameters"]}, told["operationId"]
        assert {"409", "422", "429"} <= set(told["responses"])


def test_a_key_that_asks_too_often_is_told_when_to_come_back(configured: Any, caller_of: Any) -> None:
    app = create_app(configured(web={"listen": "127.0.0.1:0", "requests_per_minute": 2}))
    call, other = caller_of(app), caller_of(app)
    first = call("GET", f"{API}/links")
    assert first.headers["RateLimit-Policy"] == '"requests";q=2;w=60'
    assert first.headers["RateLimit"].startswith('"requests";r=1;t=')
    call("GET", f"{API}/links")
    refused = call("GET", f"{API}/links")
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"requests";r=0;')
    assert other("GET", f"{API}/links").status == 200
    assert call.send().status == 202  # what the queue bounds


def test_a_window_ends_after_a_minute() -> None:
    now = [0.0]
    counted = quotas.Quotas(1, lambda: now[0])
    assert counted.count("a") == (1, 60)
    now[0] = 59.5
    assert counted.count("a") == (2, 1)
    now[0] = 60.0
    assert counted.count("a") == (1, 60)


def test_many_wrong_keys_from_one_address_are_looked_up_no_more_but_a_good_one_is(
    configured: Any, caller_of: Any
) -> None:
    app = create_app(configured(web={"listen": "127.0.0.1:0", "wrong_keys_per_minute": 3}))
    good = caller_of(app)
    assert good("GET", f"{API}/links").status == 200
    bad = caller_of(app)
    codes = []
    for n in range(4):
        bad.secret = f"smsgw_live_wrong_{n}"
        codes.append(bad("GET", f"{API}/links").status)
    assert codes == [401, 401, 401, 429]
    here = app.extensions["smsgw"]
    known: KnownClients = here.clients
    known._known.clear()  # it is asked of the store again
    assert good("GET", f"{API}/links").status == 200
    here.gateway.database.writer.do(audit.told, audit.Line("test", "x", "x", WHEN))  # what came before is on disk then
    assert "key.guessed" in {one["verb"] for one in good("GET", f"{API}/audit").said["data"]}


def test_long_answers_are_packed_for_those_who_take_it(call: Any) -> None:
    for n in range(5):
        call.send(text=f"text {n}")
    plain = call("GET", f"{API}/messages")
    packed = call("GET", f"{API}/messages", accept_encoding="gzip, deflate")
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert json.loads(gzip.decompress(packed.body)) == plain.said
    assert int(packed.headers["Content-Length"]) == len(packed.body) < len(plain.body)
    assert "Content-Encoding" not in call("GET", f"{API}/links", accept_encoding="gzip").headers  # too short
    assert "Content-Encoding" not in call("GET", f"{API}/messages", accept_encoding="gzip;q=0").headers


def test_a_patch_may_say_that_it_is_a_merge_patch(call: Any) -> None:
    made = call("POST", f"{API}/customers", {"name": "Ana", "language": "sl"})
    path = f"{API}/customers/{made.said['id']}"
    merged = call(
        "PATCH", path, {"language": None}, content_type="application/merge-patch+json", if_match=made.headers["ETag"]
    )
    assert (merged.status, merged.said["name"], merged.said["language"]) == (200, "Ana", None)
    late = call("PATCH", path, {"name": "Anja"}, if_match=made.headers["ETag"])
    assert (late.status, late.code) == (412, "precondition_failed")
    assert call("POST", f"{API}/groups", {"name": "x"}, content_type="application/merge-patch+json").status == 415


def test_a_batch_is_answered_in_lines_for_those_who_want_lines(call: Any) -> None:
    lines = b'{"to": "+38640111222", "text": "a"}\n{"to": "x", "text": "b"}\n'
    answer = call(
        "POST", f"{API}/messages/batch", lines, content_type="application/x-ndjson", accept="application/x-ndjson"
    )
    assert (answer.status, answer.headers["Content-Type"]) == (202, "application/x-ndjson")
    told = [json.loads(line) for line in answer.body.splitlines()]
    assert [one["index"] for one in told] == [0, 1]
    assert told[0]["status"] == "queued"
    assert told[1]["problem"]["code"] == "validation_failed"


def test_a_message_is_sent_again_as_it_was_once_it_has_ended(call: Any) -> None:
    first = call.send(text="ready", client_ref="order-1").said
    assert call("POST", f"{API}/messages/{first['id']}/resend").code == "conflict"
    call("POST", f"{API}/messages/{first['id']}/cancel")
    again = call("POST", f"{API}/messages/{first['id']}/resend", idempotency_key="once")
    repeated = call("POST", f"{API}/messages/{first['id']}/resend", idempotency_key="once")
    assert again.status == 202
    assert (again.said["text"], again.said["metadata"]) == ("ready", {"resend_of": first["id"]})
    assert again.said["id"] == repeated.said["id"] != first["id"]


def test_what_a_message_said_is_forgotten_and_the_rest_stays(call: Any) -> None:
    sent = call.send(text="the code is 1234").said
    assert call("DELETE", f"{API}/messages/{sent['id']}").code == "conflict"
    call("POST", f"{API}/messages/{sent['id']}/cancel")
    left = call("DELETE", f"{API}/messages/{sent['id']}")
    assert (left.status, left.said["text"], left.said["to"]) == (200, "", sent["to"])
    assert call("POST", f"{API}/messages/{sent['id']}/resend").code == "conflict"
    assert [one["verb"] for one in call("GET", f"{API}/audit?verb=message.*").said["data"]] == ["message.erased"]


def test_messages_are_found_by_sender_customer_and_words(call: Any) -> None:
    customer = call("POST", f"{API}/customers", {"name": "Ana", "addresses": ["+38640111222"]}).said["id"]
    call.send(text="Your parcel 100% ready", **{"from": "Shop"})
    call.send(text="nothing", to="+38640111333")
    for query in ("from=Shop", f"customer={customer}", "q=PARCEL", "q=100%25"):
        found = call("GET", f"{API}/messages?{query}").said["data"]
        assert [one["to"] for one in found] == ["+38640111222"], query


def test_what_is_deprecated_says_so(app: Flask, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = next(one for one in routes.ROUTES if one.endpoint == "api.links")
    aged = routes.Route(**{**old.__dict__, "deprecated": WHEN, "sunset": WHEN.replace(year=2028)})
    with app.test_request_context("/api/v1/links"):
        monkeypatch.setattr(routes, "client", lambda: Client("key_1", "t", frozenset({"admin:*"})))
        headers = routes.done(aged, {}).headers
    assert headers["Deprecation"] == f"@{int(WHEN.timestamp())}"
    assert headers["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"


def test_a_key_sends_no_more_messages_in_a_minute_than_it_may(app: Flask) -> None:
    gateway = app.extensions["smsgw"].gateway
    slow = keys.NewKey("slow", ("messages:send", "messages:read"), gateway.clock(), per_minute=3)
    call = Caller(app.test_client(), keys.create(gateway.database.writer, slow)[1])
    items = [{"to": "+38640111222", "text": f"{n}"} for n in range(2)]
    sent = call("POST", f"{API}/messages/batch", items)
    assert (sent.status, sent.headers["RateLimit-Policy"]) == (202, '"messages";q=3;w=60')
    assert sent.headers["RateLimit"].startswith('"messages";r=1;t=')
    many = call("POST", f"{API}/messages/batch", [{"to": "+38640111222", "text": f"more {n}"} for n in range(2)])
    assert (many.status, many.code) == (429, "rate_limited")
    assert int(many.headers["Retry-After"]) <= 60
    assert call("POST", f"{API}/messages", {"to": "+38640111222", "text": "the last"}).status == 202
    late = call("POST", f"{API}/messages", {"to": "+38640111222", "text": "too many"})
    assert (late.status, late.headers["RateLimit"].split(";")[1]) == (429, "r=0")
    assert len(call("GET", f"{API}/messages").said["data"]) == 3
