"""Keys and webhooks as pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert, select

from smsgw.access import keys
from smsgw.store.tables import delivery, webhook
from tests.webadmin.pages.conftest import Visitor


@pytest.fixture
def developer(app: Flask) -> Visitor:
    """Somebody of the role developer."""
    visitor = Visitor(app)
    visitor.get(visitor.link("developer", "dev"))
    return visitor


def test_a_key_is_shown_once_with_lines_to_paste_and_works(admin: Visitor, app: Flask) -> None:
    page = admin.send("/developers", "key", name="shop", scopes="messages:send").text
    secret = re.findall(r"smsgw_live_[\w-]+", page)[0]
    assert f"Authorization: Bearer {secret}" in page.replace("&#39;", "'")
    assert "http://localhost/api/v1/messages" in page
    assert secret not in admin.page("/developers")
    with admin.gateway.database.reading() as conn:
        assert keys.authenticate(conn, secret).name == "shop"


def test_a_key_is_revoked(admin: Visitor) -> None:
    page = admin.send("/developers", "key", name="shop", scopes="messages:send").text
    secret = re.findall(r"smsgw_live_[\w-]+", page)[0]
    path = re.findall(r"/developers/keys/[\w]+/revoke", page)[0]
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[0]
    assert admin.post(path, {"csrf_token": token}).status_code == 303
    with admin.gateway.database.reading() as conn, pytest.raises(keys.Unauthenticated):
        keys.authenticate(conn, secret)


def test_nobody_gives_a_key_more_than_they_may_themselves(developer: Visitor, said: Callable[[str], str]) -> None:
    page = developer.page("/developers")
    assert re.findall(r'name="scopes" value="([^"]*)"', page) == ["messages:send", "links:read"]
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[0]
    refused = developer.post("/developers/keys", {"csrf_token": token, "name": "spy", "scopes": "messages:read"})
    assert refused.status_code == 403
    assert "Your role may not give messages:read" in said(refused.text)


def test_a_key_without_a_name_and_scopes_is_told_both(admin: Visitor, said: Callable[[str], str]) -> None:
    token = re.findall(r'name="csrf_token" value="([^"]*)"', admin.page("/developers"))[0]
    refused = admin.post("/developers/keys", {"csrf_token": token, "name": " "})
    assert refused.status_code == 422
    assert "2 things must be put right" in said(refused.text)


def told_one(visitor: Visitor) -> None:
    """A webhook with one delivery that was given up."""
    now = visitor.gateway.clock()
    hook = {
        "id": "whk_1", "state": "active", "why": "set up by cli", "url": "https://shop.example/hook?token=secret",
        "events": ["message.*"], "secrets": [], "after": 0, "by": "cli", "created_at": now,
    }  # fmt: skip
    row = {
        "id": "evt_1", "state": "dead", "why": "answered 500", "webhook_id": "whk_1", "event": "message.delivered",
        "record_id": "msg_1", "line": 1, "body": '{"text": "a text of a customer"}', "created_at": now, "attempts": 3,
        "status": 500, "ended_at": now,
    }  # fmt: skip
    with visitor.gateway.database.exclusive() as conn:
        conn.execute(insert(webhook).values(hook))
        conn.execute(insert(delivery).values(row))


def test_what_was_told_is_listed_without_texts_and_secrets_and_told_again(developer: Visitor) -> None:
    told_one(developer)
    assert "https://shop.example/hook" in developer.page("/developers")
    page = developer.page("/developers/webhooks/whk_1")
    assert "message.delivered" in page
    assert "a text of a customer" not in page
    assert "token=secret" not in page + developer.page("/developers")
    assert "evt_1" not in developer.page("/developers/webhooks/whk_1?state=delivered")
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[0]
    assert developer.post("/developers/webhooks/whk_1/evt_1", {"csrf_token": token}).status_code == 303
    with developer.gateway.database.reading() as conn:
        row = conn.execute(select(delivery)).one()
    assert (row.state, row.attempts) == ("pending", 0)


def test_a_span_is_told_again_and_written_down(developer: Visitor, admin: Visitor) -> None:
    told_one(developer)
    assert developer.send("/developers/webhooks/whk_1", "again", span="hour", only_dead="yes").status_code == 303
    assert "were told again" in admin.page("/audit?kind=webhook")
