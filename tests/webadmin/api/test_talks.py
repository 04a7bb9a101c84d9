"""A telephone system tells of calls over the API, and what came of them can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from smsgw.access import accounts
from smsgw.gateway import Gateway
from webadmin.api import talks

CALLS = "/api/v1/calls"


def test_a_call_is_told_as_it_goes_on_and_listed(call: Any, gateway: Gateway, clock: Any) -> None:
    ana = accounts.add(gateway.database.writer, "ana", "agent", None, clock())
    rings = call("POST", CALLS, {"number": "040 111 222", "reference": "a-1"})
    assert (rings.status, rings.said["status"], rings.said["number"]) == (201, "ringing", "+38640111222")
    clock.on(5)
    taken = call("POST", CALLS, {"reference": "a-1", "status": "answered", "agent": "ana"})
    assert (taken.said["id"], taken.said["status"], taken.said["agent"]) == (rings.said["id"], "open", ana)
    call("POST", CALLS, {"number": None, "status": "missed"})
    told = call("GET", f"{CALLS}/log").said
    talks.DeskCallPage.model_validate(told, strict=False)
    assert [one["status"] for one in told["data"]] == ["missed", "open"]
    assert len(call("GET", f"{CALLS}/log?number=040+111+222").said["data"]) == 1
    assert call("GET", f"{CALLS}/log/{rings.said['id']}").said["taken_at"] is not None
    assert call("GET", f"{CALLS}/log/talk_0").status == 404


def test_what_is_no_call_is_told_and_who_only_reads_tells_nothing(
    app: Flask, call: Any, caller_of: Callable[..., Any]
) -> None:
    assert call("POST", CALLS, {"status": "sleeping"}).status == 422
    assert call("POST", CALLS, {"direction": "out"}).status == 422
    reader = caller_of(app, "conversations:read")
    assert (reader("POST", CALLS, {"number": "1"}).status, reader("GET", f"{CALLS}/log").status) == (403, 200)
