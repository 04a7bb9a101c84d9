"""The door of the SMS Gateway for Android: new bodies and old, several recipients, webhooks, health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from smsgw.access import keys
from smsgw.gateway import Gateway
from tests.webadmin.compat.conftest import SECRET

BASE = "/3rdparty/v1"
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(http: FlaskClient) -> Ask:
    def ask(method: str, path: str, told: Any = None, **more: Any) -> TestResponse:
        return http.open(BASE + path, method=method, json=told, auth=("shop", SECRET), **more)

    return ask


def test_a_message_goes_to_each_recipient_and_is_one_for_the_client(ask: Ask, stored: Callable[[], list[Any]]) -> None:
    told = {"textMessage": {"text": "hi"}, "phoneNumbers": ["+38640111222", "+38640111223"], "id": "order-1"}
    answer = ask("POST", "/messages", told)
    shown = answer.json or {}
    assert (answer.status_code, shown["id"], shown["state"]) == (202, "order-1", "Pending")
    assert [one["phoneNumber"] for one in shown["recipients"]] == told["phoneNumbers"]
    assert ask("GET", "/messages/order-1").json == shown
    assert [one["id"] for one in ask("GET", "/messages").json or []] == ["order-1"]
    assert ask("POST", "/messages", told).status_code == 409
    assert len(stored()) == 2
    assert ask("DELETE", "/messages/order-1").status_code == 204
    assert (ask("GET", "/messages/order-1").json or {})["state"] == "Cancelled"


def test_the_old_body_and_data_are_taken_too(ask: Ask, stored: Callable[[], list[Any]]) -> None:
    assert ask("POST", "/message", {"message": "old", "phoneNumbers": ["+38640111222"]}).status_code == 202
    data = {"dataMessage": {"data": "AAH/", "port": 53739}, "phoneNumbers": ["+38640111222"]}
    assert ask("POST", "/messages", data).status_code == 202
    assert [row.text for row in stored()] == ["old", "0001ff"]


def test_what_speaks_to_the_phone_itself_is_heard_too(http: FlaskClient, stored: Callable[[], list[Any]]) -> None:
    told = {"id": "here", "textMessage": {"text": "near"}, "phoneNumbers": ["+38640111222"]}
    assert http.post("/message", json=told, auth=("shop", SECRET)).status_code == 202
    assert (http.get("/message/here", auth=("shop", SECRET)).json or {})["state"] == "Pending"
    assert http.post("/message", json=told, auth=("shop", "wrong")).status_code == 401
    assert [row.text for row in stored()] == ["near"]


@pytest.mark.parametrize(
    "told",
    [
        [],
        {},
        {"phoneNumbers": []},
        {"phoneNumbers": ["+38640111222"]},
        {"phoneNumbers": ["12"], "message": "x"},
        {"phoneNumbers": ["+38640111222"], "message": "x", "ttl": 5, "validUntil": "2027-01-01T00:00:00Z"},
        {"phoneNumbers": ["+38640111222"], "message": "x", "isEncrypted": True},
        {"phoneNumbers": ["+38640111222"], "message": "x", "priority": 200},
    ],
)
def test_what_is_wrong_is_400_with_a_message(ask: Ask, told: Any) -> None:
    answer = ask("POST", "/messages", told)
    assert (answer.status_code, set(answer.json or {})) == (400, {"message", "code"})


def test_a_page_of_the_list_has_whole_messages(ask: Ask) -> None:
    numbers = ["+38640111222", "+38640111223", "+38640111224"]
    for id in ("first", "second", "third"):
        ask("POST", "/messages", {"textMessage": {"text": id}, "phoneNumbers": numbers, "id": id})
    pages = [ask("GET", f"/messages?limit=2&offset={skip}").json or [] for skip in (0, 2)]
    assert [[one["id"] for one in page] for page in pages] == [["third", "second"], ["first"]]
    assert all(len(one["recipients"]) == 3 for page in pages for one in page)


def test_webhooks_are_set_up_listed_and_taken_away(ask: Ask) -> None:
    wish = {"id": "mine", "url": "http://127.0.0.1:9/in", "event": "sms:received"}
    assert ask("POST", "/webhooks", wish).status_code == 201
    assert ask("POST", "/webhooks", wish | {"event": "sms:delivered"}).status_code == 201
    assert [(one["id"], one["event"]) for one in ask("GET", "/webhooks").json or []] == [("mine", "sms:delivered")]
    assert ask("POST", "/webhooks", wish | {"event": "sms:read"}).status_code == 400
    assert ask("DELETE", "/webhooks/mine").status_code == 204
    assert ask("DELETE", "/webhooks/mine").status_code == 404


def test_devices_health_settings_and_a_token(ask: Ask, http: FlaskClient) -> None:
    assert [one["id"] for one in ask("GET", "/devices").json or []] == ["phones"]
    assert (http.get(f"{BASE}/health").json or {})["status"] in ("pass", "warn")
    for which in ("live", "ready", "startup"):
        assert (http.get(f"{BASE}/health/{which}").json or {})["status"] in ("pass", "warn")
    changed = ask("PATCH", "/settings", {"webhooks": {"signing_key": "a-key-of-mine"}})
    assert (changed.json or {})["webhooks"]["signing_key"] == "a-key-of-mine"
    made = ask("POST", "/auth/token", {"scopes": ["messages:send"]}).json or {}
    token = made["accessToken"]
    assert made["access_token"] == made["refreshToken"] == token
    assert http.get(f"{BASE}/messages", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert http.get(f"{BASE}/messages").status_code == 401


def test_the_hooks_of_doors_stand_among_the_webhooks(ask: Ask, http: FlaskClient, gateway: Gateway) -> None:
    ask("POST", "/webhooks", {"id": "mine", "url": "http://127.0.0.1:9/in", "event": "sms:received"})
    keys.create(gateway.database.writer, keys.NewKey("boss", ("admin:*",), gateway.clock(), "x" * 30))
    answer = http.get("/api/v1/webhooks", headers={"Authorization": f"Bearer {'x' * 30}"})
    assert answer.status_code == 200
    assert [one["url"] for one in (answer.json or {})["data"]] == ["http://127.0.0.1:9/in"]
    sent = {"textMessage": {"text": "hi"}, "phoneNumbers": ["+38640111222"], "id": "m"}
    ask("POST", "/messages", sent)
    shown = http.get("/api/v1/messages", headers={"Authorization": f"Bearer {'x' * 30}"}).json or {}
    assert shown["data"][0]["metadata"] == {}
