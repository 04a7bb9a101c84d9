"""MMS through the door of the SMS Gateway for Android: sent with attachments; those that come are listed and told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from smsgw.gateway import Gateway
from smsgw.inbound.contents import Brought, Contents
from smsgw.inbound.inbox import Inbox
from smsgw.link import Content, ContentPart, InboundContent
from smsgw.store.tables import inbound, message_medium
from smsgw.webhooks.dialects import render
from smsgw.webhooks.inbound_media import media_of
from tests.smsgw.webhooks.test_dialects import event
from tests.webadmin.compat.conftest import OPEN, SECRET
from tests.webadmin.compat.test_twilio_media import JPEG

PHONE = "+38640111222"
Ask = Callable[..., TestResponse]


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    return configured(doors=OPEN, pages={"url": "https://m.example.com"})


@pytest.fixture
def ask(http: FlaskClient) -> Ask:
    def ask(method: str, path: str, told: Any = None) -> TestResponse:
        return http.open(f"/3rdparty/v1{path}", method=method, json=told, auth=("shop", SECRET))

    return ask


@pytest.fixture
def came(gateway: Gateway) -> str:
    """The id of an MMS that came in, with words and a picture."""
    parts = (ContentPart("text/plain", b"look", "t.txt", "utf-8"), ContentPart("image/jpeg", JPEG, "p.jpg"))
    told = InboundContent("r1", PHONE, None, Content(parts, "Subject"))
    gateway.database.writer.do(Contents(Inbox()).take, Brought("way", told, gateway.clock()))
    with gateway.database.reading() as conn:
        return str(conn.scalar(select(inbound.c.id)))


def test_an_mms_goes_with_its_attachments(ask: Ask, gateway: Gateway) -> None:
    attached = [{"contentType": "image/jpeg", "name": "p.jpg", "data": base64.b64encode(JPEG).decode()}]
    mms = {"subject": "New", "text": "look", "attachments": attached}
    answer = ask("POST", "/messages", {"id": "m-1", "mmsMessage": mms, "phoneNumbers": [PHONE]})
    assert (answer.status_code, (answer.json or {})["id"]) == (202, "m-1")
    with gateway.database.reading() as conn:
        assert len(conn.scalars(select(message_medium.c.sha256)).all()) == 1


@pytest.mark.parametrize(
    "mms",
    [{}, [], "x", {"text": 3}, {"attachments": [{}]}, {"attachments": ["x"]}, {"attachments": [{"data": "?"}]},
     {"attachments": [{"data": ""}]}, {"attachments": [{"data": "aGVsbG8="}] * 11}],
)  # fmt: skip
def test_an_odd_mms_is_refused_in_words(ask: Ask, mms: Any) -> None:
    answer = ask("POST", "/messages", {"mmsMessage": mms, "phoneNumbers": [PHONE]})
    assert answer.status_code == 400
    assert (answer.json or {})["message"]


def test_an_mms_that_came_is_listed_with_its_attachments_and_these_are_fetched(ask: Ask, came: str) -> None:
    [plain] = ask("GET", "/inbox?type=MMS_DOWNLOADED").json or []
    assert "attachments" not in plain
    assert ask("GET", "/inbox?type=SMS").json == []
    [shown] = ask("GET", "/inbox?includeAttachments=True").json or []
    [picture] = shown["attachments"]
    assert picture == {"partId": 1, "name": "p.jpg", "size": len(JPEG), "contentType": "image/jpeg"}
    octets = ask("GET", f"/inbox/{shown['id']}/attachments/1")
    assert (octets.status_code, octets.data) == (200, JPEG)
    for odd in (f"/inbox/{shown['id']}/attachments/2", f"/inbox/{shown['id']}/attachments/x", "/inbox/x/attachments/1"):
        assert ask("GET", odd).status_code == 404


def test_a_webhook_hears_that_it_came_and_what_is_in_it(gateway: Gateway, came: str) -> None:
    with gateway.database.reading() as conn:
        row = dict(conn.execute(select(inbound)).mappings().one()) | media_of(conn, [came])[came]

    def told(name: str) -> Any:
        made = render("android", replace(event("received", None, "inbound", event=name), row=row))
        return None if made is None else json.loads(made.body)["payload"]

    assert told("sms:received") is None
    assert (told("mms:received")["size"], told("mms:received")["subject"]) == (len(JPEG), "Subject")
    inside = told("mms:downloaded")
    assert (inside["body"], inside["sender"]) == ("look", PHONE)
    assert [(one["partId"], one["contentType"]) for one in inside["attachments"]] == [(1, "image/jpeg")]
