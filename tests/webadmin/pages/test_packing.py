"""Pages go packed and small, and how small they are tells nothing of the secrets in them."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Visitor
from webadmin import create_app, packing

ANA = "+38640111222"
HERS = f"/inbox/{ANA}"
NAVIGATION, FIRST = 15_000, 100_000  # octets: of any page, and of the first with all that it loads
LINK = "https://sms.example.com/own/iVBORw0KGgoAAAANSUhEUgAAABQ"
KEY = "smsgw_live_Zm9vYmFyYmF6cXV4cXV1eGNv"
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def busy(admin: Visitor) -> Visitor:
    """Somebody at a gateway with 50 texts in one conversation, and 50 conversations."""
    for n in range(50):
        text = f"Hello Ana, your order {n * 7919 % 100000} of {n % 9 + 1} notebooks is ready since {n % 12 + 8}:15."
        admin.gateway.door.submit(Asked(f"+386401113{n:02}", text, "cli"))
        admin.gateway.door.submit(Asked(ANA, text[::-1] if n % 3 == 0 else text, "cli"))
    return admin


def packed(visitor: Visitor, path: str, **headers: str) -> Any:
    """A page as a browser asks for it."""
    return visitor.get(path, Accept_Encoding="gzip, deflate, br", **headers)


def test_a_page_is_as_large_as_a_click_may_cost_and_the_first_one_too(busy: Visitor) -> None:
    sizes = {path: len(packed(busy, path).data) for path in (HERS, "/inbox", "/messages", "/today", "/links")}
    sizes |= {
        path: len(packed(busy, path).data) for path in ("/settings", "/developers", "/campaigns/new", "/api/docs")
    }
    assert {path: size for path, size in sizes.items() if size > NAVIGATION} == {}
    page = gzip.decompress(packed(busy, HERS).data).decode()
    assert len(page) > 2 * sizes[HERS]
    loads = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)) | {"/static/news.js"}
    assert sum(len(packed(busy, path).data) for path in loads) + sizes[HERS] <= FIRST


def test_a_browser_that_takes_no_gzip_gets_the_page_as_it_is(admin: Visitor) -> None:
    assert "Content-Encoding" not in admin.get("/links").headers
    assert packed(admin, "/links").headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed(admin, "/links").headers["Vary"]


def test_no_two_answers_spell_the_token_of_their_forms_alike_and_each_is_good(admin: Visitor) -> None:
    first, second = (set(FORM_TOKEN.findall(admin.page("/people"))) for _ in range(2))
    assert len(first) == len(second) == 1
    assert first != second
    for token in first | second:
        assert admin.post("/people", {"csrf_token": token}).status_code == 422  # the form is believed, and has no name


def test_a_page_that_says_the_same_is_not_sent_again_for_its_token_alone(admin: Visitor) -> None:
    for path in ("/inbox", "/people", "/messages", "/links"):
        first = packed(admin, path)
        assert packed(admin, path, If_None_Match=first.headers["ETag"]).status_code == 304


def test_the_length_of_a_page_is_not_the_same_twice(admin: Visitor) -> None:
    assert len({len(packed(admin, "/links").data) for _ in range(12)}) > 3


def test_a_link_that_opens_by_itself_and_a_key_are_spelled_by_chance_and_read_the_same() -> None:
    page = f'<p>{LINK} and {KEY}</p><a href="{LINK}">x</a><a href="/customers/cus_1">y</a>'.encode()
    first, second = packing.masked(page), packing.masked(page)
    assert first != second
    for masked in (first, second):
        assert html.unescape(masked.decode()) == page.decode()
        assert LINK[-12:].encode() not in masked
        assert KEY[-12:].encode() not in masked
        assert b'"/customers/cus_1"' in masked


def test_what_another_site_asks_for_is_not_packed(admin: Visitor) -> None:
    for site, encoding in (("cross-site", None), ("same-site", None), ("same-origin", "gzip"), ("none", "gzip")):
        assert packed(admin, "/links", Sec_Fetch_Site=site).headers.get("Content-Encoding") == encoding


def test_over_https_a_browser_that_does_not_say_who_asks_gets_it_unpacked(configured: Callable[..., Gateway]) -> None:
    web = {"listen": "127.0.0.1:0", "public_url": "https://sms.example.com"}
    visitor = Visitor(create_app(configured(web=web)))
    visitor.client.get(visitor.link(), base_url="https://sms.example.com")
    asked = {"Accept": "text/html", "Accept-Encoding": "gzip"}
    for more, encoding in (({}, None), ({"Sec-Fetch-Site": "same-origin"}, "gzip")):
        answer = visitor.client.get("/links", headers=asked | more, base_url="https://sms.example.com")
        assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, encoding)


def test_answers_to_forms_doors_and_streams_are_never_packed(admin: Visitor, stranger: Visitor) -> None:
    shown_once = admin.send("/developers", "key", name="shop", scopes="messages:send")
    assert "smsgw_live_" in shown_once.text
    assert "Content-Encoding" not in shown_once.headers
    stranger.client.delete_cookie("smsgw_session")
    assert "Content-Encoding" not in packed(stranger, "/login").headers
