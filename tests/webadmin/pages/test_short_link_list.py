"""The page of short links: a campaign whose links are counted, who followed them, and the same as a sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from smsgw.customers import customers, timeline
from smsgw.customers.consent import categories as consent_categories
from smsgw.customers.consent import consent
from smsgw.customers.customers import Wish
from smsgw.gateway import Gateway
from smsgw.link import Health, LinkState
from smsgw.outbound import short_links
from smsgw.outbound.short_links import NewLink
from tests.webadmin.conftest import Configure
from tests.webadmin.pages.conftest import Visitor

Said = Callable[[str], str]
HERE, SHOP = "https://m.example.com", "https://shop.example/jesen?a=1&b=2"
ANA, BOR = "+38640111001", "+38640111002"
BROWSER = {"User-Agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/129.0 Mobile Safari"}


@pytest.fixture
def gateway(configured: Configure) -> Gateway:
    return configured(pages={"url": HERE})


@pytest.fixture
def town(admin: Visitor) -> Gateway:
    """A gateway with two customers who agreed to offers."""
    gateway, now = admin.gateway, admin.gateway.clock()
    for number, name in ((ANA, "Ana"), (BOR, "Bor")):
        told = {"name": name, "addresses": [number], "language": "sl"}
        customers.create(gateway.database.writer, Wish(told, "test", now, region="SI"))

    def agree(conn: Any, batch: list[None]) -> list[None]:
        consent_categories.keep(conn, consent_categories.Category("school", {"en": "School"}), "test", now)
        said = [consent.Statement(one, True, "DA", now, "form", "test", scope="school") for one in (ANA, BOR)]
        consent.record(conn, said)
        return batch

    gateway.database.writer.do(agree, None)
    gateway.network.heard("phones", Health(LinkState.UP), now)
    return gateway


def sent(admin: Visitor, **more: str) -> str:
    """A campaign that has put its messages into the queue; the path of its page."""
    typed = {"name": "Jesen", "who": "everybody", "category": "school", "purpose": "marketing", "language_0": "sl",
             "text_0": f"Zvezki {SHOP} STOP"} | more  # fmt: skip
    made = admin.send("/campaigns/new", "campaign", **typed)
    assert made.status_code == 303, made.text
    path = str(made.headers["Location"])
    for step in ("estimate", "approve", "schedule"):
        assert admin.send(path, step).status_code == 303
    while admin.gateway.campaigns.step(admin.gateway.clock()):
        pass
    return path


def settled(gateway: Gateway) -> None:
    """What was put into the writer is stored."""
    gateway.database.writer.do(lambda conn, batch: batch, None)


def test_who_followed_a_campaign_s_links_is_told_from_its_form_to_the_sheet(
    admin: Visitor, app: Flask, said: Said, town: Gateway
) -> None:
    assert "No short links yet" in said(admin.page("/short-links"))
    path = sent(admin, track_links="yes")
    id = path.rsplit("/", 1)[1]
    page = admin.page(f"/short-links?campaign={id}")
    codes = re.findall(r"/l/(\w{7})</bdi>", page)
    assert len(codes) == 2
    phone = app.test_client()
    phone.get(f"/l/{codes[0]}", headers=BROWSER)
    phone.get(f"/l/{codes[0]}", headers=BROWSER)
    phone.get(f"/l/{codes[1]}", headers={"User-Agent": "WhatsApp/2.23.20.0"})
    settled(town)
    report = said(admin.page(path))
    assert "followed a link 1" in report
    assert "b=2 2 2 1" in report  # two short links, followed twice by people and once by a program
    targets = said(admin.page(f"{path}/targets?clicked=yes"))
    assert "followed a link 2 times" in targets
    assert len(re.findall(r"\+386 ?\d", targets)) == 1
    listed = said(admin.page(f"/short-links?q={codes[0]}"))
    assert "Jesen 2 0" in listed
    assert "Jesen 0 1" not in listed
    assert "No short link is like that" in said(admin.page("/short-links?q=nothing"))
    message = re.search(r"/messages/(msg_\w+)", page)
    assert message
    assert f"/short-links?message={message[1]}" in admin.page(f"/messages/{message[1]}")
    with town.database.reading() as conn:
        people = [customers.get(conn, row.id) for row in customers.of(conn, [ANA, BOR]).values()]
        past = [timeline.read(conn, one) for one in people]
    clicks = [[(one.text, one.state) for one in each.entries if one.kind == "click"] for each in past]
    assert sorted(clicks) == [[], [(SHOP, "followed")] * 2]
    told = admin.get(f"/short-links.csv?campaign={id}")
    assert told.headers["Content-Type"].startswith("text/csv")
    lines = told.get_data(as_text=True).splitlines()
    assert lines[0] == "Short link,Leads to,Campaign,Message,To,Note,Made,Last followed,People,Programs"
    assert any(line.startswith(f"{HERE}/l/{codes[0]},{SHOP},Jesen,msg_") and line.endswith("Z,2,0") for line in lines)
    assert len(lines) == 3


def test_links_made_by_hand_are_found_by_their_note_and_their_whole_address(
    admin: Visitor, said: Said, gateway: Gateway
) -> None:
    for note in ("leaflet", "=2+3"):
        made = NewLink(SHOP, "key_1", gateway.clock(), note)
        code = gateway.database.writer.do(short_links.make, made).code
    assert "leaflet" in said(admin.page("/short-links?q=LEAF"))
    assert "leaflet" not in said(admin.page(f"/short-links?q={HERE}/l/{code}"))
    assert "'=2+3" in admin.get("/short-links.csv").get_data(as_text=True)  # no formula for a spreadsheet


def test_a_message_whose_links_are_nobody_s_own_says_nothing_of_them(admin: Visitor, town: Gateway) -> None:
    sent(admin)
    [row, _] = re.findall(r"/messages/(msg_\w+)", admin.page("/messages"))
    assert "/short-links?message" not in admin.page(f"/messages/{row}")


def test_strangers_see_neither_the_list_nor_the_sheet(app: Flask) -> None:
    for path in ("/short-links", "/short-links.csv"):
        assert Visitor(app).get(path).status_code == 303


def test_many_links_are_read_page_by_page(admin: Visitor, gateway: Gateway) -> None:
    for n in range(51):
        gateway.database.writer.do(short_links.make, NewLink(f"{SHOP}&n={n}", "key_1", gateway.clock()))
    page = admin.page("/short-links?q=shop")
    older = re.search(r'href="(/short-links\?[^"]*before=[^"]*)"', page)
    assert older
    assert len(re.findall(r"/l/\w{7}</bdi>", page)) == 50
    assert len(re.findall(r"/l/\w{7}</bdi>", admin.page(older[1].replace("&amp;", "&")))) == 1
