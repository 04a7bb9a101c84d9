"""GET /messages, one message, its events, taking it back, and saying something else."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from webadmin.api.shapes import EventPage, MessagePage

MESSAGES = "/api/v1/messages"
PHONE = "+38640111222"


def texts(answer: Any) -> list[str]:
    """The texts of a page."""
    assert answer.status == 200, answer.body
    MessagePage.model_validate(answer.said)
    return [one["text"] for one in answer.said["data"]]


def test_pages_follow_each_other_by_cursor_and_by_link_newest_first(call: Any) -> None:
    for n in range(5):
        call.send(text=f"{n}")
    first = call("GET", f"{MESSAGES}?limit=2&status=queued")
    assert texts(first) == ["4", "3"]
    second = call("GET", f"{MESSAGES}?limit=2&cursor={first.said['next_cursor']}")
    assert texts(second) == ["2", "1"]
    assert first.said["prev_cursor"] is None
    link = re.fullmatch('<(.*)>; rel="next"', first.headers["Link"])
    assert link
    assert "status=queued" in link[1]
    assert texts(call("GET", link[1])) == ["2", "1"]
    last = call("GET", f"{MESSAGES}?limit=2&cursor={second.said['next_cursor']}")
    assert (texts(last), last.said["next_cursor"]) == (["0"], None)
    back = re.fullmatch('<(.*)>; rel="prev"', last.headers["Link"])
    assert back
    assert texts(call("GET", back[1])) == ["2", "1"]
    again = call("GET", f"{MESSAGES}?limit=2&cursor={call('GET', back[1]).said['prev_cursor']}")
    assert (texts(again), again.said["prev_cursor"]) == (["4", "3"], None)
    assert texts(call("GET", f"{MESSAGES}?limit=2&cursor={again.said['next_cursor']}")) == ["2", "1"]


def test_a_page_that_is_just_full_has_no_next(call: Any) -> None:
    for n in range(2):
        call.send(text=f"{n}")
    assert call("GET", f"{MESSAGES}?limit=2").said["next_cursor"] is None


def test_new_arrivals_neither_repeat_nor_hide_anything(call: Any) -> None:
    for n in range(3):
        call.send(text=f"{n}")
    first = call("GET", f"{MESSAGES}?limit=2")
    call.send(text="new")
    assert texts(call("GET", f"{MESSAGES}?cursor={first.said['next_cursor']}")) == ["0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=held", ["later"]),
        ("status=delivered", []),
        ("to=040%20111%20222", ["later", "a"]),
        ("to=%2B38640999888", ["b"]),
        ("client_ref=ref-a", ["a"]),
        ("since=2026-11-23T08:00:30Z", ["later", "b"]),
        ("until=2026-11-23T09:01:00%2B01:00", ["a"]),
        ("since=2026-11-23T08:01:00Z&until=2026-11-23T08:01:01Z&status=queued", ["b"]),
        ("limit=1", ["later"]),
    ],
)
def test_listings_are_narrowed_by_filters(call: Any, clock: Any, query: str, found: list[str]) -> None:
    call.send(text="a", client_ref="ref-a")
    clock.on(60)
    call.send(text="b", to="+38640999888")
    call.send(text="later", send_at="2026-11-24T08:00:00Z")
    assert texts(call("GET", f"{MESSAGES}?{query}")) == found


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("limit=0", {"/limit": "out_of_range"}),
        ("limit=1001", {"/limit": "out_of_range"}),
        ("limit=ten", {"/limit": "int_parsing"}),
        ("status=gone", {"/status": "unknown_value"}),
        ("to=12", {"/to": "recipient_invalid"}),
        ("to=%00", {"/to": "text_undecodable"}),
        ("since=yesterday", {"/since": "time_invalid"}),
        ("until=2026-11-23T08:00:00", {"/until": "time_invalid"}),
        ("stauts=queued&limit=x", {"/limit": "int_parsing", "/stauts": "unknown_field"}),
        (
            "direction=inbound&status=queued&campaign=x&client_ref=y",
            {"/status": "unknown_value", "/campaign": "outbound_only", "/client_ref": "outbound_only"},
        ),
        ("status=handled", {"/status": "unknown_value"}),
        ("customer=x&contact=x", {"/contact": "customer_twice"}),
        ("limit=1&limit=2", {"/limit": "parameter_repeated"}),
        ("cursor=garbage", {"/cursor": "cursor_invalid"}),
        ("cursor=%C5%BE", {"/cursor": "cursor_invalid"}),
        ("cursor=" + urlsafe_b64encode(b"' OR 1=1").decode(), {"/cursor": "cursor_invalid"}),
        ("cursor=" + urlsafe_b64encode(b"\xff\xfe").decode(), {"/cursor": "cursor_invalid"}),
    ],
)
def test_filters_that_make_no_sense_are_told(call: Any, query: str, faults: dict[str, str]) -> None:
    answer = call("GET", f"{MESSAGES}?{query}")
    assert (answer.status, answer.code, answer.faults) == (422, "validation_failed", faults)


@pytest.mark.parametrize(
    "id", ["msg_01JD9Z8Q4N0000V2T5B7K3M1XE", "in_01JD9Z8Q4N0000V2T5B7K3M1XE", "x", "%00", "a" * 999]
)
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/replace")]
)
def test_a_message_that_is_not_there_is_not_found(call: Any, id: str, method: str, rest: str) -> None:
    answer = call(method, f"{MESSAGES}/{id}{rest}", {"text": "x"} if rest == "/replace" else None)
    assert (answer.status, answer.code) == (404, "not_found")


def test_events_tell_what_happened_and_why(live_call: Any) -> None:
    told = live_call("POST", MESSAGES, {"to": PHONE, "text": "hello"}, prefer="wait=20").said
    answer = live_call("GET", f"{MESSAGES}/{told['id']}/events")
    EventPage.model_validate(answer.said)
    data = answer.said["data"]
    assert [(one["event"], one["was"], one["now"]) for one in data] == [
        ("accept", None, "accepted"),
        ("admit", "accepted", "queued"),
        ("claim", "queued", "sending"),
        ("hand_over", "sending", "sent"),
        ("deliver", "sent", "delivered"),
    ]
    assert all(one["why"] and one["at"].endswith("Z") for one in data)
    assert answer.said["next_cursor"] is None


def test_a_waiting_message_is_taken_back_and_its_event_says_by_whom(call: Any) -> None:
    id = call.send().said["id"]
    answer = call("POST", f"{MESSAGES}/{id}/cancel")
    assert (answer.status, answer.said["status"]) == (200, "cancelled")
    last = call("GET", f"{MESSAGES}/{id}/events").said["data"][-1]
    assert (last["event"], last["was"], last["now"]) == ("cancel", "queued", "cancelled")
    assert last["by"].startswith("key_")


def test_a_message_that_has_ended_is_not_taken_back(call: Any) -> None:
    id = call.send().said["id"]
    call("POST", f"{MESSAGES}/{id}/cancel")
    answer = call("POST", f"{MESSAGES}/{id}/cancel")
    assert (answer.status, answer.code) == (409, "already_final")


def test_a_waiting_message_says_something_else_and_tells_what_it_said_before(call: Any) -> None:
    id = call.send(text="Bread is 1 EUR", metadata={"order": "7"}).said["id"]
    answer = call("POST", f"{MESSAGES}/{id}/replace", {"text": "Bread is 2 EUR"})
    assert (answer.status, answer.said["status"], answer.said["text"]) == (200, "queued", "Bread is 2 EUR")
    [before] = answer.said["said_before"]
    assert (before["text"], before["by"][:4], before["at"][-1]) == ("Bread is 1 EUR", "key_", "Z")
    assert (answer.said["asked_instead"], answer.said["metadata"]) == ([], {"order": "7"})
    last = call("GET", f"{MESSAGES}/{id}/events").said["data"][-1]
    assert (last["event"], last["was"], last["now"]) == ("replace", "queued", "queued")
    [talk] = call("GET", f"/api/v1/conversations/{PHONE}/messages").said["data"]
    assert (talk["text"], talk["first_text"]) == ("Bread is 2 EUR", "Bread is 1 EUR")


def test_the_past_of_a_customer_shows_what_a_text_said_at_first(call: Any) -> None:
    customer = call("POST", "/api/v1/customers", {"addresses": [PHONE]}).said["id"]
    id = call.send(text="Bread is 1 EUR").said["id"]
    call("POST", f"{MESSAGES}/{id}/replace", {"text": "Bread is 2 EUR"})
    past = call("GET", f"/api/v1/customers/{customer}/timeline?kinds=message").said["data"]
    assert [(one["text"], one["first_text"]) for one in past] == [("Bread is 2 EUR", "Bread is 1 EUR")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "text_missing"),
        ({"text": ""}, "text_missing"),
        ({"text": "a", "to": PHONE}, "unknown_field"),
        ({"text": "x" * 1600}, "text_too_long"),
    ],
)
def test_a_text_that_cannot_be_sent_is_not_put_anywhere(call: Any, body: dict[str, str], fault: str) -> None:
    id = call.send(text="Bread is 1 EUR").said["id"]
    answer = call("POST", f"{MESSAGES}/{id}/replace", body)
    assert (answer.status, answer.code, list(answer.faults.values())) == (422, "validation_failed", [fault])
    assert call("GET", f"{MESSAGES}/{id}").said["text"] == "Bread is 1 EUR"


def test_what_cannot_be_replaced_any_more_says_why(call: Any, app: Any, caller_of: Any) -> None:
    id = call.send().said["id"]
    assert caller_of(app, "messages:read")("POST", f"{MESSAGES}/{id}/replace", {"text": "x"}).code == "forbidden_scope"
    call("POST", f"{MESSAGES}/{id}/cancel")
    answer = call("POST", f"{MESSAGES}/{id}/replace", {"text": "Bread is 2 EUR"})
    assert (answer.status, answer.code) == (409, "already_final")
