"""The message log: what was sent, of one state or to one number, and why one message is as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Visitor

ANA, BINE = "+38640111222", "+38640111333"
Said = Callable[[str], str]


@pytest.fixture
def sent(admin: Visitor) -> list[str]:
    """Two messages that wait, one that is on hold until tomorrow; their ids."""
    door, now = admin.gateway.door, admin.gateway.clock()
    later = now.replace(day=now.day + 1)
    asked = [
        Asked(ANA, "Hello <Ana>", "cli"),
        Asked(BINE, "Hello Bine", "cli"),
        Asked(ANA, "Later", "cli", send_at=later),
    ]
    return [str(door.submit(one).row["id"]) for one in asked]


def test_the_log_shows_what_was_sent_newest_first(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page("/messages"))
    assert page.index("Later") < page.index("Hello Bine") < page.index("Hello &lt;Ana&gt;")
    assert "+386 40 111 333" in page


def test_it_shows_those_to_one_number_however_it_is_written(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page("/messages?to=%2B386+40+111+333"))
    assert "Hello Bine" in page
    assert "Later" not in page
    assert "No message is like that." in said(admin.page("/messages?to=nonsense"))


def test_it_shows_those_in_one_state(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page("/messages?state=held"))
    assert "Later" in page
    assert "Hello Bine" not in page


def test_one_message_tells_what_happened_to_it_and_why(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = said(admin.page(f"/messages/{sent[2]}"))
    assert "Later" in page
    assert "Planned for" in page
    assert sent[2] in page


def test_a_message_that_waits_can_be_taken_back_and_no_other(admin: Visitor, said: Said, sent: list[str]) -> None:
    path = f"/messages/{sent[2]}"
    assert admin.send(path, "cancel").status_code == 303
    page = admin.page(path)
    assert "taken back" in said(page)
    assert 'id="cancel"' not in page


def test_taking_back_too_late_says_so(admin: Visitor, said: Said, sent: list[str]) -> None:
    page = admin.page(f"/messages/{sent[2]}")
    fields = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}
    admin.post(f"/messages/{sent[2]}/cancel", fields)
    again = admin.post(f"/messages/{sent[2]}/cancel", fields)
    assert again.status_code == 409
    assert "The message is cancelled" in said(again.text)


def test_an_unknown_message_is_not_found(admin: Visitor) -> None:
    assert admin.get("/messages/msg_nothing").status_code == 404


def test_the_log_fits_a_phone_and_follows_what_happens(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> None:
    site = site_of(admin.gateway)
    page = browser_page(width=360, dark=True)
    page.goto(f"http://127.0.0.1:{site.server.port}{admin.link()}")
    page.goto(f"http://127.0.0.1:{site.server.port}/messages")
    admin.gateway.door.submit(Asked(ANA, "Quite new", "cli"))
    page.get_by_text("Quite new").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
