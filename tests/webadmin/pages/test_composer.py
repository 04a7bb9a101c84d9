"""The composer of a conversation: answers taken back, sent later, written from a template, or with a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.campaigns import templates
from smsgw.customers import customers
from smsgw.customers.customers import Wish
from smsgw.gateway import Gateway
from smsgw.store.tables import message
from tests.webadmin.message_pages import picture
from tests.webadmin.pages.conftest import Visitor

ANA = "+38640111222"
HERS = f"/inbox/{ANA}"
Said = Callable[[str], str]


@pytest.fixture
def gateway(configured: Callable[..., Gateway]) -> Gateway:
    """A gateway where an answer can be taken back for ten seconds."""
    return configured(web={"listen": "127.0.0.1:0", "undo_seconds": 10})


def rows(gateway: Gateway) -> list[Any]:
    with gateway.database.reading() as conn:
        return list(conn.execute(select(message).order_by(message.c.id)))


def test_an_answer_waits_ten_seconds_and_then_goes(admin: Visitor, clock: Any) -> None:
    admin.send(HERS, "answer", text="Yes")
    assert [row.state for row in rows(admin.gateway)] == ["held"]
    clock.on(10)
    admin.gateway.database.writer.do(admin.gateway.waiting.release, clock())
    assert [row.state for row in rows(admin.gateway)] == ["queued"]


def test_what_was_taken_back_is_the_draft_again(admin: Visitor, said: Said) -> None:
    admin.send(HERS, "answer", text="Yess")
    [row] = rows(admin.gateway)
    page = admin.send(HERS, f"undo-{row.id}").text
    assert ">Yess</textarea>" in page
    assert [row.state for row in rows(admin.gateway)] == ["cancelled"]
    late = admin.post(f"{HERS}/undo/{row.id}", {"csrf_token": page.split('csrf_token" value="')[1].split('"')[0]})
    assert (late.status_code, "The message is cancelled" in said(late.text)) == (409, True)


def test_an_answer_goes_when_it_is_said_to(admin: Visitor, said: Said) -> None:
    admin.send(HERS, "answer", text="Tomorrow", send_at="2026-11-24T09:00")
    [row] = rows(admin.gateway)
    assert (row.state, row.due_at.astimezone().strftime("%d %H:%M")) == ("held", "24 09:00")
    wrong = admin.send(HERS, "answer", text="When?", send_at="soon")
    assert wrong.status_code == 422
    assert "is no day and time" in said(wrong.text)


def test_templates_are_offered_as_this_person_would_get_them(admin: Visitor) -> None:
    gateway = admin.gateway
    now, writer = gateway.clock(), gateway.database.writer
    customers.create(writer, Wish({"name": "Ana Novak", "addresses": [ANA], "language": "sl"}, "test", now, "SI"))
    for name, texts in (("Hello", {"sl": "Živjo {{ first_name }}!"}), ("Nothing", {"sl": "{{ last_order }}"})):
        templates.create(writer, templates.Wish(name, texts, "test", now))
    page = admin.page(HERS)
    assert 'data-insert="Živjo Ana!"' in page
    assert ">Nothing</button>" not in page


@pytest.mark.peer
@pytest.mark.slow
def test_a_picture_is_seen_before_it_goes_and_an_answer_is_taken_back_with_a_key(
    admin: Visitor, browser_page: Callable[..., Any], site_of: Callable[[Gateway], Any]
) -> None:
    page = browser_page()
    base = f"http://127.0.0.1:{site_of(admin.gateway).server.port}"
    page.goto(base + admin.link())
    page.goto(base + HERS)
    page.locator("#files").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.locator("#look .drawn img").wait_for()
    page.locator("#files").set_input_files([])
    page.locator("#draft").fill("Yess")
    page.keyboard.press("Control+Enter")
    page.locator("#texts .held").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    page.locator("#texts .cancelled").wait_for()
    assert page.locator("#draft").input_value() == "Yess"
