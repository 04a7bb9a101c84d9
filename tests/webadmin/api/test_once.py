"""The Idempotency-Key over the API, and that a killed process sends nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smsgw.gateway import Gateway
from webadmin import create_app

PHONE = "+38640111222"
ROOT = Path(__file__).parents[3]


def send(call: Any, key: str, **told: Any) -> Any:
    """Send a message under a key."""
    return call("POST", "/api/v1/messages", {"to": PHONE, "text": "hello"} | told, idempotency_key=key)


def sent(call: Any) -> list[Any]:
    """Every message there is."""
    return list(call("GET", "/api/v1/messages").said["data"])


def test_a_repeated_request_is_answered_with_the_first_answer(call: Any) -> None:
    first, again = send(call, '"order-1"'), send(call, "order-1")
    assert (first.status, again.status) == (202, 202)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(sent(call)) == 1


def test_another_body_under_the_same_key_is_a_problem(call: Any) -> None:
    send(call, "order-1")
    answer = send(call, "order-1", text="other")
    assert (answer.status, answer.code) == (422, "idempotency_conflict")


def test_the_gateways_own_ref_is_not_shown_as_the_clients(call: Any) -> None:
    id = send(call, "order-1").said["id"]
    assert call("GET", f"/api/v1/messages/{id}").said["client_ref"] is None
    assert send(call, "order-2", client_ref="mine", text="b").said["client_ref"] == "mine"


def test_a_known_client_ref_under_a_new_key_answers_200_as_without_one(call: Any) -> None:
    send(call, "a", client_ref="mine")
    answer = send(call, "b", client_ref="mine")
    assert answer.status == 200
    assert "Idempotent-Replayed" not in answer.headers
    assert send(call, "b", client_ref="mine").status == 200


def test_a_refused_request_leaves_its_key_free(call: Any) -> None:
    assert send(call, "a", to="12").status == 422
    send(call, "b", text="twice")
    assert send(call, "a", text="twice").code == "duplicate_message"
    assert send(call, "a").status == 202


def test_a_key_and_a_wish_to_wait_go_together(live_call: Any) -> None:
    body = {"to": PHONE, "text": "hello"}
    first = live_call("POST", "/api/v1/messages", body, idempotency_key="a", prefer="wait=30")
    assert (first.status, first.said["status"]) == (202, "delivered")
    again = live_call("POST", "/api/v1/messages", body, idempotency_key="a", prefer="wait=30")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")


def test_an_impossible_key_is_refused(call: Any) -> None:
    answer = send(call, "x" * 256)
    assert (answer.status, answer.said["errors"][0]["code"]) == (422, "idempotency_key_invalid")


def test_after_a_day_the_key_sends_anew(call: Any, clock: Any) -> None:
    first = send(call, "a").said["id"]
    call.send(text="another")  # the answer to the first is on disk when this is
    clock.on(24 * 3600)
    assert send(call, "a").said["id"] != first


def test_a_repeated_batch_is_answered_with_the_first_answer(call: Any) -> None:
    items = [{"to": PHONE, "text": f"{n}"} for n in range(3)] + [{"to": "12", "text": "x"}]
    first = call("POST", "/api/v1/messages/batch", items, idempotency_key="a")
    again = call("POST", "/api/v1/messages/batch", items, idempotency_key="a")
    assert (again.status, again.body) == (202, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(sent(call)) == 3
    other = call("POST", "/api/v1/messages/batch", items[:2], idempotency_key="a")
    assert other.code == "idempotency_conflict"


# Kill a process in the middle of a request, then ask again.

DIES = """
import os, signal, sys
from smsgw.access import idempotency, keys
from smsgw.config import Config
from smsgw.gateway import Gateway, utc_now
from webadmin import create_app

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

where, file, secret, path, body = sys.argv[1:]
gateway = Gateway(Config.model_validate({
    "store": {"url": f"sqlite:///{file}"}, "links": [{"name": "phones", "kind": "fake", "handsets": []}]}))
if where == "after the claim":
    gateway.door.submit_many = die
    from smsgw.customers import customers
    customers.create = die
else:
    idempotency.Once._keep = die
client = create_app(gateway).test_client()
client.post(path, data=body, headers={
    "Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Idempotency-Key": "order-1"})
"""


def kill(where: str, file: str, secret: str, path: str, body: str) -> None:
    """Ask a process that is killed at this point."""
    killed = subprocess.run(
        [sys.executable, "-c", DIES, where, file, secret, path, body],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr


@pytest.mark.slow
@pytest.mark.parametrize("where", ["after the claim", "after the message"])
@pytest.mark.parametrize("batch", [False, True])
def test_a_process_killed_in_the_middle_sends_nothing_twice(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any], where: str, batch: bool
) -> None:
    from smsgw.gateway import utc_now

    gateway = configured(utc_now)
    call = caller_of(create_app(gateway))
    file = gateway.config.store.url.removeprefix("sqlite:///")
    one = '{"to": "+38640111222", "text": "hello"}'
    path, body = ("/api/v1/messages/batch", f"[{one}]") if batch else ("/api/v1/messages", one)
    kill(where, file, call.secret, path, body)
    before = [one["id"] for one in sent(call)]
    assert len(before) == (1 if where == "after the message" else 0)

    answer = call("POST", path, body.encode(), idempotency_key="order-1")
    assert answer.status == 202
    assert "Idempotent-Replayed" not in answer.headers
    after = [one["id"] for one in sent(call)]
    assert len(after) == 1
    assert after == before or not before
    assert (answer.said["data"][0] if batch else answer.said)["id"] == after[0]
    assert call("POST", path, body.encode(), idempotency_key="order-1").headers["Idempotent-Replayed"] == "true"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["after the claim", "after the work"])
def test_what_is_no_message_is_done_once_or_said_to_be_unknown(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any], where: str
) -> None:
    from smsgw.gateway import utc_now

    gateway = configured(utc_now)
    call = caller_of(create_app(gateway))
    path, body = "/api/v1/customers", '{"name": "Ana", "addresses": ["+38640111222"]}'
    kill(where, gateway.config.store.url.removeprefix("sqlite:///"), call.secret, path, body)

    answer = call("POST", path, body.encode(), idempotency_key="order-1")
    if where == "after the claim":  # nothing was done, so it is done now
        assert answer.status == 201
        assert call("POST", path, body.encode(), idempotency_key="order-1").headers["Idempotent-Replayed"] == "true"
    else:
        assert (answer.status, answer.code) == (409, "idempotency_outcome_unknown")
        assert "GET /api/v1/customers" in answer.said["hint"]
        assert call("POST", path, body.encode(), idempotency_key="order-1").code == answer.code
    assert len(call("GET", path).said["data"]) == 1
