"""The desk by keyboard alone: keys by where they lie, a palette that goes anywhere, and a focus that is not lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from smsgw.customers import customers
from smsgw.customers.customers import Wish
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from tests.webadmin.pages.conftest import Visitor

ANA, BINE = "+38640111222", "+38640111333"
LAYOUTS = {
    "english": {"KeyG": "g", "KeyM": "m"},
    "persian": {"KeyG": "ل", "KeyM": "ئ"},
    "russian": {"KeyG": "п", "KeyM": "ь"},
}
PRESS = "told => document.body.dispatchEvent(new KeyboardEvent('keydown', {...told, bubbles: true}))"
Open = Callable[..., Any]


@pytest.fixture
def enter(admin: Visitor, browser_page: Open, site_of: Callable[[Gateway], Any]) -> Open:
    """Open a page, logged in: enter("/inbox")."""

    def open_page(path: str, **wishes: Any) -> Any:
        base = f"http://127.0.0.1:{site_of(admin.gateway).server.port}"
        page = browser_page(**wishes)
        page.goto(base + admin.link())
        page.goto(base + path)
        return page

    return open_page


def focus(page: Any) -> str:
    """The id of what has the focus, or its tag."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


@pytest.fixture
def two(admin: Visitor) -> None:
    """Two conversations."""
    for number in (ANA, BINE):
        admin.gateway.door.submit(Asked(number, f"Hello {number}", "cli"))


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.usefixtures("two")
def test_a_conversation_is_found_read_and_answered_without_a_mouse(enter: Open) -> None:
    page = enter("/inbox")
    page.keyboard.press("j")
    assert focus(page) == f"to{BINE}"
    page.keyboard.press("j")
    assert focus(page) == f"to{ANA}"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{ANA}")
    page.wait_for_load_state()
    page.keyboard.press("r")
    page.keyboard.type("Gjr? Yes")  # letters of a text are no keys
    assert page.locator("#draft").input_value() == "Gjr? Yes"
    page.keyboard.press("Control+Enter")
    page.locator("#texts .mine", has_text="Gjr? Yes").wait_for()
    assert focus(page) == "draft"
    page.keyboard.press("Escape")
    assert focus(page) == "main"


@pytest.mark.peer
@pytest.mark.slow
def test_keys_are_meant_by_where_they_lie_and_can_be_switched_off(enter: Open) -> None:
    page = enter("/inbox")
    for layout in LAYOUTS.values():
        for code, key in layout.items():
            page.evaluate(PRESS, {"code": code, "key": key})
        page.wait_for_url("**/messages")
        page.go_back()
        page.wait_for_load_state()
    page.keyboard.press("?")
    page.locator("#over #single").uncheck()
    page.keyboard.press("Escape")
    page.locator("#over").wait_for(state="detached")
    page.reload()
    for key in ("g", "m", "?"):
        page.keyboard.press(key)
    assert page.url.endswith("/inbox")
    assert page.locator("#over").count() == 0


@pytest.mark.peer
@pytest.mark.slow
def test_the_palette_goes_to_any_page_customer_and_number(admin: Visitor, enter: Open) -> None:
    gateway = admin.gateway
    told = {"name": "Ana Čopič", "addresses": [ANA]}
    ana = customers.create(gateway.database.writer, Wish(told, "test", gateway.clock(), "SI"))
    page = enter("/links")
    for typed, found, where in (
        ("seg", "Segments", "/segments"),
        ("copic", "Ana Čopič", f"/customers/{ana}"),
        ("040 111 333", "+386 40 111 333", f"/inbox/{BINE}"),
    ):
        page.keyboard.press("Control+KeyK")
        page.locator("#over #where").type(typed)
        page.locator("#over #found a").first.get_by_text(found).wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{where}")
        page.wait_for_load_state()


@pytest.mark.peer
@pytest.mark.slow
def test_n_writes_a_new_message_from_anywhere_on_any_layout(enter: Open) -> None:
    page = enter("/links")
    page.evaluate(PRESS, {"code": "KeyN", "key": "د"})
    page.wait_for_url("**/messages?write=yes")
    page.wait_for_load_state()
    assert page.evaluate("document.activeElement.name") == "to"
    page.keyboard.type("no 040")  # letters of a field are no keys
    assert page.locator("#quick [name=to]").input_value() == "no 040"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert not page.locator("#quick").is_visible()
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.name") == "to"


def test_who_may_not_send_is_not_led_to_where_one_writes(app: Flask) -> None:
    viewer = Visitor(app)
    viewer.get(viewer.link("viewer", "viewer"))
    assert "write=yes" not in viewer.page("/messages")


@pytest.mark.usefixtures("two")
def test_the_way_to_anywhere_is_a_page_too(admin: Visitor, said: Callable[[str], str]) -> None:
    assert f'href="/inbox/{ANA}"' in admin.page("/find?q=040111222")
    assert "Nothing is called so." in said(admin.page("/find?q=zzzz"))
    help = said(admin.page("/help"))
    assert "G M" in help
    assert "N Write a new message, to anybody" in help
    assert "smsgw doctor" in help


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.usefixtures("two")
def test_the_focus_stays_where_it_was_when_a_row_is_drawn_anew_and_goes_to_the_page_when_it_is_gone(
    admin: Visitor, enter: Open
) -> None:
    page = enter("/inbox")
    page.locator(f'[id="to{ANA}"]').focus()
    admin.gateway.door.submit(Asked(ANA, "And this", "cli"))
    page.locator("#conversations").get_by_text("And this").wait_for()
    assert focus(page) == f"to{ANA}"
    page.evaluate(
        "document.getElementById('conversations').insertAdjacentHTML('beforeend', '<li><a id=gone href=#>x</a></li>')"
    )
    page.locator("#gone").focus()
    admin.gateway.door.submit(Asked(ANA, "The last", "cli"))
    page.locator("#conversations").get_by_text("The last").wait_for()
    assert focus(page) == "main"
