"""POST /messages: what is taken, what is answered, and that 202 means on disk."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from smsgw.errors import StoreFull
from smsgw.gateway import Gateway
from smsgw.outbound.gate import gate
from webadmin import create_app
from webadmin.api.shapes import Message

PHONE = "+38640111222"
LINE = "\u2028"


def test_a_message_is_accepted_with_202_its_address_and_its_whole_json(call: Any) -> None:
    answer = call.send(to="040 111 222", text="Živjo", client_ref="order-1", metadata={"order": "1"}, priority=7)
    said = answer.said
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/v1/messages/{said['id']}"
    assert said["id"].startswith("msg_")
    assert (said["direction"], said["status"], said["to"], said["from"]) == ("outbound", "queued", PHONE, None)
    assert (said["text"], said["encoding"], said["parts"], said["link"]) == ("Živjo", "ucs2", 1, "phones")
    assert (said["segments"], said["characters"], said["forced_by"]) == (1, 5, ["Ž"])
    assert said["gate"] == {"decision": "send", "reasons": []}
    assert said["estimated_cost"] == said["price"]
    assert (said["client_ref"], said["metadata"], said["priority"]) == ("order-1", {"order": "1"}, 7)
    assert said["created_at"] == said["due_at"] == "2026-11-23T08:00:00Z"
    assert said["valid_until"] == "2026-11-25T08:00:00Z"
    assert (said["sent_at"], said["final_at"], said["attempts"]) == (None, None, 0)
    assert said["trace"][0].startswith("phones serves every number")


def test_what_is_answered_is_what_the_description_says_and_what_is_shown_later(call: Any) -> None:
    told = call.send().said
    Message.model_validate(told)
    assert told == call("GET", f"/api/v1/messages/{told['id']}").said


def test_when_the_answer_is_there_the_message_is_on_disk(call: Any, gateway: Gateway) -> None:
    id = call.send().said["id"]
    file = gateway.config.store.url.removeprefix("sqlite:///")
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT id, state FROM message").fetchall() == [(id, "queued")]
    other.close()


def test_nothing_is_accepted_when_the_disk_is_full(
    call: Any, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise StoreFull("no space", hint="free some disk space")

    monkeypatch.setattr(gate, "weigh", full)
    answer = call.send()
    assert (answer.status, answer.code) == (503, "store_full")
    assert answer.headers["Retry-After"] == "30"
    monkeypatch.undo()
    assert call("GET", "/api/v1/messages").said["data"] == []


def test_the_same_client_ref_with_the_same_content_answers_200_with_the_same_message(call: Any) -> None:
    first = call.send(client_ref="a")
    again = call.send(client_ref="a", to="0038640111222")
    assert (first.status, again.status) == (202, 200)
    assert again.said == first.said


def test_the_same_client_ref_with_another_text_is_a_conflict(call: Any) -> None:
    call.send(client_ref="a")
    answer = call.send(client_ref="a", text="something else")
    assert (answer.status, answer.code) == (409, "client_ref_conflict")


def test_two_clients_may_use_the_same_client_ref(call: Any, app: Any, caller_of: Callable[..., Any]) -> None:
    other = caller_of(app, "messages:send")
    assert call.send(client_ref="a").said["id"] != other.send(client_ref="a", text="hello too").said["id"]


def test_all_mistakes_are_told_at_once_each_with_its_pointer(call: Any) -> None:
    told = {"to": "12", "text": 5, "priority": 10, "txt": "x", "metadata": {"a/b~c": 1}, "from": "much too long a name"}
    answer = call("POST", "/api/v1/messages", told)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert answer.faults == {
        "/text": "wrong_type",
        "/priority": "out_of_range",
        "/metadata/a~1b~0c": "wrong_type",
        "/txt": "unknown_field",
        "/to": "recipient_invalid",
        "/from": "sender_invalid",
    }
    details = {fault["pointer"]: fault["detail"] for fault in answer.said["errors"]}
    assert details["/txt"] == "there is no such field; did you mean text?"
    assert details["/text"] == "must be a string, and is a number"


@pytest.mark.parametrize(
    ("told", "pointer", "code"),
    [
        ({"to": {PHONE: 1}}, "/to", "wrong_type"),
        ({"to": []}, "/to", "too_few"),
        ({"to": [PHONE, 5]}, "/to/1", "wrong_type"),
        ({"to": [PHONE, "+38640111333"], "text": ""}, "/text", "text_missing"),
        ({"to": [PHONE], "link": "nowhere"}, "/link", "link_unknown"),
        ({"to": [PHONE], "send_at": "2027-12-01T08:00:00Z"}, "/send_at", "out_of_range"),
        ({"status_webhook": "ftp://x"}, "/status_webhook", "url_invalid"),
        ({"status_webhook": "http://169.254.169.254/"}, "/status_webhook", "url_refused"),
        ({"to": ""}, "/to", "recipient_missing"),
        ({"text": ""}, "/text", "text_missing"),
        ({"text": None}, "/text", "wrong_type"),
        ({"text": "a" * 40_000}, "/text", "too_long"),
        ({"text": "a" * 3000}, "/text", "text_too_long"),
        ({"text": "a" * 161, "max_parts": 1}, "/text", "text_too_long"),
        ({"text": "a\x00b"}, "/text", "text_undecodable"),
        ({"text": "a\ud800b"}, "/text", "text_undecodable"),
        ({"priority": int("9" * 999)}, "/priority", "out_of_range"),
        ({"text": "a\ude00\ud83db"}, "/text", "text_undecodable"),
        ({"client_ref": "\udfff"}, "/client_ref", "text_undecodable"),
        ({"client_ref": "a\x00"}, "/client_ref", "text_undecodable"),
        ({"client_ref": ""}, "/client_ref", "too_short"),
        ({"client_ref": "x" * 121}, "/client_ref", "too_long"),
        ({"client_ref": "idem:x"}, "/client_ref", "client_ref_reserved"),
        ({"purpose": "spam"}, "/purpose", "unknown_value"),
        ({"priority": "5"}, "/priority", "wrong_type"),
        ({"priority": 5.0}, "/priority", "wrong_type"),
        ({"priority": True}, "/priority", "wrong_type"),
        ({"priority": -1}, "/priority", "out_of_range"),
        ({"allow_duplicate": 1}, "/allow_duplicate", "wrong_type"),
        ({"message_class": 4}, "/message_class", "out_of_range"),
        ({"max_parts": 0}, "/max_parts", "out_of_range"),
        ({"max_parts": 256}, "/max_parts", "out_of_range"),
        ({"expires_in": 0}, "/expires_in", "out_of_range"),
        ({"expires_in": 10**400}, "/expires_in", "out_of_range"),
        ({"on_unsure": "maybe"}, "/on_unsure", "unknown_value"),
        ({"reply_to": "msg_01JD9Z8Q4N0000V2T5B7K3M1XE"}, "/reply_to", "wrong_form"),
        ({"link": "nowhere"}, "/link", "link_unknown"),
        ({"metadata": {"a": 1}}, "/metadata/a", "wrong_type"),
        ({"metadata": {"": "x"}}, "/metadata/", "too_short"),
        ({"metadata": {"a": "x" * 501}}, "/metadata/a", "too_long"),
        ({"metadata": {"a": "\x00"}}, "/metadata/a", "text_undecodable"),
        ({"metadata": {"\ud800": "x"}}, "/metadata/���", "text_undecodable"),
        ({"metadata": {str(n): "x" for n in range(21)}}, "/metadata", "too_many"),
        ({"metadata": []}, "/metadata", "wrong_type"),
        ({"send_at": "2026-11-24T08:00:00"}, "/send_at", "time_invalid"),
        ({"send_at": "2026-11-24"}, "/send_at", "time_invalid"),
        ({"send_at": 1795000000}, "/send_at", "time_invalid"),
        ({"send_at": "2026-02-30T08:00:00Z"}, "/send_at", "time_invalid"),
        ({"send_at": "0001-01-01T00:00:00+14:00"}, "/send_at", "time_invalid"),
        ({"send_at": "2027-12-01T08:00:00Z"}, "/send_at", "out_of_range"),
        ({"send_at": "9999-12-31T23:59:59Z", "expires_in": 86400}, "/send_at", "out_of_range"),
        ({"\ud800": 1, "text": [], "link": {}}, "", "text_undecodable"),
        ({"a" * 5000: 1}, "/" + "a" * 59 + "…", "unknown_field"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_pointed_at(call: Any, told: dict[str, Any], pointer: str, code: str) -> None:
    answer = call.send(**told)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert answer.faults == {pointer: code}


@pytest.mark.parametrize("told", [[], "hello", 5, None, True, [{"to": PHONE, "text": "x"}]])
def test_a_body_that_is_no_object_is_refused(call: Any, told: Any) -> None:
    answer = call("POST", "/api/v1/messages", b"null" if told is None else told)
    assert (answer.status, answer.code, answer.faults) == (422, "validation_failed", {"": "wrong_type"})


def test_missing_fields_are_named(call: Any) -> None:
    assert call("POST", "/api/v1/messages", {}).faults == {"/to": "recipient_missing", "/text": "text_missing"}


@pytest.mark.parametrize("nothing", ["from", "client_ref", "send_at", "expires_in", "link", "metadata", "priority"])
def test_null_is_as_good_as_leaving_a_field_out(call: Any, nothing: str) -> None:
    assert call.send(**{nothing: None}).status == 202


@pytest.mark.parametrize("text", ["سلام دنیا", "😀👨‍👩‍👧", f"line{LINE}end\r\n\ttab", "\ufffe", "z" + "\u0300" * 99])
def test_any_unicode_is_taken_and_given_back_as_it_was(call: Any, text: str) -> None:
    id = call.send(text=text).said["id"]
    assert call("GET", f"/api/v1/messages/{id}").said["text"] == text


def test_a_message_for_later_is_held_until_its_time(call: Any) -> None:
    said = call.send(send_at="2026-11-23T10:00:00+01:00", expires_in=60).said
    assert (said["status"], said["due_at"]) == ("held", "2026-11-23T09:00:00Z")
    assert said["valid_until"] == "2026-11-23T09:01:00Z"
    assert "2026-11-23 09:00:00" in said["why"]
    assert said["gate"] == {"decision": "hold", "reasons": [said["why"]]}
    taken_back = call("POST", f"/api/v1/messages/{said['id']}/cancel").said
    assert (taken_back["status"], taken_back["gate"]) == ("cancelled", None)


def test_a_number_that_no_link_serves_is_refused_with_the_rule_as_code(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any]
) -> None:
    link = {"name": "home", "kind": "fake", "handsets": [], "prefixes": ["+386"]}
    call = caller_of(create_app(configured(links=[link])))
    answer = call.send(to="+4915112345678")
    assert (answer.status, answer.code, answer.faults) == (422, "no_route", {"/to": "no_route"})
    assert answer.said["type"] == "/api/v1/problems/no-route"


def test_the_same_text_to_the_same_number_a_moment_later_is_refused_unless_it_is_meant(call: Any) -> None:
    assert call.send().status == 202
    answer = call.send()
    assert (answer.status, answer.code) == (422, "duplicate_message")
    assert call.send(allow_duplicate=True).status == 202


def test_a_full_queue_says_when_to_come_back(configured: Callable[..., Gateway], caller_of: Callable[..., Any]) -> None:
    call = caller_of(create_app(configured(sending={"region": "SI", "queue_bound": 2})))
    assert [call.send(text=f"{n}").status for n in range(3)] == [202, 202, 503]
    answer = call.send(text="x")
    assert (answer.code, answer.headers["Retry-After"], answer.said["retry_after"]) == ("queue_full", "30", 30)


def test_prefer_wait_waits_for_the_first_final_state_and_no_longer(live_call: Any) -> None:
    begun = time.monotonic()
    answer = live_call("POST", "/api/v1/messages", {"to": PHONE, "text": "now"}, prefer="respond-async, wait=30")
    assert (answer.status, answer.said["status"]) == (202, "delivered")
    assert answer.headers["Preference-Applied"] == "wait=30"
    assert answer.said["final_at"] is not None
    assert time.monotonic() - begun < 29


def test_prefer_wait_ends_when_its_time_is_over(call: Any) -> None:
    begun = time.monotonic()
    answer = call("POST", "/api/v1/messages", {"to": PHONE, "text": "now"}, prefer="wait=1")
    assert (answer.status, answer.said["status"]) == (202, "queued")
    assert 0.9 < time.monotonic() - begun < 60


@pytest.mark.parametrize("wish", ["wait", "wait=soon", "wait=-1", "return=minimal", "wait=٣", "", ";;=,"])
def test_a_preference_that_makes_no_sense_is_no_error(call: Any, wish: str) -> None:
    answer = call("POST", "/api/v1/messages", {"to": PHONE, "text": "now"}, prefer=wish)
    assert answer.status == 202
    assert "Preference-Applied" not in answer.headers


def test_only_half_of_the_threads_wait(
    configured: Callable[..., Gateway], caller_of: Callable[..., Any], later: Callable[..., Any]
) -> None:
    app = create_app(configured(web={"listen": "127.0.0.1:0", "threads": 2}))
    first, second = caller_of(app), caller_of(app)
    body = {"to": PHONE, "text": "one"}
    slow = later(lambda: first("POST", "/api/v1/messages", body, prefer="wait=30"))
    while app.extensions["smsgw"].waiters._value != 0:
        time.sleep(0.01)
    answer = second("POST", "/api/v1/messages", body | {"text": "two"}, prefer="wait=30")
    assert answer.status == 202
    assert "Preference-Applied" not in answer.headers
    for one in second("GET", "/api/v1/messages").said["data"]:  # nobody need wait any longer
        second("POST", f"/api/v1/messages/{one['id']}/cancel", {})
    assert slow.result().headers["Preference-Applied"] == "wait=30"


def test_send_at_in_the_past_means_now(call: Any, clock: Any) -> None:
    earlier: datetime = clock() - timedelta(hours=1)
    said = call.send(send_at=earlier.isoformat()).said
    assert (said["status"], said["due_at"]) == ("queued", "2026-11-23T08:00:00Z")


def test_every_field_of_the_first_design_is_known_and_what_is_not_there_yet_takes_its_neutral_value_only(
    call: Any,
) -> None:
    neutral = {
        "category": None, "encoding": "auto", "transliterate": False, "max_segments": 3, "link": None,
        "track_links": False, "status_webhook": None, "send_at": None, "expires_in": 14400,
    }  # fmt: skip
    assert call.send(**neutral).status == 202
    assert call.send(text="x" * 500, max_segments=3).code == "validation_failed"


def test_a_list_of_numbers_gets_a_message_each_and_is_told_of_each(call: Any) -> None:
    asked = {"to": ["040 111 222", "+38640111333", "nobody"], "from": "Shop", "metadata": {"a": "b"}}
    answer = call.send(**asked, client_ref="ready")
    assert (answer.status, answer.said["accepted"], answer.said["refused"]) == (202, 2, 1)
    first, second, third = answer.said["data"]
    assert third["problem"]["errors"][0]["pointer"] == "/to/2"
    shown = [call("GET", f"/api/v1/messages/{one['id']}").said for one in (first, second)]
    assert [(one["to"], one["from"], one["text"], one["metadata"], one["client_ref"]) for one in shown] == [
        (number, "Shop", "hello", {"a": "b"}, f"ready:{number}") for number in (PHONE, "+38640111333")
    ]
    again = call.send(to=["+38640111444", PHONE], client_ref="ready", **{"from": "Shop", "metadata": {"a": "b"}}).said
    assert again["data"][1]["id"] == first["id"]
    assert again["data"][0]["id"] not in (first["id"], second["id"])
    once = {"to": [PHONE], "text": "once"}
    keyed = [call("POST", "/api/v1/messages", once, Idempotency_Key="k") for _ in range(2)]
    assert keyed[0].said == keyed[1].said


def test_a_text_is_made_plainer_where_that_saves_a_part_and_was_asked_for(call: Any) -> None:
    dear = "Vaše naročilo je pripravljeno. " * 3
    plain = dear.replace("š", "s").replace("č", "c")
    assert call.send(text=dear).said["parts"] == 2
    sent = call.send(text=dear, transliterate=True).said
    assert (sent["text"], sent["parts"], sent["encoding"]) == (plain, 1, "gsm7")
    for kept in ("Vaše naročilo", "Ваш заказ готов, приходите, пожалуйста, завтра. " * 2 + "š"):
        assert call.send(text=kept, transliterate=True).said["text"] == kept
    many = call("POST", "/api/v1/messages/batch", [{"to": "+38640111333", "text": dear, "transliterate": True}])
    assert call("GET", f"/api/v1/messages/{many.said['data'][0]['id']}").said["text"] == plain
