"""The opt-in form that is open to everybody, and its poster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from smsgw.config.pages import PagesConfig
from smsgw.customers.consent.categories import Category, keep
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.consent import Statement, ledger, record
from smsgw.inbound.consent import joining, questions
from smsgw.inbound.consent.words import consent_words
from smsgw.store.tables import consent_answer, opt_in
from tests.webadmin.pages.conftest import Visitor
from webadmin import create_app

ANA, BOR, CENE = "+38640111222", "+38640111333", "+38640111444"
SHOP = {"company": "Papirnica", "join": True}
Said = Callable[[str], str]


@pytest.fixture
def shop(configured: Callable[..., Any]) -> Visitor:
    """A stranger at a shop whose form is open, with one category."""
    gateway = configured(pages=SHOP, sending={"region": "SI", "sender": "+38641000000"})
    wanted = Category("school", {"en": "school supplies"})
    write(gateway.database.writer, lambda conn: keep(conn, wanted, "t", gateway.clock()))
    return Visitor(create_app(gateway))


def asked(visitor: Visitor) -> list[Any]:
    with visitor.gateway.database.reading() as conn:
        return list(conn.execute(select(opt_in).order_by(opt_in.c.id)))


def test_a_number_is_asked_and_only_its_own_yes_counts(shop: Visitor, said: Said) -> None:
    page = shop.page("/join")
    assert "checked" not in page
    assert "answer STOP" in said(page)
    assert "Set-Cookie" not in shop.get("/join").headers
    done = shop.send("/join", "join", to="040 111 222", about="school")
    assert (done.status_code, "Answer YES" in said(done.text)) == (200, True)
    [row] = asked(shop)
    assert (row.address, row.category, row.source, row.by) == (ANA, "school", "form", joining.BY)
    assert "school supplies" in row.words
    assert "\u2068Papirnica\u2069" in row.words
    gateway = shop.gateway
    with gateway.database.reading() as conn:
        assert ledger(conn, [ANA]) == {}
        assert "school supplies" in conn.scalars(select(consent_answer.c.text)).one()
    text = {"id": "in_1", "kind": "text", "text": "DA", "sender": ANA, "link": "phones"}
    write(gateway.database.writer, lambda conn: consent_words(conn, text, gateway.clock()))
    with gateway.database.reading() as conn:
        [yes] = ledger(conn, [ANA])[ANA]
    assert (yes["statement"], yes["purpose"], yes["opt_in_id"]) == ("granted", "school", row.id)


def test_the_page_says_the_same_of_every_number_and_asks_each_seldom(shop: Visitor, clock: Any) -> None:
    gateway = shop.gateway
    said = [Statement(BOR, False, "STOP", clock(), "sms", "t"), Statement(CENE, True, "y", clock(), "paper", "t")]
    write(gateway.database.writer, lambda conn: record(conn, said))
    pages = [shop.send("/join", "join", to=number, about="school").text for number in (ANA, ANA, BOR, CENE)]
    assert len(set(pages)) == 1
    assert [row.address for row in asked(shop)] == [ANA]
    assert shop.send("/join", "join", to=ANA, about="school", website="x").text == pages[0]
    assert shop.send("/join", "join", to=ANA, about="school", proof="x").status_code == 403
    wrong = [("+4915112345678", "school"), ("1", "school"), (ANA, "bikes"), (ANA, "")]
    assert {shop.send("/join", "join", to=to, about=about).status_code for to, about in wrong} == {422}
    answers = [shop.send("/join", "join", to=ANA, about="school") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    wishes = [questions.Wish(f"+386401{one:05}", "school", "form", "w", joining.BY) for one in range(70)]
    done = write(gateway.database.writer, lambda conn: [joining.join(conn, one, "sl", clock()) for one in wishes])
    assert sum(done) == joining.MOST_AN_HOUR - 1


def test_it_is_closed_until_it_is_opened_and_the_poster_is_for_the_desk(
    shop: Visitor, admin: Visitor, said: Said
) -> None:
    assert admin.get("/join").status_code == admin.post("/join", {}).status_code == 404
    assert shop.get("/consents/poster").status_code == 303
    shop.get(shop.link())
    page = shop.page("/consents/poster?category=school")
    assert "<svg" in page
    assert "START school" in said(page)
    assert "+386 41 000 000" in said(page)
    assert "http://localhost/join" in said(shop.page("/consents"))
    assert shop.get("/consents/poster?category=bikes").status_code == 404
    with pytest.raises(ValidationError, match="from whom"):
        PagesConfig(join=True)
