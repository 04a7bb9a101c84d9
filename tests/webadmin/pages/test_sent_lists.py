"""A message to many from the desk: a pasted list, looked at before it goes, and those again whom it did not reach."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from smsgw.customers import customers, segments
from smsgw.customers.consent import changes, consent
from smsgw.gateway import Gateway
from smsgw.outbound.outbox import Cancelled, cancel
from smsgw.store import history
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables import message
from tests.webadmin.pages.conftest import Form, Visitor
from webadmin import create_app

ANA, BINE, CENE = "+38640111222", "+38640111333", "+38640111444"
Said = Callable[[str], str]
LIST = "Ana\t040 111 222\nBine\t+386 40 111 333\n040111222\n04011\n+43 660 1234567\nCene 040/111-444"


def look(visitor: Visitor, to: str, text: str = "We open at nine") -> str:
    """The page that answers a list which nobody has looked at."""
    answer = visitor.send("/messages", "quick", to=to, text=text)
    assert answer.status_code == 200
    return str(answer.text)


def send(visitor: Visitor, looked: str, to: str, **more: str) -> TestResponse:
    """Send what was looked at."""
    form = Form(looked, "quick")
    return visitor.post(form.action, form.fields | {"to": to, "text": "We open at nine"} | more)


def stored(gateway: Gateway) -> list[str]:
    with gateway.database.reading() as conn:
        return list(conn.scalars(select(message.c.recipient).order_by(message.c.id)))


def stop(gateway: Gateway, number: str) -> None:
    said = consent.Statement(number, False, "STOP", gateway.clock(), "sms", "test")
    changes.write(gateway.database.writer, lambda conn: consent.record(conn, [said]))


def test_a_list_is_looked_at_before_it_goes(admin: Visitor, said: Said) -> None:
    stop(admin.gateway, BINE)
    words = said(look(admin, LIST))
    assert stored(admin.gateway) == []
    assert "4 numbers · 1 came twice and gets it once" in words
    assert "Slovenia: 3 · Austria: 1" in words
    assert "2 of 5 will not get it: 1 said stop +386 40 111 333 04011 – is no number" in words
    assert "3 parts in all" in words
    assert "We open at nine" in words


def test_what_was_looked_at_goes_once_to_each_however_often_it_is_sent(admin: Visitor, said: Said) -> None:
    stop(admin.gateway, BINE)
    looked = look(admin, LIST)
    answer = send(admin, looked, LIST)
    assert answer.status_code == 303
    assert send(admin, looked, LIST).status_code == 303
    assert stored(admin.gateway) == [ANA, "+436601234567", CENE]
    assert "40111" not in answer.location
    words = said(admin.page(answer.location))
    assert "3 waits to be sent" in words
    assert "1 not sent: said stop" in words
    assert "1 not sent: no number that can be sent to" in words
    assert "Show all of them" in said(admin.page(re.sub("/list.*", "", answer.location)))


def test_a_list_that_was_changed_after_the_look_is_looked_at_again(admin: Visitor) -> None:
    assert send(admin, look(admin, LIST), f"{LIST}\n041 555 666").status_code == 200
    assert stored(admin.gateway) == []
    assert "No messages here yet." in admin.page("/messages/send")  # where that page asks for news


def test_names_stand_for_customers_and_segments(admin: Visitor, said: Said) -> None:
    gateway = admin.gateway
    for name, number in (("Ana Novak", ANA), ("Bine Hribar", BINE), ("Bine Kos", CENE)):
        wish = customers.Wish({"name": name, "addresses": [number], "tags": ["vip"]}, "t", gateway.clock())
        customers.create(gateway.database.writer, wish)
    segments.save(gateway.database.writer, segments.Wish("t", gateway.clock(), "Regulars", {"tag": "vip"}))
    words = said(look(admin, "ana novak\nBine"))
    assert "1 number " in words
    assert "1 of 2 will not get it: Bine – several customers are called so" in words
    assert "3 numbers" in said(look(admin, "Regulars"))


def test_more_than_a_thousand_are_a_campaign(admin: Visitor, said: Said) -> None:
    many = "\n".join(f"+38640{number:06}" for number in range(1001))
    answer = admin.send("/messages", "quick", to=many, text="x")
    assert answer.status_code == 422
    assert "more than 1000 numbers" in said(answer.text)


def test_what_is_wrong_with_the_text_is_told_once(admin: Visitor, said: Said) -> None:
    answer = admin.send("/messages", "quick", to=f"{ANA}\n{BINE}", text="")
    assert answer.status_code == 422
    assert stored(admin.gateway) == []


def test_a_list_can_be_taken_back_for_as_long_as_an_answer(
    configured: Callable[..., Gateway], clock: Any, said: Said
) -> None:
    visitor = Visitor(create_app(configured(web={"listen": "127.0.0.1:0", "undo_seconds": 10})))
    visitor.get(visitor.link())
    where = send(visitor, look(visitor, LIST), LIST).location
    assert "4 waits for its time" in said(visitor.page(where))
    assert visitor.send(where, "take-back").status_code == 303
    page = visitor.page(where)
    assert "4 taken back" in said(page)
    assert 'id="take-back"' not in page
    assert 'id="again"' not in page


def test_those_whom_it_did_not_reach_get_it_again_once(admin: Visitor, clock: Any, said: Said) -> None:
    gateway = admin.gateway
    where = send(admin, look(admin, LIST), LIST).location
    with gateway.database.reading() as conn:
        [id] = conn.scalars(select(message.c.id).where(message.c.recipient == ANA))
        [other] = conn.scalars(select(message.c.id).where(message.c.recipient == BINE))
    cancel(gateway.database.writer, Cancelled(other, "t", gateway.clock()))

    def fail(conn: Any, batch: list[str]) -> list[None]:
        steps = [history.Step(id, "it was too late", {"final_at": gateway.clock()}) for id in batch]
        history.move(conn, MESSAGE, "expire", steps, by="t", now=gateway.clock())
        return [None] * len(batch)

    gateway.database.writer.do(fail, id)
    page = admin.page(where)
    clock.now += timedelta(minutes=5)
    again = Form(page, "again")
    first, second = (admin.post(again.action, again.fields).location for _ in range(2))
    assert first == second
    assert stored(gateway).count(ANA) == 2
    assert len(stored(gateway)) == 5
    assert "1 waits to be sent" in said(admin.page(first))


def test_who_may_only_look_sends_nothing(app: Any) -> None:
    owner, viewer = Visitor(app), Visitor(app)
    owner.get(owner.link())
    where = send(owner, look(owner, LIST), LIST).location
    viewer.get(viewer.link("viewer", "vid"))
    page = viewer.page(where)
    assert 'id="take-back"' not in page
    assert viewer.post(f"{where.split('?')[0]}/cancel", {}).status_code in (400, 403)
