"""The desk in a real browser: a day's work on a desktop, and its pages on a phone, dark and from right to left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.webadmin.conftest import Site
from tests.webadmin.pages.conftest import Visitor

PAGES = ("/today", "/calls", "/calls/statistics", "/calendar", "/calendar?view=week", "/begin?step=company",
         "/begin?step=link", "/surveys/new", "/answers")  # fmt: skip


@pytest.mark.slow
def test_a_day_at_the_desk(site: Site, browser_page: Callable[..., Any]) -> None:
    desk, base = browser_page(), f"http://{site.server.address}"
    desk.goto(base + Visitor(site.app).link())
    assert desk.url == f"{base}/begin"  # nothing was sent yet
    desk.get_by_role("link", name="1. The company").click()
    desk.locator("#company button").click()
    assert "[business]" in desk.locator("#block").inner_text()
    desk.get_by_role("link", name="3. A first text").click()
    desk.get_by_label("Your own number").fill("040 111 222")
    desk.locator("#text button").click()
    desk.locator("#first a").wait_for()
    desk.goto(f"{base}/today")
    desk.locator("#going a", has_text="Messages in the queue").wait_for()
    desk.get_by_role("link", name="Inbox", exact=True).first.click()
    desk.get_by_role("navigation", name="Places of this kind").get_by_role("link", name="Calls").click()
    desk.get_by_label("Number").fill("040 111 222")
    desk.get_by_role("button", name="They called").click()
    desk.get_by_label("Note").fill("wants two hundred")
    desk.locator("#outcome summary").click()
    desk.get_by_label("Until").fill("2027-12-01T10:00")
    desk.get_by_label("What was promised").fill("the price")
    desk.locator("#outcome button").click()
    desk.get_by_role("link", name="its inquiry").click()
    assert "in talk_" in desk.locator("#facts").inner_text()
    phone = browser_page(width=360, dark=True, locale="fa")
    phone.goto(base + Visitor(site.app).link())
    for path in PAGES:
        phone.goto(base + path)
        assert phone.locator("html").get_attribute("dir") == "rtl"
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, path
        for box in (one.bounding_box() for one in phone.locator("main a, main button").all() if one.is_visible()):
            assert box["height"] >= 18, path
