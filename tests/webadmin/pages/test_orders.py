"""The pages of orders: a board, the words that made each line, one click to decide, and a form for other lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.link import Abilities, InboundPiece
from smsgw.text import parts
from tests.webadmin.pages.conftest import Form, Visitor
from webadmin.pages.orders import marked

Said = Callable[[str], str]
ANA, BOR = "+38640111222", "+38640333444"
SHOP = "sku,price,currency,name_en\nNB,2.9,EUR,notebook\nPEN,0.8,EUR,pen\n"


@pytest.fixture
def hears(admin: Visitor, clock: Any) -> Callable[[str, str], None]:
    """A text comes in and is read: hears(text, sender)."""
    gateway = admin.gateway
    wish = catalogue_import.Wish(catalogue_file.read(SHOP), None, "test", gateway.clock())
    catalogue_import.apply(gateway.database.writer, wish)
    count = iter(range(100))

    def come(text: str, sender: str) -> None:
        [piece] = parts.split(text, Abilities(), 1)
        said = InboundPiece(f"p{next(count)}", sender, None, piece.alphabet, piece.user_data)
        gateway.arrived("phones", said).result(90)
        gateway.reading.round()
        clock.on(21)
        gateway.reading.round()

    return come


def test_the_board_shows_what_is_to_be_done_with_the_words_that_made_it(
    admin: Visitor, said: Said, hears: Callable[[str, str], None]
) -> None:
    assert "Nothing here." in said(admin.page("/orders"))
    hears("please 200 notebooks", ANA)
    hears("2 notebooks and a pen", BOR)
    page = admin.page("/orders")
    words = said(page)
    assert "to be looked at 10001" in words
    assert "asked for a yes 10002" in words
    assert "<mark>" in page
    assert "200 pcs notebook 580.00 EUR" in words


def test_one_click_accepts_and_one_rejects(admin: Visitor, hears: Callable[[str, str], None]) -> None:
    hears("200 notebooks", ANA)
    hears("300 notebooks", BOR)
    assert admin.send("/orders", "accept10001").status_code == 303
    assert admin.send("/orders", "reject10002").status_code == 303
    page = admin.page("/orders")
    assert 'id="confirm10001"' in page
    for shown in (page, admin.page("/orders/10001")):  # what a person accepted are still the customer's words
        [bubble] = re.findall(r'<p class="words said"[^>]*>(.*?)</p>', shown)
        assert re.sub(r"<[^>]*>", "", bubble) == "200 notebooks"
        assert "<mark>" in bubble
    assert "10002" not in page
    assert "10002" in admin.page("/orders?state=cancelled")
    again = admin.post("/orders/10002/reject", {"board": "1", "csrf_token": csrf(page)})
    assert (again.status_code, "only while it is needs_review" in again.text) == (409, True)


def csrf(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_several_are_handed_over_at_once_and_it_is_taken_back(
    admin: Visitor, said: Said, hears: Callable[[str, str], None]
) -> None:
    for number in (ANA, BOR):
        hears("2 notebooks", number)
    assert "Nothing is picked" in said(admin.several("/orders").text)  # what is said to a customer is said one by one
    for order in ("10001", "10002"):
        admin.send("/orders", f"confirm{order}")
    done = admin.several("/orders")
    assert "2 orders were handed over." in said(done.text)
    assert 'name="pick"' not in admin.page("/orders")
    assert "It is as it was." in said(admin.take_back(done).text)
    assert admin.page("/orders").count('name="pick"') == 2
    assert admin.take_back(done).status_code == 409  # somebody did already


def test_other_lines_are_sent_from_the_orders_page(
    admin: Visitor, said: Said, hears: Callable[[str, str], None]
) -> None:
    hears("200 notebooks", ANA)
    page = admin.page("/orders/10001")
    fields = {"sku": ["NB", "PEN", ""], "quantity": ["20", "1,5", ""], "csrf_token": csrf(page), "revision": "1"}
    done = admin.client.post("/orders/10001/edit", data=fields)
    assert done.status_code == 303
    words = said(admin.page("/orders/10001"))
    assert "asked for a yes" in words
    assert "59.20 EUR" in words
    wrong = admin.client.post("/orders/10001/edit", data=fields | {"quantity": ["x", "0", ""], "revision": "2"})
    assert wrong.status_code == 422
    asked = admin.send("/orders/10001", "ask", text="Which colour?")
    assert asked.status_code == 303
    assert "Which colour?" in admin.page("/orders/10001")


def test_the_inbox_says_what_a_text_was_understood_as(
    admin: Visitor, said: Said, hears: Callable[[str, str], None]
) -> None:
    hears("2 notebooks", ANA)
    hears("yes", ANA)
    words = said(admin.page(f"/inbox/{ANA}"))
    assert "understood as: an order" in words
    assert "understood as: a yes" in words


@pytest.mark.parametrize(
    ("spans", "pieces"),
    [
        ([], [("2 pens", False)]),
        ([[0, 1], [2, 6]], [("2", True), (" ", False), ("pens", True)]),
        ([[0, 3], [2, 99], [-4, 0]], [("2 pens", True)]),
        ([[3, 3], [5, 2]], [("2 pens", False)]),
    ],
)
def test_words_are_marked_wherever_the_spans_lie(spans: list[list[int]], pieces: list[tuple[str, bool]]) -> None:
    assert marked("2 pens", spans) == pieces
    assert marked("", spans) == []


def test_the_catalogue_is_shown_and_a_sheet_is_looked_at_before_it_changes_anything(
    admin: Visitor, said: Said, app: Flask
) -> None:
    assert "Nothing can be ordered yet." in said(admin.page("/products"))
    for sheet in ("", "sku,price\nNB,dear\n"):
        assert 'value="store"' not in admin.send("/products", "bring", sheet=sheet, act="look").text
    look = admin.send("/products", "bring", sheet=SHOP, act="look").text
    assert "2 new, 0 changed, 0 no longer sold" in said(look)
    assert "Nothing can be ordered yet." in said(admin.page("/products"))
    form = Form(look, "bring")
    told = {"sheet": SHOP, "act": "store"}
    assert admin.post(form.action, form.fields | told).status_code == 303
    assert "NB notebook pcs 2.90 EUR" in said(admin.page("/products"))
    assert admin.post(form.action, form.fields | told).status_code == 409  # it is another catalogue by now
    viewer = Visitor(app)
    viewer.get(viewer.link("viewer", "vi"))
    assert 'id="bring"' not in viewer.page("/products")
