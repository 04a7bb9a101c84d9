"""What the API says of calls, codes and money, and to whom; the whole road is tests/flows/test_modem_day.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from smsgw.gateway import Gateway
from smsgw.inbound.calls import Rang
from smsgw.link import Call
from webadmin.api import telephony

ANA, BOB = "+38640111222", "+38641000002"


@pytest.fixture
def three_calls(gateway: Gateway, clock: Any) -> None:
    for caller in (ANA, None, BOB):
        clock.on(60)
        gateway.database.writer.do(gateway.calls.take, Rang("phones", Call(caller, clock()), clock()))


@pytest.mark.usefixtures("three_calls")
def test_calls_are_listed_by_page_and_caller(call: Any) -> None:
    first = call("GET", "/api/v1/calls?limit=2").said
    telephony.CallPage.model_validate(first, strict=False)
    rest = call("GET", f"/api/v1/calls?limit=2&cursor={first['next_cursor']}").said
    assert [one["from"] for one in first["data"] + rest["data"]] == [BOB, None, ANA]
    assert rest["next_cursor"] is None
    [one] = call("GET", "/api/v1/calls?from=040+111+222").said["data"]
    assert (one["from"], one["link"], one["status"], one["answered_by"]) == (ANA, "phones", "noted", None)


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [("POST", "ussd", {"code": "*100#"}), ("DELETE", "ussd", None), ("POST", "balance", None)],
)
def test_who_may_see_links_may_not_talk_to_operators(
    app: Flask, caller_of: Callable[..., Any], method: str, path: str, told: Any
) -> None:
    answer = caller_of(app, "messages:*", "links:read")(method, f"/api/v1/links/phones/{path}", told)
    assert (answer.status, answer.code) == (403, "forbidden_scope")
    answer = caller_of(app, "links:ussd")(method, f"/api/v1/links/phones/{path}", told)
    assert (answer.status, answer.code) == (409, "no_ussd")


@pytest.mark.parametrize("path", ["ussd", "balance", "usage"])
def test_a_link_that_is_not_there_is_told(call: Any, path: str) -> None:
    answer = call("POST" if path == "ussd" else "GET", f"/api/v1/links/modem9/{path}", {"code": "*1#"})
    assert (answer.status, answer.code) == (404, "not_found")
    assert "there are: phones" in answer.said["detail"]


@pytest.mark.parametrize("told", [{}, {"code": "*1#", "reply": "1"}, {"code": ""}, {"code": "*1#", "timeout": 121}])
def test_a_code_or_a_reply_is_wanted(call: Any, told: Any) -> None:
    assert call("POST", "/api/v1/links/phones/ussd", told).status == 422


def test_a_day_of_calls_does_not_hide_the_texts_of_the_inbox(call: Any, gateway: Gateway, clock: Any) -> None:
    call.send(to=ANA, text="hello")
    for _ in range(3):
        clock.on(timedelta(minutes=1).total_seconds())
        gateway.database.writer.do(gateway.calls.take, Rang("phones", Call(BOB, clock()), clock()))
    assert [one["text"] for one in call("GET", "/api/v1/messages").said["data"]] == ["hello"]
