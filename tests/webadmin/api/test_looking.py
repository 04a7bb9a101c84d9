"""What is only looked at: previews, texts that came in, links, health, and the simulated phones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from smsgw.errors import StoreUnreachable
from smsgw.gateway import Gateway
from webadmin import create_app
from webadmin.api import preview_shapes, shapes, surroundings

PHONE = "+38640111222"
PREVIEW = "/api/v1/messages/preview"
HANDSETS = "/api/v1/simulator/handsets"


def until(ask: Callable[[], Any], within: float = 90.0) -> Any:
    """Ask until the answer is true."""
    deadline = time.monotonic() + within
    while not (found := ask()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


def test_a_preview_says_what_a_text_takes_and_sends_nothing(call: Any) -> None:
    answer = call("POST", PREVIEW, {"to": "040 111 222", "text": "Še „danes“" * 10, "from": "Knjigarna"})
    assert answer.status == 200
    preview_shapes.Preview.model_validate(answer.said)
    said = answer.said
    assert (said["encoding"], said["characters"], said["parts"], said["parts_after_swap"]) == ("ucs2", 100, 2, 1)
    assert said["forced_by"] == ["Š", "„", "“"]
    assert said["swaps"][0] == {"letter": "Š", "plainer": "S"}
    assert (said["to"], said["from"], said["link"]) == (PHONE, "Knjigarna", "phones")
    checks = said["gate"].pop("checks")
    assert {one["decision"] for one in checks} == {"send"}
    assert said["gate"] == {"decision": "send", "code": None, "says": None, "until": None}
    assert call("GET", "/api/v1/messages").said["data"] == []


def test_a_preview_needs_no_number(call: Any) -> None:
    said = call("POST", PREVIEW, {"text": "hello"}).said
    assert (said["encoding"], said["parts"], said["to"], said["gate"]) == ("gsm7", 1, None, None)


def test_a_preview_of_a_long_text_counts_and_does_not_refuse(call: Any) -> None:
    assert call("POST", PREVIEW, {"text": "a" * 3000, "to": PHONE}).said["parts"] == 20


def test_a_preview_tells_what_the_gate_would_say(call: Any) -> None:
    assert call.send(text="twice").status == 202
    gate = call("POST", PREVIEW, {"to": PHONE, "text": "twice"}).said["gate"]
    assert (gate["decision"], gate["code"]) == ("refuse", "duplicate_message")
    gate = call("POST", PREVIEW, {"to": PHONE, "text": "x", "send_at": "2026-11-24T08:00:00Z"}).said["gate"]
    assert (gate["decision"], gate["until"]) == ("hold", "2026-11-24T08:00:00Z")


def test_a_preview_tells_mistakes_too(call: Any) -> None:
    assert call("POST", PREVIEW, {"text": "x", "link": "nowhere"}).faults == {"/link": "link_unknown"}
    assert call("POST", PREVIEW, {"text": "x", "to": "1", "from": ""}).faults == {"/to": "recipient_invalid"}


def test_texts_of_phones_come_in_and_are_listed(live_call: Any) -> None:
    assert live_call("POST", f"{HANDSETS}/{PHONE}/messages", {"text": "Naročam 3 😀"}).status == 201
    until(lambda: live_call("GET", "/api/v1/inbound").said["data"])
    live_call("POST", f"{HANDSETS}/{PHONE}/messages", {"text": "STOP", "to": "+38641000000"})
    until(lambda: len(live_call("GET", "/api/v1/inbound").said["data"]) == 2)
    answer = live_call("GET", "/api/v1/inbound?from=040111222&limit=1")
    shapes.InboundPage.model_validate(answer.said)
    stop = answer.said["data"][0]
    assert (stop["direction"], stop["from"], stop["text"], stop["kind"]) == ("inbound", PHONE, "STOP", "text")
    assert (stop["link"], stop["parts"], stop["missing"], stop["understood_as"]) == ("phones", 1, 0, "optout")
    older = live_call("GET", f"/api/v1/inbound?cursor={answer.said['next_cursor']}").said
    assert [one["text"] for one in older["data"]] == ["Naročam 3 😀"]
    assert live_call("GET", "/api/v1/inbound?from=BANK").said["data"] == []
    led = live_call("GET", "/api/v1/messages?direction=inbound&limit=1&contact=cus_x&q=a%26b")
    assert (led.status, led.headers["Location"]) == (307, "/api/v1/inbound?limit=1&q=a%26b&customer=cus_x")
    wanted = {"to=041000000": 2, "to=041999999": 0, "q=NARO": 1, "customer=cus_x": 0, "since=2099-01-01T00:00:00Z": 0}
    assert {query: len(live_call("GET", f"/api/v1/inbound?{query}").said["data"]) for query in wanted} == wanted
    assert live_call("GET", "/api/v1/messages?direction=outbound").said["data"] == []
    refused = live_call.send(purpose="marketing")
    assert (refused.status, refused.code) == (422, "recipient_opted_out")


def test_links_are_listed_with_their_health(live_call: Any, running: Gateway) -> None:
    answer = until(lambda: (got := live_call("GET", "/api/v1/links")).said["data"][0]["health"] == "up" and got)
    surroundings.LinkPage.model_validate(answer.said)
    assert (answer.said["data"][0]["name"], answer.said["data"][0]["kind"]) == ("phones", "fake")


def test_a_simulated_phone_shows_what_was_sent_to_it(live_call: Any) -> None:
    assert live_call("GET", HANDSETS).said["data"] == [{"msisdn": PHONE, "link": "phones"}]
    live_call("POST", "/api/v1/messages", {"to": PHONE, "text": "hello"})
    until(lambda: live_call("GET", f"{HANDSETS}/{PHONE}/messages").said["data"])
    for spelling in (PHONE, PHONE[1:], "040111222", "%2B38640111222"):
        answer = live_call("GET", f"{HANDSETS}/{spelling}/messages")
        surroundings.HandsetTextPage.model_validate(answer.said)
        assert [(one["mine"], one["text"]) for one in answer.said["data"]] == [(False, "hello")]


def test_a_phone_that_is_not_there_is_not_found(live_call: Any) -> None:
    for phone in ("+38640999999", "nonsense", "%00"):
        assert live_call("GET", f"{HANDSETS}/{phone}/messages").code == "not_found"
        assert live_call("POST", f"{HANDSETS}/{phone}/messages", {"text": "x"}).code == "not_found"
    assert live_call("POST", f"{HANDSETS}/{PHONE}/messages", {"text": ""}).faults == {"/text": "too_short"}


def test_the_knobs_of_a_simulated_network_are_shown_and_turned(live_call: Any) -> None:
    faults = "/api/v1/simulator/faults"
    before = live_call("GET", faults).said
    assert (before["loss"], before["disconnected"]) == (0.0, False)
    assert live_call("POST", faults, {"loss": 0.25}).said == before | {"loss": 0.25}
    turned = live_call("PATCH", f"{faults}?link=phones", {"loss": 0.5, "disconnected": True})
    assert (turned.status, turned.said) == (200, before | {"loss": 0.5, "disconnected": True})
    until(lambda: live_call("GET", "/api/v1/links").said["data"][0]["health"] == "down")
    assert live_call("PATCH", faults, {"loss": 2, "nix": 1}).faults == {"/loss": "out_of_range", "/nix": "unknown_knob"}
    assert live_call("PATCH", faults, {"loss": "all"}).status == 422
    assert live_call("PATCH", faults, {"\ud800": 1}).status == 422
    assert live_call("PATCH", faults, b'{"loss": 1e999}').code == "malformed_body"
    assert live_call("GET", f"{faults}?link=other").code == "not_found"


def test_without_a_simulated_link_there_is_no_simulator(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any]
) -> None:
    call = caller_of(create_app(configured(links=[])))
    for method, path, body in (
        ("GET", HANDSETS, None),
        ("GET", f"{HANDSETS}/1/messages", None),
        ("POST", f"{HANDSETS}/1/messages", {"text": "x"}),
        ("GET", "/api/v1/simulator/faults", None),
        ("PATCH", "/api/v1/simulator/faults", {}),
    ):
        answer = call(method, path, body)
        assert (answer.status, answer.code) == (404, "not_found")


def test_health_needs_no_key_and_the_process_is_healthy_at_once(call: Any) -> None:
    call.secret = ""
    for path in ("/healthz", "/api/v1/healthz"):
        answer = call("GET", path, authorization="")
        assert (answer.status, answer.said) == (200, {"status": "ok"})


def test_a_gateway_is_ready_when_it_is_started_also_with_its_links_down(call: Any, live_call: Any) -> None:
    answer = call("GET", "/readyz", authorization="")
    assert (answer.status, answer.said["checks"]["started"]) == (503, "not started")
    live_call("PATCH", "/api/v1/simulator/faults", {"disconnected": True})
    for path in ("/readyz", "/api/v1/readyz"):
        answer = live_call("GET", path, authorization="")
        surroundings.Readiness.model_validate(answer.said)
        assert (answer.status, answer.said) == (200, {"status": "ready", "checks": {"store": "ok", "started": "ok"}})


def test_a_gateway_whose_store_takes_nothing_is_not_ready(
    live_call: Any, running: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> Any:
        raise StoreUnreachable("locked")

    monkeypatch.setattr(running.database.writer, "do", locked)
    answer = live_call("GET", "/readyz")
    assert (answer.status, answer.said["checks"]["store"]) == (503, "store_unreachable")


def test_a_gateway_whose_store_is_for_reading_only_is_not_ready_and_takes_nothing(
    live_call: Any, running: Gateway
) -> None:
    def read_only(conn: Connection, batch: list[None]) -> list[None]:
        conn.exec_driver_sql("PRAGMA query_only=ON")
        return batch

    running.database.writer.do(read_only, None)
    answer = live_call("GET", "/readyz")
    assert (answer.status, answer.said["checks"]["store"]) == (503, "store_unreachable")
    assert live_call("POST", "/api/v1/messages", {"to": PHONE, "text": "Hello"}).status == 503


def test_a_phone_is_found_without_its_plus_also_where_no_region_is_set(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any]
) -> None:
    call = caller_of(create_app(configured(sending={})))
    assert call("GET", f"{HANDSETS}/{PHONE[1:]}/messages").status == 200


def test_a_simulated_network_gets_another_phone(call: Any) -> None:
    new = "+38640111777"
    assert call("POST", f"{HANDSETS}/{new}/messages", {"text": "hello"}).code == "not_found"
    made = call("POST", HANDSETS, {"msisdn": "040 111 777"})
    assert (made.status, made.said) == (201, {"msisdn": new, "link": "phones"})
    assert (call("POST", HANDSETS, {"msisdn": new}).status, len(call("GET", HANDSETS).said["data"])) == (200, 2)
    assert call("POST", HANDSETS, {"msisdn": "nobody"}).faults.keys() == {"/msisdn"}
    assert call("POST", f"{HANDSETS}?link=none", {"msisdn": new}).code == "not_found"
