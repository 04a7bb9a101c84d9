"""What Prometheus sees: who may look, which figures there are, and that they say what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState
from tests.webadmin.conftest import PHONE
from webadmin import create_app


def samples(body: bytes) -> dict[tuple[str, ...], float]:
    """Every figure by its name and the values of its labels, in the order of the labels' names."""
    families = list(text_string_to_metric_families(body.decode()))
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def look(call) -> Iterator[object]:
    """Ask as Prometheus on this host does."""

    def asked() -> dict[tuple[str, ...], float]:
        answer = call("GET", "/metrics", authorization="")
        assert answer.status == 200, answer.body
        return samples(answer.body)

    return asked


def test_what_happened_since_the_first_look_is_counted(call, look, gateway: Gateway) -> None:
    before = look()
    assert before["smsgw_store_up",] == 1
    assert not [key for key in before if key[0] == "smsgw_messages_total"]
    for number in range(3):
        assert call("POST", "/api/v1/messages", {"to": PHONE, "text": f"No. {number}"}).status == 202
    assert call("POST", "/api/v1/messages", {"to": "?", "text": "x"}).status == 422
    now = look()
    link = next(iter(gateway.links))
    assert now["smsgw_messages_total", "out", link, "transactional", "accepted"] == 3
    assert now["smsgw_messages_total", "out", link, "transactional", "queued"] == 3
    assert now["smsgw_gate_decisions_total", "admit", ""] == 3
    assert now["smsgw_queue_messages", link, "queued"] == 3
    assert now["smsgw_api_requests_total", "202", "api"] == 3
    assert now["smsgw_api_requests_total", "422", "api"] == 1
    assert look()["smsgw_messages_total", "out", link, "transactional", "accepted"] == 3, "counted twice"


def test_why_the_gate_refused_and_held_is_told_by_code(call, look, gateway: Gateway) -> None:
    look()
    told, soon = {"to": PHONE, "text": "Sale", "purpose": "marketing"}, str(gateway.clock() + timedelta(days=1))
    refused = call("POST", "/api/v1/messages", told)
    later = call("POST", "/api/v1/messages", {"to": PHONE, "text": "x", "send_at": soon})
    assert (refused.status, later.status) == (422, 202), (refused.body, later.body)
    now = look()
    assert now["smsgw_gate_decisions_total", "refuse", refused.said["code"]] == 1
    assert now["smsgw_gate_decisions_total", "hold", "planned"] == 1


def test_a_link_is_up_when_it_can_send(look, gateway: Gateway) -> None:
    link = next(iter(gateway.links))
    kind = gateway.network.links[link].kind
    gateway.heard(link, Health(LinkState.UP, facts={"signal": "-71 dBm (21 of 31)"}))
    assert (look()["smsgw_link_up", link, kind], look()["smsgw_link_signal_dbm", link]) == (1, -71)
    gateway.heard(link, Health(LinkState.DOWN, "unplugged"))
    now = look()
    assert now["smsgw_link_up", link, kind] == 0
    assert now["smsgw_link_state", link, "down"] == 1
    assert ("smsgw_link_state", link, "up") not in now


def test_nothing_in_it_is_a_phone_number(call, look) -> None:
    call("POST", "/api/v1/messages", {"to": PHONE, "text": "Hello"})
    look()
    body = call("GET", "/metrics", authorization="").body.decode()
    labels = "".join(re.findall(r"\{.*?\}", body))
    assert PHONE[1:] not in labels
    assert not re.search(r'"\+?[0-9]{7,}"', labels)


def test_only_this_host_may_look_without_a_token(call) -> None:
    assert call("GET", "/metrics", x_forwarded_for="203.0.113.7").status == 403


def test_a_token_lets_others_look_and_a_wrong_one_nobody(configured, caller_of) -> None:
    call = caller_of(create_app(configured(watch={"metrics_token": "a long token"})))
    far = {"x_forwarded_for": "203.0.113.7"}
    assert call("GET", "/metrics", authorization="Bearer a long token", **far).status == 200
    assert call("GET", "/metrics", authorization="Bearer another one", **far).status == 401
    assert call("GET", "/metrics", authorization="", **far).status == 403


def test_health_tells_everybody_the_status_and_this_host_the_reasons(call, gateway: Gateway) -> None:
    gateway.heard("phones", Health(LinkState.UP))
    near = call("GET", "/health", authorization="")
    assert (near.status, near.said["status"]) == (200, "pass")
    assert near.headers["Content-Type"] == "application/health+json"
    gateway.heard("phones", Health(LinkState.DOWN, "unplugged"))
    near = call("GET", "/health", authorization="").said
    assert near["status"] == "warn"
    assert near["checks"]["link:phones"][0] == {
        "componentType": "fake", "observedValue": "down", "status": "warn", "output": "unplugged",
        "time": gateway.clock().isoformat(),
    }  # fmt: skip
    far = call("GET", "/health", authorization="", x_forwarded_for="203.0.113.7").said
    assert (far["status"], "checks" in far) == ("warn", False)
