"""A customer's own page: whoever has the link sees her orders and messages, orders the same again, and asks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.customers import customers, own_page
from smsgw.customers.consent import choice
from smsgw.customers.customers import Wish
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.orders.desk import Written
from smsgw.outbound.submit import Asked
from smsgw.store.tables import inbound, order
from tests.webadmin.conftest import Site
from tests.webadmin.pages.conftest import Visitor

ANA = "+38640111222"
SHOP = "sku,price,currency,name_en,name_sl\nNB,2.9,EUR,notebook,zvezek\n"


@pytest.fixture
def bought(stranger: Visitor, clock: Any) -> Visitor:
    """A stranger at a shop where Ana has bought once."""
    gateway = stranger.gateway
    wish = catalogue_import.Wish(catalogue_file.read(SHOP), None, "test", clock())
    catalogue_import.apply(gateway.database.writer, wish)
    gateway.orders.write_down(Written(ANA, "sl", [("NB", Fraction(20))], "test", clock(), by_phone=True))
    gateway.door.submit(Asked(ANA, "Koda je 4711", "app", purpose="otp"))
    return stranger


def link(visitor: Visitor, number: str = ANA) -> str:
    gateway = visitor.gateway
    return f"/own/{gateway.database.writer.do(own_page.token_step, (number, gateway.clock()))}"


def test_she_sees_her_orders_and_messages_in_her_language_and_no_code(bought: Visitor, said: Any) -> None:
    response = bought.get(link(bought))
    words = said(response.text)
    assert "Naročilo 10001 je potrjeno in v pripravi. 20 x zvezek" in words
    assert "Hvala, naročilo 10001 je potrjeno" in words
    assert "4711" not in words
    assert '<html lang="sl" dir="ltr">' in response.text
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in response.headers


def test_the_same_again_is_asked_about_by_a_text_and_only_once(bought: Visitor, said: Any) -> None:
    done = bought.send(link(bought), "again")
    assert done.status_code == 303
    assert "odgovorite DA in bo naročeno" in said(bought.page(done.location))
    again = bought.send(link(bought), "again")
    assert (again.status_code, "Tega tu zdaj ni mogoče naročiti" in said(again.text)) == (409, True)
    with bought.gateway.database.reading() as conn:
        states = [row.state for row in conn.execute(select(order).order_by(order.c.number))]
    assert states == ["confirmed", "asked"]


def test_a_question_comes_in_as_a_text_of_hers_once_however_often_it_is_sent(bought: Visitor, said: Any) -> None:
    from tests.webadmin.pages.conftest import Form

    form = Form(bought.page(link(bought)), "ask")
    for _ in range(2):
        assert bought.post(form.action, form.fields | {"text": "Kdaj je odprto?"}).status_code == 303
    with bought.gateway.database.reading() as conn:
        [row] = conn.execute(select(inbound)).all()
    assert (row.sender, row.text) == (ANA, "Kdaj je odprto?")
    assert bought.post(form.action, form.fields | {"text": " "}).status_code == 422
    assert bought.post(form.action, form.fields | {"text": "x", "proof": "guessed"}).status_code == 403
    trapped = bought.post(form.action, form.fields | {"once": "2", "text": "spam", "website": "x"})
    assert trapped.status_code == 303
    for number in range(9):
        bought.post(form.action, form.fields | {"once": f"more{number}", "text": "še"})
    most = bought.post(form.action, form.fields | {"once": "last", "text": "še"})
    assert most.status_code == 429


def test_links_of_others_of_another_purpose_and_old_ones_lead_nowhere(bought: Visitor, clock: Any) -> None:
    good = link(bought)
    preferences = bought.gateway.database.writer.do(lambda conn, batch: [choice.token(conn, ANA, clock())], None)
    assert bought.get(f"/own/{preferences}").status_code == 404
    assert bought.get(f"{good[:-2]}xx").status_code == 404
    clock.on(92 * 86400)
    assert bought.get(good).status_code == 404
    for _ in range(60):
        waiting = bought.get("/own/guess")
    assert waiting.status_code == 429


def test_the_card_and_the_api_make_the_link(bought: Visitor, caller_of: Callable[..., Any], clock: Any) -> None:
    writer = bought.gateway.database.writer
    id = customers.create(writer, Wish({"name": "Ana", "addresses": [ANA]}, "test", clock(), "SI"))
    bare = customers.create(writer, Wish({"name": "Bo", "addresses": ["bo@example.com"]}, "test", clock(), "SI"))
    call = caller_of(bought.client.application, "customers:write")
    told = call("POST", f"/api/v1/customers/{id}/page")
    assert (told.status, bought.get("/own/" + told.said["url"].split("/own/")[1]).status_code) == (200, 200)
    assert call("POST", f"/api/v1/customers/{bare}/page").status == 409
    bought.get(bought.link())
    shown = bought.send(f"/customers/{id}", "own")
    assert "/own/" in shown.text.split('id="own-url"')[1].split("</p>")[0]


@pytest.mark.slow
def test_it_works_on_a_small_phone_without_scripts(
    bought: Visitor, site: Site, browser_page: Callable[..., Any]
) -> None:
    phone = browser_page(width=320, height=480, dark=True, java_script_enabled=False)
    phone.goto(f"http://{site.server.address}{link(bought)}")
    assert phone.locator("html").bounding_box()["width"] == 320
    phone.get_by_role("button", name="Naroči").click()
    assert "odgovorite DA" in phone.get_by_role("status").inner_text()
    phone.locator("textarea").fill("Imate tudi črtane?")
    phone.get_by_role("button", name="Pošlji").click()
    assert "Vaše vprašanje je prispelo" in phone.get_by_role("status").inner_text()
