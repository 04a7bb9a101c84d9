"""Inquiries over the API: looked at, given away, answered, closed; automatic answers, corrections and replays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from smsgw.gateway import Gateway
from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.inquiries.inquiries import Asks
from smsgw.inbound.inquiries.reopening import Reopening, reopen_step
from smsgw.store.tables import history, product
from smsgw.webhooks import events
from tests.smsgw.inbound.counter import store_text, text_row
from tests.webadmin.conftest import PHONE
from webadmin.api.telling import EVENTS

ALL = "/api/v1/inquiries"


@pytest.fixture
def asked(gateway: Gateway) -> str:
    """An inquiry about payment, that a text opened."""
    return asks(gateway, "how do I pay?", "payment")


def asks(gateway: Gateway, text: str, topic: str, sender: str = PHONE) -> str:
    now = gateway.clock()
    row = text_row(text, sender, now, f"{topic}{sender}{text}")
    writer = gateway.database.writer
    writer.do(store_text, (row, now))
    told = Asks((row["id"],), sender, topic, "en", now, "nothing answers it by itself")
    return writer.do(lambda conn, batch: [inquiries.collect(conn, one, gateway.promise) for one in batch], told)


def test_an_inquiry_is_shown_with_its_texts(call: Any, asked: str) -> None:
    shown = call("GET", f"{ALL}/{asked}").said
    assert (shown["status"], shown["from"], shown["topic"], shown["priority"]) == ("open", PHONE, "payment", "normal")
    assert (shown["overdue"], shown["due_at"], shown["proposed_answer"]) == (False, "2026-11-23T16:00:00Z", None)
    assert [text["text"] for text in shown["texts"]] == ["how do I pay?"]
    listed = call("GET", ALL).said["data"]
    assert listed == [{key: value for key, value in shown.items() if key not in ("texts", "proposed_answer")}]
    assert call("GET", f"{ALL}/inq_nonsense").code == "not_found"


def test_the_queue_has_the_most_urgent_first_and_lists_have_pages(call: Any, gateway: Gateway, asked: str) -> None:
    angry = asks(gateway, "it is broken!", "complaint")
    later = asks(gateway, "can I pay later?", "payment", "+38641000002")
    assert [one["id"] for one in call("GET", f"{ALL}?queue=true").said["data"]] == [angry, asked, later]
    first = call("GET", f"{ALL}?limit=2").said
    assert [one["id"] for one in first["data"]] == [later, angry]
    rest = call("GET", f"{ALL}?limit=2&cursor={first['next_cursor']}").said
    assert [one["id"] for one in rest["data"]] == [asked]
    wanted = {"topic=payment": 2, "status=closed": 0, "from=040111222": 2, "assigned_to=": 3, "overdue=true": 0}
    assert {query: len(call("GET", f"{ALL}?{query}").said["data"]) for query in wanted} == wanted


def test_a_question_that_was_asked_by_phone_is_written_down_and_answered(call: Any) -> None:
    told = {"from": "040 111 222", "topic": "hours", "text": "asks whether we are here on Sunday", "priority": "high"}
    made = call("POST", ALL, told | {"assigned_to": "Maja"}, Idempotency_Key="phone-1")
    again = call("POST", ALL, told | {"assigned_to": "Maja"}, Idempotency_Key="phone-1")
    assert (made.status, again.said, again.headers["Idempotent-Replayed"]) == (201, made.said, "true")
    names = ("status", "from", "topic", "why", "priority", "assigned_to", "language")
    assert [made.said[name] for name in names] == ["open", PHONE, "hours", told["text"], "high", "Maja", "en"]
    where = made.headers["Location"]
    assert call("GET", where).said["texts"] == []
    assert call("POST", ALL, told).code == "conflict"
    assert call("POST", f"{where}/answer", {"text": "Closed on Sunday."}).status == 202
    more = call("POST", ALL, {"from": PHONE, "topic": "hours", "text": "and on Monday?"}).said
    assert (more["id"], more["status"], more["why"]) == (made.said["id"], "open", "and on Monday?")
    assert call("POST", ALL, {"from": "x", "topic": "hours", "text": "y"}).faults == {"/from": "recipient_invalid"}


def test_an_inquiry_is_given_to_somebody_with_a_reason(call: Any, asked: str) -> None:
    changed = call("PATCH", f"{ALL}/{asked}", {"assigned_to": "Maja", "priority": "urgent", "why": "she knows"}).said
    assert (changed["assigned_to"], changed["priority"], changed["due_at"]) == (
        "Maja",
        "urgent",
        "2026-11-23T09:00:00Z",
    )
    assert call("PATCH", f"{ALL}/{asked}", {}).faults == {"": "nothing_to_do"}
    assert call("PATCH", f"{ALL}/{asked}", {"priority": "huge"}).faults == {"/priority": "unknown_value"}


def test_it_is_answered_once_for_one_idempotency_key(call: Any, asked: str) -> None:
    told = {"text": "By card or in cash.", "close": "solved"}
    first = call("POST", f"{ALL}/{asked}/answer", told, Idempotency_Key="answer-1")
    again = call("POST", f"{ALL}/{asked}/answer", told, Idempotency_Key="answer-1")
    assert (first.status, again.said, again.headers["Idempotent-Replayed"]) == (202, first.said, "true")
    assert (first.said["inquiry"]["status"], first.said["inquiry"]["closed_for"]) == ("closed", "solved")
    message = call("GET", f"/api/v1/messages/{first.said['message']}").said
    assert (message["to"], message["text"], message["purpose"]) == (PHONE, "By card or in cash.", "conversational")
    shown = call("GET", f"{ALL}/{asked}").said
    assert [(text["mine"], text["text"]) for text in shown["texts"]] == [
        (False, "how do I pay?"),
        (True, "By card or in cash."),
    ]
    assert call("POST", f"{ALL}/{asked}/answer", told).code == "conflict"


def test_an_answer_says_what_is_missing(call: Any, asked: str) -> None:
    assert call("POST", f"{ALL}/{asked}/answer", {}).faults == {"/text": "answer_what"}
    assert call("POST", f"{ALL}/{asked}/answer", {"use": "template"}).code == "conflict"
    assert call("POST", f"{ALL}/{asked}/answer", {"use": "proposal"}).code == "conflict"
    assert call("POST", f"{ALL}/{asked}/close", {"reason": "tired"}).faults == {"/reason": "unknown_value"}
    assert call("POST", f"{ALL}/{asked}/close", {"reason": "spam", "why": "again"}).said["why"] == "spam: again"


def test_a_topics_template_answers_for_a_person_too(call: Any, gateway: Gateway, asked: str) -> None:
    words = call("PUT", "/api/v1/answer-topics/payment/templates/en", {"text": "We are here {{ hours }}: pay then."})
    assert (words.said["status"], words.said["templates"]) == ("shadow", {"en": "We are here {{ hours }}: pay then."})
    sent = call("POST", f"{ALL}/{asked}/answer", {"use": "template"}).said["message"]
    assert call("GET", f"/api/v1/messages/{sent}").said["text"] == "We are here always: pay then."


def test_topics_are_switched_with_a_reason_and_show_their_measure(call: Any) -> None:
    topic = "/api/v1/answer-topics/hours"
    assert call("PATCH", topic, {"status": "live", "why": "we know it"}).code == "conflict"
    assert call("PUT", f"{topic}/templates/en", {"text": "{{ our }}"}).faults == {"/text": "variable_unknown"}
    assert call("PUT", f"{topic}/templates/en", {"text": "Come {{ hours }}."}).status == 200
    live = call("PATCH", topic, {"status": "live", "confidence": 0.95, "why": "we know it"}).said
    assert (live["status"], live["why"], live["confidence"], live["share"]) == ("live", "we know it", 0.95, None)
    assert call("GET", "/api/v1/answer-topics").said["data"] == [live]
    assert call("PATCH", topic, {"status": "off"}).faults == {"/why": "field_missing"}
    assert call("DELETE", f"{topic}/templates/en").said["status"] == "shadow"
    assert call("DELETE", f"{topic}/templates/en").code == "not_found"
    assert call("PATCH", "/api/v1/answer-topics/complaint", {"status": "live", "why": "x"}).code == "not_found"
    assert call("GET", "/api/v1/answers?topic=hours").said["data"] == []


def test_a_correction_becomes_an_alias_by_another_verb(call: Any, gateway: Gateway) -> None:
    row: dict[str, Any] = {"sku": "PEN", "names": {}, "unit": "pcs", "max_auto": 1000, "active": True}
    row["changed_at"] = gateway.clock()
    gateway.database.writer.do(lambda conn, batch: [conn.execute(insert(product).values(**one)) for one in batch], row)
    made = call("POST", "/api/v1/corrections", {"text": "2 biros", "words": "biros", "sku": "PEN", "language": "en"})
    assert (made.status, made.said["status"], made.said["kind"]) == (201, "proposed", "alias")
    assert call("GET", made.headers["Location"]).said == made.said
    decided = call("POST", f"{made.headers['Location']}/decide", {"approve": True, "why": "yes"}).said
    assert (decided["status"], decided["why"]) == ("approved", "yes")
    assert call("POST", f"{made.headers['Location']}/decide", {"approve": True}).code == "conflict"
    assert [one["id"] for one in call("GET", "/api/v1/corrections?status=approved").said["data"]] == [decided["id"]]
    assert call("GET", "/api/v1/learning").said["why"] == "0 of 30 labels are approved"


def test_a_replay_reads_again_and_tells_wrong_lines_of_a_catalogue(call: Any) -> None:
    told = call("POST", "/api/v1/replay", {"since": "2026-11-01T00:00:00Z"}).said
    assert told == {"read": 0, "more": False, "counts": {}, "data": []}
    wrong = {"since": "2026-11-01T00:00:00Z", "catalogue": "sku,unit\nPEN,crates\n"}
    assert call("POST", "/api/v1/replay", wrong).code == "validation_failed"


def test_what_happens_is_told_as_the_document_says(call: Any, gateway: Gateway, asked: str) -> None:
    call("POST", f"{ALL}/{asked}/close", {"reason": "solved"})
    assert gateway.database.writer.do_all(reopen_step, [Reopening(asked, "ana", gateway.clock())]) == [None]
    survey = {"name": "S", "questions": [{"kind": "free", "text": {"en": "?"}}], "closes_at": "2026-12-01T00:00:00Z"}
    call("POST", f"{call('POST', '/api/v1/surveys', survey).headers['Location']}/start", {"to": [PHONE]})
    with gateway.database.reading() as conn:
        lines = [line for line in conn.execute(select(history)) if events.type_of(line)]
        bodies = events.bodies(conn, lines)
    kinds = [str(events.type_of(line)) for line in lines]
    assert {"inquiry.open", "inquiry.closed", "survey.running", "participant.invited"} <= set(kinds)
    opened = [json.loads(body)["data"] for kind, body in zip(kinds, bodies, strict=True) if kind == "inquiry.open"]
    assert [data["again"] for data in opened] == [False, True]
    for kind, body in zip(kinds, bodies, strict=True):
        assert EVENTS[kind].model_validate_json(body).model_dump(by_alias=True)["type"] == kind


def test_each_scope_opens_its_own_doors(app: Any, caller_of: Any, asked: str) -> None:
    reader = caller_of(app, "inquiries:read")
    assert reader("GET", ALL).status == 200
    assert reader("PATCH", f"{ALL}/{asked}", {"assigned_to": "me"}).code == "forbidden_scope"
    assert reader("POST", ALL, {"from": PHONE, "topic": "hours", "text": "?"}).code == "forbidden_scope"
    clerk = caller_of(app, "inquiries:*")
    assert clerk("POST", f"{ALL}/{asked}/close", {"reason": "solved"}).status == 200
    assert clerk("PATCH", "/api/v1/answer-topics/hours", {"status": "live", "why": "x"}).code == "forbidden_scope"
