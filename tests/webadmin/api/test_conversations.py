"""Conversations: all that was said with a number, whose it is, put off, done, and open again by itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from smsgw.inbound.inbox import Arrived
from smsgw.link import Abilities, InboundPiece
from smsgw.text import parts

THEM = "+38640111222"
PLACE = f"/api/v1/conversations/{THEM}"


@pytest.fixture
def write(gateway: Any) -> Callable[..., None]:
    """A text comes in from a number."""
    count = itertools.count()

    def arrive(text: str, sender: str = THEM) -> None:
        [piece] = parts.split(text, Abilities(), 1)
        come = InboundPiece(f"r{next(count)}", sender, None, piece.alphabet, piece.user_data)
        gateway.database.writer.do(gateway.inbox.take, Arrived("phones", come, gateway.clock()))

    return arrive


def test_a_conversation_is_listed_with_its_newest_text_and_its_customer(call: Any, write: Any, clock: Any) -> None:
    made = call("POST", "/api/v1/customers", {"name": "Ana", "addresses": [THEM]}).said["id"]
    write("Is it ready?")
    clock.on(1)
    call.send(text="Tomorrow.", to="+38640111333")
    listed = call("GET", "/api/v1/conversations").said["data"]
    assert [one["number"] for one in listed] == ["+38640111333", THEM]
    assert (listed[1]["customer"], listed[1]["name"], listed[1]["last"]["text"]) == (made, "Ana", "Is it ready?")
    assert listed[1]["status"] == "open"


def test_what_was_said_comes_newest_first_in_pages(call: Any, write: Any, clock: Any) -> None:
    for n in range(5):
        clock.on(1)
        write(f"text {n}")
    first = call("GET", f"{PLACE}/messages?limit=2").said
    second = call("GET", f"{PLACE}/messages?limit=2&cursor={first['next_cursor']}").said
    third = call("GET", f"{PLACE}/messages?limit=2&cursor={second['next_cursor']}").said
    said = [one["text"] for page in (first, second, third) for one in page["data"]]
    assert said == ["text 4", "text 3", "text 2", "text 1", "text 0"]
    assert third["next_cursor"] is None
    assert call("GET", f"{PLACE}/messages?cursor=nonsense").faults == {"/cursor": "cursor_invalid"}
    assert first["prev_cursor"] is None
    for earlier, later in ((second, third), (first, second)):
        back = call("GET", f"{PLACE}/messages?limit=2&cursor={later['prev_cursor']}")
        assert back.said["data"] == earlier["data"]
    assert 'rel="next"' in back.headers["Link"]


def test_it_is_given_to_somebody_and_found_by_that(call: Any, write: Any) -> None:
    write("hello")
    assert call("POST", f"{PLACE}/assign", {"to": "Ana"}).said["assigned_to"] == "Ana"
    assert len(call("GET", "/api/v1/conversations?assigned_to=Ana").said["data"]) == 1
    assert call("GET", "/api/v1/conversations?assigned_to=").said["data"] == []
    assert call("POST", f"{PLACE}/assign", {"to": None}).said["assigned_to"] is None


def test_it_is_put_off_until_a_time_or_until_they_write_again(call: Any, write: Any, clock: Any) -> None:
    write("hello")
    until = (clock() + timedelta(hours=2)).isoformat()
    clock.on(1)
    assert call("POST", f"{PLACE}/snooze", {"until": until}).said["status"] == "snoozed"
    clock.on(7200)
    assert call("GET", PLACE).said["status"] == "open"
    until = (clock() + timedelta(hours=2)).isoformat()
    assert call("POST", f"{PLACE}/snooze", {"until": until}).said["status"] == "snoozed"
    clock.on(1)
    write("are you there?")
    assert call("GET", PLACE).said["status"] == "open"
    past = (clock() - timedelta(hours=2)).isoformat()
    assert call("POST", f"{PLACE}/snooze", {"until": past}).faults == {"/until": "out_of_range"}


def test_what_is_closed_has_nothing_that_waits_and_opens_by_a_new_text(call: Any, write: Any, clock: Any) -> None:
    write("something odd that nobody understands, please call me back about it")
    clock.on(1)
    assert call("POST", f"{PLACE}/close", {"why": "answered by phone"}).said["status"] == "closed"
    assert call("GET", PLACE).said["waiting"] == 0
    assert call("GET", "/api/v1/inbound").said["data"][0]["status"] == "handled"
    clock.on(1)
    write("and again")
    assert call("GET", PLACE).said["status"] == "open"


def test_what_a_program_did_not_see_keeps_it_open_and_what_is_opened_again_waits_again(
    call: Any, write: Any, clock: Any
) -> None:
    write("something odd that nobody understands, please call me back about it")
    seen = call("GET", "/api/v1/inbound").said["data"][0]["id"]
    clock.on(1)
    write("another odd thing that nobody understands, tell me more about that one")
    assert call("POST", f"{PLACE}/close", {"upto": seen}).said["status"] == "open"
    assert call("POST", f"{PLACE}/close", {}).said["status"] == "closed"
    assert call("POST", f"{PLACE}/reopen", {}).said["status"] == "open"
    assert call("GET", "/api/v1/events?events=conversation.reopened", last_event_id="0").body.count(b"event: conv") == 1


def test_lists_by_how_they_stand_and_whose_they_are_come_in_pages(call: Any, write: Any, clock: Any) -> None:
    numbers = [f"+3864011122{n}" for n in range(3)]
    for number in numbers:
        clock.on(1)
        write("hello", number)
        call("POST", f"/api/v1/conversations/{number}/assign", {"to": "Ana"})
    for query, verb, told, expected in (
        ("assigned_to=Ana&status=open", "close", {}, numbers[::-1]),
        ("status=closed", "snooze", {"until": (clock() + timedelta(days=1)).isoformat()}, numbers[::-1]),
        ("status=snoozed", "reopen", {}, numbers),
        ("status=open", "close", {}, numbers[::-1]),
        ("", "close", {}, numbers[::-1]),
    ):
        seen, page = [], call("GET", f"/api/v1/conversations?limit=1&{query}").said
        assert page["prev_cursor"] is None
        while (cursor := page["next_cursor"]) is not None:
            seen.append(page["data"][0]["number"])
            page = call("GET", f"/api/v1/conversations?limit=1&{query}&cursor={cursor}").said
        assert [*seen, page["data"][0]["number"]] == expected, query
        while (cursor := page["prev_cursor"]) is not None:
            page = call("GET", f"/api/v1/conversations?limit=1&{query}&cursor={cursor}").said
            assert page["data"][0]["number"] == seen.pop(), query
        assert seen == [], query
        assert page["next_cursor"] is not None
        for number in numbers:
            clock.on(1)
            assert call("POST", f"/api/v1/conversations/{number}/{verb}", told).status == 200


def test_notes_and_tags_go_to_the_customer_who_is_made_if_unknown(call: Any, write: Any) -> None:
    write("hello")
    assert call("POST", f"{PLACE}/notes", {"text": "speaks softly"}).status == 201
    told = call("PUT", f"{PLACE}/tags", {"tags": ["regular"]}).said
    customer = call("GET", f"/api/v1/customers/{told['customer']}").said
    assert customer["tags"] == ["regular"]
    past = call("GET", f"/api/v1/customers/{told['customer']}/timeline").said["data"]
    assert "speaks softly" in [one["text"] for one in past]


def test_what_is_decided_is_told_to_those_who_listen(call: Any) -> None:
    call("POST", f"{PLACE}/assign", {"to": "Ana"})
    told = call("GET", "/api/v1/events?events=conversation.*", last_event_id="0").body.decode()
    assert "event: conversation.assigned" in told
    assert '"assigned_to":"Ana"' in told


def test_no_number_is_a_fault(call: Any) -> None:
    assert call("GET", "/api/v1/conversations/x").status == 422


def test_a_text_that_came_in_is_shown_and_texts_are_found_by_state_and_time(call: Any, write: Any, clock: Any) -> None:
    write("first")
    clock.on(60)
    write("second")
    listed = call("GET", "/api/v1/inbound").said["data"]
    assert call("GET", f"/api/v1/inbound/{listed[0]['id']}").said == listed[0]
    assert call("GET", "/api/v1/inbound/in_nothing").code == "not_found"
    for query, text in (("since", "second"), ("until", "first")):
        found = call("GET", f"/api/v1/inbound?{query}={listed[0]['received_at']}").said["data"]
        assert [one["text"] for one in found] == [text]
    assert call("GET", "/api/v1/inbound?status=handled").said["data"] == []
