"""The console of a link over the API: switched on for a while, by whom may, and in the audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from smsgw.access import audit
from smsgw.gateway import Gateway
from smsgw.link_verbs import Traced, WireLine
from webadmin.api.links_trace import LinkTrace

PATH = "/api/v1/links/phones/trace"


def says(gateway: Gateway, what: str, **fields: str) -> None:
    """The driver of the link, which is not started, tells a line if somebody looks."""
    link = gateway.links["phones"]
    assert isinstance(link, Traced)
    link.tap.put(lambda: [WireLine(">", what, fields)])


def test_it_is_off_until_it_is_switched_on_and_ends_by_itself(call: Any, gateway: Gateway, clock: Any) -> None:
    says(gateway, "before")
    assert call("GET", PATH).said == {"until": None, "last": 0, "data": []}
    begun = call("POST", PATH, {}).said
    assert begun["until"] == "2026-11-23T08:05:00Z"
    says(gateway, "submit_sm", destination_addr="+38640111222")
    told = call("GET", PATH).said
    LinkTrace.model_validate(told, strict=False)
    [line] = told["data"]
    assert (line["number"], line["way"], line["what"]) == (1, ">", "submit_sm")
    assert line["fields"] == {"destination_addr": "+38640***222"}
    clock.on(300)
    says(gateway, "too late")
    assert call("GET", f"{PATH}?after=1").said == {"until": None, "last": 1, "data": []}


def test_switching_off_ends_it_at_once(call: Any, gateway: Gateway) -> None:
    call("POST", PATH, {"seconds": 60})
    assert call("DELETE", PATH).status == 204
    says(gateway, "unheard")
    assert call("GET", PATH).said["data"] == []


def test_who_looked_and_for_how_long_stands_in_the_audit(call: Any, gateway: Gateway) -> None:
    call("POST", PATH, {"seconds": 600})
    call("DELETE", PATH)
    call("DELETE", PATH)  # it was off already
    with gateway.database.reading() as conn:
        lines = [(row.verb, row.says) for row in audit.listing(conn, audit.Wanted(verb="link.*"), 10)]
    assert lines == [
        ("link.closed", "the console of the link phones was closed"),
        ("link.opened", "the console of the link phones was opened for 10 minutes"),
    ]


@pytest.mark.parametrize(("method", "told"), [("POST", {}), ("GET", None), ("DELETE", None)])
def test_it_needs_a_scope_of_its_own(app: Flask, caller_of: Callable[..., Any], method: str, told: Any) -> None:
    answer = caller_of(app, "links:read", "links:manage", "messages:*")(method, PATH, told)
    assert (answer.status, answer.code) == (403, "forbidden_scope")
    assert caller_of(app, "links:trace")(method, PATH, told).status in (200, 204)


@pytest.mark.parametrize(("method", "told"), [("POST", {}), ("GET", None), ("DELETE", None)])
def test_a_link_that_is_not_there_is_told(call: Any, method: str, told: Any) -> None:
    answer = call(method, "/api/v1/links/modem9/trace", told)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("seconds", [9, 3601, "long"])
def test_no_look_is_shorter_than_ten_seconds_or_longer_than_an_hour(call: Any, seconds: Any) -> None:
    assert call("POST", PATH, {"seconds": seconds}).faults.keys() == {"/seconds"}


def test_a_look_goes_on_with_the_next_driver_of_the_link(call: Any, gateway: Gateway) -> None:
    call("POST", PATH, {})
    [configured] = gateway.config.links
    _, gateway.links["phones"] = gateway.open_link(configured)
    says(gateway, "from the new one")
    assert [line["what"] for line in call("GET", PATH).said["data"]] == ["from the new one"]
