"""Links over the API: how each is and was, stopped, started, tried."""

from __future__ import annotations

import time
from typing import Any

PHONE = "+38640111222"
LINK = "/api/v1/links/phones"


def wait_until(true: Any) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stopped_link_sends_nothing_and_a_started_one_what_waited(live_call: Any, running: Any) -> None:
    wait_until(lambda: live_call("GET", LINK).said["health"] == "up")
    stopped = live_call("POST", f"{LINK}/stop")
    assert (stopped.status, stopped.said["health"]) == (200, "down")
    assert stopped.said["why"].startswith("stopped by key_")
    assert live_call("POST", f"{LINK}/stop").code == "conflict"
    assert live_call("GET", "/readyz").status == 200
    id = live_call.send(expires_in=3600).said["id"]
    assert live_call("GET", f"/api/v1/messages/{id}").said["status"] in ("queued", "accepted")
    assert live_call("POST", f"{LINK}/start").status == 200
    wait_until(lambda: live_call("GET", f"/api/v1/messages/{id}").said["status"] == "delivered")
    assert live_call("POST", f"{LINK}/start").code == "conflict"
    told = [one["status"] for one in live_call("GET", f"{LINK}/events").said["data"]]
    assert told[:3] == ["up", "down", "up"]
    verbs = [one["verb"] for one in live_call("GET", "/api/v1/audit?verb=link.*").said["data"]]
    assert verbs == ["link.started", "link.stopped"]


def test_a_link_is_tried_with_a_text_over_it_alone(live_call: Any) -> None:
    wait_until(lambda: live_call("GET", LINK).said["health"] == "up")
    assert live_call("POST", f"{LINK}/test", {}).said["message"] is None
    tried = live_call("POST", f"{LINK}/test", {"to": PHONE}).said
    wait_until(lambda: live_call("GET", f"/api/v1/messages/{tried['message']}").said["status"] == "delivered")
    assert live_call("GET", f"/api/v1/messages/{tried['message']}").said["link"] == "phones"


def test_links_that_are_not_there_are_not_found(call: Any) -> None:
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/stop"), ("POST", "/start")):
        assert call(method, f"/api/v1/links/nothing{path}").status == 404
    assert call("POST", "/api/v1/links/nothing/test", {}).status == 404


def test_the_version_is_told_to_everybody(call: Any) -> None:
    told = call("GET", "/api/v1/version", authorization="").said
    assert (told["name"], told["api"]) == ("smsgw", "v1")
