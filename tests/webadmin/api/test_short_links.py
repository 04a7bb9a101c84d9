"""Short links: made by hand or for the addresses of a text, followed, and counted without a word of who did."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from smsgw.customers.consent import categories, consent
from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState
from smsgw.store.tables import message, short_link
from tests.webadmin.conftest import PHONE, Configure
from webadmin.api.campaigns_report_shapes import Report
from webadmin.api.short_links import ShortLink

HERE, SHOP = "https://m.example.com", "https://shop.example/autumn?a=1"
SHORT = re.compile(re.escape(HERE) + "/l/([1-9A-HJ-NP-Za-km-z]{7})")
BROWSER = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36"
}


@pytest.fixture
def gateway(configured: Configure) -> Gateway:
    return configured(pages={"url": HERE}, web={"listen": "127.0.0.1:0", "public_url": "https://sms.example.com"})


def agree(gateway: Gateway, numbers: list[str]) -> None:
    """These people agreed to offers for school."""
    now = gateway.clock()
    said = [consent.Statement(one, True, "DA", now, "form", "test", scope="school") for one in numbers]

    def both(conn: Any, batch: list[None]) -> list[None]:
        categories.keep(conn, categories.Category("school", {"en": "School"}), "test", now)
        consent.record(conn, said)
        return batch

    gateway.database.writer.do(both, None)


def test_a_link_leads_on_and_tells_people_from_programs(call: Any, app: Flask, clock: Any, gateway: Gateway) -> None:
    made = call("POST", "/api/v1/short-links", {"url": SHOP, "note": "leaflet"})
    assert made.status == 201
    ShortLink.model_validate(made.said, strict=False)
    code, phone = made.said["code"], app.test_client()
    assert SHORT.fullmatch(made.said["short_url"])
    assert call("POST", "/api/v1/short-links", {"url": SHOP}).said["code"] != code
    followed = phone.get(f"/l/{code}", headers=BROWSER)
    assert (followed.status_code, followed.headers["Location"]) == (302, SHOP)
    assert "no-store" in followed.headers["Cache-Control"]
    assert followed.headers["Referrer-Policy"] == "no-referrer"
    clock.on(60)
    assert phone.head(f"/l/{code}", headers=BROWSER).status_code == 302
    for agent in ("WhatsApp/2.23.20.0", "TelegramBot (like TwitterBot)", "facebookexternalhit/1.1", "curl/8.5.0", ""):
        phone.get(f"/l/{code}", headers={"User-Agent": agent})
    phone.get(f"/l/{code}", headers={"User-Agent": BROWSER["User-Agent"].replace("Pixel 8", "CUBOT X30")})
    assert phone.get("/l/1111111", headers=BROWSER).status_code == 404
    gateway.database.writer.do(lambda conn, batch: batch, None)  # what was put before is written
    told = call("GET", f"/api/v1/short-links/{code}").said
    assert told["clicks"] == {
        "people": 2, "bots": 6, "first": "2026-11-23T08:00:00Z", "last": "2026-11-23T08:01:00Z",
    }  # fmt: skip
    assert [one["clicks"]["people"] for one in call("GET", "/api/v1/short-links").said["data"]] == [0, 2]
    assert call("GET", "/api/v1/short-links/1111111").code == "not_found"


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "javascript:alert(1)", "https://", "https://u:p@a.example/", "https://a.example/ b",
     "https://SMS.example.com./people", f"{HERE}/l/1111111", "https://[a"],
)  # fmt: skip
def test_an_address_that_is_none_or_our_own_is_refused(call: Any, url: str) -> None:
    assert call("POST", "/api/v1/short-links", {"url": url}).faults == {"/url": "url_invalid"}


def test_addresses_in_a_text_go_short_where_that_is_asked_and_the_same_text_stays_the_same(
    call: Any, gateway: Gateway
) -> None:
    text = f"See {SHOP}, (https://b.example/x) or {HERE}/m/abc. Again: {SHOP}"
    assert call.send(text=text).said["text"] == text
    first = call.send(text=text, track_links=True, client_ref="a")
    one, two, again = SHORT.findall(first.said["text"])
    assert one == again != two
    assert first.said["text"] == f"See {HERE}/l/{one}, ({HERE}/l/{two}) or {HERE}/m/abc. Again: {HERE}/l/{one}"
    same = call.send(text=text, track_links=True, client_ref="a")
    assert (same.status, same.said["id"]) == (200, first.said["id"])
    assert call.send(text=f"{text}!", track_links=True, client_ref="a").code == "client_ref_conflict"
    items = [{"to": "+38640111333", "text": SHOP, "track_links": True}] * 2
    batch = call("POST", "/api/v1/messages/batch", items).said
    assert batch["accepted"] == 1  # the other one is a duplicate, as it would be without
    with gateway.database.reading() as conn:
        assert set(conn.scalars(select(short_link.c.code))) == {one, two}  # one for an address and client
        assert f"{HERE}/l/{one}" in set(conn.scalars(select(message.c.text)))


def test_marketing_has_codes_of_each_recipient_and_what_is_refused_leaves_none(call: Any, gateway: Gateway) -> None:
    other = "+38640111333"
    agree(gateway, [PHONE, other])
    offer = {"text": f"Offer {SHOP}. STOP to 1234", "purpose": "marketing", "category": "school", "track_links": True}
    assert "consent_missing" in call.send(to="+38640111444", **offer).faults.values()
    with gateway.database.reading() as conn:
        assert conn.scalar(select(func.count()).select_from(short_link)) == 0
    sent = [call.send(to=to, client_ref=to, **offer) for to in (PHONE, other)]
    codes = [SHORT.findall(one.said["text"])[0] for one in sent]
    assert codes[0] != codes[1]
    assert call.send(to=PHONE, client_ref=PHONE, **offer).said["id"] == sent[0].said["id"]
    [own] = call("GET", f"/api/v1/short-links?message={sent[1].said['id']}").said["data"]
    assert own["code"] == codes[1]


def test_a_campaign_tells_which_of_its_links_were_followed_and_by_whom(call: Any, app: Flask, gateway: Gateway) -> None:
    gateway.network.heard("phones", Health(LinkState.UP), gateway.clock())
    numbers = [PHONE, "+38640111333"]
    agree(gateway, numbers)
    told = {"name": "Autumn", "audience": {"numbers": numbers}, "category": "school", "texts": {"en": f"{SHOP} STOP"}}
    id = call("POST", "/api/v1/campaigns", told | {"terms": {"track_links": True}}).said["id"]
    for step in ("estimate", "approve", "start"):
        assert call("POST", f"/api/v1/campaigns/{id}/{step}", {}).status == 200, step
    while gateway.campaigns.step(gateway.clock()):
        pass
    [link, _] = call("GET", f"/api/v1/short-links?campaign={id}").said["data"]
    app.test_client().get(f"/l/{link['code']}", headers=BROWSER)
    gateway.database.writer.do(lambda conn, batch: batch, None)
    report = call("GET", f"/api/v1/campaigns/{id}/report").said
    Report.model_validate(report, strict=False)
    followed = {"url": SHOP, "codes": 2, "people": 1, "bots": 0, "last": "2026-11-23T08:00:00Z"}
    assert report["clicks"] == {"people": 1, "bots": 0, "addresses": 1, "links": [followed]}
    assert report["brought"]["clicked"] == 1
    [target] = call("GET", f"/api/v1/campaigns/{id}/targets?clicked=true").said["data"]
    assert (target["message_id"], target["clicks"]) == (link["message_id"], 1)
    assert [one["clicks"] for one in call("GET", f"/api/v1/campaigns/{id}/targets").said["data"]].count(0) == 1
    gateway.short_links.base = ""
    assert call("POST", "/api/v1/campaigns", told | {"terms": {"track_links": True}}).faults == {
        "/terms/track_links": "no_public_url"
    }


def test_what_has_no_text_or_no_public_address_says_so(call: Any, gateway: Gateway) -> None:
    assert call.send(to="a@b.example", text=SHOP, track_links=True).faults == {"/track_links": "not_for_this"}
    gateway.short_links.base = ""
    assert call.send(text=SHOP, track_links=True).faults == {"/track_links": "no_public_url"}
    assert call("POST", "/api/v1/short-links", {"url": SHOP}).faults == {"/url": "no_public_url"}
