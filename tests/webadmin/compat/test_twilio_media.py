"""Twilio's MediaUrl, Media and NumMedia, as its libraries ask and read them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from smsgw.gateway import Gateway
from smsgw.link import Content, ContentPart, Health, InboundContent, LinkState
from smsgw.media import store
from smsgw.store.tables import inbound, message_content
from smsgw.webhooks import clients
from smsgw.webhooks.dialects.event import Event
from smsgw.webhooks.dialects.twilio import render
from smsgw.webhooks.inbound_media import media_of
from tests.webadmin.compat.conftest import OPEN, SECRET
from tests.webadmin.message_pages import PHONE, picture
from tests.webadmin.websites import Web

ACCOUNT = "AC" + "0" * 32
JPEG, GIF = picture(160, 120), picture(40, 40, "GIF")


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    made.pages = {"/a.jpg": (200, "", JPEG), "/b.gif": (200, "", GIF), "/c": (200, "", b"<html>")}
    yield made
    made.close()


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    return configured(doors=OPEN, pages={"url": "https://m.example.com"}, webhooks={"networks": ["127.0.0.0/8"]})


@pytest.fixture
def ask(http: FlaskClient) -> Callable[..., Any]:
    def ask(method: str, path: str, **words: Any) -> Any:
        proof = {"Authorization": f"Basic {b64encode(f'{ACCOUNT}:{SECRET}'.encode()).decode()}"}
        place = f"/2010-04-01/Accounts/{ACCOUNT}/{path}"
        return http.open(place, method=method, data=words or None, headers=proof, buffered=True)

    return ask


def test_media_urls_are_fetched_and_become_a_message(ask: Callable[..., Any], web: Web) -> None:
    made = ask("POST", "Messages.json", To=PHONE, Body="Novo", MediaUrl=[f"{web.url}/a.jpg", f"{web.url}/b.gif"])
    assert made.status_code == 201
    assert (made.json["num_media"], made.json["sid"][:2]) == ("2", "MM")
    assert "https://m.example.com/m/" in made.json["body"]
    fetched = ask("GET", f"Messages/{made.json['sid']}.json").json
    assert fetched["num_media"] == "2"
    assert [one["num_media"] for one in ask("GET", "Messages.json").json["messages"]] == ["2"]


def test_a_picture_needs_no_words(ask: Callable[..., Any], web: Web) -> None:
    assert ask("POST", "Messages.json", To=PHONE, MediaUrl=f"{web.url}/a.jpg").status_code == 201


def test_more_words_than_a_slide_holds_go_on_the_next(ask: Callable[..., Any], web: Web, gateway: Gateway) -> None:
    made = ask("POST", "Messages.json", To=PHONE, Body="x" * 1500, MediaUrl=f"{web.url}/a.jpg")
    assert made.status_code == 201
    with gateway.database.reading() as conn:
        slides = conn.scalar(select(message_content.c.slides))
    assert [len(one["text"]) for one in slides or ()] == [1000, 500]


@pytest.mark.parametrize("url", ["ftp://x/y", "nonsense", "{web}/c", "{web}/none", "http://169.254.169.254/a.jpg"])
def test_a_bad_media_url_has_twilios_code(ask: Callable[..., Any], web: Web, url: str) -> None:
    told = ask("POST", "Messages.json", To=PHONE, Body="x", MediaUrl=url.replace("{web}", web.url))
    assert (told.status_code, told.json["code"]) == (400, 21620)


def test_the_media_of_a_message_are_listed_given_and_deleted(ask: Callable[..., Any], web: Web) -> None:
    name = ask("POST", "Messages.json", To=PHONE, Body="x", MediaUrl=f"{web.url}/a.jpg").json["sid"]
    listed = ask("GET", f"Messages/{name}/Media.json").json
    assert set(listed) == {
        "media_list", "page", "page_size", "start", "end", "uri", "first_page_uri", "next_page_uri",
        "previous_page_uri",
    }  # fmt: skip
    [medium] = listed["media_list"]
    assert (medium["content_type"], medium["parent_sid"], len(medium["sid"])) == ("image/jpeg", name, 34)
    place = f"Messages/{name}/Media/{medium['sid']}"
    assert ask("GET", f"{place}.json").json == medium
    octets = ask("GET", place)
    assert (octets.data, octets.mimetype) == (JPEG, "image/jpeg")
    assert ask("DELETE", f"{place}.json").status_code == 409  # it has still to go
    assert ask("POST", f"Messages/{name}.json", Status="canceled").json["status"] == "canceled"
    assert ask("DELETE", f"{place}.json").status_code == 204
    assert ask("GET", place).json["code"] == 20404
    assert ask("GET", f"Messages/{name}/Media.json").json["media_list"] == []


def test_what_comes_in_tells_its_media(gateway: Gateway, app: Flask, ask: Callable[..., Any]) -> None:
    parts = (
        ContentPart("application/smil", b"<smil/>", "s"),
        ContentPart("text/plain", b"look", "t.txt", "utf-8"),
        ContentPart("image/pjpeg", JPEG, "p.jpg"),
    )
    gateway.brought("phones", InboundContent("r1", PHONE, "+38640999888", Content(parts))).result(90)
    [came] = ask("GET", "Messages.json").json["messages"]
    assert (came["num_media"], came["body"], came["direction"]) == ("1", "look", "inbound")
    [medium] = ask("GET", f"Messages/{came['sid']}/Media.json").json["media_list"]
    assert ask("GET", f"Messages/{came['sid']}/Media/{medium['sid']}").data == JPEG
    words = told_of(
        gateway, {"url": "https://client.example/sms", "account": ACCOUNT, "base": "https://sms.example.com"}
    )
    assert (words["NumMedia"], words["MediaContentType0"], words["Body"]) == ("1", "image/jpeg", "look")
    assert words["MessageSid"] == came["sid"]
    url = words["MediaUrl0"].removeprefix(f"https://sms.example.com/2010-04-01/Accounts/{ACCOUNT}/")
    assert ask("GET", url).data == JPEG


def told_of(gateway: Gateway, terms: dict[str, str]) -> dict[str, str]:
    """The words of the call that tells of the newest text that came in."""
    with gateway.database.reading() as conn:
        row = dict(conn.execute(select(inbound)).mappings().one())
        row |= media_of(conn, [row["id"]])[row["id"]]
    event = Event("inbound", None, "received", "", datetime(2026, 11, 26, tzinfo=UTC), row, terms, secret="s")
    request = render(event)
    assert request is not None
    return dict(parse_qsl(request.body))


def test_a_number_can_do_mms_and_remembers_where_media_are_fetched(ask: Callable[..., Any], gateway: Gateway) -> None:
    gateway.heard("phones", Health(LinkState.UP, "", {"number": "+38640999888"}))
    [number] = ask("GET", "IncomingPhoneNumbers.json").json["incoming_phone_numbers"]
    assert number["capabilities"]["mms"] is True
    changed = ask("POST", f"IncomingPhoneNumbers/{number['sid']}.json", SmsUrl="https://client.example/sms")
    assert changed.status_code == 200
    with gateway.database.reading() as conn:
        [row] = clients.listing(conn, conn.exec_driver_sql("select id from api_key").scalar(), "twilio")
    assert row.terms["base"] == "http://localhost"


def test_the_same_octets_are_one_medium(ask: Callable[..., Any], web: Web, gateway: Gateway) -> None:
    web.pages["/again.jpg"] = (200, "", JPEG)
    ask("POST", "Messages.json", To=PHONE, MediaUrl=[f"{web.url}/a.jpg", f"{web.url}/again.jpg"])
    with gateway.database.reading() as conn:
        assert store.get(conn, hashlib.sha256(JPEG).hexdigest()).size == len(JPEG)
