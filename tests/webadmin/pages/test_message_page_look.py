"""The page of a message in a real browser, without scripts, on a small screen, in the dark and from right to left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.gateway import Gateway
from smsgw.store.tables import inbound
from tests.webadmin.conftest import Site
from tests.webadmin.message_pages import message_with, picture

LONG = "Besedilo-brez-presledkov-" * 8


@pytest.mark.slow
@pytest.mark.parametrize(("language", "dark", "show", "sent"), [
    ("sl", False, "Pokaži sporočilo", "Vaš odgovor je prispel"), ("fa", True, "نمایش پیام", "پاسخ شما رسید"),
])  # fmt: skip
def test_a_message_is_opened_read_and_answered_on_a_small_phone(
    gateway: Gateway, site: Site, browser_page: Callable[..., Any], language: str, dark: bool, show: str, sent: str
) -> None:
    slides = [{"text": LONG, "medium": picture(1600, 900)}, {"sound": b"#!AMR\n" + bytes(100)}]
    _, page = message_with(gateway, slides, language=language, subject=LONG[:80])
    phone = browser_page(width=320, height=480, dark=dark, java_script_enabled=False)
    phone.goto(f"http://{site.server.address}/m/{page.token}")
    with phone.expect_navigation(wait_until="load"):
        phone.get_by_role("button", name=show).click()
    picture_shown = phone.locator("img").first
    box = picture_shown.bounding_box()
    assert box["width"] <= 320 - 2 * 16
    assert abs(box["width"] / box["height"] - 16 / 9) < 0.1  # it came, and is not bent
    assert phone.locator("html").bounding_box()["width"] == 320
    phone.locator("textarea").fill("Vzamem dva")
    phone.locator("input[type=file]").set_input_files(
        {"name": "moja.png", "mimeType": "image/png", "buffer": picture(30, 30, "PNG")}
    )
    phone.locator("#answer button").click()
    assert sent in phone.get_by_role("status").inner_text()
    for link in phone.locator("a.way").all():
        reach = link.bounding_box()
        assert reach["x"] >= 0
        assert reach["x"] + reach["width"] <= 320
        assert reach["height"] >= 44  # a thumb hits it
    with gateway.database.reading() as conn:
        [row] = conn.execute(select(inbound)).all()
    assert (row.text, row.kind) == ("Vzamem dva", "mms")
