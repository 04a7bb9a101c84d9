"""Webhooks over the API: set up, shown, changed, tested, logged, replayed; and events are as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.gateway import Gateway
from smsgw.store.tables import delivery, history
from smsgw.webhooks import events, settle
from smsgw.webhooks.settle import Plan
from tests.smsgw.webhooks.receiver import Receiver, Reply
from webadmin.api.telling import EVENTS

HOOKS = "/api/v1/webhooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that is told."""
    made = Receiver()
    yield made
    made.close()


def planned(gateway: Gateway, webhook: str) -> None:
    """Plan everything that history has, as the running daemon would."""
    with gateway.database.reading() as conn:
        lines = [line for line in conn.execute(select(history).order_by(history.c.id)) if line.record == "message"]
        now = gateway.clock()
        rows = [
            settle.delivery_row(webhook, f"message.{line.now}", line.record_id, line.id, body, now)
            for line, body in zip(lines, events.bodies(conn, lines), strict=True)
        ]
        stands = conn.scalar(settle.STANDS_AT)
    assert gateway.database.writer.do(settle.plan, Plan(stands, lines[-1].id, rows, now)) is True


def test_a_webhook_is_set_up_and_its_secret_is_shown_once(call: Any) -> None:
    made = call("POST", HOOKS, {"url": "https://shop.example.com/hook"})
    assert made.status == 201
    assert made.said["secret"].startswith("whsec_")
    assert made.said["events"] == list(events.USUAL)
    shown = call("GET", made.headers["Location"])
    assert shown.said == {key: value for key, value in made.said.items() if key != "secret"}
    assert call("GET", HOOKS).said["data"] == [shown.said]


def test_everything_that_is_wrong_with_a_webhook_is_told_at_once(call: Any) -> None:
    refused = call("POST", HOOKS, {"url": "ftp://example.com/", "events": ["message.deliverd", "*"]})
    assert refused.code == "validation_failed"
    assert refused.faults == {"/url": "url_invalid", "/events/0": "event_unknown"}
    assert "message.delivered" in refused.said["detail"]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://10.0.0.7/", "http://127.0.0.1:8080/"]
)
def test_what_must_not_be_called_is_refused_when_it_is_set_up(call: Any, configured: Any, url: str) -> None:
    assert call("POST", HOOKS, {"url": url.replace("8080", "80")}).faults == {"/url": "url_refused"}


def test_a_webhook_is_changed_switched_off_and_on(call: Any) -> None:
    id = call("POST", HOOKS, {"url": "https://shop.example.com/hook"}).said["id"]
    changed = call("PATCH", f"{HOOKS}/{id}", {"events": ["inbound.*"], "status": "disabled"}).said
    assert (changed["events"], changed["status"]) == (["inbound.*"], "disabled")
    assert call("PATCH", f"{HOOKS}/{id}", {"status": "active"}).said["status"] == "active"
    assert call("PATCH", f"{HOOKS}/{id}", {"url": "nowhere"}).faults == {"/url": "url_invalid"}


def test_a_webhook_that_is_removed_is_gone_with_its_log(call: Any, gateway: Gateway) -> None:
    id = call("POST", HOOKS, {"url": "https://shop.example.com/hook"}).said["id"]
    call.send()
    planned(gateway, id)
    assert call("DELETE", f"{HOOKS}/{id}").status == 204
    assert call("GET", f"{HOOKS}/{id}").code == "not_found"
    assert call("DELETE", f"{HOOKS}/{id}").code == "not_found"
    with gateway.database.reading() as conn:
        assert conn.execute(select(delivery)).first() is None


def test_while_a_secret_is_replaced_both_sign(call: Any, clock: Any, receiver: Receiver) -> None:
    made = call("POST", HOOKS, {"url": receiver.url}).said
    new = call("POST", f"{HOOKS}/{made['id']}/rotate-secret", {"overlap": 3600}).said
    assert new["old_secret_until"] is not None
    call("POST", f"{HOOKS}/{made['id']}/test")
    clock.on(3601)
    call("POST", f"{HOOKS}/{made['id']}/test")
    both, one = receiver.wait_for(2)
    assert both.signed_with(made["secret"])
    assert both.signed_with(new["secret"])
    assert not one.signed_with(made["secret"])
    assert one.signed_with(new["secret"])


def test_the_test_button_tells_what_was_answered_and_the_log_keeps_it(call: Any, receiver: Receiver) -> None:
    receiver.reply = lambda heard: Reply(418, body=b"I am a teapot")
    id = call("POST", HOOKS, {"url": receiver.url}).said["id"]
    tried = call("POST", f"{HOOKS}/{id}/test").said
    assert (tried["ok"], tried["status"], tried["said"]) == (False, 418, "I am a teapot")
    [logged] = call("GET", f"{HOOKS}/{id}/deliveries").said["data"]
    assert (logged["id"], logged["event"], logged["status"]) == (tried["delivery"], "webhook.test", "dead")
    [heard] = receiver.heard
    assert heard.id == tried["delivery"]


def test_a_test_of_a_receiver_that_is_not_there_says_so(call: Any, receiver: Receiver) -> None:
    receiver.close()
    id = call("POST", HOOKS, {"url": receiver.url}).said["id"]
    tried = call("POST", f"{HOOKS}/{id}/test").said
    assert (tried["ok"], tried["status"]) == (False, None)
    assert "took no connection" in tried["error"]


