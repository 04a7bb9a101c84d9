"""The consent centre, and the page on which a customer says what we may send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from smsgw.customers.consent import choice as consent_choice
from smsgw.customers.consent import consent
from smsgw.customers.consent.categories import Category, keep
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.choice import Choice
from smsgw.inbound.consent import words as consent_words
from smsgw.store.tables import address, customer
from tests.webadmin.pages.conftest import Form, Visitor

ANA = "+38640111222"
Said = Callable[[str], str]


@pytest.fixture
def shop(admin: Visitor) -> Visitor:
    """The admin at a gateway with two categories."""
    for code, name in (("school", "šolske potrebščine"), ("bikes", "kolesa")):
        wanted = Category(code, {"sl": name, "fa": "مدرسه"})
        write(admin.gateway.database.writer, lambda conn, one=wanted: keep(conn, one, "t", admin.gateway.clock()))
    return admin


def link(visitor: Visitor, number: str = ANA) -> str:
    gateway = visitor.gateway
    written = write(gateway.database.writer, lambda conn: consent_choice.token(conn, number, gateway.clock()))
    return f"/c/{written}"


def chosen(visitor: Visitor, number: str = ANA) -> Choice:
    with visitor.gateway.database.reading() as conn:
        return consent_choice.standing(conn, number, visitor.gateway.clock())


def speaks(visitor: Visitor, language: str) -> None:
    def make(conn: Any) -> None:
        now = visitor.gateway.clock()
        row = {
            "id": "cus_1",
            "name": "",
            "name_key": "",
            "fields": {},
            "folded": {},
            "revision": 1,
            "language": language,
        }
        conn.execute(insert(customer).values(**row, created_at=now, updated_at=now))
        told = {"address": ANA, "customer_id": "cus_1", "kind": "phone", "rank": 0, "created_at": now}
        conn.execute(insert(address).values(**told))

    write(visitor.gateway.database.writer, make)


def test_a_customer_chooses_without_login_and_it_holds_at_once(shop: Visitor) -> None:
    stranger, path = Visitor(shop.client.application), link(shop)
    page = stranger.page(path)
    assert '<html lang="sl" dir="ltr">' in page
    assert "šolske potrebščine" in page
    assert "<script" not in page
    assert ANA not in page  # whoever sees the page sees no whole number
    assert stranger.send(path, "choice", level="some", category="bikes").status_code == 200
    assert chosen(shop) == Choice("some", frozenset({"bikes"}))
    stranger.send(path, "choice", level="everything")
    assert chosen(shop).level == "everything"
    stranger.send(path, "choice", level="nothing")
    assert chosen(shop) == Choice("nothing")


def test_looking_changes_nothing_and_a_form_of_another_page_is_not_taken(shop: Visitor) -> None:
    path = link(shop)
    shop.page(path)
    shop.client.head(path)
    assert shop.post(path, {"level": "nothing"}).status_code == 403
    other = Form(shop.page(link(shop, "+38640111333")), "choice").fields["token"]
    assert shop.post(path, {"level": "nothing", "token": other}).status_code == 403
    with shop.gateway.database.reading() as conn:
        assert consent.ledger(conn, [ANA]) == {}


def test_the_page_asks_for_at_least_one_category(shop: Visitor) -> None:
    path = link(shop)
    fields = Form(shop.page(path), "choice").fields
    answer = shop.post(path, {"token": fields["token"], "level": "some"})
    assert (answer.status_code, "Označite vsaj eno možnost." in answer.text) == (422, True)


def test_it_speaks_persian_from_right_to_left_to_whom_reads_that(shop: Visitor) -> None:
    speaks(shop, "fa")
    page = shop.page(link(shop))
    assert '<html lang="fa" dir="rtl">' in page
    assert "مدرسه" in page


@pytest.mark.parametrize("path", ["/c/x", "/c/5.a.b", "/c/..", "/c/%E2%82%AC.b.c"])
def test_a_link_that_is_none_of_ours_leads_nowhere(shop: Visitor, path: str) -> None:
    assert shop.get(path).status_code == 404
    link(shop)
    assert shop.get(path).status_code == 404


def test_the_centre_shows_the_ledger_and_takes_a_no_by_telephone(shop: Visitor, said: Said) -> None:
    assert "Nothing was said yet" in said(shop.page("/consents?address=040111222"))
    answer = shop.send(
        "/consents?address=040111222", "record", statement="withdrawn", scope="*", words="rang the shop", note="Bine"
    )
    assert answer.status_code == 303
    page = said(shop.page("/consents?address=040111222"))
    assert "rang the shop" in page
    assert "gets nothing but answers" in page
    wrong = shop.send(
        "/consents?address=040111222", "record", statement="granted", scope="school", words="bought a pen"
    )
    assert (wrong.status_code, "that is no consent" in said(wrong.text)) == (422, True)


def test_the_centre_tries_a_text_and_makes_a_link(shop: Visitor, said: Said) -> None:
    assert "It is a stop" in said(shop.page("/consents?text=STOP+kolesa"))
    assert "It says nothing about consent." in said(shop.page("/consents?text=Stopalka+3x"))
    assert "/c/" in shop.send("/consents?address=040111222", "link").text


def test_a_category_is_added_on_the_page(shop: Visitor, said: Said) -> None:
    assert shop.send("/consents", "category", code="toys", name="Toys").status_code == 303
    assert "Toys" in said(shop.page("/consents"))
    assert shop.send("/consents", "category", code="No Code", name="x").status_code == 422


def test_a_person_says_whether_a_text_was_a_stop(shop: Visitor, said: Said) -> None:
    id, now = "in_01JD9Z8Q4N0000V2T5B7K3M1XE", shop.gateway.clock()
    write(shop.gateway.database.writer, lambda conn: consent_words.doubt(conn, id, ANA, "leave me be", now))
    assert "leave me be" in said(shop.page("/consents"))
    assert shop.send("/consents", f"doubt-{id}", meant="yes").status_code == 303
    assert "No text waits to be read." in said(shop.page("/consents"))
    assert chosen(shop) == Choice("nothing")


def test_strangers_do_not_see_the_centre(shop: Visitor) -> None:
    assert Visitor(shop.client.application).get("/consents").status_code == 303


def test_a_link_ends_after_ninety_days(shop: Visitor) -> None:
    gateway, old = shop.gateway, shop.gateway.clock() - timedelta(days=95)
    written = write(gateway.database.writer, lambda conn: consent_choice.token(conn, ANA, old))
    assert shop.get(f"/c/{written}").status_code == 404