def test_the_log_has_pages_and_filters_and_shows_what_is_sent(call: Any, gateway: Gateway) -> None:
    id = call("POST", HOOKS, {"url": "https://shop.example.com/hook", "events": ["message.*"]}).said["id"]
    message = call.send(client_ref="order-7").said["id"]
    planned(gateway, id)
    page = call("GET", f"{HOOKS}/{id}/deliveries?limit=1").said
    assert [one["event"] for one in page["data"]] == ["message.queued"]
    rest = call("GET", f"{HOOKS}/{id}/deliveries?cursor={page['next_cursor']}").said
    assert [one["event"] for one in rest["data"]] == ["message.accepted"]
    assert len(call("GET", f"{HOOKS}/{id}/deliveries?status=dead").said["data"]) == 0
    assert len(call("GET", f"{HOOKS}/{id}/deliveries?event=message.queued").said["data"]) == 1
    whole = call("GET", f"{HOOKS}/{id}/deliveries/{page['data'][0]['id']}").said
    assert whole["body"]["data"]["id"] == message
    assert whole["body"]["data"]["client_ref"] == "order-7"


def test_one_delivery_and_everything_since_a_time_can_be_told_again(call: Any, gateway: Gateway, clock: Any) -> None:
    id = call("POST", HOOKS, {"url": "https://shop.example.com/hook", "events": ["message.*"]}).said["id"]
    call.send(text="early")
    clock.on(60)
    call.send(text="late")
    planned(gateway, id)
    with gateway.database.exclusive() as conn:
        conn.exec_driver_sql("UPDATE delivery SET state = 'delivered', ended_at = created_at, attempts = 3")
    first = call("GET", f"{HOOKS}/{id}/deliveries").said["data"][0]["id"]
    assert call("POST", f"{HOOKS}/{id}/deliveries/{first}/replay").status == 202
    assert call("GET", f"{HOOKS}/{id}/deliveries/{first}").said["status"] == "pending"
    since = clock.now.isoformat().replace("+00:00", "Z")
    assert call("POST", f"{HOOKS}/{id}/replay", {"since": since}).said == {"replayed": 1}
    states = [one["status"] for one in call("GET", f"{HOOKS}/{id}/deliveries").said["data"]]
    assert sorted(states) == ["delivered", "delivered", "pending", "pending"]
    assert call("POST", f"{HOOKS}/{id}/replay", {"since": since, "only_dead": True}).said == {"replayed": 0}


def test_a_webhook_can_be_told_what_was_before_it(call: Any, gateway: Gateway, clock: Any) -> None:
    since = clock.now.isoformat().replace("+00:00", "Z")
    old = call.send(text="before").said["id"]
    id = call("POST", HOOKS, {"url": "https://shop.example.com/hook", "events": ["message.accepted"]}).said["id"]
    assert call("POST", f"{HOOKS}/{id}/replay", {"since": since}).said == {"replayed": 1}
    [told] = call("GET", f"{HOOKS}/{id}/deliveries").said["data"]
    assert told["about"] == old


def test_webhooks_need_their_own_scope(app: Any, caller_of: Any) -> None:
    assert caller_of(app, "messages:*")("GET", HOOKS).code == "forbidden_scope"
    assert caller_of(app, "webhooks:manage")("GET", HOOKS).status == 200


def test_every_event_is_as_the_document_says(call: Any, gateway: Gateway) -> None:
    call("POST", HOOKS, {"url": "https://shop.example.com/hook"})
    call.send(client_ref="order-7", metadata={"order": "7"})
    call.send(text="twice")
    with gateway.database.reading() as conn:
        lines = list(conn.execute(select(history)))
        bodies = events.bodies(conn, lines)
    kinds = [f"{line.record}.{line.now}" for line in lines]
    assert {"webhook.active", "message.accepted", "message.queued"} <= set(kinds)
    for kind, body in zip(kinds, bodies, strict=True):
        assert EVENTS[kind].model_validate_json(body).model_dump(by_alias=True)["type"] == kind


def test_the_document_has_every_event(call: Any) -> None:
    described = call("GET", "/api/v1/openapi.json").said
    assert set(described["webhooks"]) == {*events.TYPES, events.TEST}


def test_what_was_missed_while_it_was_switched_off_can_be_replayed_before_and_after_it_is_on_again(
    call: Any, gateway: Gateway, clock: Any
) -> None:
    id = call("POST", HOOKS, {"url": "https://shop.example.com/hook", "events": ["message.accepted"]}).said["id"]
    call("PATCH", f"{HOOKS}/{id}", {"status": "disabled"})
    clock.on(60)
    since = clock.now.isoformat().replace("+00:00", "Z")
    call.send(text="one")
    assert call("POST", f"{HOOKS}/{id}/replay", {"since": since}).said == {"replayed": 1}
    call.send(text="two")
    call("PATCH", f"{HOOKS}/{id}", {"status": "active"})
    assert call("POST", f"{HOOKS}/{id}/replay", {"since": since}).said == {"replayed": 1}
    assert len(call("GET", f"{HOOKS}/{id}/deliveries").said["data"]) == 2
